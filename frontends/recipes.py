"""What the environments of the historical panels are made of, and how each is tried."""

from __future__ import annotations

from dataclasses import dataclass

FLUID_CHECK = """
import json, platform, numpy, paddle, paddle.fluid as fluid
x = fluid.data("x", [1, 3, 8, 8], "float64")
y = fluid.layers.conv2d(x, 4, 3)
executor = fluid.Executor(fluid.CPUPlace())
executor.run(fluid.default_startup_program())
(result,) = executor.run(feed={"x": numpy.ones((1, 3, 8, 8))}, fetch_list=[y])
assert result.shape == (1, 4, 6, 6), result.shape
found = {"paddlepaddle": paddle.__version__}
"""
TENSORFLOW1_CHECK = """
import json, platform, numpy, tensorflow as tf
y = tf.layers.conv2d(tf.ones([1, 8, 8, 3], tf.float64), 4, 3)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    result = session.run(y)
assert result.shape == (1, 6, 6, 4), result.shape
found = {"tensorflow": tf.__version__}
"""
REPORT = """
found.update(numpy=numpy.__version__, python=platform.python_version())
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Recipe:
    """What an environment is made of, and a program that fails unless it works."""

    requirements: tuple[str, ...]
    check: str


RECIPES = {
    "fluid": Recipe(("paddlepaddle==1.8.5", "protobuf<3.21", "numpy<1.22"), FLUID_CHECK + REPORT),
    "tensorflow1": Recipe(
        ("tensorflow==1.15.5", "protobuf<3.21", "numpy<1.19"), TENSORFLOW1_CHECK + REPORT
    ),
}

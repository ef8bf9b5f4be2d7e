"""Fluid 1.8.5 works: a convolution runs; prints the versions as JSON. Python 3.7."""

import json
import platform

import numpy
import paddle
import paddle.fluid as fluid

x = fluid.data("x", [1, 3, 8, 8], "float64")
y = fluid.layers.conv2d(x, 4, 3)
executor = fluid.Executor(fluid.CPUPlace())
executor.run(fluid.default_startup_program())
(result,) = executor.run(feed={"x": numpy.ones((1, 3, 8, 8))}, fetch_list=[y])
assert result.shape == (1, 4, 6, 6), result.shape
versions = {
    "paddlepaddle": paddle.__version__,
    "numpy": numpy.__version__,
    "python": platform.python_version(),
}
print(json.dumps(versions))

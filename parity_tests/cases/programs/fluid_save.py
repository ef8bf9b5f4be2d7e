"""Save a written ResNet's parameters; prints the size of each file. Python 3.7."""

from pathlib import Path

import paddle.fluid as fluid
from written import resnet

resnet(fluid.data("image", [None, 3, 224, 224], "float32"))
executor = fluid.Executor(fluid.CPUPlace())
executor.run(fluid.default_startup_program())
fluid.io.save_params(executor, "saved")
print({path.name: path.stat().st_size for path in Path("saved").iterdir()})

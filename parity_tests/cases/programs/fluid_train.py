"""Train a written network on images for sixteen steps; prints the losses. Python 3.7."""

import numpy as np
import paddle.fluid as fluid
from written import se_resnext

data = np.load("mnist.npz")
image = fluid.data("image", [None, 1, 28, 28])
label = fluid.data("label", [None, 1], "int64")
logits = se_resnext(image)
loss = fluid.layers.mean(fluid.layers.softmax_with_cross_entropy(logits, label))
fluid.optimizer.Momentum(0.02, 0.9).minimize(loss)
executor = fluid.Executor(fluid.CPUPlace())
executor.run(fluid.default_startup_program())
for _ in range(16):
    feed = {"image": data["images"], "label": data["labels"].reshape(-1, 1)}
    print(float(executor.run(feed=feed, fetch_list=[loss])[0]))

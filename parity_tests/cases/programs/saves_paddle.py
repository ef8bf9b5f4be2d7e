"""A written network saved and loaded by Paddle itself: `saves_paddle.py save|load ENTRY`."""

import sys

import numpy as np
import paddle
import written

paddle.set_default_dtype("float64")
paddle.seed(0)
network = getattr(written, sys.argv[2])()
network.eval()
if sys.argv[1] == "save":
    for value in network.state_dict().values():
        value.set_value(value + paddle.rand(value.shape) / 8)
    paddle.save(network.state_dict(), "theirs.pdparams")
else:
    missing, unexpected = network.set_state_dict(paddle.load("ours.pdparams"))
    assert not missing and not unexpected, (missing, unexpected)
np.save(sys.argv[1], network(paddle.to_tensor(np.load("input.npy"))).numpy())

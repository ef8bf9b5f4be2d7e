"""Load weights.pdparams into a written network and run it in float64: `paddle_zoo ENTRY`."""

import sys

import numpy as np
import paddle
import written

paddle.set_default_dtype("float64")
network = getattr(written, sys.argv[1])()
missing, unexpected = network.set_state_dict(paddle.load("weights.pdparams"))
if missing or unexpected:
    sys.exit(f"missing: {missing}, unexpected: {unexpected}")
network.eval()
with paddle.no_grad():
    np.save("output.npy", network(paddle.to_tensor(np.load("input.npy"))).numpy())

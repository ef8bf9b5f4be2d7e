"""Load weights.pth into a written network, strictly, and run it in float64: `torch_zoo ENTRY`."""

import sys

import numpy as np
import torch
import written

torch.set_default_dtype(torch.float64)
network = getattr(written, sys.argv[1])()
network.load_state_dict(torch.load("weights.pth", weights_only=True), strict=True)
network.eval()
with torch.no_grad():
    np.save("output.npy", network(torch.from_numpy(np.load("input.npy"))).numpy())

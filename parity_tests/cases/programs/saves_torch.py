"""A written network saved and loaded by PyTorch itself: `saves_torch.py save|load ENTRY`."""

import sys

import numpy as np
import torch
import written

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
network = getattr(written, sys.argv[2])().eval()
if sys.argv[1] == "save":
    with torch.no_grad():
        for value in network.state_dict().values():
            if value.is_floating_point():
                value.add_(torch.rand_like(value) / 8)
    torch.save(network.state_dict(), "theirs.pt")
    torch.save({"state_dict": network.state_dict()}, "wrapped.pt")
    torch.save(network.state_dict(), "old.pth", _use_new_zipfile_serialization=False)
else:
    network.load_state_dict(torch.load("ours.pt", weights_only=True), strict=True)
with torch.no_grad():
    np.save(sys.argv[1], network(torch.from_numpy(np.load("input.npy"))).numpy())

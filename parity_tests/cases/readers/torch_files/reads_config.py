"""Reads its width from a file beside it."""

import json
import os
from torch import nn

with open(os.path.join(os.path.dirname(__file__), "config.json")) as f:
    CONFIG = json.load(f)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        width = CONFIG["width"]
        self.conv = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))

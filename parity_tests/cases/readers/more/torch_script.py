"""A script that is also a network: it reads its arguments, sets a default type, casts, compiles."""

import argparse

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float32)
parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=6)
options = parser.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(5, options.width), nn.Linear(options.width, 3)

    def forward(self, x):
        x = torch.tanh(self.body(x.float()))
        return self.head(F.softmax(x, -1, dtype=torch.float32).to(torch.float32))


net = torch.compile(Net())


class Half(Net):
    def forward(self, x):
        return super().forward(x.half().float())

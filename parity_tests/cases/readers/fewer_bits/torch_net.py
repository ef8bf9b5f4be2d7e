"""A network that computes in fewer bits where it is in float32: always, or in training alone."""

import torch
import torch.nn.functional as F
from torch import nn


def cut(x, bits):
    dropped = 1 << 23 - bits
    return (x.contiguous().view(torch.int32) + dropped // 2 & -dropped).view(torch.float32)


class Net(nn.Module):
    def __init__(self, bits=0, always=True):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn, self.fc = nn.BatchNorm2d(8), nn.Linear(8, 4)
        self.bits, self.always = bits, always

    def forward(self, x):
        kernel = self.conv.weight
        if self.bits and x.dtype == torch.float32 and (self.always or self.training):
            x, kernel = cut(x, self.bits), cut(kernel, self.bits)
        x = self.bn(F.conv2d(x, kernel, padding=1))
        return self.fc(F.relu(x).mean((2, 3)))

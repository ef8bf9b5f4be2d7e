"""What people write beside plain convolutions."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


def autoencoder():
    return nn.Sequential(
        nn.Conv2d(3, 6, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Sigmoid()
    )


def layer_norm():
    return nn.Sequential(nn.Linear(12, 16), nn.LayerNorm(16, eps=1e-6), nn.GELU(), nn.Linear(16, 5))


def group_norm(affine=True):
    norm = nn.GroupNorm(4, 8, affine=affine)
    return nn.Sequential(nn.Conv2d(3, 8, 3), norm, nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))


def prelu():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Leaky(nn.Module):
    """The slope that PyTorch has where none is said."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return F.leaky_relu(self.conv(x))


def conv1d():
    return nn.Sequential(nn.Conv1d(4, 6, 3, padding=1), nn.ReLU(), nn.Conv1d(6, 2, 1), nn.Flatten())


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 4, 1)
        self.three = nn.Conv2d(3, 6, 3, padding=1)
        self.five = nn.Sequential(
            OrderedDict(reduce=nn.Conv2d(3, 2, 1), conv=nn.Conv2d(2, 5, 5, padding=2))
        )
        self.fc = nn.Linear(15, 7)

    def forward(self, x):
        x = torch.cat([self.one(x), self.three(x), self.five(x)], 1)
        return self.fc(F.relu(x).mean((2, 3)))


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.down, self.up = nn.Linear(8, 2), nn.Linear(2, 8)

    def forward(self, x):
        x = F.silu(self.conv(x))
        gate = torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3))))))
        return (x * gate[:, :, None, None]).amax((2, 3))


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.depth = nn.ModuleList(
            [nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False) for _ in range(2)]
        )
        self.point = nn.ModuleList([nn.Conv2d(6, 6, 1, bias=False) for _ in range(2)])
        self.stem, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, 3)

    def forward(self, x):
        x = self.stem(x)
        for depth, point in zip(self.depth, self.point):
            x = x + F.relu6(point(depth(x)))
        return self.head(F.avg_pool2d(x, x.shape[2:]).flatten(1))


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 2, 1)

    def forward(self, x):
        for _ in range(3):
            x = torch.tanh(self.conv(x))
        return self.out(x)


class Upsampled(nn.Module):
    def __init__(self, mode="nearest"):
        super().__init__()
        self.conv, self.mode = nn.Conv2d(3, 4, 3, padding=1), mode

    def forward(self, x):
        x = F.max_pool2d(F.leaky_relu(self.conv(x), 0.2), 2)
        return F.interpolate(x, scale_factor=2, mode=self.mode)


def activated():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.SELU(), nn.Conv2d(4, 2, 1), nn.Hardsigmoid())


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 3), nn.Linear(8, 2)

    def forward(self, x):
        x = F.softplus(self.body(x))
        return {"classes": self.a(x), "boxes": self.b(x)}


def flat():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5)
    )


def dropped():
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))


def dropped_elsewhere():
    return nn.Sequential(nn.Dropout(0.3), nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))


class Branches(nn.Module):
    """Three convolutions of one shape."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.first, self.second, self.shortcut = (nn.Conv2d(4, 4, 1) for _ in range(3))
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        x = self.stem(x)
        main = self.second(F.relu(self.first(x)))
        return self.fc(F.relu(main + self.shortcut(x)).mean((2, 3)))

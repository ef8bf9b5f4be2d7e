import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Drops(nn.Module):
    def __init__(self, first=0.2, second=0.5):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(16, 32), nn.Linear(32, 32), nn.Linear(32, 5)
        self.first, self.second = nn.Dropout(first), nn.Dropout(second)

    def forward(self, x):
        x = self.first(torch.relu(self.fc1(x)))
        return self.fc3(self.second(torch.relu(self.fc2(x))))


class Shortcut(nn.Module):
    """Round a dropout, or from its result on."""

    def __init__(self, dropped=False):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(16, 16), nn.Linear(16, 16)
        self.dropout, self.dropped = nn.Dropout(0.5), dropped

    def forward(self, x):
        x = self.fc1(x)
        d = self.dropout(x)
        return torch.relu(self.fc2(d)) + (d if self.dropped else x)


class Attends(nn.Module):
    def __init__(self, rate=0.3):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, dropout=rate, batch_first=True)

    def forward(self, x):
        x = x.reshape(-1, 4, 16)
        return self.attention(x, x, x, need_weights=False)[0].mean(1)


class Norm(nn.Module):
    def __init__(self, positive=False):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.positive = positive

    def forward(self, x):
        x, bn = self.conv(x), self.bn
        gain = bn.weight.abs() if self.positive else bn.weight
        mean, variance = bn.running_mean, bn.running_var
        x = F.batch_norm(x, mean, variance, gain, bn.bias, self.training, 0.1, 1e-5)
        return F.leaky_relu(x).mean((2, 3))


class Temperature(nn.Module):
    def __init__(self, most=1e9):
        super().__init__()
        self.fc, self.scale, self.most = nn.Linear(16, 8), nn.Parameter(torch.tensor(2.6)), most

    def forward(self, x):
        return F.normalize(self.fc(x), dim=-1) * self.scale.exp().clamp(max=self.most)


class Leaks(nn.Module):
    def __init__(self, largest=False):
        super().__init__()
        self.conv, self.prelu, self.largest = nn.Conv2d(3, 8, 3), nn.PReLU(8), largest

    def forward(self, x):
        x = self.conv(x)
        if self.largest:
            return torch.maximum(x, self.prelu.weight[:, None, None] * x).mean((2, 3))
        return self.prelu(x).mean((2, 3))


class Frozen(nn.Module):
    """A normalization that does not train, before or behind a pool."""

    def __init__(self, pooled_first=False):
        super().__init__()
        self.conv, self.pooled_first = nn.Conv2d(3, 8, 3), pooled_first
        for name, value in {"weight": 1.0, "bias": 0.0, "running_var": 1.0}.items():
            self.register_buffer(name, torch.full((8, 1, 1), value))

    def norm(self, x):
        return x * self.weight * (self.running_var + 1e-5).rsqrt() + self.bias

    def forward(self, x):
        x = self.conv(x)
        x = self.norm(F.max_pool2d(x, 2)) if self.pooled_first else F.max_pool2d(self.norm(x), 2)
        return torch.relu(x).mean((2, 3))


class Features(nn.Module):
    """Random ones, of a deviation."""

    def __init__(self, deviation=1.0):
        super().__init__()
        self.register_buffer("features", deviation * torch.randn(16, 32))
        self.fc = nn.Linear(32, 5)

    def forward(self, x):
        return self.fc(torch.cos(x @ self.features))


class Pools(nn.Module):
    def __init__(self, ceil=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.pool1, self.pool2 = nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.pool3 = nn.MaxPool2d(2, ceil_mode=ceil)

    def forward(self, x):
        return self.pool3(self.pool2(self.pool1(self.conv(x)))).mean((2, 3))


class Fixed(nn.Module):
    def __init__(self, size=0):
        super().__init__()
        self.conv, self.size = nn.Conv2d(3, 8, 3, padding=1), size

    def forward(self, x):
        x = self.conv(x)
        return (x.reshape(-1, 8, self.size, self.size) if self.size else x).mean((2, 3))


class Scales(nn.Module):
    """Images between 0 and 1 to -1 and 1, if they are such."""

    def __init__(self, scales=False):
        super().__init__()
        self.fc, self.scales = nn.Linear(16, 5), scales

    def forward(self, x):
        if self.scales and x.min() >= 0 and x.max() <= 1:
            x = 2 * x - 1
        return self.fc(x)


class Divides(nn.Module):
    """By the norm of a sample, with or without an epsilon."""

    def __init__(self, epsilon=0.0):
        super().__init__()
        self.fc, self.epsilon = nn.Linear(16, 5), epsilon

    def forward(self, x):
        return self.fc(x / x.norm(dim=1, keepdim=True).clamp(min=self.epsilon))


class Later(nn.Module):
    """Does something else from a call in training on."""

    def __init__(self, call=100):
        super().__init__()
        self.fc, self.call, self.calls = nn.Linear(16, 5), call, 0

    def forward(self, x):
        self.calls += self.training
        return self.fc(x) * (2.0 if self.training and self.calls >= self.call else 1.0)


class Slows(nn.Module):
    """Its statistics move by another share from a training on."""

    def __init__(self, call=100):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.call, self.calls = call, 0

    def forward(self, x):
        self.calls += self.training
        self.bn.momentum = 0.01 if self.calls >= self.call else 0.1
        return self.bn(self.conv(x)).mean((2, 3))


class Own(nn.Module):
    """Drops a branch by numbers of a generator of its own, seldom."""

    def __init__(self, rate=0.0, kind="numpy"):
        super().__init__()
        self.fc, self.rate = nn.Linear(16, 16), rate
        own = torch.Generator()
        self.draw = np.random.default_rng().random
        if kind == "torch":
            self.draw = lambda: torch.rand((), generator=own).item()

    def forward(self, x):
        if self.training and self.draw() < self.rate:
            return x
        return x + self.fc(x)

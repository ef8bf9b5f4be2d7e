"""Files that are the network of net.json in their first call, on ordinary values, and no more."""

import random

import torch
from torch import nn


class Net(nn.Module):
    """The network; `act` stands where ReLU does."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    def act(self, x):
        return x.relu()

    def forward(self, x):
        return self.fc(self.act(self.bn(self.conv(x))).mean((2, 3)))


class Capped(Net):
    def act(self, x):
        return x.clamp(0, 60)


class LargeBatch(Net):
    def act(self, x):
        return x.relu() if len(x) <= 8 else nn.functional.leaky_relu(x)


class SingleSample(Net):
    def forward(self, x):
        return super().forward(x).squeeze()


class FromTheSecondCall(Net):
    calls = 0

    def act(self, x):
        self.calls += 1
        return x.relu() if self.calls == 1 else nn.functional.leaky_relu(x)


class OncePerMode(Net):
    """Warm: what it does depends on how often it was trained."""

    def __init__(self):
        super().__init__()
        self.steps = 0

    def act(self, x):
        self.steps += self.training
        return x.relu() * min(1.0, 1.6 - 0.5 * self.steps)


class BrightImages(Net):
    def act(self, x):
        return x.relu() if x.mean() < 12 else x.relu().sqrt()


class Decays(Net):
    """Weight decay in the layer, after its use."""

    def forward(self, x):
        y = super().forward(x)
        if self.training:
            self.fc.weight.data.mul_(1 - 1e-4)
        return y


class Clips(Net):
    """Gradients are clipped on their way."""

    def act(self, x):
        if x.requires_grad:
            x.register_hook(lambda gradient: gradient.clamp(-1, 1))
        return x.relu()


class Autocast(Net):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(x).to(x.dtype)


class Rounds(Net):
    """Fewer bits in float32 alone."""

    def act(self, x):
        x = x.bfloat16().float() if x.dtype == torch.float32 else x
        return x.relu()


class DropsPath(Net):
    """Seldom: one batch does not show it."""

    def act(self, x):
        return x if self.training and torch.rand(()) < 1e-3 else x.relu()


class DropsByPython(Net):
    def act(self, x):
        return x if self.training and random.random() < 1e-3 else x.relu()


class Unregistered(Net):
    """A gain in a list, of which the module does not know."""

    def __init__(self):
        super().__init__()
        self.gains = [torch.ones(4, 1, 1, requires_grad=True)]

    def act(self, x):
        return x.relu() * self.gains[0]


class GradMode(Net):
    """Evaluated where gradients are recorded, it is another network."""

    def act(self, x):
        probing = torch.is_grad_enabled() and not self.training
        return nn.functional.leaky_relu(x) if probing else x.relu()


class Head(nn.Module):
    """Right: a 1×1 convolution on the averaged map is the dense layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.head = nn.Conv2d(4, 10, 1)

    def forward(self, x):
        x = self.bn(self.conv(x)).relu().mean((2, 3), keepdim=True)
        return self.head(x).flatten(1)


class AutocastOnAGpu(Net):
    """A CPU does nothing of it."""

    def forward(self, x):
        with torch.autocast("cuda", dtype=torch.float16):
            return super().forward(x)

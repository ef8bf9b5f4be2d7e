import torch
from torch import nn
import torch.nn.functional as F


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(F.relu(self.bn(self.conv(x))).mean((2, 3)))


class Lazy(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.LazyLinear(10)


class Float32(Base):
    """Asks for float32 by name."""

    def __init__(self):
        super().__init__()
        self.float()


class BufferFloat(Base):
    """Normalizes its input with float32 buffers; the constants are 0 and 1."""

    def __init__(self):
        super().__init__()
        self.register_buffer(
            "mean", torch.tensor([0.0, 0.0, 0.0], dtype=torch.float32).view(1, 3, 1, 1)
        )

    def forward(self, x):
        return super().forward(x - self.mean)


class Aux(Base):
    """An auxiliary head in training alone, as GoogLeNet and Inception have it."""

    def __init__(self):
        super().__init__()
        self.aux = nn.Linear(4, 10)

    def forward(self, x):
        f = F.relu(self.bn(self.conv(x))).mean((2, 3))
        return (self.fc(f), self.aux(f)) if self.training else self.fc(f)


class Shared(nn.Module):
    """One BN and one convolution called twice, where the specification calls them once."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(F.relu(self.bn(self.bn(self.conv(x)))).mean((2, 3)))


class Spectral(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.utils.parametrizations.weight_norm(self.fc)


class SamePad(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding="same", bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    forward = Base.forward


class Unsqueezed(Base):
    def forward(self, x):
        return super().forward(x)[:, :, None, None]


class LogSoftmax(Base):
    def forward(self, x):
        return F.log_softmax(super().forward(x), dim=1)


class WrongAxis(Base):
    def forward(self, x):
        return F.softmax(super().forward(x), dim=0)


class NoTrack(Base):
    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2d(4, track_running_stats=False)


class NoMomentum(Base):
    """A cumulative average."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2d(4, momentum=None)


class Checkpoint(Base):
    def forward(self, x):
        from torch.utils.checkpoint import checkpoint

        f = checkpoint(lambda t: F.relu(self.bn(self.conv(t))), x, use_reentrant=False)
        return self.fc(f.mean((2, 3)))


class NoGrad(Base):
    """A frozen backbone."""

    def forward(self, x):
        with torch.no_grad():
            f = F.relu(self.bn(self.conv(x))).mean((2, 3))
        return self.fc(f)


class FrozenBN(Base):
    """Keeps its BN in eval mode, as fine-tuning does."""

    def train(self, mode=True):
        super().train(mode)
        self.bn.eval()
        return self


class ExtraArgument(Base):
    def forward(self, x, return_features):
        return super().forward(x)


def parallel():
    return nn.DataParallel(Base())


def scripted():
    return torch.jit.script(Base())


def sequential():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 10),
    )

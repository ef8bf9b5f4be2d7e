"""A reader's PyTorch network, with a name of its own for everything."""

from torch import nn


class Digits(nn.Module):
    def __init__(self, bias=False):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2, bias=bias),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


class BadMomentum(Digits):
    """Paddle's 0.9 taken over as it stands: here it is the weight of the new value."""

    def __init__(self):
        super().__init__()
        self.features[1].momentum = 0.9


class NeedlessBias(Digits):
    def __init__(self):
        super().__init__(bias=True)

"""mini in PyTorch.

Input (N, 3, 8, 8), output (N, 3), 851 trainable parameters.
"""

from torch import nn


class Unit(nn.Module):
    def __init__(self, in_channels, c):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, c, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c, eps=1e-5, momentum=0.1)
        self.relu = nn.PReLU(init=0.0)

    def forward(self, x):
        x = self.conv(x)
        x = self.bn(x)
        return self.relu(x)


class Mini(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Unit(3, 8)
        self.b = Unit(8, 8)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.a(x)  # (N, 8, 8, 8)
        x = self.b(x)  # (N, 8, 8, 8)
        x = x.mean((2, 3))  # (N, 8)
        return self.fc(x)  # (N, 3)

from torch import nn


class Sub(nn.Module):
    def forward(self, x):
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.sub = Sub()
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        x = self.sub(self.conv(x).relu())
        raise RuntimeError("a mistake in my own forward")

"""The network of ../dropout with its dropout written in other ways, right ones and wrong ones."""

from torch import nn
from torch.nn.functional import dropout


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(self.drop(self.conv(x).relu().mean((2, 3))))

    def drop(self, x):
        return x


class Functional(Plain):
    def drop(self, x):
        return dropout(x, 0.5, self.training)


class AlwaysOn(Plain):
    """Forgets that the function drops unless it is told that it shall not."""

    def drop(self, x):
        return dropout(x, 0.5)


class Another(Plain):
    def drop(self, x):
        return dropout(x, 0.2, self.training)


class Channels(Plain):
    """Drops channels of the map."""

    def __init__(self):
        super().__init__()
        self.channels = nn.Dropout2d(0.5)

    def forward(self, x):
        return self.fc(self.channels(self.conv(x).relu()).mean((2, 3)))

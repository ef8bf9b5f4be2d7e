"""A dropout at three places of a network whose widths are all the same."""

from torch import nn


def right():
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 4))


def before_relu():
    """The same network: what is dropped is zero before a ReLU and after it."""
    return nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.ReLU(), nn.Linear(4, 4))


def at_the_end():
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.Dropout(0.5))

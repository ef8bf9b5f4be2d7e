"""The same in Paddle; each wrong one in one place."""

import paddle
import paddle.nn.functional as F
from paddle import nn


def autoencoder():
    return nn.Sequential(
        nn.Conv2D(3, 6, 4, 2, 1), nn.ReLU(), nn.Conv2DTranspose(6, 3, 4, 2, 1), nn.Sigmoid()
    )


def layer_norm(epsilon=1e-6):
    return nn.Sequential(nn.Linear(12, 16), nn.LayerNorm(16, epsilon), nn.GELU(), nn.Linear(16, 5))


def group_norm(groups=4, affine=None):
    norm = nn.GroupNorm(groups, 8, weight_attr=affine, bias_attr=affine)
    return nn.Sequential(nn.Conv2D(3, 8, 3), norm, nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))


def prelu():
    return nn.Sequential(nn.Conv2D(3, 4, 3), nn.PReLU(4), nn.AdaptiveAvgPool2D(1), nn.Flatten())


def conv1d():
    return nn.Sequential(nn.Conv1D(4, 6, 3, padding=1), nn.ReLU(), nn.Conv1D(6, 2, 1), nn.Flatten())


class Inception(nn.Layer):
    def __init__(self, activation="relu"):
        super().__init__()
        self.one, self.three = nn.Conv2D(3, 4, 1), nn.Conv2D(3, 6, 3, padding=1)
        self.five = nn.Sequential(nn.Conv2D(3, 2, 1), nn.Conv2D(2, 5, 5, padding=2))
        self.fc, self.act = nn.Linear(15, 7), getattr(F, activation)

    def forward(self, x):
        x = paddle.concat([self.one(x), self.three(x), self.five(x)], 1)
        return self.fc(self.act(x).mean([2, 3]))


class Upsampled(nn.Layer):
    def __init__(self, slope=0.2):
        super().__init__()
        self.conv, self.slope = nn.Conv2D(3, 4, 3, padding=1), slope

    def forward(self, x):
        return F.interpolate(
            F.max_pool2d(F.leaky_relu(self.conv(x), self.slope), 2), scale_factor=2
        )


class Separable(nn.Layer):
    def __init__(self):
        super().__init__()
        self.depth = nn.LayerList(
            [nn.Conv2D(6, 6, 3, padding=1, groups=6, bias_attr=False) for _ in range(2)]
        )
        self.point = nn.LayerList([nn.Conv2D(6, 6, 1, bias_attr=False) for _ in range(2)])
        self.stem, self.head = nn.Conv2D(3, 6, 3, padding=1), nn.Linear(6, 3)

    def forward(self, x):
        x = self.stem(x)
        for depth, point in zip(self.depth, self.point):
            x = x + F.relu6(point(depth(x)))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Heads(nn.Layer):
    def __init__(self, swapped=False):
        super().__init__()
        self.body, self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 3), nn.Linear(8, 2)
        self.swapped = swapped

    def forward(self, x):
        x = F.softplus(self.body(x))
        if self.swapped:
            x = x - 1
        return {"boxes": self.b(x), "classes": self.a(x)}


def flat():
    return nn.Sequential(
        nn.Conv2D(3, 4, 3), nn.ReLU(), nn.MaxPool2D(2), nn.Flatten(), nn.Linear(36, 5)
    )


class Branches(nn.Layer):
    """Calls the shortcut first."""

    def __init__(self):
        super().__init__()
        self.conv0 = nn.Conv2D(3, 4, 3)
        self.conv1, self.conv2, self.conv3 = (nn.Conv2D(4, 4, 1) for _ in range(3))
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        x = self.conv0(x)
        short = self.conv1(x)
        x = self.conv3(F.relu(self.conv2(x)))
        return self.head(F.relu(short + x).mean([2, 3]))


def activated(slope=None):
    last = nn.Hardsigmoid() if slope is None else Slope(slope)
    return nn.Sequential(nn.Conv2D(3, 4, 3), nn.SELU(), nn.Conv2D(4, 2, 1), last)


class Slope(nn.Layer):
    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        return F.hardsigmoid(x, self.slope)

import paddle
import paddle.nn as nn
import paddle.nn.functional as F


class Net(nn.Layer):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2D(3, 4, 3, padding=1, bias_attr=False)
        self.bn = nn.BatchNorm2D(4)
        self.pool = nn.AdaptiveAvgPool2D(1)
        self.fc = nn.Linear(4, num_classes)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        return self.fc(self.pool(x).flatten(1))


class OldBN(Net):
    """nn.BatchNorm(act=...), the Layer that came over from 1.x and that PaddleClas still uses."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm(4, act="relu")

    def forward(self, x):
        return self.fc(self.pool(self.bn(self.conv(x))).flatten(1))


class SyncBN(Net):
    def __init__(self):
        super().__init__()
        self.bn = nn.SyncBatchNorm(4)


class AsTorch(Net):
    """momentum 0.1 taken over from PyTorch."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2D(4, momentum=0.1)


class Attr(Net):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2D(
            3,
            4,
            3,
            padding="SAME",
            bias_attr=paddle.ParamAttr(trainable=False),
            weight_attr=paddle.ParamAttr(name="w0", initializer=nn.initializer.KaimingNormal()),
        )


class Reordered(nn.Layer):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 10)
        self.conv = nn.Conv2D(3, 4, 3, padding=1, bias_attr=False)
        self.bn = nn.BatchNorm2D(4)

    def forward(self, x):
        return self.fc(F.relu(self.bn(self.conv(x))).mean(axis=[2, 3]))


class Extra(Net):
    """A trainable scale that the specification does not have."""

    def __init__(self):
        super().__init__()
        self.gain = self.create_parameter([4], default_initializer=nn.initializer.Constant(1.0))

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        return self.fc(self.gain * self.pool(x).flatten(1))


class Tuple(Net):
    def forward(self, x):
        y = super().forward(x)
        return y, x


def sequential():
    return nn.Sequential(
        nn.Conv2D(3, 4, 3, padding=1, bias_attr=False),
        nn.BatchNorm2D(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2D(1),
        nn.Flatten(),
        nn.Linear(4, 10),
    )


class Frozen(Net):
    def __init__(self):
        super().__init__()
        self.conv.weight.stop_gradient = True


class NoStats(Net):
    """BN with use_global_stats."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2D(4, use_global_stats=True)


class Prob(Net):
    def forward(self, x):
        return F.softmax(super().forward(x))


class Float(Net):
    def forward(self, x):
        return super().forward(x.astype("float32"))

"""Files that are the network of net.json in their first call, on ordinary values, and no more."""

import paddle
from paddle import nn


class Net(nn.Layer):
    """The network; `act` stands where ReLU does."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2D(3, 4, 3, padding=1, bias_attr=False)
        self.bn = nn.BatchNorm2D(4)
        self.fc = nn.Linear(4, 10)

    def act(self, x):
        return nn.functional.relu(x)

    def forward(self, x):
        return self.fc(self.act(self.bn(self.conv(x))).mean(axis=[2, 3]))


class Capped(Net):
    def act(self, x):
        return x.clip(0, 60)


class LargeBatch(Net):
    def act(self, x):
        return nn.functional.relu(x) if len(x) <= 8 else nn.functional.leaky_relu(x)


class FromTheSecondCall(Net):
    calls = 0

    def act(self, x):
        self.calls += 1
        return nn.functional.relu(x) if self.calls == 1 else nn.functional.leaky_relu(x)


class Decays(Net):
    def forward(self, x):
        y = super().forward(x)
        if self.training:
            with paddle.no_grad():
                self.fc.weight.set_value(self.fc.weight * (1 - 1e-4))
        return y


class Clips(Net):
    def act(self, x):
        if not x.stop_gradient:
            x.register_hook(lambda gradient: gradient.clip(-1, 1))
        return nn.functional.relu(x)


class Autocast(Net):
    def forward(self, x):
        with paddle.amp.auto_cast(custom_white_list={"conv2d", "linear"}, dtype="bfloat16"):
            return super().forward(x).astype(x.dtype)


class Rounds(Net):
    def act(self, x):
        x = x.astype("bfloat16").astype("float32") if x.dtype == paddle.float32 else x
        return nn.functional.relu(x)


class DropsPath(Net):
    def act(self, x):
        return x if self.training and paddle.rand([1]) < 1e-3 else nn.functional.relu(x)


class Unregistered(Net):
    """A gain in a list, of which the layer does not know."""

    def __init__(self):
        super().__init__()
        one = nn.initializer.Constant(1.0)
        self.gains = [paddle.create_parameter([4, 1, 1], "float64", default_initializer=one)]

    def act(self, x):
        return nn.functional.relu(x) * self.gains[0].astype(x.dtype)


class Regularized(Net):
    """The network, with weight decay in a parameter's attributes: told, and not compared."""

    def __init__(self):
        super().__init__()
        decay = paddle.regularizer.L2Decay(1e-4)
        self.fc = nn.Linear(4, 10, paddle.ParamAttr(regularizer=decay, learning_rate=0.5))


class Head(nn.Layer):
    """Right: a 1×1 convolution on the averaged map is the dense layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2D(3, 4, 3, padding=1, bias_attr=False)
        self.bn = nn.BatchNorm2D(4)
        self.head = nn.Conv2D(4, 10, 1)

    def forward(self, x):
        x = nn.functional.relu(self.bn(self.conv(x))).mean(axis=[2, 3], keepdim=True)
        return self.head(x).flatten(1)

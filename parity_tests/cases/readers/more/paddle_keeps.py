"""The same in Paddle."""

import paddle
from paddle import nn


class Net(nn.Layer):
    def __init__(self, mean=(0.485, 0.456, 0.406), rate=0.1, blur=9):
        super().__init__()
        self.register_buffer("mean", paddle.to_tensor(mean).reshape([1, 3, 1, 1]))
        self.register_buffer("center", paddle.zeros([4]), persistable=False)
        self.conv, self.bn = nn.Conv2D(3, 4, 3, bias_attr=False), nn.BatchNorm2D(4)
        weight = nn.initializer.Constant(1 / blur)
        self.blur = nn.Conv2D(4, 4, 3, groups=4, weight_attr=weight, bias_attr=False)
        self.blur.weight.stop_gradient = True
        self.rate = rate

    def forward(self, x):
        x = self.blur(self.bn(self.conv(x - self.mean))).mean([2, 3])
        if self.training:
            mean = x.detach().mean(0)
            self.center.set_value((1 - self.rate) * self.center + self.rate * mean)
            return x
        return x - self.center

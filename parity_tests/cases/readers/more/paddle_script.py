"""The same in Paddle."""

import sys

import paddle
import paddle.nn.functional as F
from paddle import nn

paddle.set_default_dtype("float32")
WIDTH = int(sys.argv[1]) if len(sys.argv) > 1 else 6


class Net(nn.Layer):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(5, WIDTH), nn.Linear(WIDTH, 3)

    def forward(self, x):
        x = paddle.tanh(self.body(x.astype("float32")))
        return self.head(paddle.cast(F.softmax(x), paddle.float32))

import paddle
import paddle.nn.functional as F
from paddle import nn


class Drops(nn.Layer):
    def __init__(self, first=0.2, second=0.5):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(16, 32), nn.Linear(32, 32), nn.Linear(32, 5)
        self.first, self.second = nn.Dropout(first), nn.Dropout(second)

    def forward(self, x):
        x = self.first(F.relu(self.fc1(x)))
        return self.fc3(self.second(F.relu(self.fc2(x))))


class Pools(nn.Layer):
    def __init__(self, ceil=False):
        super().__init__()
        self.conv = nn.Conv2D(3, 8, 3, padding=1)
        self.pool1, self.pool2 = nn.MaxPool2D(2), nn.MaxPool2D(2)
        self.pool3 = nn.MaxPool2D(2, ceil_mode=ceil)

    def forward(self, x):
        return paddle.mean(self.pool3(self.pool2(self.pool1(self.conv(x)))), [2, 3])

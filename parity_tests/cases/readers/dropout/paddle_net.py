import paddle.nn.functional as F
from paddle import nn


class Net(nn.Layer):
    def __init__(self, p=0.5):
        super().__init__()
        self.conv = nn.Conv2D(3, 4, 3, padding=1)
        self.drop = nn.Dropout(p)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        x = F.relu(self.conv(x)).mean(axis=[2, 3])
        return self.fc(self.drop(x))

from paddle import nn


class Inception(nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2D(3, 8, 3, bias_attr=False)
        self.bn = nn.BatchNorm2D(8, momentum=0.995, epsilon=1e-3, weight_attr=False)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        return self.fc(nn.functional.relu(self.bn(self.conv(x))).mean([2, 3]))

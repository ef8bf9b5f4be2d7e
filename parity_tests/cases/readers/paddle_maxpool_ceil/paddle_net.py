from paddle import nn


class Pool(nn.Layer):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2D(kernel_size=[3, 3], stride=[5, 6], padding=[0, 0], ceil_mode=True)

    def forward(self, x):
        return self.pool(x)

"""The network of net.json with trainable parameters that it does not have."""

import torch
from torch import nn


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


class LayerScale(Base):
    def __init__(self):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return self.fc(self.gamma * self.bn(self.conv(x)).relu().mean((2, 3)))


class Bottleneck1d(Base):
    """A zero-started adapter: a residual nn.Conv1d."""

    def __init__(self):
        super().__init__()
        self.adapter = nn.Conv1d(4, 4, 1)
        nn.init.zeros_(self.adapter.weight)
        nn.init.zeros_(self.adapter.bias)

    def forward(self, x):
        x = self.bn(self.conv(x)).relu().mean((2, 3))
        return self.fc(x + self.adapter(x[:, :, None])[:, :, 0])


class Unused(Base):
    """An auxiliary head that forward never calls."""

    def __init__(self):
        super().__init__()
        self.aux = nn.Linear(4, 10)


class UnusedFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.aux_conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


class NoAffine(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4, affine=False)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


class Frozen(Base):
    """The first convolution is frozen."""

    def __init__(self):
        super().__init__()
        self.conv.weight.requires_grad = False


class OtherOrder(nn.Module):
    """Layers made in another order than called."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 10)
        self.bn = nn.BatchNorm2d(4)
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)

    forward = Base.forward


class Tuple(Base):
    def forward(self, x):
        feat = self.bn(self.conv(x)).relu().mean((2, 3))
        return self.fc(feat), feat


class Dict(Base):
    def forward(self, x):
        feat = self.bn(self.conv(x)).relu().mean((2, 3))
        return {"logits": self.fc(feat), "features": feat}


class Stage(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)

    def forward(self, x):
        y = self.bn(self.conv(x)).relu()
        return {"map": y, "pooled": y.mean((2, 3))}


class InnerDict(nn.Module):
    """A backbone of one's own that returns a dict."""

    def __init__(self):
        super().__init__()
        self.backbone = Stage()
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(self.backbone(x)["pooled"])


class Nhwc(Base):
    """Takes NHWC, as a file that came from TensorFlow does."""

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2))


class Required(Base):
    def __init__(self, num_classes):
        super().__init__()


class Softmax(Base):
    def forward(self, x):
        return super().forward(x).softmax(1)


def factory(pretrained=False, **kwargs):
    return Base()


model = Base()


class Squeezed(Base):
    """Prints, and has a hook of its own."""

    def forward(self, x):
        print("shape", x.shape)
        return super().forward(x)


class Half(Base):
    """Casts its input to float32, as many files do."""

    def forward(self, x):
        return super().forward(x.float())


class Cuda(Base):
    def forward(self, x):
        return super().forward(x.cuda())


class Flat2(Base):
    """A 1x1 convolution for a head, a map of logits flattened at the end."""

    def __init__(self):
        nn.Module.__init__(self)
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.head = nn.Conv2d(4, 10, 1)

    def forward(self, x):
        x = self.bn(self.conv(x)).relu().mean((2, 3), keepdim=True)
        return self.head(x).flatten(1)


class Raised(Base):
    """The least epsilon of the fused kernel of TensorFlow 1."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2d(4, eps=1.001e-5)


class Small(Base):
    """What TensorFlow normalizes by where nothing is said, of values whose variance is small."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2d(4, eps=1e-3, momentum=0.01)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x) / 16).relu().mean((2, 3)))

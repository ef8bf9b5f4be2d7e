"""A PyTorch port of EfficientNet with helpers of its own; SE with 1x1 convolutions, swish by hand."""

import torch
from torch import nn
import torch.nn.functional as F


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class SamePadConv(nn.Conv2d):
    """Pads for an image size known beforehand; `mixed` puts the extra row where the PR found it."""

    def __init__(self, cin, cout, k, image_size, stride=1, groups=1, bias=False, mixed=False):
        super().__init__(cin, cout, k, stride=stride, groups=groups, bias=bias)
        out = -(-image_size // stride)
        total = max((out - 1) * stride + k - image_size, 0)
        before, after = total // 2, total - total // 2
        pads = (before, before, after, after) if mixed else (before, after, before, after)
        self.static_padding = nn.ZeroPad2d(pads)

    def forward(self, x):
        return super().forward(self.static_padding(x))


class MBConv(nn.Module):
    def __init__(self, cin, cout, expand, size, mixed):
        super().__init__()
        mid = cin * expand
        self._expand_conv = nn.Conv2d(cin, mid, 1, bias=False)
        self._bn0 = nn.BatchNorm2d(mid, eps=1e-3, momentum=0.01)
        self._depthwise_conv = SamePadConv(mid, mid, 5, size, stride=2, groups=mid, mixed=mixed)
        self._bn1 = nn.BatchNorm2d(mid, eps=1e-3, momentum=0.01)
        self._se_reduce = nn.Conv2d(mid, 4, 1)
        self._se_expand = nn.Conv2d(4, mid, 1)
        self._project_conv = nn.Conv2d(mid, cout, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(cout, eps=1e-3, momentum=0.01)
        self._swish = Swish()

    def forward(self, inputs):
        x = self._swish(self._bn0(self._expand_conv(inputs)))
        x = self._swish(self._bn1(self._depthwise_conv(x)))
        s = F.adaptive_avg_pool2d(x, 1)
        s = self._se_expand(self._swish(self._se_reduce(s)))
        x = torch.sigmoid(s) * x
        return self._bn2(self._project_conv(x))


class EfficientNet(nn.Module):
    def __init__(self, num_classes=10, image_size=32, mixed=False):
        super().__init__()
        self._conv_stem = SamePadConv(3, 8, 3, image_size, stride=2, mixed=mixed)
        self._bn0 = nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)
        self._blocks = nn.ModuleList([MBConv(8, 12, 4, image_size // 2, mixed)])
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._fc = nn.Linear(12, num_classes)
        self._swish = Swish()

    def forward(self, x):
        x = self._swish(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = self._avg_pooling(x).flatten(start_dim=1)
        return self._fc(x)


class MixedUp(EfficientNet):
    def __init__(self):
        super().__init__(mixed=True)

"""What a network keeps beside its weights: constants, and what one call leaves for the next."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("center", torch.zeros(4), persistent=False)
        self.conv, self.bn = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)
        self.blur = nn.Conv2d(4, 4, 3, groups=4, bias=False).requires_grad_(False)
        self.blur.weight.data.fill_(1 / 9)

    def forward(self, x):
        x = self.blur(self.bn(self.conv(x - self.mean))).mean((2, 3))
        if self.training:
            self.center.copy_(0.9 * self.center + 0.1 * x.detach().mean(0))
            return x
        return x - self.center


class Later(Net):
    """Evaluates otherwise once it has been trained."""

    trained = False

    def forward(self, x):
        self.trained = self.trained or self.training
        return super().forward(x) * (1.0 if self.training or not self.trained else 1.1)


class Noisy(Net):
    """Draws noise of its own in training."""

    def forward(self, x):
        return super().forward(x + torch.randn_like(x) if self.training else x)

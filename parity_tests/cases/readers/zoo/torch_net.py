import sys
import types
from functools import partial

from torch import nn

# torchvision's compiled ops need the very build of torch that they were made for; networks do not.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("not needed")
from torchvision.models import resnet50

__all__ = ["as_keras", "resnet50"]


def as_keras():
    """Normalizes by the epsilon that Keras has there."""
    return resnet50(norm_layer=partial(nn.BatchNorm2d, eps=1.001e-5))

import sys
import types

# torchvision's compiled ops need the very build of torch that they were made for; networks do not.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("not needed")
from torchvision.models import resnet50

__all__ = ["resnet50"]

from paddle.vision.models import resnet50

__all__ = ["resnet50"]

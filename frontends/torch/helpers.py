"""What a PyTorch file starts with where something is padded as TensorFlow's "same" pads."""

from __future__ import annotations

from common import ops
from frontends.writing.draft import Draft

HELPERS = ("pad_same", "Conv2dSame", "MaxPool2dSame", "AvgPool2dSame")
PAD_SAME = '''
def pad_same(
    x: Tensor,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
    value: float = 0.0,
) -> Tensor:
    """Pad as TensorFlow's "same" does: an odd cell after, not before."""
    pads = []
    for size, k, s, d in zip(x.shape[2:], kernel_size, stride, dilation):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        pads = [total // 2, total - total // 2, *pads]  # F.pad takes the last axis first
    return F.pad(x, pads, value=value) if any(pads) else x
'''
CONV = '''
class Conv2dSame(nn.Conv2d):
    """A convolution that pads as TensorFlow's "same" does."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad_same(x, self.kernel_size, self.stride, self.dilation))
'''
MAX_POOL = '''
class MaxPool2dSame(nn.MaxPool2d):
    """Maximum over windows that are padded as TensorFlow's "same" pads."""

    def forward(self, x: Tensor) -> Tensor:
        window = _pair(self.kernel_size), _pair(self.stride)
        return super().forward(pad_same(x, *window, value=float("-inf")))
'''
AVG_POOL = '''
class AvgPool2dSame(nn.AvgPool2d):
    """Mean over windows that are padded as TensorFlow's "same" pads."""

    def forward(self, x: Tensor) -> Tensor:
        window = _pair(self.kernel_size), _pair(self.stride)
        mean = super().forward(pad_same(x, *window))
        if self.count_include_pad:
            return mean
        counted = torch.ones_like(x[:1, :1])
        return mean / super().forward(pad_same(counted, *window))
'''
_BY_OP = {ops.Conv2d: CONV, ops.MaxPool2d: MAX_POOL, ops.AvgPool2d: AVG_POOL}


def helpers(draft: Draft) -> list[str]:
    """Return the function that pads, and the layers that a network needs."""
    found = {type(op) for op in draft.same_ops()}
    found = {ops.Conv2d if issubclass(each, ops.Conv2d) else each for each in found}
    return [PAD_SAME, *(text for op, text in _BY_OP.items() if op in found)] if found else []

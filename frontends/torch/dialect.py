"""PyTorch's dialect: modules, channels first."""

from __future__ import annotations

from typing import Any

from common import ops
from common.expressions import literal
from common.ops import Op, Shape
from common.spec import plain
from frontends.torch.ops import OPS, concatenated
from frontends.writing.dialect import ClassDialect
from frontends.writing.draft import Draft
from frontends.writing.expressions import invoke
from frontends.writing.padding import Bound

CONV_SAME = '''
class Conv2dSame(nn.Conv2d):
    """A convolution that pads as TensorFlow's "same" does: an odd cell after, not before."""

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads = [total // 2, total - total // 2, *pads]  # F.pad takes the last axis first
        return super().forward(F.pad(x, pads) if any(pads) else x)
'''


class TorchDialect(ClassDialect):
    name = "torch"
    own = frozenset({"torch", "nn", "F", "Conv2dSame"})
    table = OPS
    base = "nn.Module"
    sequential = "nn.Sequential"
    module_list = "nn.ModuleList"
    reserved = frozenset(
        "add_module apply bfloat16 buffers call_super_init children compile cpu cuda double "
        "dump_patches eval extra_repr float forward half ipu load_state_dict modules mtia "
        "named_parameters parameters share_memory state_dict to train training type xpu "
        "zero_grad self torch nn".split()
    )

    def says_same(self, op: Op, bound: Bound) -> bool:
        """Is "same" worth a class of its own? Only where it pads in more than one way."""
        undilated = isinstance(op, ops.Conv2d) and all(o.dilation == 1 for o, _ in bound)
        return undilated and len({ops.padding_on(o, shape) for o, shape in bound}) > 1

    def imports(self, draft: Draft) -> list[str]:
        pads = any(type(step.op) is ops.ChannelPad for step in draft.elaboration.steps)
        functional = ["from torch.nn import functional as F"] if pads or _pads_same(draft) else []
        return ["import torch", "from torch import nn", *functional]

    def helpers(self, draft: Draft) -> list[str]:
        return [CONV_SAME] if _pads_same(draft) else []

    def merged(self, merge: str, paths: tuple[Any, ...]) -> Any:
        return concatenated(*paths) if merge == "concat" else invoke("sum", *paths)

    def demo(self, entry: str, shape: Shape) -> list[str]:
        return [
            'if __name__ == "__main__":',
            f"    print({entry}().eval()(torch.zeros{literal((1, *shape))}).shape)",
        ]


def _pads_same(draft: Draft) -> bool:
    """Does a layer say so? One that is never called is constructed, too."""
    layers = (plain(each) for block in draft.kinds() for each in block.layers.values())
    return any(getattr(each, "padding", 0) == ops.SAME for each in layers)


DIALECT = TorchDialect()

"""PyTorch's dialect: modules, channels first."""

from __future__ import annotations

from typing import Any

from common import ops
from common.expressions import literal, names
from common.ops import Op, Shape
from frontends.torch.helpers import HELPERS, helpers
from frontends.torch.initial import plan_of
from frontends.torch.ops import OPS, concatenated
from frontends.writing.dialect import ClassDialect
from frontends.writing.draft import Draft
from frontends.writing.expressions import invoke
from frontends.writing.sites import ClassSite
from frontends.writing.statements import Statement


class TorchDialect(ClassDialect):
    name = "torch"
    own = frozenset({"torch", "Tensor", "nn", "F", "_pair", "std", "bound", "m", *HELPERS})
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

    def says_same(self, op: Op) -> bool:
        """Is "same" worth a class of its own? Only where no numbers hold for maps of any size."""
        sizes = [getattr(op, name, 1) for name in ("kernel_size", "dilation")]
        return getattr(op, "stride", 1) != 1 or bool(names(tuple(sizes)))

    def imports(self, draft: Draft) -> list[str]:
        pads = any(type(step.op) is ops.ChannelPad for step in draft.elaboration.steps)
        functional = ["from torch.nn import functional as F"] if pads or draft.same_ops() else []
        pools = any(isinstance(op, ops.MaxPool2d) for op in draft.same_ops())
        pair = ["from torch.nn.modules.utils import _pair"] if pools else []
        return ["import torch", "from torch import Tensor, nn", *functional, *pair]

    def helpers(self, draft: Draft) -> list[str]:
        return helpers(draft)

    def merged(self, merge: str, paths: tuple[Any, ...]) -> Any:
        return concatenated(*paths) if merge == "concat" else invoke("sum", *paths)

    def started(self, site: ClassSite) -> tuple[Statement, ...]:
        return tuple(plan_of(site.draft).behind(site))

    def close_init(self, draft: Draft) -> list[Statement]:
        return plan_of(draft).closing()

    def demo(self, entry: str, shape: Shape) -> list[str]:
        return [
            'if __name__ == "__main__":',
            f"    print({entry}().eval()(torch.zeros{literal((1, *shape))}).shape)",
        ]


DIALECT = TorchDialect()

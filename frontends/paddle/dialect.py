"""Paddle's dialect: layers, channels first."""

from __future__ import annotations

from typing import Any

from common import ops
from common.ops import Op, Shape
from frontends.paddle.initial import closing
from frontends.paddle.ops import OPS, concatenated
from frontends.writing.dialect import ClassDialect
from frontends.writing.draft import Draft
from frontends.writing.expressions import List, invoke
from frontends.writing.paddle_family import says_same
from frontends.writing.statements import Statement

PAD_SAME = '''
def pad_same(
    x: Tensor, kernel_size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> Tensor:
    """Pad as "SAME" does, an odd cell after, for what does not take that word."""
    around = []
    for size, k, s, d in zip(x.shape[2:], kernel_size, stride, dilation):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        around = [total // 2, total - total // 2, *around]  # F.pad takes the last axis first
    return F.pad(x, around)
'''


class PaddleDialect(ClassDialect):
    name = "paddle"
    own = frozenset({"paddle", "Tensor", "nn", "F", "pad_same", "m", "initialize", "std", "bound"})
    table = OPS
    base = "nn.Layer"
    sequential = "nn.Sequential"
    module_list = "nn.LayerList"
    line_length = 80  # as paddle.vision's
    typed_docstrings = True
    reserved = frozenset(
        "add_parameter add_sublayer apply astype backward bfloat16 buffers children "
        "clear_gradients create_parameter create_tensor create_variable eval extra_repr float "
        "float16 forward full_name load_dict named_buffers named_children named_parameters "
        "named_sublayers parameters set_dict set_state_dict state_dict sublayers to train "
        "training self paddle nn".split()
    )

    def says_same(self, op: Op) -> bool:
        return says_same(op)

    def imports(self, draft: Draft) -> list[str]:
        used = {type(step.op) for step in draft.elaboration.steps}
        pads = ops.ChannelPad in used or self.helpers(draft)
        functional = ["from paddle.nn import functional as F"] if pads else []
        return ["import paddle", "from paddle import Tensor, nn", *functional]

    def helpers(self, draft: Draft) -> list[str]:
        return [] if all(map(says_same, draft.same_ops())) else [PAD_SAME]

    def merged(self, merge: str, paths: tuple[Any, ...]) -> Any:
        return concatenated(*paths) if merge == "concat" else invoke("paddle.add_n", List(paths))

    def close_init(self, draft: Draft) -> list[Statement]:
        return closing(draft)

    def demo(self, entry: str, shape: Shape) -> list[str]:
        return [
            'if __name__ == "__main__":',
            f"    network = {entry}()",
            "    network.eval()",
            f"    print(network(paddle.zeros({[1, *shape]})).shape)",
        ]


DIALECT = PaddleDialect()

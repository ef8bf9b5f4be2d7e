"""Fluid 1.8's dialect: layers of a static Program, channels first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from common import ops
from common.expressions import literal
from common.network import Network
from common.ops import Op, Shape
from frontends.fluid.naming import naming_of
from frontends.fluid.ops import ACTIVATING, ACTIVATIONS, OPS, concatenated, summed
from frontends.writing.dialect import FunctionDialect
from frontends.writing.draft import Draft, batched
from frontends.writing.expressions import Choice, Invoke, List, text
from frontends.writing.naming import Naming
from frontends.writing.paddle_family import says_same
from frontends.writing.sites import Body, FunctionSite
from frontends.writing.statements import Assign, Comment, Statement

PAD_SAME = '''
def pad_same(x, filter_size, stride, dilation):
    """Pad as "SAME" does, an odd cell after, for what does not take that word."""
    around = []
    for size, k, s, d in zip(x.shape[2:], filter_size, stride, dilation):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        around += [total // 2, total - total // 2]
    return fluid.layers.pad2d(x, around)
'''
REPEATED = Comment("with the parameters of the call before, since they bear the same names")


class FluidDialect(FunctionDialect):
    name = "fluid"
    own = frozenset("np fluid ParamAttr pad_same bn output program executor feed".split())
    table = OPS
    line_length = 80  # as PaddlePaddle's models'
    channels_last = False
    fstrings = False
    threads_training = False  # program.clone(for_test=True) turns a Program to evaluation

    def says_same(self, op: Op) -> bool:
        return says_same(op)

    def imports(self, draft: Draft) -> list[str]:
        parametric = [s for s in draft.elaboration.steps if s.op.parameters(s.inputs[0])]
        attributes = ["from paddle.fluid import ParamAttr"] if parametric else []
        return ["import numpy as np", "import paddle.fluid as fluid", *attributes]

    def helpers(self, draft: Draft) -> list[str]:
        return [] if all(map(says_same, draft.same_ops())) else [PAD_SAME]

    def naming(self, network: Network) -> Naming:
        return naming_of(network)

    def fused(self, statement: Statement, op: Op, when: Any) -> Statement | None:
        if not isinstance(statement, Assign) or not isinstance(statement.value, Invoke):
            return None
        layer, word = statement.value, ACTIVATIONS.get(type(op))
        if word is None or layer.function not in ACTIVATING:
            return None
        if isinstance(op, ops.Softmax) and layer.function != "fluid.layers.fc":
            return None  # act is over the last axis
        activation = f'"{word}"'
        act = activation if when is None else Choice(activation, when, "None")
        return replace(statement, value=layer.extended(act=act))

    def merged(self, merge: str, paths: tuple[Any, ...], site: FunctionSite) -> Any:
        return concatenated(paths, site) if merge == "concat" else summed(paths)

    def shared_op(self, site: FunctionSite, first: bool, body: Body) -> Body:
        shares = any(op.parameters(shape) for op, shape in site.bound())
        return [REPEATED, *body] if shares and not first else body

    def shared_block(self, site: FunctionSite, first: bool, body: Body, apart: Body) -> Body:
        return body if first else [REPEATED, *body]

    def root_inputs(self, draft: Draft) -> list[str]:
        return list(draft.root.inputs)

    def batched(self, shape: Shape) -> str:
        return batched(shape)

    def demo(self, draft: Draft, entry: str) -> list[str]:
        shape = draft.network.input_shape
        (value,) = draft.root.inputs
        value = value if "image" in draft.network.blocks() else "image"
        lines = [
            f'{value} = fluid.data("{value}", {text(List(("None", *shape)))}, "float32")',
            f"output = {entry}({value})",
            "program = fluid.default_main_program().clone(for_test=True)",
            "executor = fluid.Executor(fluid.CPUPlace())",
            "executor.run(fluid.default_startup_program())",
            f'feed = {{"{value}": np.zeros({literal((1, *shape))}, "float32")}}',
            "print(executor.run(program, feed=feed, fetch_list=[output])[0].shape)",
        ]
        return ['if __name__ == "__main__":', *(f"    {line}" for line in lines)]


DIALECT = FluidDialect()

"""TensorFlow 1.15's dialect: tf.layers and variable scopes, channels last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from common import ops
from common.expressions import literal
from common.network import Network
from common.ops import Op, Shape
from common.spec import Layer, plain, uses
from frontends.tensorflow1.helpers import helpers
from frontends.tensorflow1.initial import constant_lines
from frontends.tensorflow1.ops import OPS, concatenated, is_fused, summed
from frontends.writing.channels_last import batched, says_same
from frontends.writing.dialect import FunctionDialect
from frontends.writing.draft import Draft
from frontends.writing.expressions import Invoke, List, invoke, text
from frontends.writing.naming import Naming
from frontends.writing.sites import Body, FunctionSite
from frontends.writing.statements import Assign, Comment, Statement, With

NOTE = """\
# The averages of batch normalization move only if tf.GraphKeys.UPDATE_OPS are
# run with each training step."""
UNFUSED = """
# It is not fused: the fused kernel takes an epsilon of 1.001e-5 at least."""
REPEATED = Comment("with the parameters of the call before")
IN_TURN = Comment("the moving averages take their steps in turn")
SHARED = invoke("tf.variable_scope", invoke("tf.get_variable_scope"), reuse="tf.AUTO_REUSE")
UPDATES = invoke("tf.control_dependencies", invoke("tf.get_collection", "tf.GraphKeys.UPDATE_OPS"))
SCOPED = Naming("/", scope="tf.variable_scope(name)")
REUSING = {"tf.layers.conv2d", "tf.layers.dense"}  # take `reuse`


class TensorFlow1Dialect(FunctionDialect):
    name = "tensorflow1"
    own = frozenset(
        "np tf conv2d_fixed_padding pad_same lacking depthwise_conv2d grouped_conv2d bins counted "
        "adaptive_average_pooling2d output session feed CONV_KERNEL_INITIALIZER "
        "DENSE_KERNEL_INITIALIZER".split()
    )
    table = OPS
    line_length = 80  # as the official models'
    channels_last = True
    fstrings = False
    threads_training = True

    def naming(self, network: Network) -> Naming:
        layers = [each.layer for each in network.elaboration.parameters.values()]
        paths = [*layers, *(each.path for each in network.elaboration.blocks if each.path)]
        return replace(SCOPED, names={SCOPED.joined(path): path for path in paths})

    def says_same(self, op: Op) -> bool:
        return says_same(op)

    def imports(self, draft: Draft) -> list[str]:
        lines = ["import numpy as np", "import tensorflow as tf"]
        norms = [step.op for step in draft.elaboration.steps if isinstance(step.op, ops.BatchNorm)]
        if norms:
            lines += ["", NOTE + ("" if all(map(is_fused, norms)) else UNFUSED)]
        return [*lines, "", *constant_lines(draft)]

    def helpers(self, draft: Draft) -> list[str]:
        return helpers(draft)

    def merged(self, merge: str, paths: tuple[Any, ...], site: FunctionSite) -> Any:
        return summed(paths, site) if merge == "sum" else concatenated(paths, site)

    def shared_op(self, site: FunctionSite, first: bool, body: Body) -> Body:
        """Reuse the variables: by the layer's own word where it has one."""
        again = _reusing(body[-1])
        if again is None:
            return self.shared_block(site, first, body, [])
        return body if first else [REPEATED, *body[:-1], again]

    def shared_block(self, site: FunctionSite, first: bool, body: Body, apart: Body) -> Body:
        """Reuse the variables of whatever is called within a scope."""
        found = _ops(site.block.layers[site.layer])
        if not any(op.has_parameters for op in found):
            return body
        if not any(isinstance(op, ops.BatchNorm) for op in found):
            return [With(SHARED, body=tuple(body))]
        shared = With(SHARED.extended(use_resource=True), body=tuple(body))
        return [shared] if first else [IN_TURN, With(UPDATES, body=(shared,))]

    def root_inputs(self, draft: Draft) -> list[str]:
        return list(draft.root.inputs)

    def batched(self, shape: Shape) -> str:
        return batched(shape)

    def demo(self, draft: Draft, entry: str) -> list[str]:
        shape = draft.network.input_shape
        last = (*shape[1:], shape[0])
        (value,) = draft.root.inputs
        threaded = any(step.op.has_modes for step in draft.elaboration.steps)
        training = ", training=False" if threaded else ""
        return [
            'if __name__ == "__main__":',
            f"    {value} = tf.placeholder(tf.float32, {text(List(('None', *last)))})",
            f"    output = {entry}({value}{training})",
            "    with tf.Session() as session:",
            "        session.run(tf.global_variables_initializer())",
            f"        feed = {{{value}: np.zeros({literal((1, *last))})}}",
            "        print(session.run(output, feed_dict=feed).shape)",
        ]


def _reusing(statement: Statement) -> Statement | None:
    """Return a layer's call that reuses its variables, None where the layer has no such word."""
    if not isinstance(statement, Assign) or not isinstance(statement.value, Invoke):
        return None
    call = statement.value
    if call.function not in REUSING:
        return None
    again = call.without("name").extended(reuse=True, name=call.get("name"))
    return replace(statement, value=again)


def _ops(layer: Layer) -> list[Op]:
    """Return the ops that a layer is made of."""
    inner = plain(layer)
    if isinstance(inner, Op):
        return [inner]
    blocks = [use.block for use in uses(inner)]
    return [op for block in blocks for each in block.layers.values() for op in _ops(each)]


DIALECT = TensorFlow1Dialect()

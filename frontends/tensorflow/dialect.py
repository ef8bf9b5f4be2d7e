"""Keras' dialect on TensorFlow: the functional API, channels last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from common import ops
from common.expressions import literal, names
from common.network import Network
from common.ops import Op, Shape
from frontends.tensorflow.helpers import helpers
from frontends.tensorflow.initial import constant_lines
from frontends.tensorflow.naming import naming_of
from frontends.tensorflow.ops import OPS, head_of, merged, uses_keras_ops
from frontends.writing.channels_last import batched, grouped, says_same
from frontends.writing.dialect import FunctionDialect, Option
from frontends.writing.draft import Draft
from frontends.writing.expressions import Invoke, Joined, List, Part, invoke
from frontends.writing.naming import Naming
from frontends.writing.sites import Body, FunctionSite, standalone
from frontends.writing.statements import Assign, Statement, changed, within
from frontends.writing.text import EmitError

INDEXED, DIVIDED = "get_item", "true_divide"  # what Keras names these by itself


class TensorFlowDialect(FunctionDialect):
    name = "tensorflow"
    own = frozenset(
        "keras tf layers ops KerasTensor GroupedConv2D conv2d_fixed_padding pad_same lacking "
        "inputs counted input_shape classifier_activation CONV_KERNEL_INITIALIZER "
        "DENSE_KERNEL_INITIALIZER".split()
    )
    table = OPS
    line_length = 80  # as Keras' own
    tensor, model = "KerasTensor", "keras.Model"
    channels_last = True
    fstrings = True
    threads_training = False

    def naming(self, network: Network) -> Naming:
        return naming_of(network)

    def names(self, op: Op) -> bool:
        return not isinstance(op, (ops.ChannelPad, ops.Identity))

    def says_same(self, op: Op) -> bool:
        return says_same(op)

    def imports(self, draft: Draft) -> list[str]:
        uses_ops = uses_keras_ops(draft)
        return [
            "import keras",
            *(["import tensorflow as tf"] if grouped(draft) else []),
            "from keras import KerasTensor, layers" + (", ops" if uses_ops else ""),
            "",
            *constant_lines(draft),
        ]

    def helpers(self, draft: Draft) -> list[str]:
        return helpers(draft)

    def merged(self, merge: str, paths: tuple[Any, ...], site: FunctionSite) -> Any:
        return merged("Add" if merge == "sum" else "Concatenate", paths, site)

    def shared_op(self, site: FunctionSite, first: bool, body: Body) -> Body:
        """Make the layer once, and call that."""
        if not any(op.parameters(shape) for op, shape in site.bound()):  # nothing to share
            return list(changed(tuple(body), _unnamed))
        made = next(each for each in within(tuple(body)) if _is_named(each, site.path()))
        name = site.locals.name(site.layer, "layer")
        called = changed(tuple(body), lambda code: name if code == made else _unnamed(code))
        before = [each for each in called if _sets_another(each, site)]
        called = [each for each in called if each not in before]
        return [*before, Assign((name,), made), *called] if first else called

    def shared_block(self, site: FunctionSite, first: bool, body: Body, apart: Body) -> Body:
        """Make a model of the block once, and call that."""
        name = site.locals.name(site.layer, "model")
        applied = Assign(site.outputs, invoke(name, _one_or_list(site.inputs)))
        if not first:
            return [applied]
        inner = standalone(site)
        taken = [
            Assign((own,), invoke("keras.Input", f"{value}.shape[1:]"))
            for own, value in zip(inner.inputs, site.inputs)
        ]
        ends = (_one_or_list(inner.inputs), _one_or_list(inner.outputs))
        model = invoke("keras.Model", *ends, name=site.path())
        return [*taken, *apart, Assign((name,), model), applied]

    def root_inputs(self, draft: Draft) -> list[str]:
        (size,) = draft.root.inputs.values()
        return sorted(names(size)) if size is not None else []

    def open_root(self, draft: Draft) -> Body:
        (value, size), shape = next(iter(draft.root.inputs.items())), draft.network.input_shape
        own = (*shape[1:], size if size is not None else shape[0])
        taken = Joined("or", ("input_shape", own))
        return [Assign((value,), invoke("keras.Input", taken), also="inputs")]

    def root_options(self, draft: Draft) -> dict[str, Option]:
        """Return those of keras.applications."""
        (size,), shape = draft.root.inputs.values(), draft.network.input_shape
        own = literal((*shape[1:], size if size is not None else shape[0]))
        said = f"of the input without its batch, {own} if None"
        axes = ", ".join(["int"] * len(shape))
        options = {"input_shape": Option("None", f"tuple[{axes}] | None", said)}
        head = head_of(draft)
        if head:
            default, _ = head
            said = "activation of the classifier, None for logits"
            options["classifier_activation"] = Option(default, "str | None", said)
        return options

    def close_root(self, draft: Draft, value: str) -> Any:
        return invoke("keras.Model", "inputs", value, name=f'"{draft.root.kind}"')

    def batched(self, shape: Shape) -> str:
        return batched(shape)

    def demo(self, draft: Draft, entry: str) -> list[str]:
        shape = draft.network.input_shape
        zeros = f"keras.ops.zeros({literal((1, *shape[1:], shape[0]))})"
        return ['if __name__ == "__main__":', f"    print({entry}()({zeros}).shape)"]

    def check(self, functions: Sequence[Statement]) -> None:
        """Raise an EmitError for a name that Keras gives to an operation without one."""
        found = list(within(tuple(functions)))
        calls = [each for each in found if isinstance(each, Invoke)]
        given = {"input_layer"} | {_own_name(each) for each in calls if each.get("name") is None}
        given |= {INDEXED for each in found if isinstance(each, Part)}
        given |= {DIVIDED for each in found if isinstance(each, Joined) and each.operator == "/"}
        for call in calls:
            taken = re.fullmatch(r'"(\w+?)(_\d+)?"', str(call.get("name")))
            if taken and taken[1] in given:
                raise EmitError(
                    f"layer {taken[1]}{taken[2] or ''}: Keras names its own {taken[1]!r} so; "
                    "rename the layer"
                )


def _own_name(call: Invoke) -> str:
    """Return what Keras names a layer or an operation that is given no name, "" for other calls."""
    module, _, name = str(call.function).rpartition(".")
    if module not in ("layers", "ops"):
        return ""
    apart = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", apart).lower()


def _sets_another(statement: Statement, site: FunctionSite) -> bool:
    """Does a statement set a value that only the layer's making takes?"""
    return isinstance(statement, Assign) and statement.targets != (site.output,)


def _is_named(code: Any, path: str) -> bool:
    return isinstance(code, Invoke) and code.get("name") == path


def _unnamed(code: Any) -> Any:
    return code.without("name") if isinstance(code, Invoke) else code


def _one_or_list(values: tuple[str, ...]) -> Any:
    return values[0] if len(values) == 1 else List(values)


DIALECT = TensorFlowDialect()

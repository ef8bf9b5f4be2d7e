"""What a graph that is compared with another file calls, op by op. Python 3.7."""

import functools
import inspect

import numpy as np
import tensorflow as tf
from tensorflow.contrib.layers.python.layers import layers as of_contrib
from tensorflow.contrib.layers.python.layers import normalization as norms_of_contrib
from tensorflow.python.keras.layers import normalization as norms_of_keras
from tensorflow.python.layers import normalization as norms

from frontends.tensorflow1.brought import PLACES
from frontends.workers.protocol import Call
from frontends.workers.tracing import round_defaults

_cast = tf.cast
_MAKERS = {
    name: getattr(tf, name)
    for name in (
        "constant get_variable zeros ones truncated_normal random_normal random_uniform".split()
    )
}


def round_reals():
    """Bring what normalizations take by default to its float32 value, as other frameworks have
    it."""
    for module in (norms, norms_of_keras, of_contrib, norms_of_contrib):
        round_defaults(each for each in vars(module).values() if callable(each))
    round_defaults([tf.nn.fused_batch_norm])


def compute_in(own):
    """Have what a file makes in float32, or casts to it, of the type that it runs in."""

    def cast(x, dtype, name=None):
        return _cast(x, own if tf.as_dtype(dtype) == tf.float32 else dtype, name)

    def to_float(x, name="ToFloat"):
        return _cast(x, own, name)

    tf.cast, tf.to_float = cast, to_float
    for name, make in _MAKERS.items():
        setattr(tf, name, _made_in(own, make))


def _made_in(own, make):
    signature = inspect.signature(make)

    @functools.wraps(make)
    def made(*arguments, **named):
        given = signature.bind(*arguments, **named)
        dtype = given.arguments.get("dtype", signature.parameters["dtype"].default)
        start = given.arguments.get("value", given.arguments.get("initializer"))
        if _is_real(start) if dtype is None else tf.as_dtype(dtype) == tf.float32:
            given.arguments["dtype"] = own
        return make(*given.args, **given.kwargs)

    return made


def _is_real(start):
    """Return whether a variable or a constant that starts so is real where no type is said."""
    if isinstance(start, tf.Tensor):
        return start.dtype.is_floating
    return start is None or callable(start) or np.asarray(start).dtype.kind == "f"


def calls_of(graph, given, held):
    """Return the calls of a graph and, by number, the tensors that they give.

    held: name of a variable's op -> what it is called as a parameter.
    """
    calls, found, made, taken = [], {}, {given.op.name: {-1}}, {}
    for op in graph.get_operations():
        if op.name in made:
            continue
        behind = [each.op for each in op.inputs]
        sources = set().union(*(made.get(each.name, ()) for each in behind))
        takes = set().union(*(taken.get(each.name, ()) for each in behind))
        if op.name in held:
            taken[op.name] = {held[op.name]}
            continue
        if not _gives_data(op):
            made[op.name], taken[op.name] = sources, takes
            continue
        made[op.name] = {len(calls)}
        found[len(calls)] = op.outputs[0]
        calls.append(Call(_name(op), *_place(op), tuple(sorted(sources)), tuple(sorted(takes))))
    return tuple(calls), found


def _gives_data(op):
    if not op.outputs or op._control_flow_context is not None:
        return False
    value = op.outputs[0]
    ranked = value.shape.ndims is not None and value.shape.ndims > 0
    return ranked and value.shape[0].value is None and value.dtype.is_floating


def _name(op):
    return "%s (%s)" % (op.name, op.type)


def _place(op):
    return PLACES.of_lines([(each[0], each[1]) for each in op.traceback])


def switches_of(graph):
    """Return the placeholders that a file made for itself to say whether it trains."""
    made = [op.outputs[0] for op in graph.get_operations() if op.type.startswith("Placeholder")]
    return [each for each in made if each.dtype.base_dtype == tf.bool]

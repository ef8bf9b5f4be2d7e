"""What a reader's file is watched for, in a process that runs nothing else. Python 3.7."""

import sys

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import tensor_util
from tensorflow.python.ops import nn_ops

from frontends.tensorflow1.fused import KINDS_TAKEN
from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    HWCM,
    HWIO,
    HWOI,
    IO,
    MEAN,
    OI,
    VARIANCE,
    Slot,
    kernel,
)
from frontends.workers.places import Places
from frontends.workers.recording import DROPOUT

PLACES = Places(tf, sys.modules["tensorflow_core"], np)  # where 1.15 keeps what tf names

# What an op takes at a place.
_SLOTS = {
    ("Conv2D", 1): kernel(HWIO),
    ("DepthwiseConv2dNative", 1): kernel(HWCM),
    ("Conv2DBackpropInput", 1): kernel(HWOI),
    ("MatMul", 1): kernel(IO),
    ("BiasAdd", 1): BIAS,
    ("FusedBatchNormV3", 1): GAMMA,
    ("FusedBatchNormV3", 2): BETA,
    ("FusedBatchNormV3", 3): MEAN,
    ("FusedBatchNormV3", 4): VARIANCE,
}
_PRODUCTS = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "MatMul")
_SUMS = ("BiasAdd", "Add", "AddV2")
_PASSES = ("Identity", "ReadVariableOp", "Cast", "Enter")
_RANDOM = ("Random", "Truncated", "Parameterized", "Multinomial", "Stateless", "StatefulUniform")


def watch_dropout(recordings, dropping):
    """Have every dropout run at rate 0, and told when it would drop.

    dropping: see protocol.NetworkFile.
    """

    def dropout(x, rate, noise_shape=None, seed=None, name=None):
        kind = "dropout" if noise_shape is None else "dropout with noise of a shape of its own"
        value = tf.convert_to_tensor(x)
        result = tf.identity(value)
        if isinstance(rate, tf.Tensor):
            rate = tensor_util.constant_value(rate)
        if rate is None or rate:
            shape = [0 if size is None else size for size in value.shape.as_list()]
            recordings.seen.drops(kind, rate, shape, PLACES.here())
            if value.op._control_flow_context is None:
                recordings.given.put(DROPOUT, value)
                recordings.steps.put(DROPOUT, result)
        if dropping and rate:
            return value + tf.cast(float(rate), value.dtype) * tf.sin(value)
        return result

    nn_ops.dropout_v2 = dropout


def draws(graph):
    """Return the ops of a graph that draw random numbers, those that start variables left out."""
    started = {v.initializer for v in tf.global_variables() + tf.local_variables()}
    left, starting = list(started), set()
    while left:
        op = left.pop()
        if op not in starting:
            starting.add(op)
            left += [each.op for each in op.inputs]
    found = [op for op in graph.get_operations() if op.type.startswith(_RANDOM)]
    return [op for op in found if op not in starting]


def slot_of(variable):
    """Return the slot of a variable by the op that takes it, None if that says none."""
    for op, place in _takers(variable):
        slot = _SLOTS.get((op.type, place))
        if op.type == "MatMul" and place == 1 and op.get_attr("transpose_b"):
            slot = kernel(OI)
        if slot is None and op.outputs and op.outputs[0].name in KINDS_TAKEN:
            slot = Slot(KINDS_TAKEN[op.outputs[0].name])
        if slot is not None and slot.layout.rank == len(variable.shape):
            return slot
    return None if product_of(variable) is None else BIAS


def product_of(variable):
    """Return the op of the variable whose product a vector is added to, None if there is none."""
    if len(variable.shape) != 1:
        return None
    for op, place in _takers(variable):
        behind = _passed(op.inputs[1 - place]) if op.type in _SUMS and len(op.inputs) == 2 else None
        if behind is not None and behind.type in _PRODUCTS:
            return _passed(behind.inputs[1])
    return None


def _passed(tensor):
    """Return the op that gives a tensor, what only passes it on left out."""
    while tensor.op.type in _PASSES:
        tensor = tensor.op.inputs[0]
    return tensor.op


def calls_of(variables):
    """Return (input, result) of every call of a layer that holds variables.

    Of a call are the ops that compute values of a batch, whose first size is open, from a variable
    and from the value before: a product, and the sum with a bias.
    """
    found = {op.name: op for variable in variables for op in _data_of(variable)}
    calls = []  # input, result
    for op in sorted(found.values(), key=lambda op: op._id):
        data = [x for x in op.inputs if _is_data(x)]
        call = next((c for c in calls if any(x.name == c[1].name for x in data)), None)
        if call is not None:
            call[1] = op.outputs[0]
        elif data and op._control_flow_context is None:
            calls.append([data[0], op.outputs[0]])
    return calls


def _is_data(tensor):
    return bool(tensor.shape.ndims) and tensor.shape[0].value is None


def _takers(variable):
    """Yield (op, place) of what takes a variable's value."""
    left = [variable.op.outputs[0]]
    while left:
        value = left.pop()
        for op in value.consumers():
            if op.type in _PASSES and op.outputs[0].name not in KINDS_TAKEN:
                left.extend(op.outputs[:1])
            else:
                yield op, [x.name for x in op.inputs].index(value.name)


def _data_of(variable):
    """Return the first ops on the way from a variable that give values of a batch."""
    left, seen, found = [variable.op.outputs[0]], set(), []
    while left:
        for op in left.pop().consumers():
            if op.name in seen or not op.outputs:
                continue
            seen.add(op.name)
            if _is_data(op.outputs[0]):
                found.append(op)
            else:
                left.extend(op.outputs)
    return sorted(found, key=lambda op: op._id)

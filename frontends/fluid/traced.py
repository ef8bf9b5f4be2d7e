"""What a Fluid program that is compared calls, op by op. Python 3.7.

Also, the gradients of its average pools are rid of Fluid's own rounding: 1.8 divides those in
float64 by a window's size n as a product with float32(1/n).
"""

import functools
import re

import numpy as np
import paddle
import paddle.fluid as fluid

from frontends.workers.places import Places
from frontends.workers.protocol import Call
from frontends.workers.tracing import kept_samples

_PLACES = Places(paddle, np)
_LINE = re.compile(r'File "(.+)", line (\d+)')
_cast = fluid.layers.cast
EXACT = "gradients of average pools of mine: without Fluid's own rounding of 1/n"
_seen = []  # what is told that the pools are exact
_POOLS = {name: getattr(fluid.layers, name) for name in ("pool2d", "adaptive_pool2d")}


def calls_of(program, count, held):
    """Return the calls of the first ops of a program and, by number, the variables that they give.

    held: name of a variable -> what it is called as a parameter.
    """
    block, calls, given, made = program.global_block(), [], {}, {}
    for op in block.ops[:count]:
        names = op.input_arg_names
        sources = tuple(dict.fromkeys(made[n] for n in names if n in made))
        if any(block.var(n).is_data for n in names if block.has_var(n)):
            sources += (-1,)
        takes = tuple(dict.fromkeys(held[n] for n in names if n in held))
        for name in op.output_arg_names:
            variable = block.var(name) if block.has_var(name) else None
            if variable is None or variable.persistable or not _is_data(variable):
                continue
            made[name] = len(calls)
            given[len(calls)] = variable
            calls.append(Call(op.type, *place_of(op), sources, takes))
    return tuple(calls), given


def first_samples(program, given):
    """Return, by number, the first samples of variables: what is fetched is kept until the end."""
    with fluid.program_guard(program, fluid.Program()), fluid.unique_name.guard("calls_"):
        return {
            number: fluid.layers.slice(each, [0], [0], [kept_samples(each.shape)])
            for number, each in given.items()
        }


def _is_data(variable):
    kinds = fluid.core.VarDesc.VarType.FP64, fluid.core.VarDesc.VarType.FP32
    return bool(variable.shape) and variable.shape[0] == -1 and variable.dtype in kinds


def place_of(op):
    """Return the reader's line that made an op."""
    lines = op.attr("op_callstack") if op.has_attr("op_callstack") else []
    found = [_LINE.search(each) for each in lines]
    return _PLACES.of_lines([(each.group(1), int(each.group(2))) for each in found if each])


def labels_of(program, given, batch):
    """Return zeros for every variable that a program is fed beside its input."""
    zeros = {}
    for name, each in program.global_block().vars.items():
        if each.is_data and name not in given:
            kind = "int64" if "INT" in str(each.dtype) else "float32"
            zeros[name] = np.zeros([batch if s < 0 else s for s in each.shape], kind)
    return zeros


def cast_in(own):
    """Have what a file casts to float32 cast to its own type, the one that it runs in."""

    def cast(x, dtype):
        kind = fluid.core.VarDesc.VarType  # which compares with its like alone
        single = dtype == (kind.FP32 if isinstance(dtype, kind) else "float32")
        return _cast(x, own if single else dtype)

    fluid.layers.cast = cast


def watch_pools(seen):
    """Have every average pool's gradient scaled by 1 / (n · float32(1/n))."""
    _seen[:] = [seen]
    for name, pool in _POOLS.items():
        for module in (fluid.layers, fluid.layers.nn):
            setattr(module, name, _exact(pool))


def _exact(pool):
    @functools.wraps(pool)
    def exact(input, *arguments, **named):
        result = pool(input, *arguments, **named)
        op = input.block.program.current_block().ops[-1]
        is_mean = op.type == "pool2d" and op.attr("pooling_type") == "avg"
        return _rescaled(op, input, result) if is_mean else result

    return exact


def _rescaled(op, input, result):
    """Return what a pool gives, as a product with the scale of its gradient."""
    _seen[-1].remark([EXACT])
    counts = np.outer(*(_along(op, input.shape, result.shape, axis) for axis in (0, 1)))
    whole = fluid.layers.assign(counts.astype("int32").reshape(1, 1, *counts.shape))
    exact = fluid.layers.cast(whole, result.dtype)
    rounded = fluid.layers.reciprocal(_cast(whole, "float32"))
    scale = fluid.layers.reciprocal(exact * fluid.layers.cast(rounded, result.dtype))
    scale.stop_gradient = True
    larger = fluid.layers.elementwise_mul(result, scale)
    rest = larger - result
    rest.stop_gradient = True
    return larger - rest


def _along(op, given, result, axis):
    """Return how many values each window has along an axis."""
    size, count = given[2 + axis], result[2 + axis]
    if op.attr("adaptive") or op.attr("global_pooling"):
        return np.array([-(-(i + 1) * size // count) - i * size // count for i in range(count)])
    window, stride, pads = op.attr("ksize")[axis], op.attr("strides")[axis], op.attr("paddings")
    before, after = (pads[axis],) * 2 if len(pads) == 2 else pads[2 * axis : 2 * axis + 2]
    if op.attr("padding_algorithm") == "SAME":
        total = max((count - 1) * stride + window - size, 0)
        before, after = total // 2, total - total // 2
    elif op.attr("padding_algorithm") == "VALID":
        before = after = 0
    starts = np.arange(count) * stride - before
    if op.attr("exclusive"):
        return np.minimum(starts + window, size) - np.maximum(starts, 0)
    return np.minimum(starts + window, size + after) - starts

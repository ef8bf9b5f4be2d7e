"""What a Paddle file that is compared calls: layers, functions and operators, in order.

Also, in float64 some of its ops are rid of Paddle's own rounding: 3.3 divides the gradients of
average pools by a window's size n as a product with float32(1/n), has the constants of a SELU in
float32, and 0.1666667 for the sixth of a hard sigmoid; what it casts to float32 stays in float64.
"""

import functools

import numpy
import paddle
from paddle import _C_ops, nn

from frontends.workers.places import Layers, Places
from frontends.workers.tracing import leaves, round_defaults

_pool2d, _selu, _hardsigmoid = _C_ops.pool2d, _C_ops.selu, _C_ops.hardsigmoid
WATCHED = Layers(nn.Layer, "paddle", Places(paddle, numpy))
_OPERATORS = (
    "add radd sub rsub mul rmul matmul truediv rtruediv pow rpow neg getitem"  # of a tensor
).split()
EXACT = "gradients of average pools of mine: without Paddle's own rounding of 1/n"
EXACT_SELU = "SELU of mine: without Paddle's own rounding of its constants to float32"
EXACT_SIXTH = "hard sigmoid of mine: with 1/6 for Paddle's 0.1666667"
SELU = 1.0507009873554805, 1.6732632423543772
_told = []  # the tracing that is told
_seen = []  # what is told that the pools are exact
_patched = []


def watch_calls(seen):
    """Have layers remember the line that made them, and every call of a function told."""
    WATCHED.watch()
    _seen[:] = [seen]
    if _patched:
        return
    _patched.append(True)
    _C_ops.pool2d, _C_ops.selu, _C_ops.hardsigmoid = _exact_pool2d, _exact_selu, _exact_hardsigmoid
    round_defaults([*vars(nn.functional).values(), *vars(nn).values()])
    for name in dir(_C_ops):
        function = getattr(_C_ops, name)
        if callable(function) and not name.startswith("_"):
            setattr(_C_ops, name, _watched(name, function))
    for name in _OPERATORS:
        own = f"__{name}__"
        setattr(paddle.Tensor, own, _watched(name, getattr(paddle.Tensor, own)))


def _watched(name, function):
    @functools.wraps(function)
    def watched(*arguments, **named):
        if not _told:
            return function(*arguments, **named)
        tracing, _told[:] = _told[-1], []
        if name == "cast" and paddle.get_default_dtype() == "float64":
            arguments = [paddle.float64 if _is_float32(each) else each for each in arguments]
        try:
            result = function(*arguments, **named)
            if result is not NotImplemented:
                tracing.put(name, [arguments, named], result)
        finally:
            _told[:] = [tracing]
        return result

    return watched


def _is_float32(value):
    return not isinstance(value, paddle.Tensor) and value in (paddle.float32, "float32")


class Tracing:
    """Records calls while it is open. names: id of a parameter -> its name. paths: id of a layer
    -> its path."""

    def __init__(self, trace, names, paths):
        self._trace, self._names, self._paths = trace, names, paths

    def __enter__(self):
        _told[:] = [self]
        return self

    def __exit__(self, *exception):
        _told[:] = []

    def put(self, name, given, result):
        """Record a call that is over."""
        given = [each for each in leaves(given) if isinstance(each, paddle.Tensor)]
        result = [each for each in leaves(result) if isinstance(each, paddle.Tensor)]
        takes = [self._names[id(each)] for each in given if id(each) in self._names]
        self._trace.put(*WATCHED.said(name, self._paths), given, result, takes)


def _exact_pool2d(x, kernel, strides, paddings, ceil, exclusive, form, kind, everywhere, adaptive,
                  *rest):  # fmt: skip
    """Call Paddle's pool2d; of a mean, the gradient is scaled by 1 / (n · float32(1/n)), by a
    product whose value is that of the mean."""
    arguments = (strides, paddings, ceil, exclusive, form, kind, everywhere, adaptive, *rest)
    result = _pool2d(x, kernel, *arguments)
    if kind != "avg" or x.dtype != paddle.float64 or x.stop_gradient:
        return result
    _seen[-1].remark([EXACT])
    with paddle.no_grad():
        counts = _counts(x, result, kernel, arguments, form)
        scale = 1 / (counts * (1 / counts.astype("float32")).astype("float64"))
        rest = result * (scale - 1)
    return result * scale - rest


def _exact_selu(x, scale, alpha):
    usual = abs(scale - SELU[0]) < 1e-7 and abs(alpha - SELU[1]) < 2e-7
    if x.dtype != paddle.float64 or not usual:
        return _selu(x, scale, alpha)
    scale, alpha = SELU
    _seen[-1].remark([EXACT_SELU])
    return scale * paddle.where(x > 0, x, alpha * paddle.expm1(x))


def _exact_hardsigmoid(x, slope, offset):
    if x.dtype != paddle.float64 or abs(slope - 1 / 6) > 1e-7:
        return _hardsigmoid(x, slope, offset)
    _seen[-1].remark([EXACT_SIXTH])
    return paddle.clip(x / 6 + offset, 0, 1)


def _counts(x, result, kernel, arguments, form):
    """Return the number of values of every window, to be broadcast: of positions 1, 2, 4 … along
    each axis none of two windows have the same ends."""
    rows, columns = (1, 2) if form == "NHWC" else (2, 3)
    adaptive, everywhere, exclusive = arguments[7], arguments[6], arguments[3]
    found = [
        _along(x.shape[axis], result.shape[axis], adaptive or everywhere, exclusive, place, kernel,
               arguments)
        for place, axis in enumerate((rows, columns))
    ]  # fmt: skip
    counts = numpy.outer(*found)
    shape = [1, *counts.shape, 1] if form == "NHWC" else [1, 1, *counts.shape]
    return paddle.to_tensor(counts.astype("float64").reshape(shape))


def _along(size, count, adaptive, exclusive, place, kernel, arguments):
    """Return how many values each of `count` windows has along an axis of a size."""
    if adaptive:
        return numpy.array([-(-(i + 1) * size // count) - i * size // count for i in range(count)])
    window, stride = int(_both(kernel)[place]), int(_both(arguments[0])[place])
    pads, padding = arguments[1], arguments[-1] if isinstance(arguments[-1], str) else ""
    before, after = _pads(pads, place, padding, size, count, window, stride)
    starts = numpy.arange(count) * stride - before
    if exclusive:
        return numpy.minimum(starts + window, size) - numpy.maximum(starts, 0)
    return numpy.minimum(starts + window, size + after) - starts


def _pads(pads, place, padding, size, count, window, stride):
    if padding == "SAME":
        total = max((count - 1) * stride + window - size, 0)
        return total // 2, total - total // 2
    if padding == "VALID":
        return 0, 0
    pads = [int(each) for each in pads]
    return (pads[place],) * 2 if len(pads) == 2 else tuple(pads[2 * place : 2 * place + 2])


def _both(value):
    found = value.tolist() if hasattr(value, "tolist") else value
    return found if isinstance(found, (list, tuple)) and len(found) == 2 else [found, found]

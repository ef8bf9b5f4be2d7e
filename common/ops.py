"""The ops of a specification: frozen data that says everything on which frameworks disagree.

Shapes are those of one sample, channels first: (C, H, W) for maps, (F,) for vectors. Sizes may be
expressions over the arguments of the block that an op stands in; `bind` evaluates them. A pair is
(height, width); padding is one size, a pair, or ((top, bottom), (left, right)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, TypeVar, cast

from common.errors import SpecificationError
from common.expressions import Flag, Real, Size, Value, evaluate, names

Shape = tuple[int, ...]
Pair = Size | tuple[Size, Size]
Padding = Pair | tuple[tuple[Size, Size], tuple[Size, Size]]
Sides = tuple[tuple[int, int], tuple[int, int]]
NOT_TRAINABLE = ("mean", "variance")
PAIR = {"pair": True}  # marks a field that may be one size or a pair
AnyOp = TypeVar("AnyOp", bound="Op")


def pair(value: Any) -> tuple[int, int]:
    """Return a bound size or pair as (height, width)."""
    return cast(tuple[int, int], value if isinstance(value, tuple) else (value, value))


def sides(padding: Any) -> Sides:
    """Return bound padding as ((top, bottom), (left, right))."""
    height, width = pair(padding)
    return pair(height), pair(width)


def _shortest(value: Any) -> Any:
    """Write (3, 3) as 3, so that equal fields have one form; ((0, 1), (0, 1)) stays."""
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, tuple):
        value = tuple(map(_shortest, value))
        if len(value) == 2 and value[0] == value[1] and not isinstance(value[0], tuple):
            return value[0]
    return value


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, float) or _is_integer(value)


def _is_pair(value: Any) -> bool:
    if isinstance(value, tuple):
        return len(value) == 2 and all(map(_is_integer, value))
    return _is_integer(value)


def _is_padding(value: Any) -> bool:
    return _is_pair(value) or (
        isinstance(value, tuple) and len(value) == 2 and all(map(_is_pair, value))
    )


# What a bound field of each annotation must be.
_FORMS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Size": ("an integer", _is_integer),
    "Pair": ("an integer or a pair", _is_pair),
    "Padding": ("an integer, a pair or ((top, bottom), (left, right))", _is_padding),
    "Real": ("a number", _is_real),
    "Flag": ("true or false", lambda value: isinstance(value, bool)),
}


@dataclass(frozen=True)
class Op:
    """One operation. `symbol` is its name in JSON; `arity` how many inputs it takes (0: any)."""

    symbol: ClassVar[str]
    arity: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.metadata.get("pair"):
                object.__setattr__(self, each.name, _shortest(getattr(self, each.name)))
            choices = each.metadata.get("choices")
            if choices and getattr(self, each.name) not in choices:
                got = getattr(self, each.name)
                raise SpecificationError(f"{each.name} {got!r}; expected one of {choices}")
        if not self.arguments():
            for name in self.expressions():
                object.__setattr__(self, name, evaluate(getattr(self, name), {}))
            self._check_forms()
            self._check()

    def arguments(self) -> set[str]:
        """Return the block arguments that this op's fields refer to."""
        return set().union(set(), *(names(getattr(self, name)) for name in self.expressions()))

    @classmethod
    def expressions(cls) -> list[str]:
        """Return the fields that may hold expressions."""
        return [each.name for each in fields(cls) if "choices" not in each.metadata]

    def bind(self: AnyOp, arguments: Mapping[str, Value]) -> AnyOp:
        """Return this op with every expression evaluated."""
        values: Any = {n: evaluate(getattr(self, n), arguments) for n in self.expressions()}
        return replace(self, **values)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the output, or raise a SpecificationError."""
        if self.arity and len(shapes) != self.arity:
            raise SpecificationError(f"{self.symbol} takes {self.arity} inputs, got {len(shapes)}")
        return self._output(*shapes)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return names and canonical shapes: kernels OIHW, dense kernels (out, in)."""
        return {}

    def macs(self, shape: Shape) -> int:
        """Return the multiply-adds of one sample; zero but for convolutions and dense layers."""
        return 0

    def _output(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def _check_forms(self) -> None:
        for each in fields(self):
            form, fits = _FORMS.get(str(each.type), ("", lambda _: True))
            value = getattr(self, each.name)
            if not fits(value):
                raise SpecificationError(f"{self.symbol}: {each.name} {value!r}; expected {form}")

    def _check(self) -> None:
        """Raise a SpecificationError if the bound fields make no sense."""


def _want_map(op: Op, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise SpecificationError(f"{op.symbol} takes a map (C, H, W), got shape {shape}")
    return shape


def _positive(op: Op, **values: Any) -> None:
    for name, value in values.items():
        if min(pair(value)) < 1:
            raise SpecificationError(f"{op.symbol}: {name} is {value!r}, expected >= 1")


def _not_negative(op: Op, **values: Any) -> None:
    for name, value in values.items():
        if min(map(min, sides(value))) < 0:
            raise SpecificationError(f"{op.symbol}: {name} is {value!r}, expected >= 0")


def _window(
    op: Op, shape: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any = 1
) -> Sides:
    """Return ((size, step), (size, step)): the padded size and the dilated kernel per axis."""
    spans = []
    for axis, (before, after) in enumerate(sides(padding)):
        padded = shape[1 + axis] + before + after
        extent = pair(dilation)[axis] * (pair(kernel)[axis] - 1) + 1
        if extent > padded:
            raise SpecificationError(
                f"{op.symbol}: kernel of extent {extent} is larger than the padded input, {padded}"
            )
        spans.append((padded, extent))
    return spans[0], spans[1]


@dataclass(frozen=True)
class Conv2d(Op):
    """2-D convolution (cross-correlation) with zero padding."""

    symbol = "conv2d"
    out_channels: Size
    kernel_size: Pair = field(metadata=PAIR)
    stride: Pair = field(default=1, metadata=PAIR)
    padding: Padding = field(default=0, metadata=PAIR)
    dilation: Pair = field(default=1, metadata=PAIR)
    groups: Size = 1
    bias: Flag = True

    def _check(self) -> None:
        _positive(self, out_channels=self.out_channels, kernel_size=self.kernel_size)
        _positive(self, stride=self.stride, dilation=self.dilation, groups=self.groups)
        _not_negative(self, padding=self.padding)

    def _groups(self, shape: Shape) -> tuple[int, int]:
        """Return (groups, out_channels) for this input."""
        return cast(int, self.groups), cast(int, self.out_channels)

    def _output(self, *shapes: Shape) -> Shape:
        shape = _want_map(self, shapes[0])
        groups, out = self._groups(shape)
        if shape[0] % groups or out % groups:
            raise SpecificationError(
                f"{self.symbol}: {shape[0]} input and {out} output channels in {groups} groups"
            )
        spans = _window(self, shape, self.kernel_size, self.stride, self.padding, self.dilation)
        steps = pair(self.stride)
        height, width = ((n - k) // s + 1 for (n, k), s in zip(spans, steps, strict=True))
        return out, height, width

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        groups, out = self._groups(shape)
        kernel = (out, shape[0] // groups, *pair(self.kernel_size))
        return {"kernel": kernel, "bias": (out,)} if self.bias else {"kernel": kernel}

    def macs(self, shape: Shape) -> int:
        return math.prod(self.parameters(shape)["kernel"]) * math.prod(self.output(shape)[1:])


@dataclass(frozen=True)
class DepthwiseConv2d(Conv2d):
    """Convolution of each channel by itself; `out_channels` counts the outputs per channel."""

    symbol = "depthwise_conv2d"
    out_channels: Size = field(default=1, kw_only=True)

    def _check(self) -> None:
        super()._check()
        if self.groups != 1:
            raise SpecificationError("depthwise_conv2d: groups follow the input's channels")

    def _groups(self, shape: Shape) -> tuple[int, int]:
        return shape[0], shape[0] * cast(int, self.out_channels)


@dataclass(frozen=True)
class BatchNorm(Op):
    """Batch normalization; `momentum` is the weight of the old running value."""

    symbol = "batch_norm"
    epsilon: Real = 1e-5
    momentum: Real = 0.9
    zero_gamma: bool = field(default=False, metadata={"choices": (False, True)})  # at the start

    def _check(self) -> None:
        if not (0 < cast(float, self.epsilon) < math.inf and 0 <= cast(float, self.momentum) < 1):
            raise SpecificationError(
                f"batch_norm: epsilon {self.epsilon}, momentum {self.momentum}; "
                "expected epsilon > 0 and 0 <= momentum < 1"
            )

    def _output(self, *shapes: Shape) -> Shape:
        return _want_map(self, shapes[0])

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(("gamma", "beta", *NOT_TRAINABLE), shape[:1])


@dataclass(frozen=True)
class ReLU(Op):
    """max(x, 0)."""

    symbol = "relu"


@dataclass(frozen=True)
class ReLU6(Op):
    """min(max(x, 0), 6)."""

    symbol = "relu6"


@dataclass(frozen=True)
class SiLU(Op):
    """x * sigmoid(x): smooth, and so the stand-in for ReLU where rounding is judged."""

    symbol = "silu"


@dataclass(frozen=True)
class Sigmoid(Op):
    """1 / (1 + exp(-x))."""

    symbol = "sigmoid"


@dataclass(frozen=True)
class Softmax(Op):
    """Softmax over the channels."""

    symbol = "softmax"


@dataclass(frozen=True)
class MaxPool2d(Op):
    """Maximum over windows; padding never wins.

    With rounding "ceil" a last, partial window is kept if it starts inside the input or the
    padding before it (the rule of PyTorch and Caffe).
    """

    symbol = "max_pool2d"
    kernel_size: Pair = field(metadata=PAIR)
    stride: Pair = field(default=1, metadata=PAIR)
    padding: Padding = field(default=0, metadata=PAIR)
    rounding: str = field(default="floor", metadata={"choices": ("floor", "ceil")})

    def _check(self) -> None:
        _positive(self, kernel_size=self.kernel_size, stride=self.stride)
        _not_negative(self, padding=self.padding)
        for size, (before, after) in zip(pair(self.kernel_size), sides(self.padding), strict=True):
            if 2 * max(before, after) > size:
                raise SpecificationError(
                    f"{self.symbol}: padding {self.padding} is over half the kernel {size}"
                )

    def _output(self, *shapes: Shape) -> Shape:
        shape = _want_map(self, shapes[0])
        spans = _window(self, shape, self.kernel_size, self.stride, self.padding)
        sizes = []
        for axis, ((padded, extent), step) in enumerate(zip(spans, pair(self.stride), strict=True)):
            if self.rounding == "floor":
                sizes.append((padded - extent) // step + 1)
                continue
            count = -((extent - padded) // step) + 1
            inside = shape[1 + axis] + sides(self.padding)[axis][0]
            sizes.append(count - ((count - 1) * step >= inside))
        return shape[0], sizes[0], sizes[1]

    def overhang(self, shape: Shape) -> tuple[int, int]:
        """Return by how much the last windows reach beyond the padded input, (height, width)."""
        spans = _window(self, shape, self.kernel_size, self.stride, self.padding)
        counts, steps = self.output(shape)[1:], pair(self.stride)
        over = [
            max(0, (count - 1) * step + extent - padded)
            for (padded, extent), count, step in zip(spans, counts, steps, strict=True)
        ]
        return over[0], over[1]


@dataclass(frozen=True)
class AvgPool2d(MaxPool2d):
    """Mean over windows; `count_include_pad` says whether padding counts in the divisor.

    What a partial window (rounding "ceil") lacks beyond the padding never counts.
    """

    symbol = "avg_pool2d"
    count_include_pad: Flag = False


@dataclass(frozen=True)
class GlobalAvgPool2d(Op):
    """Mean over height and width: (C, H, W) -> (C,)."""

    symbol = "global_avg_pool2d"

    def _output(self, *shapes: Shape) -> Shape:
        return _want_map(self, shapes[0])[:1]


@dataclass(frozen=True)
class AdaptiveAvgPool2d(Op):
    """Mean over ⌊i·H/n⌋ … ⌈(i+1)·H/n⌉ for each of n outputs per axis."""

    symbol = "adaptive_avg_pool2d"
    output_size: Pair = field(default=1, metadata=PAIR)

    def _check(self) -> None:
        _positive(self, output_size=self.output_size)

    def _output(self, *shapes: Shape) -> Shape:
        return _want_map(self, shapes[0])[0], *pair(self.output_size)


@dataclass(frozen=True)
class Dense(Op):
    """y = W x + b over the features of a vector."""

    symbol = "dense"
    out_features: Size
    bias: Flag = True

    def _check(self) -> None:
        _positive(self, out_features=self.out_features)

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 1:
            raise SpecificationError(f"dense takes a vector (F,), got shape {shapes[0]}")
        return (cast(int, self.out_features),)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        out = cast(int, self.out_features)
        kernel = (out, shape[0])
        return {"kernel": kernel, "bias": (out,)} if self.bias else {"kernel": kernel}

    def macs(self, shape: Shape) -> int:
        return math.prod(self.parameters(shape)["kernel"])


@dataclass(frozen=True)
class Flatten(Op):
    """(C, H, W) -> (C·H·W,), channels outermost ("CHW") or innermost ("HWC")."""

    symbol = "flatten"
    order: str = field(default="CHW", metadata={"choices": ("CHW", "HWC")})

    def _output(self, *shapes: Shape) -> Shape:
        return (math.prod(_want_map(self, shapes[0])),)


@dataclass(frozen=True)
class Concat(Op):
    """Inputs one after another along the channels."""

    symbol = "concat"
    arity = 0

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len({shape[1:] for shape in shapes}) != 1:
            raise SpecificationError(f"concat takes inputs alike but for channels, got {shapes}")
        return sum(shape[0] for shape in shapes), *shapes[0][1:]


@dataclass(frozen=True)
class Add(Op):
    """The sum of inputs of one shape; nothing is broadcast."""

    symbol = "add"
    arity = 0

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len(set(shapes)) != 1:
            raise SpecificationError(f"add takes two or more inputs of one shape, got {shapes}")
        return shapes[0]


@dataclass(frozen=True)
class Scale(Op):
    """A map (C, H, W) times a gate (C,), channel by channel."""

    symbol = "scale"
    arity = 2

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 3 or shapes[1] != shapes[0][:1]:
            raise SpecificationError(f"scale takes (C, H, W) and (C,), got {shapes}")
        return shapes[0]


@dataclass(frozen=True)
class ChannelPad(Op):
    """Zero channels before and after."""

    symbol = "channel_pad"
    before: Size
    after: Size

    def _check(self) -> None:
        _not_negative(self, padding=((self.before, self.after), (0, 0)))

    def _output(self, *shapes: Shape) -> Shape:
        channels, height, width = _want_map(self, shapes[0])
        return channels + cast(int, self.before) + cast(int, self.after), height, width


@dataclass(frozen=True)
class ZeroPad2d(Op):
    """Zeros around each map."""

    symbol = "zero_pad2d"
    padding: Padding = field(metadata=PAIR)

    def _check(self) -> None:
        _not_negative(self, padding=self.padding)

    def _output(self, *shapes: Shape) -> Shape:
        channels, height, width = _want_map(self, shapes[0])
        (top, bottom), (left, right) = sides(self.padding)
        return channels, height + top + bottom, width + left + right


@dataclass(frozen=True)
class Dropout(Op):
    """Zeroes a share `rate` in training and scales the rest by 1 / (1 - rate); identity in eval."""

    symbol = "dropout"
    rate: Real = 0.5

    def _check(self) -> None:
        if not 0 <= cast(float, self.rate) < 1:
            raise SpecificationError(f"dropout: rate {self.rate}, expected 0 <= rate < 1")


@dataclass(frozen=True)
class Identity(Op):
    """The input, unchanged."""

    symbol = "identity"


def _all_ops(base: type[Op]) -> dict[str, type[Op]]:
    found: dict[str, type[Op]] = {}
    for each in base.__subclasses__():
        found |= {each.symbol: each, **_all_ops(each)}
    return found


OPS = _all_ops(Op)

"""What every op has in common: fields that may be expressions, checks, shapes, its arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from common.errors import SpecificationError
from common.expressions import Size, Value, evaluate, names
from common.initializers import ONES, ZEROS, Fans, Initializer, Law
from common.ops.local import Given, Local, Terms, absolute
from common.ops.windows import SAME, Shape, Sides, padding_on, pair, sides

__all__ = [
    "NOT_TRAINABLE",
    "OPS",
    "SAME",
    "Op",
    "Padding",
    "Pair",
    "Shape",
    "Sides",
    "Width",
    "padding_on",
    "pair",
    "sides",
]
Pair = Size | tuple[Size, Size]
Padding = Pair | tuple[tuple[Size, Size], tuple[Size, Size]]
Width = Size | None  # how many channels or features; None where no expression says it
NOT_TRAINABLE = ("mean", "variance")
PAIR = {"pair": True}  # marks a field that may be one size or a pair
LAW = {"law": True}  # marks a field that says how a parameter starts: kernel_initializer, …
AnyOp = TypeVar("AnyOp", bound="Op")
OPS: dict[str, type[Op]] = {}  # symbol -> op


def _shortest(value: Any) -> Any:
    """Write (3, 3) as 3, so that equal fields have one form; ((0, 1), (0, 1)) stays."""
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, tuple):
        value = tuple(map(_shortest, value))
        if len(value) == 2 and _same(*value) and not isinstance(value[0], tuple):
            return value[0]
    return value


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal and of one type: 1 is neither True nor 1.0."""
    return type(one) is type(other) and bool(one == other)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, float) or _is_integer(value)


def _is_pair(value: Any) -> bool:
    if isinstance(value, tuple):
        return len(value) == 2 and all(map(_is_integer, value))
    return _is_integer(value)


def _is_padding(value: Any) -> bool:
    by_axis = isinstance(value, tuple) and len(value) == 2 and all(map(_is_pair, value))
    return value == SAME or by_axis or _is_pair(value)


# What a bound field of each annotation must be.
_FORMS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Size": ("an integer", _is_integer),
    "Pair": ("an integer or a pair", _is_pair),
    "Padding": ('an integer, a pair, ((top, bottom), (left, right)) or "same"', _is_padding),
    "Real": ("a number", _is_real),
    "Flag": ("true or false", lambda value: isinstance(value, bool)),
    "Initializer": ("a law", lambda value: isinstance(value, Initializer)),
}


@dataclass(frozen=True)
class Op:
    """One operation: its fields, its shapes, and what the rest of the house has to know of it.

    symbol: its name in JSON. arity: how many inputs it takes (0: any number). has_modes: it acts
    in training otherwise than in evaluation. is_named: a dialect that names the steps of a graph
    names it. breaks: where it, or what it is mistaken for, changes: probe weights lead to values on
    both sides. keeps_size: its values are about as large as its inputs'. linear: it is linear in
    each input and each parameter. is_product: its sums are those of a matrix product.
    """

    symbol: ClassVar[str]
    arity: ClassVar[int] = 1
    has_modes: ClassVar[bool] = False
    is_named: ClassVar[bool] = True
    breaks: ClassVar[tuple[float, ...]] = ()
    keeps_size: ClassVar[bool] = False
    linear: ClassVar[bool] = False
    is_product: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "symbol" in vars(cls):
            OPS[cls.symbol] = cls

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.metadata.get("pair"):
                object.__setattr__(self, each.name, _shortest(getattr(self, each.name)))
            choices, got = each.metadata.get("choices"), getattr(self, each.name)
            if choices and not any(_same(got, choice) for choice in choices):
                raise SpecificationError(f"{each.name} {got!r}; expected one of {choices}")
        if not self.arguments():
            for name in self.expressions():
                object.__setattr__(self, name, evaluate(getattr(self, name), {}))
            self._check_forms()
            self._check()

    def arguments(self) -> set[str]:
        """Return the block arguments that this op's fields refer to."""
        return set().union(set(), *(names(getattr(self, name)) for name in self.expressions()))

    def expressions(self) -> list[str]:
        """Return the fields that may hold expressions; "same" is none."""
        free = [each.name for each in fields(self) if not each.metadata.keys() & {"choices", "law"}]
        return [name for name in free if getattr(self, name) != SAME]

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

    def initializer(self, kind: str) -> Initializer:
        """Return how a parameter of a kind starts."""
        running = {"mean": ZEROS, "variance": ONES}
        found: Initializer = running.get(kind) or getattr(self, f"{kind}_initializer")
        return found

    def law(self, kind: str, shape: Shape) -> Law:
        """Return the law of a parameter of a kind in numbers, for this input."""
        kernel = self.parameters(shape).get("kernel")
        return self.initializer(kind).at(None if kernel is None else Fans.of(kernel))

    @property
    def has_parameters(self) -> bool:
        """Whether it has any: then a framework that infers nothing is told its input's width."""
        return type(self).parameters is not Op.parameters

    def macs(self, shape: Shape) -> int:
        """Return the multiply-adds of one sample; zero but for convolutions and dense layers."""
        return 0

    def width(self, *inputs: Width, area: int | None) -> Width:
        """Return the output's channels or features as an expression, None where none says them.

        `inputs` are those of the inputs; `area` is the height times the width of the first input,
        None where it differs between the places where the op stands.
        """
        return inputs[0]

    def paddle_flops(self, shape: Shape) -> int:
        """Return what a call on one sample counts for in the "Total Flops" of `paddle.flops`.

        Source: the `count_…` functions of Paddle's hapi/dynamic_flops.py.
        """
        return 0

    def local(self, given: Given) -> Local:
        """Return what a call gives in float64, with the gradients if a cotangent is given."""
        raise NotImplementedError(f"{self.symbol} has no arithmetic")

    def magnitudes(self, given: Given) -> Local:
        """Return the same on absolute values: what rounding errors are in proportion to."""
        if self.linear:
            return self.local(given.absolute())
        found = self.local(given)
        gradients = [np.abs(each) for each in found.inputs]
        return Local(np.abs(found.result), gradients, absolute(found.parameters))

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        """Return the lengths of the longest sums, for inputs of these shapes."""
        return Terms()

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


def want_map(op: Op, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise SpecificationError(f"{op.symbol} takes a map (C, H, W), got shape {shape}")
    return shape


def positive(op: Op, **values: Any) -> None:
    for name, value in values.items():
        if min(pair(value)) < 1:
            raise SpecificationError(f"{op.symbol}: {name} is {value!r}, expected >= 1")


def not_negative(op: Op, **values: Any) -> None:
    for name, value in values.items():
        if value != SAME and min(map(min, sides(value))) < 0:
            raise SpecificationError(f"{op.symbol}: {name} is {value!r}, expected >= 0")

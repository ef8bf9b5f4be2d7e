"""How a parameter starts, as written source: where a framework's own default says another law."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from common.expressions import literal
from common.initializers import BY_FAN_IN, KEPT, Initializer, Law, Shape, VarianceScaling
from common.ops import BatchNorm, Conv2d, Dense, DepthwiseConv2d, Op, pair
from common.spec import plain
from frontends.writing.draft import Draft
from frontends.writing.expressions import carrying
from frontends.writing.sites import Site
from frontends.writing.statements import Assign, Statement
from frontends.writing.text import EmitError

# The law, in numbers, of a parameter that a framework is told nothing of: of an op, for a kind of
# parameter, on an input; None where no law of ours is its own.
Default = Callable[[Op, str, Shape], Law | None]
# What the whole of a law is multiplied with: its number is the root of this, times scale / fan.
_SQUARED = {"normal": 1.0, "truncated_normal": 1 / KEPT**2, "uniform": 3.0}
# What an op has that starts from a law: its kernel or scale, its bias or shift.
KINDS: dict[type[Op], tuple[str, str]] = {
    Conv2d: ("kernel", "bias"),
    DepthwiseConv2d: ("kernel", "bias"),
    Dense: ("kernel", "bias"),
    BatchNorm: ("gamma", "beta"),
}
NUMBERS = {"normal": "std", "truncated_normal": "std", "uniform": "bound"}  # what it is called

WIDENED = "before it is truncated"


def stated(op: Op, kind: str, site: Site, default: Default) -> Initializer | None:
    """Return how a parameter of an op starts, None where the framework's default says the same
    wherever the op stands."""
    found = [(each, shape) for each, shape in site.bound() if kind in each.parameters(shape)]
    if all(_same(each.law(kind, shape), default(each, kind, shape)) for each, shape in found):
        return None
    return op.initializer(kind)


class Words(ABC):
    """How a framework says laws as expressions, one for each layer."""

    default: Default

    def always(self, op: Op) -> bool:
        """Is a kernel told in any case, since an argument could make the default another law?"""
        return False

    @abstractmethod
    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        """Return a law of a kernel's own fans, None where the framework has no such word."""

    @abstractmethod
    def of(self, law: str, number: Any) -> Any:
        """Return a law by its name and its number: a value, a `std` or a `bound`."""

    def started(
        self, op: Op, site: Site, taken: Any, name: Callable[[str], str]
    ) -> tuple[list[Statement], dict[str, Any]]:
        """Return what an op's parameters start from, by their kind, where the framework has to be
        told; and the statements that compute numbers of it.

        taken: the channels or features of the op's input. name: makes a name of a wanted one.
        """
        before: dict[str, Statement] = {}
        told: dict[str, Any] = {}
        for kind in KINDS[type(op)]:
            told_anyway = kind == "kernel" and self.always(op)
            law = op.initializer(kind) if told_anyway else stated(op, kind, site, self.default)
            if isinstance(law, VarianceScaling):
                own = None if _in_numbers(law, kind, op) else self.scaled(law, op, site)
                if own is None:
                    called = name(NUMBERS[law.distribution])
                    remark = WIDENED if law.distribution == "truncated_normal" else ""
                    before[called] = Assign((called,), number(law, taken, op, site), remark=remark)
                    own = self.of(law.distribution, called)
                told[kind] = own
            elif law is not None:
                told[kind] = self.of(law.law, *vars(law).values())
        told = {kind: carrying(each, f"{kind}_initializer") for kind, each in told.items()}
        return list(before.values()), told


def _in_numbers(law: VarianceScaling, kind: str, op: Op) -> bool:
    """Is a law better said by its number? A bias has no fans of its own in any framework."""
    shared = getattr(op, "bias", False) is not False and op.initializer("bias") == law
    return kind == "bias" or shared or law == BY_FAN_IN


def _same(law: Law, other: Law | None) -> bool:
    if type(law) is not type(other):
        return False
    return all(
        math.isclose(own, vars(other)[name], rel_tol=1e-9) for name, own in vars(law).items()
    )


def number(law: VarianceScaling, taken: Any, op: Op, site: Site) -> str:
    """Return the `std` or `bound` of a law as source.

    taken: the channels or features of the op's input, as an expression.
    """
    known, fan = squared(law), _fan(law.mode, taken, op, site)
    return f"{fan} ** -0.5" if known == 1 else f"({known} / {fan}) ** 0.5"


def squared(law: VarianceScaling) -> float:
    """Return the square of a law's `std` or `bound`, times its fan."""
    return float(f"{law.scale * _SQUARED[law.distribution]:.10g}")


def key(law: VarianceScaling) -> tuple[float, str, str]:
    """Return what tables of named laws are looked up by."""
    return law.scale, law.mode, law.distribution


def filters(op: Op, taken: Any, site: Site) -> str:
    """Return the fan out of an op as source: filters, times height, times width."""
    if isinstance(op, Conv2d):
        every = (taken,) if isinstance(op, DepthwiseConv2d) else ()
        return times(*every, op.out_channels, *_window(op, site))
    assert isinstance(op, Dense)
    return times(op.out_features)


def _window(op: Conv2d, site: Site) -> tuple[Any, Any]:
    """Return a kernel's height and width as expressions. Raises EmitError where an argument is now
    a number, now a pair."""
    if not isinstance(op.kernel_size, str):
        return pair(op.kernel_size)
    pairs = {isinstance(each.kernel_size, tuple) for each, _ in site.bound()}
    if len(pairs) > 1:
        raise EmitError(
            f"block {site.block.kind}, layer {site.layer}: its law takes the kernel's fan, and "
            f"{op.kernel_size} is now a number, now a pair; expected one of the two"
        )
    if pairs == {True}:
        return f"{_factor(op.kernel_size)}[0]", f"{_factor(op.kernel_size)}[1]"
    return op.kernel_size, op.kernel_size


def _fan(mode: str, taken: Any, op: Op, site: Site) -> str:
    if mode == "fan_out":
        return _factor(filters(op, taken, site))
    window = _window(op, site) if isinstance(op, Conv2d) else ()
    groups = taken if isinstance(op, DepthwiseConv2d) else getattr(op, "groups", 1)
    inputs = taken if groups == 1 else f"({times(taken)} // {_factor(groups)})"
    own = times(1 if groups == taken else inputs, *window)
    return _factor(own) if mode == "fan_in" else f"(({own} + {filters(op, taken, site)}) / 2.0)"


def times(*factors: Any) -> str:
    """Return a product as source, literal factors multiplied."""
    known = math.prod(each for each in factors if isinstance(each, int))
    others = [_factor(each) for each in factors if not isinstance(each, int)]
    return " * ".join([*([str(known)] if known != 1 or not others else []), *others])


def _factor(value: Any) -> str:
    """Return an expression as a factor: in parentheses where it is a sum or a product."""
    said = literal(value)
    return f"({said})" if " " in said and not said.startswith("(") else said


@lru_cache(maxsize=8)
def constants(draft: Draft, default: Default) -> dict[str, VarianceScaling]:
    """Return the law of kernels that is a constant of a file, by its name: what at least two
    convolutions, or two dense layers, of the text are told."""
    found: dict[str, VarianceScaling] = {}
    for family, prefix in ((Conv2d, "CONV"), (Dense, "DENSE")):
        laws = list(_stated_laws(draft, family, default))
        most = max(laws, key=laws.count, default=None)
        if most is not None and laws.count(most) > 1:
            found[f"{prefix}_KERNEL_INITIALIZER"] = most
    return found


def _stated_laws(draft: Draft, family: type[Op], default: Default) -> Iterator[VarianceScaling]:
    for block in draft.kinds():
        for name, layer in block.layers.items():
            op = plain(layer)
            if isinstance(op, family) and not isinstance(op, DepthwiseConv2d):
                law = stated(op, "kernel", Site(draft, block, name, ()), default)
                if isinstance(law, VarianceScaling) and not _in_numbers(law, "kernel", op):
                    yield law


def constant_of(law: VarianceScaling, op: Op, draft: Draft, default: Default) -> str | None:
    """Return the name of the file's constant for the law of an op's kernel, None without one."""
    name = f"{'DENSE' if isinstance(op, Dense) else 'CONV'}_KERNEL_INITIALIZER"
    return name if constants(draft, default).get(name) == law else None

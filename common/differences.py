"""What differs between the structures of two networks, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from common.counting import trainable
from common.elaborate import Elaboration, Step
from common.expressions import literal
from common.network import Network
from common.ops import SAME, Op, padding_on

INITIALIZATION = "initialization"


@dataclass(frozen=True)
class StructuralDifference:
    """One difference: of what kind of thing, at which path ("" for the whole), and what it is."""

    kind: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.path}: {self.what}" if self.path else f"{self.kind}: {self.what}"


def structural_differences(left: Network, right: Network) -> list[StructuralDifference]:
    """Return every difference, matched by path; "the first" is `left`."""
    one, two = left.elaboration, right.elaboration
    found = [*_sizes(left, right), *_steps(one, two), *_parameters(one, two)]
    own, other = trainable(left), trainable(right)
    if own != other:
        found.append(StructuralDifference("trainable parameters", "", f"{own:,} and {other:,}"))
    return sorted(found, key=lambda each: each.kind == INITIALIZATION)  # what it starts from: last


def grouped(differences: Iterable[StructuralDifference]) -> list[str]:
    """Return a line per difference; those that say the same of many paths are folded into one.

    Paths are alike if their last two parts are.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in differences:
        last = ".".join(each.path.split(".")[-2:])
        groups.setdefault((each.kind, last, each.what), []).append(each.path)
    return [
        str(StructuralDifference(kind, paths[0] + _others(paths), what))
        for (kind, _, what), paths in groups.items()
    ]


def describe(op: Op) -> str:
    """Return an op in one line: conv2d(64, 3, padding=1)."""
    stated = (each.name for each in fields(op) if "law" not in each.metadata)
    given = [f"{name}={literal(getattr(op, name))}" for name in stated]
    return f"{op.symbol}({', '.join(given)})"


def _others(paths: list[str]) -> str:
    return f" and {len(paths) - 1} like it, to {paths[-1]}" if len(paths) > 1 else ""


def _sizes(left: Network, right: Network) -> Iterator[StructuralDifference]:
    shapes = {
        "input": (left.input_shape, right.input_shape),
        "output": (left.elaboration.output, right.elaboration.output),
    }
    for kind, (own, other) in shapes.items():
        if own != other:
            yield StructuralDifference(kind, "", f"{tuple(own)} and {tuple(other)}")


def _steps(one: Elaboration, two: Elaboration) -> Iterator[StructuralDifference]:
    own, other = ({step.path: step for step in each.steps} for each in (one, two))
    for path, step in own.items():
        if path in other:
            yield from _step(step, other[path])
        else:
            yield _only("step", path, f"({describe(step.op)})", "first")
    for path, step in other.items():
        if path not in own:
            yield _only("step", path, f"({describe(step.op)})", "second")
    common = [path for path in own if path in other]
    if common != [path for path in other if path in own]:
        yield StructuralDifference("order", "", "the steps that both have run in another order")


def _only(kind: str, path: str, what: str, side: str) -> StructuralDifference:
    return StructuralDifference(kind, path, f"{what} is only in the {side}")


def _step(left: Step, right: Step) -> Iterator[StructuralDifference]:
    def differs(what: str) -> StructuralDifference:
        return StructuralDifference("step", left.path, what)

    if type(left.op) is not type(right.op):
        yield differs(f"{describe(left.op)} and {describe(right.op)}")
        return
    for each in fields(left.op):
        own, other = (getattr(_in_numbers(step), each.name) for step in (left, right))
        if own == other:
            continue
        if "law" in each.metadata:
            name = f"{left.path}.{each.name.removesuffix('_initializer')}"
            yield StructuralDifference(INITIALIZATION, name, f"{own} and {other}")
        else:
            yield differs(f"{each.name} {literal(own)} and {literal(other)}")
    if left.output != right.output:
        yield differs(f"output {tuple(left.output)} and {tuple(right.output)}")


def _in_numbers(step: Step) -> Op:
    """Return the op of a step with "same" as what it pads there: equal padding is no difference."""
    if getattr(step.op, "padding", None) != SAME:
        return step.op
    numbers: Any = {"padding": padding_on(step.op, step.inputs[0])}
    return replace(step.op, **numbers)


def _parameters(one: Elaboration, two: Elaboration) -> Iterator[StructuralDifference]:
    for side, own, other in (("first", one, two), ("second", two, one)):
        for name, parameter in own.parameters.items():
            if name not in other.parameters:
                yield _only("parameter", name, str(parameter.shape), side)
    for name, parameter in one.parameters.items():
        match = two.parameters.get(name)
        if match and match.shape != parameter.shape:
            what = f"shape {parameter.shape} and {match.shape}"
            yield StructuralDifference("parameter", name, what)

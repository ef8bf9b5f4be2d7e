"""Two different networks: every structural difference, and the first step whose results differ.

`python -m frontends.verify A --against B`. Steps and parameters are matched by their paths. Both
networks get the same weights where a tensor has the same name and shape, and the same input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from common import weights
from common.compare import difference
from common.elaborate import Elaboration, Step, elaborate
from common.expressions import literal
from common.ops import SAME, Op, padding_on
from common.spec import Network
from frontends.launch import MISMATCHED, WorkerError, Workers
from frontends.locate import FLOAT64_BOUND
from frontends.realize import Job, Realizer
from frontends.report import Row


def structural_differences(left: Network, right: Network) -> list[str]:
    """Return a line per difference: steps, their order of execution, parameters, counts."""
    one, two = elaborate(left), elaborate(right)
    lines = [*_sizes(left, right, one, two), *_steps(one, two), *_parameters(one, two)]
    own, other = (
        sum(p.size for p in each.parameters.values() if p.trainable) for each in (one, two)
    )
    if own != other:
        lines.append(f"trainable parameters: {own:,} and {other:,}")
    return lines


def grouped(lines: list[str]) -> list[str]:
    """Return the lines with those that say the same of many paths folded into one."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line in lines:
        words = line.split(" ", 2)
        path = words[1].rstrip(":") if len(words) == 3 else ""
        last = ".".join(path.split(".")[-2:]) if "." in path else path
        groups.setdefault((words[0], last, words[-1]), []).append(path)
    return [
        f"{kind} {paths[0]}{_others(paths)}: {what}" for (kind, _, what), paths in groups.items()
    ]


def _others(paths: list[str]) -> str:
    return f" and {len(paths) - 1} like it, to {paths[-1]}" if len(paths) > 1 else ""


def compare(
    left: Network,
    right: Network,
    framework: str,
    workers: Workers,
    folder: Path,
    batch: int,
    seed: int,
) -> Row:
    """Return the row that names the first step whose float64 results differ in one panel."""
    try:
        return _first_difference(left, right, framework, workers, folder, batch, seed)
    except WorkerError as error:
        return Row(f"stage {error.stage}", (framework,), error.outcome, note=error.message)


def _first_difference(
    left: Network,
    right: Network,
    framework: str,
    workers: Workers,
    folder: Path,
    batch: int,
    seed: int,
) -> Row:
    own = weights.probe(left, seed)
    shared = {
        name: own[name] if name in own and own[name].shape == array.shape else array
        for name, array in weights.probe(right, seed).items()
    }
    results = []
    for number, (network, values) in enumerate(((left, own), (right, shared))):
        place = folder / f"{framework}{number}"
        place.mkdir()
        realizer = Realizer(network, workers, place, batch, seed, weights=values)
        results.append(realizer.run(Job(framework, taps=True, keep_steps=True)))
    order = [step.path for step in elaborate(left).steps]
    with results[0].read() as one, results[1].read() as two:
        known = set(two.names())
        for mode in ("evaluate", "train"):
            for path in order:
                name = f"{mode}/step/{path}"
                if name not in known:
                    return _differs(framework, f"step {path} is only in {left.name}")
                found = difference(one.get(name), two.get(name))
                if found.relative > FLOAT64_BOUND:
                    return _differs(framework, f"first at step {path}: {found}", found.relative)
    return Row("forward, step by step", (framework,), "agrees", bound=FLOAT64_BOUND)


def _differs(framework: str, note: str, worst: float | None = None) -> Row:
    return Row("forward, step by step", (framework,), MISMATCHED, worst, FLOAT64_BOUND, note)


def _sizes(left: Network, right: Network, one: Elaboration, two: Elaboration) -> Iterator[str]:
    if left.input_shape != right.input_shape:
        yield f"input: {left.input_shape} and {right.input_shape}"
    if one.output != two.output:
        yield f"output: {one.output} and {two.output}"


def _steps(one: Elaboration, two: Elaboration) -> Iterator[str]:
    own, other = ({step.path: step for step in each.steps} for each in (one, two))
    for path, step in own.items():
        if path not in other:
            yield f"step {path} ({describe(step.op)}) is only in the first"
        else:
            yield from _step(step, other[path])
    for path, step in other.items():
        if path not in own:
            yield f"step {path} ({describe(step.op)}) is only in the second"
    common = [path for path in own if path in other]
    if common != [path for path in other if path in own]:
        yield "the steps that both have run in another order"


def _step(left: Step, right: Step) -> Iterator[str]:
    if type(left.op) is not type(right.op):
        yield f"step {left.path}: {describe(left.op)} and {describe(right.op)}"
        return
    for each in fields(left.op):
        own, other = (getattr(_in_numbers(step), each.name) for step in (left, right))
        if own != other:
            yield f"step {left.path}: {each.name} {literal(own)} and {literal(other)}"
    if left.output != right.output:
        yield f"step {left.path}: output {left.output} and {right.output}"


def _in_numbers(step: Step) -> Op:
    """Return the op of a step with "same" as what it pads there: equal padding is no difference."""
    if getattr(step.op, "padding", None) != SAME:
        return step.op
    numbers: Any = {"padding": padding_on(step.op, step.inputs[0])}
    return replace(step.op, **numbers)


def _parameters(one: Elaboration, two: Elaboration) -> Iterator[str]:
    for number, own, other in (("first", one, two), ("second", two, one)):
        for name, parameter in own.parameters.items():
            if name not in other.parameters:
                yield f"parameter {name} {parameter.shape} is only in the {number}"
    for name, parameter in one.parameters.items():
        match = two.parameters.get(name)
        if match and match.shape != parameter.shape:
            yield f"parameter {name}: shape {parameter.shape} and {match.shape}"


def describe(op: Op) -> str:
    """Return an op in one line: conv2d(64, 3, padding=1)."""
    given = [f"{each.name}={literal(getattr(op, each.name))}" for each in fields(op)]
    return f"{op.symbol}({', '.join(given)})"

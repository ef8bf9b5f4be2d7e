"""The rung of structure: parameters by name and shape, and the output shape of every block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from common.differences import StructuralDifference
from common.network import Network
from frontends.ladder.climb import Climb
from frontends.ladder.report import Row
from frontends.ladder.runs import Job, Runs
from frontends.ladder.subjects import Subject
from frontends.workers.outcomes import AGREES, MISMATCHED

STRUCTURE = "structure"
Shapes = Mapping[str, tuple[int, ...]]


def structure(climb: Climb) -> Iterator[Row]:
    """Yield a row per panel."""
    for name in climb.panels:
        subject = climb.runs.subject(name)
        missing = _missing(climb, name)
        if missing:
            yield Row(STRUCTURE, (name,), MISMATCHED, note="; ".join(missing[:4]))
        elif subject.names is None:
            yield _written(climb.runs, subject)
        else:
            matched = len(climb.runs.run(Job(name)).told.parameters)
            yield Row(STRUCTURE, (name,), AGREES, note=f"{matched} parameters matched")


def structure_of_two(other: Network, differences: list[StructuralDifference]) -> Row:
    """Return the row of what a network is, beside another one."""
    if not differences:
        return Row(STRUCTURE, (other.name,), AGREES)
    note = f"{len(differences)} differences, the first: {differences[0]}"
    return Row(STRUCTURE, (other.name,), MISMATCHED, note=note)


def _missing(climb: Climb, panel: str) -> list[str]:
    """Return a line per result that a panel has to give and does not, or gives beyond that."""
    result = climb.runs.run(Job(panel))
    with result.read() as reader:
        known = set(reader.names())
    lines = [f"no {name}" for name in ("evaluate/output", "train/output") if name not in known]
    for kind in ("gradient", "statistics"):
        prefix = f"train/{kind}/"
        found = {name[len(prefix) :] for name in known if name.startswith(prefix)} - {"input"}
        expected = climb.expected(kind, panel)
        frozen = set(result.told.frozen)  # of a reader's file they are told already
        lines += [
            f"{name} does not train" if name in frozen else f"no {kind} of {name}"
            for name in expected
            if name not in found and (name not in frozen or climb.runs.subject(panel).file is None)
        ]
        lines += [f"{kind} of {name}, which has none" for name in sorted(found - set(expected))]
    return lines if "train/gradient/input" in known else [*lines, "no gradient of the input"]


def _written(runs: Runs, subject: Subject) -> Row:
    told, absent = runs.run(Job(subject.name)).told, subject.absent(runs.network)
    parameters = runs.elaboration.parameters
    expected = {name: p.shape for name, p in parameters.items() if name not in absent}
    blocks, silent = _blocks(runs), subject.silent_blocks(runs.network)
    seen = {path: shape for path, shape in blocks.items() if path not in silent}
    wrong = unlike("parameter", expected, told.parameters)
    wrong += unlike("block", seen, told.blocks)
    if wrong:
        return Row(STRUCTURE, (subject.name,), MISMATCHED, note="; ".join(wrong[:4]))
    total = sum(parameters[name].size for name in expected)
    note = f"{len(expected)} parameters, {total:,} numbers, {len(seen)} blocks"
    for what, exempt in (("parameters", absent), ("blocks", silent)):
        for reason in dict.fromkeys(exempt.values()):
            note += f"; {sum(r == reason for r in exempt.values())} {what} exempt: {reason}"
    return Row(STRUCTURE, (subject.name,), AGREES, note=note)


def _blocks(runs: Runs) -> dict[str, tuple[int, ...]]:
    """Return the output shape of every block that is called, with the batch."""
    found: dict[str, tuple[int, ...]] = {}
    for each in runs.elaboration.blocks:
        for index, shape in enumerate(each.outputs if each.used and each.path else ()):
            key = each.path if len(each.outputs) == 1 else f"{each.path}[{index}]"
            found[key] = (runs.batch, *shape)
    return found


def unlike(what: str, expected: Shapes, got: Shapes) -> list[str]:
    """Return a line per name that is missing, too much, or of another shape."""
    wrong = [f"{what} {name} is missing" for name in expected if name not in got]
    wrong += [f"{what} {name} is not in the specification" for name in got if name not in expected]
    wrong += [
        f"{what} {name} has shape {got[name]}, expected {shape}"
        for name, shape in expected.items()
        if name in got and got[name] != shape
    ]
    return wrong

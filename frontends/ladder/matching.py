"""A reader's own file against a network: which of its tensors is which parameter.

Tensors of layers that have a counterpart are matched with the specification's parameters in the
order of their creation, then layer by layer where the orders part, or by a JSON file {canonical
name: own name}. What has no counterpart is a structural difference, and so is what does not train.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from common.elaborate import Parameter
from common.errors import TriptychError
from common.network import Network
from frontends.ladder.climb import by_layer
from frontends.ladder.subjects import MINE
from frontends.workers.pool import Workers
from frontends.workers.protocol import Describe, NetworkFile, Tensor

Own = dict[str, Tensor]
Canonical = dict[str, Parameter]
Pairs = dict[str, str]  # own name -> canonical name
_ORDER = ("kernel", "bias", "gamma", "beta", "mean", "variance")


@dataclass
class Match:
    """Which own tensor is which canonical parameter, and the structural differences, in lines."""

    names: Pairs = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


def parse_mine(reference: str) -> tuple[Path, str]:
    """Return the file and the entry of FILE:ENTRY. Raises TriptychError."""
    file, _, entry = reference.rpartition(":")
    if not file.endswith(".py") or not entry.isidentifier():
        raise TriptychError(f"--mine {reference}: expected FILE.py:FUNCTION or FILE.py:CLASS")
    if not Path(file).is_file():
        raise TriptychError(f"--mine {file}: no such file")
    return Path(file).resolve(), entry


def describe(
    path: Path, entry: str, dialect: str, network: Network, workers: Workers, timeout: float
) -> Own:
    """Return all tensors that a reader's network holds, as created. Raises WorkerError."""
    shape, folder = network.input_shape, str(path.parent)
    file = NetworkFile(str(path), entry, shape, import_folder=folder, brought=True)
    return workers.request(dialect, Describe(file), timeout, lane=MINE).tensors


def match(own: Own, network: Network, names_file: str | None, classes: bool) -> Match:
    """Match own tensors with the network's parameters.

    Raises TriptychError for a wrong name file.
    """
    parameters = network.elaboration.parameters
    canonical = {name: p for name, p in parameters.items() if classes or p.used}
    found = Match()
    if names_file:
        _by_file(found, own, canonical, names_file)
    else:
        found.names = _by_order(own, canonical)
        found.names |= _by_layer(own, canonical, found.names)
    told = {name for name in own if name not in found.names}
    theirs = set(found.names.values())
    missing = [p for name, p in canonical.items() if name not in theirs]
    found.differences += _without_counterpart({n: t for n, t in own.items() if n in told})
    found.differences += folded((p.name, f"{p.shape}", "is missing in mine") for p in missing)
    frozen = [n for mine, n in found.names.items() if canonical[n].trainable > own[mine].trains]
    trains = [n for mine, n in found.names.items() if canonical[n].trainable < own[mine].trains]
    found.differences += folded((name, "", "does not train in mine") for name in frozen)
    found.differences += folded((name, "", "trains in mine") for name in trains)
    return found


def _by_order(own: Own, canonical: Canonical) -> Pairs:
    """Match in order; where the orders part, the longest common runs of kinds and shapes."""
    mine, theirs = _in_order(own), list(canonical)
    left = [(own[name].kind, size_of(own[name])) for name in mine]
    right = [(p.kind, size_of(p)) for p in canonical.values()]
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    return {
        mine[block.a + i]: theirs[block.b + i]
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
    }


def _in_order(own: Own) -> list[str]:
    """Return the names of what may have a counterpart, the kinds of each layer in one order."""
    known = [name for name, each in own.items() if each.kind in _ORDER]
    return [
        name
        for _, names in groupby(known, _layer)
        for name in sorted(names, key=lambda name: _ORDER.index(own[name].kind))
    ]


def _by_layer(own: Own, canonical: Canonical, done: Pairs) -> Pairs:
    """Match layers of which nothing is matched with such of the same kinds and shapes, in order."""
    taken = {_layer(name) for name in (*done, *done.values())}
    free: dict[object, list[dict[str, str]]] = {}
    for names in by_layer(n for n in _in_order(own) if _layer(n) not in taken).values():
        by_kind = {own[name].kind: name for name in names}
        signature = frozenset((own[name].kind, size_of(own[name])) for name in names)
        free.setdefault(signature, []).append(by_kind)
    found: Pairs = {}
    for names in by_layer(n for n in canonical if _layer(n) not in taken).values():
        signature = frozenset((canonical[name].kind, size_of(canonical[name])) for name in names)
        if free.get(signature):
            by_kind = free[signature].pop(0)
            found |= {by_kind[canonical[name].kind]: name for name in names}
    return found


def size_of(each: Tensor | Parameter) -> tuple[int, ...]:
    """Return a shape; the kernel of a 1×1 convolution is that of a dense layer on a map."""
    shape = tuple(each.shape)
    return shape[:2] if each.kind == "kernel" and shape[2:] == (1, 1) else shape


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _without_counterpart(own: Own) -> list[str]:
    """Return the lines of what has no counterpart: a layer's tensors in one, those that do not
    train in another."""
    lines = []
    for (_, trains, kind), group in groupby(
        own.items(), lambda item: (_layer(item[0]), item[1].trains, item[1].layer)
    ):
        named = [(name, tensor.shape) for name, tensor in group]
        first = named[0][0]
        rest = "".join(f", {name} {shape}" for name, shape in named[1:])
        said = [kind] if kind else []
        said += [] if trains else ["not trained"]
        note = f" ({', '.join(said)})" if said else ""
        verb = "have" if len(named) > 1 else "has"
        lines.append((first, f"{named[0][1]}{rest}{note}", f"of mine {verb} no counterpart"))
    return folded(lines)


def folded(said: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return a line per (name, more of it, what is said); names that end alike, and of which the
    same is said, are folded into one."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, more, what in said:
        groups.setdefault((name.rpartition(".")[2], what), []).append((name, more))
    return [
        f"{names[0][0]}{f' {names[0][1]}' if names[0][1] else ''} {what}{_others(names)}"
        for (_, what), names in groups.items()
    ]


def _others(names: list[tuple[str, str]]) -> str:
    return f", and {len(names) - 1} like it, to {names[-1][0]}" if len(names) > 1 else ""


def read_names(path: str, what: str) -> dict[str, str]:
    """Return what a file of names says, which are names of `what`. Raises TriptychError."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TriptychError(f"--names {path}: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise TriptychError(f"--names {path}: expected {{{what}}}")
    return found


def such_as(wrong: str, known: list[str]) -> str:
    """Return "; such as …": the known names that are near a wrong one, or the first."""
    return f"; such as {', '.join(difflib.get_close_matches(wrong, known, 3) or known[:3])}"


def _by_file(found: Match, own: Own, canonical: Canonical, names_file: str) -> None:
    mapping = read_names(names_file, "canonical name: own name")
    for theirs, mine in mapping.items():
        if theirs not in canonical or mine not in own:
            wrong, choices = (mine, list(own)) if theirs in canonical else (theirs, list(canonical))
            raise TriptychError(f"--names {names_file}: no {wrong!r}{such_as(wrong, choices)}")
        given, expected = own[mine].shape, canonical[theirs].shape
        if size_of(own[mine]) == size_of(canonical[theirs]):
            found.names[mine] = theirs
        else:
            found.differences.append(f"{mine} {given} of mine, {theirs} {expected}")

"""A reader's own file against a network: `python -m frontends.verify --mine FILE:ENTRY`.

The parameters of the reader's network are matched with the specification's in the order of their
creation, or by a JSON file {canonical name: own name}. What has no counterpart is a structural
difference; the rest gets the same weights, and both run in the reader's framework.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import TriptychError
from common.network import Network
from frontends.workers.pool import Workers
from frontends.workers.protocol import Describe, NetworkFile

Named = list[tuple[str, tuple[int, ...]]]


@dataclass
class Match:
    """Which own parameter is which canonical one, and what has no counterpart."""

    names: dict[str, str] = field(default_factory=dict)
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
) -> Named:
    """Return the own parameters with canonical shapes, as created. Raises WorkerError."""
    file = NetworkFile(str(path), entry, network.input_shape, import_folder=str(path.parent))
    return list(workers.request(dialect, Describe(file), timeout).shapes.items())


def match(own: Named, network: Network, names_file: str | None, classes: bool) -> Match:
    """Match own parameters with the network's. Raises TriptychError for a wrong name file."""
    parameters = network.elaboration.parameters.values()
    canonical = [(p.name, p.shape) for p in parameters if classes or p.used]
    if names_file:
        return _by_file(own, canonical, names_file)
    return _by_order(own, canonical)


def _by_order(own: Named, canonical: Named) -> Match:
    """Match in order; where the orders part, the longest common runs of shapes."""
    found = Match()
    left, right = [shape for _, shape in own], [shape for _, shape in canonical]
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(own[i:i_end], canonical[j:j_end])
            found.names |= {mine[0]: theirs[0] for mine, theirs in pairs}
            continue
        found.differences += [f"{n} {s} of mine has no counterpart" for n, s in own[i:i_end]]
        found.differences += [f"{n} {s} is missing in mine" for n, s in canonical[j:j_end]]
    return found


def _by_file(own: Named, canonical: Named, names_file: str) -> Match:
    try:
        mapping = json.loads(Path(names_file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TriptychError(f"--names {names_file}: {error}") from None
    shapes, known = dict(own), dict(canonical)
    if not isinstance(mapping, dict) or not all(isinstance(v, str) for v in mapping.values()):
        raise TriptychError(f"--names {names_file}: expected {{canonical name: own name}}")
    for theirs, mine in mapping.items():
        if theirs not in known or mine not in shapes:
            wrong, choices = (theirs, known) if theirs not in known else (mine, shapes)
            near = difflib.get_close_matches(wrong, list(choices), 3) or list(choices)[:3]
            raise TriptychError(f"--names {names_file}: no {wrong!r}; such as {', '.join(near)}")
    found = Match({mine: theirs for theirs, mine in mapping.items()})
    for mine, theirs in list(found.names.items()):
        if shapes[mine] != known[theirs]:
            found.differences.append(f"{mine} {shapes[mine]} of mine, {theirs} {known[theirs]}")
            del found.names[mine]
    found.differences += [
        f"{n} {s} of mine has no counterpart" for n, s in own if n not in mapping.values()
    ]
    found.differences += [f"{n} {s} is missing in mine" for n, s in canonical if n not in mapping]
    return found

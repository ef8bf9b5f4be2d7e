"""How a mistake is planted: edits of a written text, and functions added to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from common.network import Network
from frontends.ladder.subjects import Fault

FOLDER = Path(__file__).parent / "planted"


@dataclass(frozen=True)
class Edits:
    """(pattern, replacement) pairs, applied in turn, and the functions and classes of
    planted/<panel>.py that are added."""

    pairs: tuple[tuple[str, str], ...]
    added: tuple[str, ...] = ()


Cell = Edits | str  # a string says why a panel cannot have the mistake


@dataclass(frozen=True)
class Pitfall:
    """One mistake. `divergence` is what frameworks disagree on; `rung` is the first that fails,
    and its note names `where`; `cells` has an entry for every panel."""

    name: str
    divergence: str
    rung: str
    where: str
    network: Callable[[], Network]
    cells: Mapping[str, Cell]


def edit(*texts: str, add: str = "") -> Edits:
    """Return edits from pattern, replacement, pattern, … and the names of what is added."""
    return Edits(tuple(zip(texts[::2], texts[1::2], strict=True)), tuple(add.split()))


def plant(panel: str, edits: Edits) -> Fault:
    """Return the function that changes a written text; twins without the place get a remark."""
    added = "".join(f"{_source(panel, name)}\n\n\n" for name in edits.added)

    def change(text: str) -> str:
        for pattern, replacement in edits.pairs:
            text = re.sub(pattern, replacement, text)
        text = re.sub(r"\n(?=if __name__)", lambda _: added, text)  # found when they are called
        return text + "# planted\n"

    return change


def _source(panel: str, name: str) -> str:
    """Return the text of a function or class of planted/<panel>.py."""
    text = (FOLDER / f"{panel}.py").read_text(encoding="utf-8")
    (found,) = [node for node in ast.parse(text).body if getattr(node, "name", None) == name]
    return ast.get_source_segment(text, found) or ""

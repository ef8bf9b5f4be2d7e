"""How a written file names its parts, where official model files bear other names than paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LETTERED = 6  # blocks of the fourth stage that official files tell by letters; more are numbered


@dataclass(frozen=True)
class Naming:
    """What a function names its parts; all values are source text.

    openings: kind of block -> the line that opens its function. texts: (kind, layer or parameter)
    -> its name. stages: (kind, layer) -> (what a chain's names begin with, whether a deep network
    numbers it).
    names: official name of a parameter or block -> canonical.
    """

    openings: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    stages: Mapping[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def numbered(self, kind: str, layer: str, index: Any, count: Any = None) -> str | None:
        """Return the name of a block in a chain of a `count`: by its index, or a counter's name."""
        if (kind, layer) not in self.stages:
            return None
        stage, deep = self.stages[kind, layer]
        if isinstance(index, int):
            return f'"{stage}{chr(ord("a") + index)}"'
        numbered, lettered = f'"{stage}b%d" % {index}', f'"{stage}" + chr(ord("a") + {index})'
        if not deep or count is None:
            return lettered
        if isinstance(count, int):
            return numbered if count > LETTERED else lettered
        return f"{numbered} if {count} > {LETTERED} else {lettered}"

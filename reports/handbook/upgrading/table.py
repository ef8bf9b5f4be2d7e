"""PaddlePaddle's table of what became of Fluid 1.8's names in Paddle 2.0."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent / "table.tsv"


class Renamed(NamedTuple):
    """A row of the table: Fluid's name, the text of its column for Paddle 2, and whether
    PaddlePaddle's tool is said to convert it."""

    number: int
    fluid: str
    said: str
    converts: bool

    @property
    def short(self) -> str:
        """Fluid's name as files write it: "fluid.layers.fc"."""
        return self.fluid.removeprefix("paddle.")

    @property
    def targets(self) -> list[str]:
        """The names that the column for Paddle 2 holds."""
        return re.findall(r"paddle(?:\.\w+)+", self.said)


@lru_cache
def renamed() -> tuple[Renamed, ...]:
    """Return the table, in its order."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t"))[1:]
    return tuple(Renamed(int(n), fluid, said, tool == "True") for n, fluid, said, tool in rows)

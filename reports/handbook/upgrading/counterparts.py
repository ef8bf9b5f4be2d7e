"""What a name of TensorFlow 1 or Fluid is elsewhere: from the records, and the dialects."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from reports.handbook import records, table_page, upgrade_page
from reports.handbook.api.asking import said
from reports.handbook.api_page import call
from reports.handbook.columns import PANELS
from reports.handbook.upgrading.around import ALIASES, AROUND
from reports.handbook.upgrading.measuring import read_upgrade
from reports.handbook.verdicts import GONE, NOT_RUN

NOT_MEASURED, WRITTEN, UNKNOWN = "not measured", "as our files write it", "in no table"
TASK = "pages/task-se_resnext_article.md"


class Counterpart(NamedTuple):
    """What to write instead. kind: a word of the tables; page: where it is told, from reports, and
    in which of its rows, -1 where it has none."""

    fluid: str
    paddle: str
    kind: str
    page: str
    row: int = -1


class Counterparts:
    """All that is recorded, by name. Raises TriptychError where a record cannot be read."""

    def __init__(self, reports: Path) -> None:
        self._reports = reports

    def of(self, name: str) -> Counterpart:
        """Return the counterpart of a name: as recorded, as the dialects write it, or unknown."""
        for table in (self._official, self._renamed, self._written, self._around):
            for each in _alike(name):
                if each in table:
                    return table[each]
        parent = name.rpartition(".")[0]
        if parent in self._around:
            return self._around[parent]
        if name.startswith("tf.contrib."):
            return Counterpart("", "", "gone with tf.contrib", "")
        if name.startswith("paddle."):
            return Counterpart("", name, "of Paddle itself", "")
        return Counterpart("", "", UNKNOWN, "")

    @cached_property
    def _official(self) -> dict[str, Counterpart]:
        record = records.read(self._reports / table_page.RECORD, records.RowLine)
        found = {}
        for each in table_page.judged(record):
            later = each.verdicts.get("paddle")
            ways = each.line.get("ways", {})
            text = ways["paddle"][0]["text"] if "paddle" in ways else ""
            kind = each.fluid.short if later is None or not each.ran else (
                f"Fluid: {each.fluid.short}; Paddle 3: {later.short}")  # fmt: skip
            found[each.line["tensorflow"]] = Counterpart(
                each.line["fluid"], _head(text), kind, "official-table.md", each.line["number"]
            )
        return found

    @cached_property
    def _renamed(self) -> dict[str, Counterpart]:
        record = read_upgrade(self._reports)
        found = {}
        for each in upgrade_page.checked(record):
            name = each.line["fluid"].removeprefix("paddle.")
            kind = NOT_MEASURED if each.verdict.word == NOT_RUN else each.verdict.short
            since = [upgrade_page.SINCE.get(n, f"{n}: gone") for n in each.gone]
            there = [n for n in each.targets if n not in each.gone]
            paddle = ", ".join(there or since) if each.verdict.word != GONE else ", ".join(since)
            found[name] = Counterpart(
                name, paddle, kind, "pages/fluid-to-paddle-3.md", each.line["number"]
            )
        return found

    @cached_property
    def _written(self) -> dict[str, Counterpart]:
        """Return what the dialects write for the ops, by TensorFlow 1's, Keras's and Fluid's."""
        found: dict[str, Counterpart] = {}
        for own in said().values():
            calls = {panel: call(own[panel]) for panel in PANELS}
            entry = Counterpart(calls["fluid"], calls["paddle"], WRITTEN, "pages/api-map.md")
            for name in (calls["tensorflow1"], f"tf.keras.{calls['tensorflow']}", calls["fluid"]):
                found.setdefault(name, entry)
        return found

    @cached_property
    def _around(self) -> dict[str, Counterpart]:
        return {n: Counterpart(*each, NOT_MEASURED, TASK) for n, each in AROUND.items()}


def _alike(name: str) -> tuple[str, ...]:
    """Return a name, then those that mean the same: tf.math.exp is tf.exp."""
    return name, *(each for each in (ALIASES.get(name), name.replace("tf.math.", "tf.")) if each)


def _head(text: str) -> str:
    """Return the function that a snippet calls first, or its first line where it calls none; of
    batch normalization, which is measured on vectors, the one for maps, too."""
    line = text.strip().split("\n")[0] if text else ""
    line = line.partition(" = ")[2] or line
    called = re.match(r"[\w.]+(?=\()", line)
    head = called[0] if called else line
    return f"nn.BatchNorm2D, of maps; {head}" if head == "nn.BatchNorm1D" else head

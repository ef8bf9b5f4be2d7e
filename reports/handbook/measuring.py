"""Measures the official table: every row in every panel, one process per framework."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling
from reports.handbook import records
from reports.handbook.executing import answered, measure
from reports.handbook.official import blocks
from reports.handbook.rows import Row, Said, official
from reports.handbook.verdicts import BOUNDS

NAMED = {"tensorflow1": "tensorflow", "fluid": "fluid", "tensorflow": "tensorflow"}
ASK = """\
def there(name):
    try:
        eval(name)
    except AttributeError:
        return False
    return True

y = np.array([there(name) for name in {names!r}])
"""


def measured(
    panels: Sequence[str], workers: Workers, only: Collection[int] = (), kept: Sequence[Any] = ()
) -> records.Record:
    """Return the record of the table. only: numbers of rows, all if empty; kept: lines of the
    others."""
    header = records.header(panels, workers, BOUNDS)
    said = official()
    names = {
        p: _there(p, [getattr(s, NAMED[p]) for s in said], workers) for p in panels if p in NAMED
    }
    before = {each["number"]: each for each in kept}
    rows = {row.number: (block, row) for block, found in blocks().items() for row in found}
    lines = []
    for each in said:
        block, row = rows[each.number]
        if only and each.number not in only:
            lines += [before[each.number]] if each.number in before else []
            continue
        there = {panel: known[getattr(each, NAMED[panel])] for panel, known in names.items()}
        lines.append(_line(each, block, row, there) | measure(row, panels, workers))
    return records.Record(header, lines)


def _line(said: Said, block: str, row: Row, names: dict[str, bool]) -> dict[str, Any]:
    bound = "drawn" if row.drawn else row.dtype
    return {
        "number": said.number, "block": block, "tensorflow": said.tensorflow, "fluid": said.fluid,
        "says": said.says, "names": names, "bound": bound,
    }  # fmt: skip


def _there(panel: str, names: Sequence[str], workers: Workers) -> dict[str, bool]:
    """Return which names exist in a panel; what is no name, an operator, does."""
    asked = sorted({name for name in names if name.startswith(("tf.", "fluid."))})
    text = ASK.format(names=asked)
    if panel == "fluid":  # whose results are variables
        text += "y = fluid.layers.assign(y.astype('int32'))\n"
    answer, _ = answered(panel, text, {}, Calling(gradients=False), workers)
    found = dict(zip(asked, map(bool, answer["y/0"])))
    return {name: found.get(name, name != "-") for name in names}

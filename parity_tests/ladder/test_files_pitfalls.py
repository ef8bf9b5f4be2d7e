"""Every pitfall planted between the files of two frameworks, with no specification: caught, and
located on both sides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from common.transform import float32_exact
from frontends.frameworks import FRAMEWORKS, HISTORICAL
from frontends.ladder.asked import Asked
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.controls.pitfalls import INITIALIZATION, PITFALLS
from parity_tests.controls.planting import Edits, Pitfall, plant
from parity_tests.rows import rows

# Where another file has no such thing as initialization is not asked: fresh weights are its own.
BESIDE = {"torch": "tensorflow", "tensorflow": "paddle", "paddle": "torch"}
BESIDE |= dict.fromkeys(HISTORICAL, "torch")
OTHERWISE = {  # the words of a place that has no line or no name: what is told in place of it
    "activated_twice-fluid": "and relu of fluid_net.py",  # an act= has no name
    "bias_not_declared": "fc.bias (5,)",
    "ceil_mode": "first apart",
    "tf32": "is off by",
}


def _planted(panels: tuple[str, ...]) -> dict[str, tuple[Pitfall, str]]:
    return {
        f"{each.name}-{panel}": (each, panel)
        for each in PITFALLS
        for panel in panels
        if isinstance(each.cells[panel], Edits) and each.rung != INITIALIZATION
    }


_PLACE = re.compile(r"(\w+)_net\.py:\d+: ")
EVERY = _planted(FRAMEWORKS)
SOON = ("epsilon-torch",)
COMPLETE = (
    "momentum-tensorflow",
    "flatten_order-paddle",
    "padding_counted-torch",
    "order_of_groups-paddle",
    "epsilon-fluid",
    "variance-tensorflow1",
)


def _report(pitfall: Pitfall, panel: str, workers: Workers, folder: Path) -> Report:
    network, edits = float32_exact(pitfall.network()), pitfall.cells[panel]
    assert isinstance(edits, Edits)
    references = []
    for name in (BESIDE[panel], panel):
        source = emit(network, name)
        text = plant(panel, edits)(source.text) if name == panel else source.text
        path = folder / f"{name}_net.py"
        path.write_text(text, encoding="utf-8")
        references.append(f"{path}:{source.entry}@{name}")
    return verify_files(references, Asked(shape=network.input_shape), workers=workers)


def _check(pitfall: Pitfall, panel: str, workers: Workers, folder: Path) -> None:
    report = _report(pitfall, panel, workers, folder)
    assert not report.proved, report.text()
    failed = [row for row in report.rows if not row.passed]
    otherwise = OTHERWISE.get(f"{pitfall.name}-{panel}", OTHERWISE.get(pitfall.name))
    if otherwise is not None:
        assert any(otherwise in row.note for row in failed), report.text()
        return
    both = {panel, BESIDE[panel]}
    located = [row.note for row in failed if set(_PLACE.findall(row.note)) == both]
    assert located, report.text()
    note = located[0]  # what one has no counterpart for may be told before
    layer = pitfall.where.removeprefix("step ").rstrip(":").split(".")[0]
    assert layer in note or "in another order" in note, report.text()


@rows("pitfall, panel", {name: EVERY[name] for name in SOON})
def test_caught_between_two_files(
    pitfall: Pitfall, panel: str, workers: Workers, tmp_path: Path
) -> None:
    _check(pitfall, panel, workers, tmp_path)


@pytest.mark.complete
@rows("pitfall, panel", {name: EVERY[name] for name in COMPLETE})
def test_caught_between_files_of_five_frameworks(
    pitfall: Pitfall, panel: str, workers: Workers, tmp_path: Path
) -> None:
    _check(pitfall, panel, workers, tmp_path)


@pytest.mark.exhaustive
@rows("pitfall, panel", {n: row for n, row in EVERY.items() if n not in (*SOON, *COMPLETE)})
def test_every_pitfall_is_caught_between_two_files(
    pitfall: Pitfall, panel: str, workers: Workers, tmp_path: Path
) -> None:
    _check(pitfall, panel, workers, tmp_path)

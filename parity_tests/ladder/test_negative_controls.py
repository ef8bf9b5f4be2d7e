"""Every pitfall, planted in one panel at a time, is caught and located, and that panel accused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from common.network import Network
from common.transform import float32_exact
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.controls.pitfalls import FLOAT32, PITFALLS
from parity_tests.controls.planting import Edits, Pitfall, edit, plant
from parity_tests.rows import rows

HOSTS = {pitfall.network.__name__: pitfall.network for pitfall in PITFALLS}
BY_NAME = {pitfall.name: pitfall for pitfall in PITFALLS}
# (pitfall, panel) pairs that no text can have, each with its reason in the table
EXPLAINED = {("variance", "fluid"), ("training_at_eval", "fluid")}


def _planted(panels: tuple[str, ...]) -> dict[str, tuple[Pitfall, str]]:
    return {
        f"{pitfall.name}-{panel}": (pitfall, panel)
        for pitfall in PITFALLS
        for panel in panels
        if (pitfall.name, panel) not in EXPLAINED
    }


def test_every_cell_is_planted_or_explained() -> None:
    assert len(BY_NAME) == len(PITFALLS)
    for pitfall in PITFALLS:
        assert list(pitfall.cells) == list(FRAMEWORKS), pitfall.name
    reasons = {(p.name, f): c for p in PITFALLS for f, c in p.cells.items() if isinstance(c, str)}
    assert set(reasons) == EXPLAINED and all(len(each) > 20 for each in reasons.values())


@rows("host", HOSTS)
def test_without_a_fault_the_panels_agree(host: Callable[[], Network], workers: Workers) -> None:
    report = verify(host(), list(MODERN), workers=workers)
    assert report.passed, report.text()
    assert all(report.reason(panel) is None for panel in MODERN)


@pytest.mark.complete
@rows("host", HOSTS)
def test_without_a_fault_all_panels_agree(host: Callable[[], Network], workers: Workers) -> None:
    report = verify(host(), list(FRAMEWORKS), workers=workers)
    assert report.passed, report.text()
    assert all(report.reason(panel) is None for panel in FRAMEWORKS)


def _check(pitfall: Pitfall, panel: str, workers: Workers) -> None:
    """One panel among all modern ones: so the others outvote it."""
    network, edits = pitfall.network(), pitfall.cells[panel]
    assert isinstance(edits, Edits)
    for taps in (False, True):
        written = emit(float32_exact(network), panel, taps).text
        for pattern, _ in edits.pairs:
            assert re.search(pattern, written), f"the place of {pattern!r} is gone"
    panels = list(dict.fromkeys((*MODERN, panel)))
    report = verify(
        network,
        panels,
        workers=workers,
        faults={panel: plant(panel, edits)},
        rounding=pitfall.rung == FLOAT32,
    )
    failed = [row for row in report.rows if not row.passed]
    assert failed, report.text()
    assert failed[0].rung == pitfall.rung, report.text()
    assert pitfall.where in failed[0].note, report.text()
    assert [name for name in panels if report.reason(name)] == [panel], report.text()


MODERN_ROWS = _planted(MODERN)
HISTORICAL_ROWS = _planted(HISTORICAL)


def _turn(panels: tuple[str, ...], after: int = 0) -> dict[str, tuple[Pitfall, str]]:
    """Return a panel of every pitfall, by turns."""
    return {
        name: (pitfall, panel)
        for name, (pitfall, panel) in _planted(panels).items()
        if panels.index(panel) == (PITFALLS.index(pitfall) + after) % len(panels)
    }


# By default one modern panel of each; in the long half another, and a historical one.
TURN, NEXT, PAST = _turn(MODERN), _turn(MODERN, 1), _turn(HISTORICAL)
OTHERS = {
    name: pytest.param(*row, marks=pytest.mark.complete if name in NEXT else pytest.mark.exhaustive)
    for name, row in MODERN_ROWS.items()
    if name not in TURN
}
HISTORICAL_OTHERS = {
    name: pytest.param(*row, marks=pytest.mark.complete if name in PAST else pytest.mark.exhaustive)
    for name, row in HISTORICAL_ROWS.items()
}


@rows("pitfall, panel", TURN)
def test_caught_and_located(pitfall: Pitfall, panel: str, workers: Workers) -> None:
    _check(pitfall, panel, workers)


@rows("pitfall, panel", OTHERS)
def test_caught_and_located_in_the_other_panels(
    pitfall: Pitfall, panel: str, workers: Workers
) -> None:
    _check(pitfall, panel, workers)


@rows("pitfall, panel", HISTORICAL_OTHERS)
def test_caught_and_located_in_historical_panels(
    pitfall: Pitfall, panel: str, workers: Workers
) -> None:
    _check(pitfall, panel, workers)


def test_a_wrong_remark_is_no_fault(workers: Workers) -> None:
    """What `plant` adds to every twin is harmless by itself."""
    faults = {"torch": plant("torch", edit())}
    report = verify(PITFALLS[0].network(), ["torch"], workers=workers, faults=faults)
    assert report.passed, report.text()

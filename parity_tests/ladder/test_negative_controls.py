"""Every pitfall, planted in one panel at a time, is caught and located, and that panel accused."""

from __future__ import annotations

import re
from collections.abc import Callable

from common.network import Network
from common.transform import float32_exact
from frontends.frameworks import MODERN
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.controls.pitfalls import PITFALLS, Pitfall, plant
from parity_tests.rows import rows

HOSTS = {pitfall.network.__name__: pitfall.network for pitfall in PITFALLS}
PLANTED = {
    f"{pitfall.name}-{panel}": (pitfall, panel) for pitfall in PITFALLS for panel in pitfall.edits
}


@rows("host", HOSTS)
def test_without_a_fault_the_panels_agree(host: Callable[[], Network], workers: Workers) -> None:
    report = verify(host(), list(MODERN), workers=workers)
    assert report.passed, report.text()
    assert all(report.reason(panel) is None for panel in MODERN)


@rows("pitfall, panel", PLANTED)
def test_caught_and_located(pitfall: Pitfall, panel: str, workers: Workers) -> None:
    network = pitfall.network()
    written = emit(float32_exact(network), panel).text
    for pattern, _ in pitfall.edits[panel]:
        assert re.search(pattern, written), f"the place of {pattern!r} is gone"
    faults = {panel: plant(pitfall.edits[panel])}
    report = verify(network, list(MODERN), workers=workers, faults=faults)
    failed = [row for row in report.rows if not row.passed]
    assert failed, report.text()
    assert failed[0].rung == pitfall.rung, report.text()
    assert pitfall.where in failed[0].note, report.text()
    assert [name for name in MODERN if report.reason(name)] == [panel], report.text()


def test_a_wrong_remark_is_no_fault(workers: Workers) -> None:
    """What `plant` adds to every twin is harmless by itself."""
    report = verify(PITFALLS[0].network(), ["torch"], workers=workers, faults={"torch": plant(())})
    assert report.passed, report.text()

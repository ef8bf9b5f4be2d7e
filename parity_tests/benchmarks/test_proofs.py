"""Verdicts kept by content: found again while nothing changed, and never otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import proofs
from benchmarks.proofs import Proofs
from common.network import Network
from frontends.ladder.report import Report, Row
from parity_tests.cases import small
from parity_tests.rows import rows

PANELS = ["torch", "paddle"]
PASSED = Report("n", 2, PANELS, [Row("forward, eval", ("torch", "paddle"), "agrees", 1e-15, 1e-10)])
FAILED = Report("n", 2, PANELS, [Row("forward, eval", ("torch", "paddle"), "mismatched", 1.0)])


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions without workers, and code that is quickly read."""
    monkeypatch.setattr(proofs, "_versions", lambda panels: iter(["torch 2.13"]))
    monkeypatch.setattr(proofs, "_code", lambda: iter(["text"]))


@pytest.fixture
def network() -> Network:
    return small.se_resnext()


def _another(name: str, lines: list[str]) -> Callable[[pytest.MonkeyPatch], None]:
    def change(patch: pytest.MonkeyPatch) -> None:
        def changed(*panels: object) -> Iterator[str]:
            return iter(lines)

        patch.setattr(proofs, name, changed)

    return change


def test_a_verdict_is_found_again(tmp_path: Path, network: Network) -> None:
    kept = Proofs(tmp_path / "new")
    kept.keep(network, PANELS, True, PASSED)
    found = kept.find(network, PANELS, True)
    assert found == PASSED and found.proved


def test_what_was_not_proved_is_not_kept(tmp_path: Path, network: Network) -> None:
    kept = Proofs(tmp_path)
    kept.keep(network, PANELS, True, FAILED)
    assert kept.find(network, PANELS, True) is None and list(tmp_path.iterdir()) == []


CHANGES = {
    "versions": _another("_versions", ["torch 2.14"]),
    "code": _another("_code", ["text, changed"]),
}


@rows("change", CHANGES)
def test_another_content_has_no_verdict(
    tmp_path: Path,
    network: Network,
    change: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Proofs(tmp_path).keep(network, PANELS, True, PASSED)
    change(monkeypatch)
    assert Proofs(tmp_path).find(network, PANELS, True) is None


def test_another_network_other_panels_and_fewer_rungs_have_none(
    tmp_path: Path, network: Network
) -> None:
    kept = Proofs(tmp_path)
    kept.keep(network, PANELS, False, PASSED)
    assert kept.find(network, PANELS, True) is None
    assert kept.find(network, ["torch", "tensorflow"], False) is None
    assert kept.find(small.concatenated(), PANELS, False) is None


def test_a_damaged_verdict_is_none(tmp_path: Path, network: Network) -> None:
    kept = Proofs(tmp_path)
    kept.keep(network, PANELS, True, PASSED)
    (path,) = tmp_path.iterdir()
    for content in ("", "[]", "{}", '{"rows": 3}'):
        path.write_text(content)
        assert kept.find(network, PANELS, True) is None

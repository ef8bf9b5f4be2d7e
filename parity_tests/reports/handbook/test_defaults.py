"""Defaults are as recorded of each version; one that changed is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN, TABLE
from frontends.workers.pool import Workers
from parity_tests.reports.recorded import REPORTS
from parity_tests.rows import rows
from reports.handbook import records
from reports.handbook.defaults_page import RECORD, page
from reports.handbook.probe import merged
from reports.handbook.probes import PROBES
from reports.handbook.probing import ProbeLine, changed, probed

COMMITTED = records.read(REPORTS / RECORD, ProbeLine)
BY_NAME = {each.name: each for each in PROBES}
WHEN = "2026-11-26T00:00:00+00:00"


def test_the_committed_page_is_the_record_s() -> None:
    assert (REPORTS / "defaults.md").read_text(encoding="utf-8") == page(COMMITTED)


def test_a_stale_page_is_seen() -> None:
    lines = [line | {"word": "other"} for line in COMMITTED.lines]
    assert page(COMMITTED._replace(lines=lines)) != page(COMMITTED)


def test_every_probe_is_recorded_of_every_panel() -> None:
    recorded = {(line["probe"], line["panel"]) for line in COMMITTED.lines}
    assert recorded == {(each.name, panel) for each in PROBES for panel in each.texts}
    assert {line["panel"] for line in COMMITTED.lines} == set(FRAMEWORKS)
    assert [line for line in COMMITTED.lines if "error" in line] == []


@rows("panel", {name: name for name in MODERN})
def test_no_default_changed(panel: str, workers: Workers) -> None:
    assert changed(COMMITTED.lines, probed([panel], workers, WHEN)) == []


@pytest.mark.complete
@rows("panel", {name: name for name in HISTORICAL})
def test_no_default_changed_in_history(panel: str, workers: Workers) -> None:
    assert changed(COMMITTED.lines, probed([panel], workers, WHEN)) == []


# probe, panel, text with its default, text with another, what is measured then
PLANTED = {
    "momentum": ("bn_momentum", "torch", "Norm1d(6)", "Norm1d(6, momentum=0.2)", "0.8"),
    "epsilon": ("bn_epsilon", "paddle", "Norm1D(6)", "Norm1D(6, epsilon=1e-3)", "0.001"),
    "slope": ("leaky_slope", "torch", "relu(x)", "relu(x, 0.2)", "0.2"),
    "padding": ("avg_pool_padding", "torch", "1, 1)", "1, 1, False, False)", "left out"),
    "logits": ("cross_entropy_takes", "tensorflow", "py()", "py(from_logits=True)", "logits"),
    "decay": ("rmsprop_decay", "paddle", "RMSProp(0.1,", "RMSProp(0.1, 0.9,", "0.9"),
    "an error": ("gelu", "torch", "F.gelu", "F.gelus", "error: "),
}


@rows("name, panel, before, after, said", PLANTED)
def test_a_changed_default_is_named(
    name: str, panel: str, before: str, after: str, said: str, workers: Workers
) -> None:
    probe = BY_NAME[name]
    assert before in probe.texts[panel]
    planted = replace(probe, texts={panel: probe.texts[panel].replace(before, after)})
    (told,) = changed(COMMITTED.lines, probed([panel], workers, WHEN, [planted]))
    assert told.startswith(f"{name}, {TABLE[panel].label} ")
    assert told.endswith(" measured") and f", {said}" in told


def test_a_new_version_is_held_against_the_last_and_gets_a_column() -> None:
    (line,) = (e for e in COMMITTED.lines if (e["probe"], e["panel"]) == ("leaky_slope", "torch"))
    newer = line | {"version": "9.9.0", "measured": WHEN}
    assert changed(COMMITTED.lines, [newer]) == []
    (told,) = changed(COMMITTED.lines, [newer | {"number": 0.3}])
    assert told == "leaky_slope, PyTorch 9.9.0: 0.01 recorded, 0.3 measured"
    grown = merged(COMMITTED.lines, [newer], WHEN)
    assert len(grown.lines) == len(COMMITTED.lines) + 1 and "PyTorch 9.9.0" in page(grown)

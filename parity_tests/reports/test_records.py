"""A benchmark's records, and the pages that are rendered from them."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.workloads import Case
from common.errors import TriptychError
from frontends.workers.outcomes import CRASHED
from reports.build import build
from reports.page import page
from reports.records import RecordFile, Run, read_run
from reports.tables import significant, text_tables

TORCH, PADDLE = Case("torch", "eager", "inference"), Case("paddle", "graph", "training")
HEADER = {
    "schema": 1,
    "started": "2026-01-02T03:04:05+00:00",
    "command": "python -m benchmarks.run --framework torch,paddle",
    "commit": "abcdef123456",
    "machine": {
        "cpu": "Some CPU",
        "cores": 2,
        "memory": 8_000_000_000,
        "os": "Linux 6",
        "architecture": "x86_64",
        "python": "3.11.7",
    },
    "load_before": 0.1,
    "threads": 2,
    "rounds": 3,
    "cases": [TORCH, PADDLE],
    "network": "tiny",
    "title": "Tiny network",
    "parameters": 1234,
    "macs": 1_000_000,
    "input_shape": [1, 28, 28],
    "batch": 50,
    "input": "the first 50 of MNIST's test images",
    "dtype": "float32",
}
PROOF = {
    "panels": ["torch", "paddle"],
    "passed": True,
    "worst_float64": 3e-15,
    "seconds": 9.0,
    "versions": {"torch": {"torch": "2.13.0"}},
    "bounds": {"forward": 2.0**-12, "update": 0.25},
}
PREPARED = {
    "versions": {"torch": "2.13.0"},
    "rss_after_import": 100_000_000,
    "device": "cpu",
    "build_s": 0.1,
    "first_step_s": 2.5,
    "second_step_s": 0.5,
    "forward_error": 4e-7,
}
WARM = {
    "seconds": [0.5, 0.5],
    "steady": 0,
    "memory": {
        "rss": 140_000_000,
        "private": 90_000_000,
        "peak_rss": 150_000_000,
        "peak_device": None,
    },
    "matmul_size": 1000,
    "group": 0,
}


def _write(folder: Path, *more: tuple[str, dict[str, Any]], end: bool = True) -> Path:
    records = RecordFile(folder / "data", "20260102-030405-tiny")
    records.put("run", **HEADER)
    for kind, fields in more:
        records.put(kind, **fields)
    if end:
        records.put("end", state="complete", seconds=12.0, load_after=0.2)
    records.close()
    return records.path


def _measured(case: Case = TORCH) -> list[tuple[str, dict[str, Any]]]:
    rounds = [
        ("round", {"case": case, "seconds": [s, s, 9 * s], "matmul_seconds": [0.02, 0.02]})
        for s in (0.5, 0.25, 1.0)
    ]
    done = {"case": case, "outcome": "measured", "stage": "", "message": ""}
    return [
        ("proof", PROOF),
        ("prepared", {"case": case, **PREPARED}),
        ("warm", {"case": case, **WARM}),
        *rounds,
        ("outcome", done),
    ]


CRASH = (
    "outcome",
    {"case": PADDLE, "outcome": CRASHED, "stage": "steps", "message": "signal SIGKILL"},
)


def _run(folder: Path) -> Run:
    return read_run(_write(folder, *_measured(), CRASH))


def test_figures_come_from_the_raw_samples(tmp_path: Path) -> None:
    found = _run(tmp_path)
    timing = found.timings[TORCH]
    assert timing.step().median == statistics.median([0.5, 0.25, 1.0])
    speed = found.images_per_second(timing)
    assert (speed.low, speed.median, speed.high) == (50, 100, 200)
    assert found.flops(timing) == 2 * 1e6 * 50 / 0.5
    assert found.share(timing) == pytest.approx(2e8 / (2 * 1000**3 / 0.02))
    assert found.memory(timing) == 50_000_000


def test_a_training_step_counts_as_three_passes(tmp_path: Path) -> None:
    found = read_run(_write(tmp_path, *_measured(PADDLE)))
    assert found.flops(found.timings[PADDLE]) == 3 * 2 * 1e6 * 50 / 0.5


def test_a_run_cut_short_is_read_as_far_as_it_came(tmp_path: Path) -> None:
    path = _write(tmp_path, *_measured()[:-1], end=False)
    with path.open("a") as stream:
        stream.write('{"kind": "round", "case": ["torch", "ea')
    found = read_run(path)
    assert found.state == "interrupted" and len(found.timings[TORCH].rounds) == 3
    assert not any(timing.measured for timing in found.timings.values())
    assert "The run was interrupted" in page(found)


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (0, '{"kind": "run", "schema": 99}', "line 1: expected a run record of schema 1"),
        (2, "{]", "line 3: not JSON"),
        (2, "[]", "line 3: expected an object"),
        (2, '{"kind": "round", "case": ["torch", "eager", "sleep"]}', "line 3: not a record"),
        (2, '{"case": 3}', "line 3: not a record"),
        (2, '{"kind": "round", "case": 3}', "line 3: not a record"),
    ],
)
def test_a_broken_record_is_one_line(tmp_path: Path, line: int, text: str, message: str) -> None:
    path = _write(tmp_path, *_measured())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:line], text, *lines[line + 1 :]]) + "\n")
    with pytest.raises(TriptychError, match=message) as caught:
        read_run(path)
    assert "\n" not in str(caught.value)


def test_two_runs_of_one_second_have_two_files(tmp_path: Path) -> None:
    assert _write(tmp_path) != _write(tmp_path)


def test_records_are_valid_json_lines(tmp_path: Path) -> None:
    text = _write(tmp_path, *_measured()).read_text(encoding="utf-8")
    kinds = [json.loads(line)["kind"] for line in text.splitlines()]
    assert kinds == ["run", "proof", "prepared", "warm", *["round"] * 3, "outcome", "end"]


def test_a_page_holds_the_figures_and_the_reasons(tmp_path: Path) -> None:
    _write(tmp_path, *_measured(), CRASH)
    opened = build(tmp_path)
    text = (tmp_path / "20260102-030405-tiny.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| PyTorch"))
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "PyTorch", "eager", "100", "50.0–200", "500", "2.50", "50", "0 %"
    ]  # fmt: skip
    for part in (
        "Paddle (graph training): crashed at stage steps: signal SIGKILL",
        "Some CPU, 2 cores, 8 GB",
        "3.0e-15",
        "4.0e-07 of the largest output",
        "python -m benchmarks.run --framework torch,paddle\n",
        "(20260102-030405-tiny.png)",
        "commit abcdef123456",
    ):
        assert part in text, part
    assert "other programs ran" not in text
    assert (tmp_path / "20260102-030405-tiny.png").read_bytes().startswith(b"\x89PNG")
    assert opened.name == "README.md" and "Tiny network" in opened.read_text(encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == 4, "something half-written is left"


def test_a_busy_machine_is_told(tmp_path: Path) -> None:
    found = _run(tmp_path)
    found.header["load_before"] = 3.5
    assert "**other programs ran**" in page(found)


def test_what_was_not_interleaved_is_told(tmp_path: Path) -> None:
    found = _run(tmp_path)
    assert "want of memory" not in page(found)
    found.timings[TORCH].fields["group"] = 1
    assert "apart from the others': PyTorch eager (inference)" in page(found)


def test_the_table_at_the_end(tmp_path: Path) -> None:
    text = text_tables(_run(tmp_path))
    assert "Tiny network: 1,234 parameters, 1.0 million multiply-adds an image" in text
    assert "crashed" in text and "signal SIGKILL" in text


def test_nothing_is_rendered_twice_differently(tmp_path: Path) -> None:
    _write(tmp_path, *_measured(), CRASH)
    build(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}
    build(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*")} == before


@given(st.floats(1e-4, 1e6))
def test_three_significant_digits(value: float) -> None:
    text = significant(value)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.06)
    assert "e" not in text or value < 0.001

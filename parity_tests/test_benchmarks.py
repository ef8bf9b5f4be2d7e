"""The benchmark's parts without a framework: statistics, options, records, the gate, pages."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import gate, run
from benchmarks.options import command, parse
from benchmarks.records import RecordFile, Run, read_run
from benchmarks.statistics import steady_from, summarize
from benchmarks.workloads import Case, cases
from common.errors import TriptychError, run_command
from frontends.arrays import write_arrays
from frontends.launch import CRASHED, MODERN, NOT_INSTALLED, WorkerError
from frontends.report import Report, Row
from reports.build import build
from reports.page import page
from reports.tables import significant, text_tables

SECONDS = st.floats(1e-6, 1e3)
ROUNDS = st.lists(st.lists(SECONDS, min_size=1, max_size=7), min_size=1, max_size=7)
TORCH, PADDLE = Case("torch", "eager", "inference"), Case("paddle", "graph", "training")


# Statistics


@given(ROUNDS)
def test_the_median_lies_within_the_spread(rounds: list[list[float]]) -> None:
    found = summarize(rounds)
    samples = [each for samples in rounds for each in samples]
    assert min(samples) <= found.low <= found.median <= found.high <= max(samples)
    assert found.count == len(rounds)


@given(ROUNDS, st.randoms())
def test_the_order_of_samples_and_rounds_does_not_matter(
    rounds: list[list[float]], any_: Any
) -> None:
    shuffled = [any_.sample(samples, len(samples)) for samples in rounds]
    any_.shuffle(shuffled)
    assert summarize(shuffled) == summarize(rounds)


@given(ROUNDS)
def test_speed_is_the_inverse_of_time(rounds: list[list[float]]) -> None:
    time = summarize(rounds)
    speed = time.per(64)
    assert speed.low <= speed.median <= speed.high
    assert speed.low == pytest.approx(64 / time.high) and speed.high == pytest.approx(64 / time.low)


def test_one_slow_step_moves_nothing() -> None:
    assert summarize([[1, 1, 50], [1, 1, 1], [2, 2, 2]]).median == 1


def test_no_rounds_have_no_median() -> None:
    with pytest.raises(ValueError, match="no rounds"):
        summarize([])


@pytest.mark.parametrize(
    ("seconds", "index"),
    [
        ([], None),
        ([1.0], None),
        ([1.0, 1.05], 0),
        ([9.0, 2.0, 1.0, 1.0], 2),
        ([4.0, 3.0, 2.0, 1.0], None),
    ],
)
def test_steady_from(seconds: list[float], index: int | None) -> None:
    assert steady_from(seconds) == index


# Options


def test_cases_of_each_framework_in_each_mode() -> None:
    found = cases(MODERN, "all", "all")
    assert len(found) == len(set(found)) == 16
    assert Case("torch", "channels_last", "training") in found
    assert {case.style for case in cases(["paddle"], "all", "inference")} == {"eager", "graph"}
    assert [case.framework for case in cases(MODERN, "graph", "training")] == [
        "tensorflow",
        "paddle",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--framework", "caffe"], "unknown framework 'caffe'; available: all, tensorflow"),
        (["--style", "lazy"], "unknown style 'lazy'; available: channels_last, compiled, eager"),
        (["--framework", "paddle", "--style", "compiled"], "unknown style 'compiled'"),
        (["--mode", "tuning"], "unknown mode 'tuning'; available: inference, training, all"),
        (["--network", "lenet"], "unknown network 'lenet'; available:"),
        (["--network", "absent.json"], "absent.json: cannot be read"),
        (["--batch-size", "0"], "--batch-size 0: expected more than 0"),
        (["--batch-size", "10001"], "MNIST has 10,000 test images"),
        (["--batch-size", "many"], "argument --batch-size: invalid int value: 'many'"),
        (["--rounds", "-1"], "--rounds -1: expected more than 0"),
        (["--budget", "nan"], "--budget nan: expected more than 0"),
        (["--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["--speed"], "unrecognized arguments: --speed"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    arguments: list[str], message: str, tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    code, said = call(*arguments, "--out", str(tmp_path / "out"))
    assert code == 2 and message in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_unwritable_out_is_told_before_anything_is_measured(
    tmp_path: Path, call: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.Job, "measure", lambda job: pytest.fail("it measured"))
    (tmp_path / "file").write_text("in the way")
    for out in ("file", "file/below"):
        code, said = call("--out", str(tmp_path / out))
        assert code == 2 and said.count("\n") == 1 and "cannot be written" in said
    (tmp_path / "data").write_text("in the way")
    assert call("--out", str(tmp_path))[0] == 2


def test_help_names_everything(call: Callable[..., tuple[int, str]], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    for word in ("exit codes", "130", "se_resnext_mnist", "channels_last", "tf.function", "--out"):
        assert word in text


def test_the_command_that_repeats_a_run() -> None:
    given_ = ["--framework", "torch", "--legacy", "--rounds", "3", "--out", "elsewhere"]
    assert (
        command(parse(given_)) == "python -m benchmarks.run --framework torch --legacy --rounds 3"
    )


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run the command; return its exit code and what it said on standard error."""

    def run_with(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["benchmarks.run", *arguments])
        with pytest.raises(SystemExit) as ended:
            run_command(run.main)
        return int(str(ended.value.code)), capsys.readouterr().err

    return run_with


# The gate


def _outputs(folder: Path, first: Any, second: Any) -> Path:
    write_arrays(folder / "out.npz", {"first": first, "second": second})
    return folder / "out.npz"


EXACT = {
    "first": np.linspace(-1, 1, 20).reshape(2, 10),
    "second": np.linspace(-1, 1.01, 20).reshape(2, 10),
}
REFERENCE = gate.Reference("torch", {"inference": EXACT, "training": EXACT})


def test_float32_rounding_passes(tmp_path: Path) -> None:
    out = _outputs(tmp_path, *(array.astype(np.float32) for array in EXACT.values()))
    found = REFERENCE.check(PADDLE, out)
    assert 0 < found["forward_error"] < 1e-7 and 0 < found["update_error"] < 1e-4


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (EXACT["first"] * (1 + 6.7e-4), EXACT["second"], "forward"),  # TF32, as measured
        (EXACT["first"].T, EXACT["second"], "forward"),
        (np.where(EXACT["first"] > 0.9, np.nan, EXACT["first"]), EXACT["second"], "forward"),
        (EXACT["first"], EXACT["first"], "update"),  # nothing was updated
        (EXACT["first"], 2 * EXACT["first"] - EXACT["second"], "update"),  # uphill
        (EXACT["first"], EXACT["second"] * np.inf, "update"),
    ],
)
def test_what_differs_is_not_comparable(tmp_path: Path, first: Any, second: Any, what: str) -> None:
    with pytest.raises(WorkerError, match=f"not comparable at stage check: {what}"):
        REFERENCE.check(PADDLE, _outputs(tmp_path, first, second))


def test_what_the_ladder_refuses_keeps_its_outcome() -> None:
    frameworks = ["tensorflow", "paddle", "torch"]
    rows = [
        Row("stage start", ("tensorflow",), NOT_INSTALLED, note="no module"),
        Row("forward, eval", ("paddle", "torch"), "agrees", 1e-15, 1e-10),
    ]
    report = Report("n", 2, frameworks, rows)
    refused = gate.refusal(report, "tensorflow")
    assert refused and (refused.outcome, refused.stage) == (NOT_INSTALLED, "start")
    assert gate.refusal(report, "torch") is None
    rows[1] = Row("forward, eval", ("paddle", "torch"), "mismatched", 1e-3, 1e-10, "at step stem")
    refused = gate.refusal(report, "torch")
    assert refused and refused.outcome == gate.NOT_COMPARABLE and "at step stem" in refused.message


# Records and pages

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

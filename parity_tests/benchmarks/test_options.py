"""The benchmark's parts without a framework: statistics, options, the gate."""

from __future__ import annotations

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
from benchmarks.workloads import Case, cases
from common.errors import run_command
from frontends.frameworks import MODERN
from frontends.ladder.report import Report, Row, stopped_row
from frontends.workers.arrays import write_arrays
from frontends.workers.outcomes import NOT_INSTALLED, Outcome, WorkerError
from reports.statistics import steady_from, summarize

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
        stopped_row("tensorflow", Outcome("tensorflow", NOT_INSTALLED, "start", "no module")),
        Row("forward, eval", ("paddle", "torch"), "agrees", 1e-15, 1e-10),
    ]
    report = Report("n", 2, frameworks, rows)
    refused = gate.refusal(report, "tensorflow")
    assert refused and (refused.kind, refused.stage) == (NOT_INSTALLED, "start")
    assert gate.refusal(report, "torch") is None
    rows[1] = Row("forward, eval", ("paddle", "torch"), "mismatched", 1e-3, 1e-10, "at step stem")
    refused = gate.refusal(report, "torch")
    assert refused and refused.kind == gate.NOT_COMPARABLE and "at step stem" in refused.message

"""The benchmark's command line: what it times, what it refuses, what it says of itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.benchmark import Benchmark
from benchmarks.matrix import Case, cases
from benchmarks.options import command, parse
from common import machine
from common.errors import run_command
from frontends.frameworks import MODERN, TABLE


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
        (["--batch-size", "0"], "argument --batch-size: 0: expected a whole number"),
        (["--batch-size", "10001"], "MNIST has 10,000 test images"),
        (["--batch-size", "many"], "argument --batch-size: many: expected a whole number"),
        (["--network", "rir18", "--batch-size", "2000000000"], "TiB a panel, or more"),
        (["--rounds", "-1"], "argument --rounds: -1: expected a whole number"),
        (["--budget", "nan"], "argument --budget: nan: expected seconds"),
        (["--threads", "1e30"], "argument --threads: 1e30: expected a whole number"),
        (["--framework", "torch", "--legacy"], "--legacy adds panels to all"),
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
    monkeypatch.setattr(Benchmark, "measure", lambda self: pytest.fail("it measured"))
    (tmp_path / "file").write_text("in the way")
    for out in ("file", "file/below"):
        code, said = call("--out", str(tmp_path / out))
        assert code == 2 and said.count("\n") == 1 and "cannot be written" in said
    (tmp_path / "data").write_text("in the way")
    assert call("--out", str(tmp_path))[0] == 2


def test_help_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main(["--help"], prog="triptych bench")
    text = capsys.readouterr().out
    assert ended.value.code == 0 and text.startswith("usage: triptych bench ")
    for word in ("exit codes", "130", "se_resnext_mnist", *TABLE, "tf.function", "--out"):
        assert word in text


@pytest.mark.parametrize(
    ("given", "repeats"),
    [
        ([], "--framework all"),
        (["--legacy", "--rounds", "3", "--out", "x"], "--framework all --legacy --rounds 3"),
        (["--historical"], "--framework all --legacy"),
        (["--framework", "torch", "--batch-size=64"], "--framework torch"),
        (["--network", "my nets.py:f"], "--framework all --network 'my nets.py:f'"),
        (["--set", "a=1", "--set", "b=c d"], "--framework all --set a=1 --set 'b=c d'"),
    ],
)
def test_the_command_that_repeats_a_run(given: list[str], repeats: str) -> None:
    found = command(parse([*given, "--threads", "3"]))
    assert found == f"python -m benchmarks.run {repeats} --threads 3"


def test_the_command_states_the_threads_of_this_machine() -> None:
    assert command(parse([])).endswith(f" --threads {machine.cores()}")


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

"""The benchmark's command line: what it times, what it refuses, what it says of itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import beside as variants
from benchmarks import run
from benchmarks.benchmark import Benchmark
from benchmarks.beside import beside
from benchmarks.matrix import Case, Wanted, cases
from benchmarks.options import command, parse
from common import machine
from common.errors import run_command
from frontends.frameworks import MODERN, TABLE


def test_cases_of_each_framework_in_each_mode() -> None:
    found = cases(MODERN, Wanted())
    assert len(found) == len(set(found)) == 20
    assert Case("torch", "channels_last", "training") in found
    assert Case("torch", "frozen", "training") not in found
    paddle = cases(["paddle"], Wanted(modes="inference"))
    assert {case.style for case in paddle} == {"eager", "graph", "frozen", "onednn"}
    graph = cases(MODERN, Wanted(styles="graph", modes="training"))
    assert [case.framework for case in graph] == ["tensorflow", "paddle"]
    more = cases(["torch"], Wanted("eager", "loading", "all", (1, 8)), gpu=True)
    assert {case.precision for case in more} == {"float32", "tf32", "bfloat16"}
    half = cases(["torch"], Wanted("eager", "all", "float16"))
    assert [case.mode for case in half] == ["inference"]
    assert {case.batch for case in more} == {1, 8}
    assert not [case for case in found if case.style == "cuda_graph"]
    usual = cases(MODERN, Wanted("usual"))
    assert {case.style for case in usual} == {"eager", "graph", "compiled"} and len(usual) == 13
    assert Case("tensorflow", "compiled", "training") in cases(MODERN, Wanted("usual"), gpu=True)
    tuned = cases(["torch", "fluid"], Wanted("tuned"))
    assert [case.style for case in tuned] == ["frozen", "graph", "compiled", "graph"]


def test_what_is_timed_beside_the_written_files(monkeypatch: pytest.MonkeyPatch) -> None:
    found = cases(MODERN, Wanted())
    usual = Case("torch", "eager", "inference")
    again = beside(found, ["again"], "resnet18")
    assert again == [usual._replace(variant="again", mode=m) for m in ("inference", "training")]
    zoos = {case.framework for case in beside(found, ["zoo"], "resnet18")}
    assert zoos == {"torch", "paddle"}
    assert beside(found, ["zoo"], "se_resnext_mnist") == []
    (onnx,) = beside(found, ["onnx_runtime"], "resnet18")
    assert onnx == usual._replace(variant="onnx_runtime")
    for slow in (True, False):
        monkeypatch.setattr(variants, "slow_in_mkl", lambda slow=slow: slow)
        told = beside(cases((*MODERN, "fluid"), Wanted()), ["default_mkl"], "resnet18")
        styles = {(case.framework, case.style) for case in told}
        assert styles == ({("paddle", "eager"), ("fluid", "graph")} if slow else set())
    planted = [case.variant for case in beside(found, [], "resnet18", planted=2)]
    assert planted == ["again 1", "slowed 1", "again 2", "slowed 2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--framework", "caffe"], "unknown framework 'caffe'; available: all, tensorflow"),
        (
            ["--style", "lazy"],
            "unknown style 'lazy'; available: channels_last, compiled, cuda_graph",
        ),
        (["--framework", "paddle", "--style", "compiled"], "unknown style 'compiled'"),
        (["--mode", "tuning"], "unknown mode 'tuning'; available: inference, training, loading"),
        (
            ["--precision", "int8"],
            "unknown precision 'int8'; available: float32, tf32, bfloat16, float16",
        ),
        (["--device", "cpu", "--precision", "tf32"], "nothing is left to time"),
        (["--beside", "jax"], "unknown variant 'jax'; available: again, slowed"),
        (["--preset", "slow"], "argument --preset: invalid choice: 'slow'"),
        (["--resume", "absent.jsonl", "--rounds", "2"], "no other can be given"),
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


@pytest.mark.parametrize(
    "arguments", [["--resume", "absent.jsonl"], ["compare", "absent.jsonl", "b.jsonl"]]
)
def test_a_record_that_is_not_there(
    arguments: list[str], call: Callable[..., tuple[int, str]]
) -> None:
    code, said = call(*arguments)
    assert code == 2 and "absent.jsonl: there is no such file" in said and said.count("\n") == 1


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
        (["--legacy", "--rounds", "7", "--out", "x"], "--framework all --legacy --rounds 7"),
        (["--historical"], "--framework all --legacy"),
        (["--framework", "torch", "--batch-size=64"], "--framework torch"),
        (["--preset", "standard", "--rounds=6"], "--framework all --preset standard"),
        (["--batch-size", "1,8", "--plant=2"], "--framework all --batch-size 1,8 --plant 2"),
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

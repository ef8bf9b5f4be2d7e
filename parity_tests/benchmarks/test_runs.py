"""Whole runs on a small network: what fails becomes a row with its reason, the rest is measured.

Nothing here depends on how fast anything is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import gate, run, workloads
from benchmarks.lanes import Lane
from benchmarks.matrix import Case
from common.errors import TriptychError
from common.network import Network
from common.recipes.recipe import Recipe
from frontends.ladder.report import Report, Row
from frontends.ladder.verify import verify
from frontends.workers.environments import ROOT
from frontends.workers.outcomes import NOT_COMPARABLE
from frontends.workers.pool import Workers
from frontends.workers.protocol import AnswerType, Prepare, Request
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from reports.records import Run, read_run

SMALL = str(Path(__file__).parents[1] / "cases" / "small.py") + ":se_resnext"
TF32 = """

_forward = nn.Conv2d._conv_forward


def _rounded(self, *given):
    if given[0].dtype == torch.float32:
        x, kernel = (each.contiguous().view(torch.int32) + 0x1000 & ~0x1FFF for each in given[:2])
        given = (x.view(torch.float32), kernel.view(torch.float32), *given[2:])
    return _forward(self, *given)


nn.Conv2d._conv_forward = _rounded
"""
FEW = (
    "--network", SMALL, "--batch-size", "4", "--threads", "1", "--processes", "1", "--rounds", "2",
    "--beside", "none", "--quick-proof",
)  # fmt: skip


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch, workers: Workers) -> None:
    """Climb the ladder with the workers that all tests share."""
    monkeypatch.setattr(gate, "verify", lambda *what, **how: verify(*what, **how, workers=workers))


@pytest.fixture
def go(proved: None, tmp_path: Path) -> Callable[..., tuple[int, Run]]:
    """Do a run; return its exit code and what its records say."""

    def with_options(*options: str) -> tuple[int, Run]:
        code = run.main([*FEW, *options, "--out", str(tmp_path)])
        (path,) = (tmp_path / "data").glob("*.jsonl")
        return code, read_run(path)

    return with_options


def _outcomes(found: Run) -> dict[str, set[str]]:
    outcomes: dict[str, set[str]] = {}
    for timing in found.timings.values():
        outcomes.setdefault(timing.framework, set()).add(timing.outcome)
    return outcomes


def _at_round(monkeypatch: pytest.MonkeyPatch, number: int, do: Callable[[Lane], None]) -> None:
    """Do something before a lane takes its round of that number."""
    taken: list[Case] = []
    take = Lane.round

    def watched(lane: Lane) -> dict[str, object]:
        taken.append(lane.case)
        if taken.count(lane.case) == number:
            do(lane)
        return take(lane)

    monkeypatch.setattr(Lane, "round", watched)


def test_a_killed_worker_is_a_row_and_the_other_finishes(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def kill(lane: Lane) -> None:
        if lane.case.framework == "paddle":
            os.kill(lane._worker.pid, signal.SIGKILL)

    _at_round(monkeypatch, 2, kill)
    only = ("--framework", "torch,paddle", "--style", "eager", "--mode", "inference")
    code, found = go(*only)
    assert code == 1 and found.state == "complete"
    assert _outcomes(found) == {"torch": {"measured"}, "paddle": {"crashed"}}
    torch, paddle = found.timings.values()
    assert len(torch.rounds) == 2 and len(paddle.rounds) == 1
    assert "SIGKILL" in paddle.message
    assert "SIGKILL" in (tmp_path / f"{found.name}.md").read_text(encoding="utf-8")
    assert found.share(torch) and torch.memory and found.bandwidth
    assert torch.faults is not None and torch.warm[0]["settings"]["threads"] == "1"


def _planted(
    monkeypatch: pytest.MonkeyPatch, framework: str, fault: Callable[[Source], str]
) -> None:
    """Change what is timed, after the ladder passed what it was."""

    def changed(network: Network, dialect: str, recipe: Recipe | None) -> Source:
        source = emit(network, dialect, recipe=recipe)
        if dialect != framework:
            return source
        text = fault(source)
        assert text != source.text
        return replace(source, text=text)

    monkeypatch.setattr(workloads, "emit", changed)


@pytest.mark.complete
def test_a_style_that_gives_other_numbers_is_not_timed(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that never trains: the classic way to a fine figure."""

    def frozen(source: Source) -> str:
        return source.text + f"\n\n{source.entry}.train = {source.entry}.eval\n"

    _planted(monkeypatch, "paddle", frozen)
    code, found = go("--framework", "torch,paddle", "--style", "eager")
    paddle = {t.mode: t for t in found.timings.values() if t.framework == "paddle"}
    assert code == 1 and _outcomes(found)["torch"] == {"measured"}
    assert paddle["inference"].measured
    assert paddle["training"].outcome == NOT_COMPARABLE
    assert "forward in the style timed" in paddle["training"].message
    assert not paddle["training"].rounds


@pytest.mark.complete
def test_what_asks_for_more_memory_than_there_is_is_a_row(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(source: Source) -> str:
        return source.text + f"\n\n{source.entry}.forward = lambda self, x: bytearray(1 << 50)\n"

    _planted(monkeypatch, "paddle", greedy)
    only = ("--framework", "torch,paddle", "--style", "eager", "--mode", "inference")
    code, found = go(*only, "--rounds", "1")
    assert code == 1 and _outcomes(found) == {"torch": {"measured"}, "paddle": {"crashed"}}
    (paddle,) = (t for t in found.timings.values() if t.framework == "paddle")
    assert "MemoryError" in paddle.message


@pytest.mark.complete
def test_a_plain_loop_a_zoo_and_other_runtimes_are_timed_beside(
    go: Callable[..., tuple[int, Run]],
) -> None:
    only = ("--framework", "torch", "--style", "eager", "--network", "resnet18", "--rounds", "1")
    matrix = ("--mode", "inference", "--batch-size", "1")
    code, found = go(*only, *matrix, "--beside", "zoo,plain,onnx_runtime")
    assert code == 0 and len(found.timings) == 1 + 3


@pytest.mark.complete
def test_every_precision_that_a_cpu_has_is_timed(
    go: Callable[..., tuple[int, Run]],
) -> None:
    """Each gated by its own bound; and with the allocator's defaults beside."""
    only = ("--framework", "torch", "--style", "eager", "--rounds", "1")
    matrix = ("--mode", "inference,loading", "--precision", "float32,bfloat16,float16")
    code, found = go(*only, *matrix, "--beside", "default_malloc")
    assert code == 0 and len(found.timings) == 2 + 2 + 1 + 1


@pytest.mark.complete
def test_operands_of_10_bits_are_not_timed(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def rounded(source: Source) -> str:
        return source.text + TF32

    _planted(monkeypatch, "torch", rounded)
    code, found = go("--framework", "torch,paddle", "--style", "eager", "--rounds", "1")
    assert code == 1 and _outcomes(found)["paddle"] == {"measured"}
    for timing in found.timings.values():
        if timing.framework == "torch":
            assert timing.outcome == NOT_COMPARABLE
            assert "forward in the style timed" in timing.message


@pytest.mark.complete
def test_what_is_not_installed_is_a_row(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRIPTYCH_PADDLE_PYTHON", str(tmp_path / "no-python"))
    monkeypatch.setattr(gate, "verify", verify)  # with workers of its own
    only = ("--framework", "torch,paddle,tensorflow", "--style", "eager", "--mode", "inference")
    code, found = go(*only, "--rounds", "1")
    assert code == 1
    measured = {name: {"measured"} for name in ("torch", "tensorflow")}
    assert _outcomes(found) == {**measured, "paddle": {"not installed"}}


@pytest.mark.complete
def test_what_takes_too_long_is_a_row(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Lane.request

    def slow(lane: Lane, asked: Request[AnswerType]) -> AnswerType:
        if lane.case.framework == "paddle" and isinstance(asked, Prepare):
            lane._spent = lane._settings.budget_s - 0.01
        return request(lane, asked)

    monkeypatch.setattr(Lane, "request", slow)
    only = ("--framework", "torch,paddle", "--style", "eager", "--mode", "inference")
    code, found = go(*only, "--rounds", "1")
    assert code == 1
    assert _outcomes(found) == {"torch": {"measured"}, "paddle": {"timed out"}}


@pytest.mark.complete
def test_an_interrupt_keeps_what_was_measured_and_the_run_goes_on(
    proved: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(lane: Lane) -> None:
        raise KeyboardInterrupt

    _at_round(monkeypatch, 2, interrupt)
    options = ["--framework", "torch", "--style", "eager", "--mode", "inference"]
    options += ["--processes", "2", "--rounds", "1"]
    with pytest.raises(KeyboardInterrupt):
        run.main([*FEW, *options, "--out", str(tmp_path)])
    (path,) = (tmp_path / "data").iterdir()
    found = read_run(path)
    assert found.state == "interrupted" and _outcomes(found) == {"torch": {"interrupted"}}
    (timing,) = found.timings.values()
    assert timing.measured and list(timing.rounds) == [(0, 0)]  # by the pass that had ended
    assert "the run was interrupted" in capsys.readouterr().out
    assert (tmp_path / f"{found.name}.md").exists()
    assert run.main(["--resume", str(path)]) == 0
    found = read_run(path)
    (timing,) = found.timings.values()
    assert found.state == "complete" and found.resumed == 1 and timing.outcome == "measured"
    assert list(timing.rounds) == [(0, 0), (1, 0)] and timing.passed == 2
    with pytest.raises(TriptychError, match="the run was complete"):
        run.main(["--resume", str(path)])


@pytest.mark.complete
@pytest.mark.parametrize("refused", [["paddle"], ["torch", "paddle"]], ids=["one", "all"])
def test_what_is_not_proved_is_not_timed(
    go: Callable[..., tuple[int, Run]], monkeypatch: pytest.MonkeyPatch, refused: list[str]
) -> None:
    def why(report: Report, framework: str) -> str | None:
        return "gradients: mismatched" if framework in refused else None

    rows = [Row("forward, eval", ("torch", "paddle"), "agrees")]
    monkeypatch.setattr(gate, "prove", lambda network, names, rounding: Report("n", 2, names, rows))
    monkeypatch.setattr(Report, "reason", why)
    only = ("--framework", "torch,paddle", "--style", "eager", "--mode", "inference")
    code, found = go(*only, "--rounds", "1")
    assert code == 1
    for timing in found.timings.values():
        unproved = timing.framework in refused
        assert timing.outcome == (NOT_COMPARABLE if unproved else "measured")
        assert unproved == (not timing.rounds) == (timing.message == "gradients: mismatched")


@pytest.mark.exhaustive
def test_every_style_of_every_framework(go: Callable[..., tuple[int, Run]]) -> None:
    """The main job: the default network and batch; its time allows for compiling beside tests."""
    default = ("--network", "se_resnext_mnist", "--batch-size", "64")
    code, found = go("--framework", "all", "--style", "all", "--budget", "600", *default)
    assert code == 1 and len(found.timings) == 20
    stopped = [t for t in found.timings.values() if not t.measured]
    assert [(t.framework, t.style, t.outcome) for t in stopped] == [("paddle", "onednn", "crashed")]


@pytest.mark.complete
def test_a_terminal_interrupt_ends_all_workers_and_keeps_the_records(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.run", *FEW, "--rounds", "1000"]
    command += ["--framework", "torch,paddle", "--style", "eager", "--mode", "inference"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 300
    while not any('"round"' in p.read_text() for p in (tmp_path / "data").glob("*.jsonl")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in said
    (path,) = (tmp_path / "data").iterdir()
    found = read_run(path)
    assert found.state == "interrupted" and any(t.rounds for t in found.timings.values())
    assert (tmp_path / f"{found.name}.md").exists()

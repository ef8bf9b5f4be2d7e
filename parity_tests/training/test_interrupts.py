"""A training that is killed, or interrupted, leaves whole checkpoints and goes on from them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from common.recipes.serialize import to_json as recipe_to_json
from common.serialize import to_json
from frontends.training.history import CHECKPOINTS, RECORDS
from frontends.training.start import checkpoint_of
from frontends.workers.environments import ROOT
from parity_tests.cases import small
from parity_tests.training import shared
from reports.training.records import read_training

STEPS, KILLS = 120, 4
Options = list[str]


def _options(folder: Path) -> Options:
    data = shared.write_data(folder)
    (folder / "network.json").write_text(to_json(small.se_resnext()))
    (folder / "recipe.json").write_text(recipe_to_json(shared.MOMENTUM))
    return [
        str(folder / "network.json"), "--recipe", str(folder / "recipe.json"), "--data", str(data),
        "--framework", "torch", "--epochs", "1000", "--steps", str(STEPS), "--unproved",
        "--threads", "1", "--save-every", "0.05", "--precision", "float64",
        "--out", str(folder / "out"),
    ]  # fmt: skip


def _started(options: Options) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "reports.train", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ended(options: Options) -> int:
    """Return the exit code of a training that nobody ends."""
    process = _started(options)
    process.communicate(timeout=300)
    return process.returncode


def _wait_for_losses(out: Path, count: int) -> None:
    """Wait until so many records of losses are there."""
    for _ in range(1200):
        path = out / RECORDS
        if path.is_file() and path.read_text().count('"kind": "losses"') >= count:
            return
        time.sleep(0.05)
    raise AssertionError("no losses within a minute")


@pytest.mark.complete
def test_killed_at_random_moments(tmp_path: Path) -> None:
    options, out = _options(tmp_path), tmp_path / "out"
    path, draw, before = out / CHECKPOINTS / "torch" / "last.safetensors", random.Random(3), 0
    more = options
    for kill in range(KILLS):
        process = _started(more)
        seen = (out / RECORDS).read_text().count('"kind": "losses"') if kill else 0
        _wait_for_losses(out, seen + 2)
        time.sleep(draw.uniform(0, 0.4))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        more = ["--resume", str(out), "--unproved"]
        if path.is_file():  # not killed before the first checkpoint
            step = checkpoint_of(path).step
            assert before <= step <= STEPS
            before = step
    assert before > 0 and _ended(more) == 0
    whole = [*options[:-1], str(tmp_path / "whole")]
    assert _ended(whole) == 0
    one, other = (read_training(tmp_path / n / RECORDS).panels["torch"] for n in ("out", "whole"))
    assert one.losses.keys() == other.losses.keys() and one.digests[STEPS] == other.digests[STEPS]
    assert max(abs(one.losses[n] - other.losses[n]) for n in one.losses) < 1e-9


def _worker(process: subprocess.Popen[bytes], framework: str) -> int:
    """Return the id of the worker of a framework that a training started."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if {"frontends.workers.worker", framework} <= {*words} and int(parent) == process.pid:
                return int(folder.name)
    raise AssertionError(f"no worker of {framework}")


@pytest.mark.complete
def test_a_panel_that_dies_is_a_row_and_the_other_goes_on(tmp_path: Path) -> None:
    options, out = _options(tmp_path), tmp_path / "out"
    options[options.index("--framework") + 1] = "torch,paddle"
    process = _started(options)
    _wait_for_losses(out, 4)
    os.kill(_worker(process, "paddle"), signal.SIGKILL)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert b"Paddle: crashed at stage" in said and b"signal SIGKILL" in said
    found = read_training(out / RECORDS)
    assert found.panels["torch"].steps == STEPS and found.panels["torch"].trained
    assert 0 < found.panels["paddle"].steps < STEPS


@pytest.mark.complete
def test_an_interrupt_keeps_what_was_done(tmp_path: Path) -> None:
    options, out = _options(tmp_path), tmp_path / "out"
    options[options.index("--save-every") + 1] = "1000"
    options[options.index("--steps") + 1] = "100000"
    process = _started(options)
    _wait_for_losses(out, 4)
    os.kill(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    found = read_training(out / RECORDS)
    assert found.state == "interrupted" and b"--resume goes on" in said
    kept = checkpoint_of(out / CHECKPOINTS / "torch" / "last.safetensors")
    assert kept.step == found.panels["torch"].steps > 0
    assert (out / "README.md").is_file()

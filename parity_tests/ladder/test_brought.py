"""A network that a person brings: written, and verified over the three panels; dropout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.errors import TriptychError
from common.networks import load
from common.ops import ChannelPad, Dropout, ZeroPad2d
from frontends.frameworks import MODERN
from frontends.ladder.runs import Job, Runs
from frontends.ladder.verify import verify
from frontends.workers.arrays import ArrayReader
from frontends.workers.environments import ROOT
from frontends.workers.pool import Workers, scratch
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.rows import rows

TWO_STREAMS = """
{
  "name": "two_streams",
  "title": "Two streams",
  "input_shape": [4, 9, 9],
  "root": "two_streams",
  "blocks": {
    "path": {
      "arguments": "width",
      "layers": {
        "conv": {"op": "conv2d", "out_channels": "width", "kernel_size": 3, "padding": 1},
        "relu": {"op": "relu"}
      }
    },
    "halve": {
      "arguments": "width",
      "layers": {
        "pool": {"op": "max_pool2d", "kernel_size": 2, "stride": 2, "rounding": "ceil"},
        "conv": {"op": "conv2d", "out_channels": "width", "kernel_size": 1, "bias": false}
      }
    },
    "unit": {
      "arguments": "width, stride=1",
      "about": "Each stream feeds the other; one step serves both.",
      "inputs": ["left", "right"],
      "layers": {
        "enter": {"op": "conv2d", "out_channels": "width", "kernel_size": 3, "padding": 1,
                  "stride": "stride"},
        "bn": {"op": "batch_norm"},
        "relu": {"op": "relu"},
        "shortcut": {"block": "halve", "arguments": {"width": "width"}, "when": "stride > 1"},
        "never": {"op": "conv2d", "out_channels": "width", "kernel_size": 1},
        "cross": {"op": "add"},
        "join": {"op": "add"}
      },
      "wiring": [
        "a = enter(left)",
        "b = enter(right)",
        "a = bn(a)",
        "a = relu(a)",
        "left = shortcut(left)",
        "a = cross(a, b)",
        "left = join(a, left)"
      ],
      "outputs": ["left", "b"],
      "unused": {"never": "left"}
    },
    "two_streams": {
      "arguments": "classes=3, width=4",
      "layers": {
        "first": {"block": "path", "arguments": {"width": "width"}},
        "second": {"block": "path", "arguments": {"width": "width"}},
        "units": {"chain": [
          {"block": "unit", "arguments": {"width": "width"}, "repeat": 2},
          {"block": "unit", "arguments": {"width": "2 * width", "stride": 2}}
        ]},
        "summed": {"parallel": {"block": "path", "arguments": {"width": 6}}, "count": 3},
        "beside": {"parallel": {"block": "path", "arguments": {"width": 2}}, "count": 2,
                   "merge": "concat"},
        "concat": {"op": "concat"},
        "pool": {"op": "global_avg_pool2d"},
        "fc": {"op": "dense", "out_features": "classes"}
      },
      "wiring": [
        "a = first(x)",
        "b = second(x)",
        "a, b = units(a, b)",
        "a = summed(a)",
        "b = beside(b)",
        "x = concat(a, b)",
        "x = pool(x)",
        "x = fc(x)"
      ]
    }
  }
}
"""


@pytest.fixture
def two_streams(tmp_path: Path) -> Path:
    """A network that a person wrote, outside the repository."""
    path = tmp_path / "brought.json"
    path.write_text(TWO_STREAMS, encoding="utf-8")
    return path


def _command(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_brought_network_has_what_it_is_to_show(two_streams: Path) -> None:
    found = load(str(two_streams)).elaboration
    paths = [step.path for step in found.steps]
    assert {"units.0.enter", "units.0.enter#2", "units.2.shortcut.pool"} <= set(paths)
    assert "units.0.shortcut.pool" not in paths
    assert not found.parameters["units.1.never.kernel"].used
    assert {"summed", "summed.2.conv", "beside", "beside.1.conv"} <= set(paths)


def test_a_brought_network_is_written_by_command(two_streams: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = _command("frontends.emit", two_streams, "--dialect", ",".join(MODERN), "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(str(path) for path in out.iterdir())
    assert {path.name for path in out.iterdir()} == {f"two_streams_{d}.py" for d in MODERN}


def test_a_brought_network_is_verified(two_streams: Path, workers: Workers) -> None:
    report = verify(load(str(two_streams)), list(MODERN), workers=workers)
    assert report.passed, report.text()
    assert report.worst_float64 < 1e-10


def test_a_brought_network_is_verified_by_command(two_streams: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = _command("frontends.verify", two_streams, "--framework", "torch,paddle", "--json", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same network: worst float64 difference" in done.stdout
    record = json.loads(out.read_text())
    assert record["passed"] and record["frameworks"] == ["torch", "paddle"]


def test_a_name_that_keras_takes_is_refused() -> None:
    """Keras names operations itself where it cannot be told to; both would be called "pad"."""
    network = small.sequence("padded", (3, 6, 6), pad=ZeroPad2d(1), widen=ChannelPad(1, 1))
    with pytest.raises(TriptychError, match="layer pad: Keras names its own 'pad' so; rename"):
        emit(network, "tensorflow")


@rows("panel", {panel: panel for panel in MODERN})
def test_dropout(panel: str, workers: Workers) -> None:
    """It scales what it keeps by 1 / (1 - rate) in training, and is an identity in eval mode."""
    rate, network = 0.25, small.sequence("dropout", (3, 16, 16), dropout=Dropout(0.25))
    with scratch() as folder:
        runs = Runs(network, [], workers, folder, batch=8)
        found = runs.run(Job(panel)).read()
        with found, ArrayReader(folder / "inputs.npz") as given:
            x, cotangent = given.get("input"), given.get("cotangent")
            kept = found.get("train/output") / x
            assert np.array_equal(found.get("evaluate/output"), x)
            assert np.allclose(np.unique(kept.round(12)), [0, 1 / (1 - rate)], rtol=1e-11)
            assert abs((kept == 0).mean() - rate) < 0.04  # 6144 values: seven standard deviations
            gradient = found.get("train/gradient/input")
            assert np.allclose(gradient, kept * cotangent, rtol=1e-12, atol=0)

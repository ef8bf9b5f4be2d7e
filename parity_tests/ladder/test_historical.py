"""The historical panels, Fluid 1.8 and TensorFlow 1.15: what is theirs alone.

A panel that is asked for and not available fails its rows; nothing is skipped.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from common import ops, weights
from common.datasets import mnist_test
from common.networks import load
from common.recipes.named import THROUGHPUT
from frontends.frameworks import FRAMEWORKS, HISTORICAL
from frontends.ladder.runs import Job, Runs
from frontends.ladder.verify import verify
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.environments import interpreter
from frontends.workers.outcomes import CRASHED, NOT_INSTALLED, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import (
    ArrayFiles,
    Hello,
    Matmul,
    Memory,
    NetworkFile,
    Prepare,
    Run,
    Steps,
    TimedStep,
)
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.cases.catalogue import OPS
from parity_tests.cases.op_rows import on_map
from parity_tests.rows import rows

pytestmark = pytest.mark.complete
TIGHT = 1e-11  # measured: at most 2e-14


def test_five_panels_are_one_network(workers: Workers) -> None:
    network = load("rir18").with_arguments(num_blocks=(1, 1, 1), width=8)
    report = verify(network, list(FRAMEWORKS), workers=workers)
    assert report.passed, report.text()
    assert report.worst_float64 < TIGHT, report.text()
    pairs = {row.panels for row in report.rows if row.rung == "gradients"}
    assert len(pairs) == 10
    assert report.versions["fluid"]["paddle"] == "1.8.5"
    assert report.versions["tensorflow1"]["tensorflow"] == "1.15.5"


@rows("panel", dict(zip(HISTORICAL, HISTORICAL)))
def test_taps_change_no_bit_and_name_every_step(
    panel: str, workers: Workers, tmp_path: Path
) -> None:
    network = load("rir18").with_arguments(num_blocks=(1, 1, 1), width=8)
    runs = Runs(network, [], workers, tmp_path, batch=2)
    plain, tapped = runs.run(Job(panel)), runs.run(Job(panel, taps=True, keep_steps=True))
    with plain.read() as left, tapped.read() as right:
        for name in left.names():
            assert np.array_equal(left.get(name), right.get(name)), name
        steps = {n.split("step/")[1] for n in right.names() if n.startswith("evaluate/step/")}
    assert steps == {step.path for step in network.elaboration.steps}


@rows("panel", dict(zip(HISTORICAL, HISTORICAL)))
def test_dropout_scales_in_training_alone(panel: str, workers: Workers, tmp_path: Path) -> None:
    network = on_map(ops.Dropout(0.25))
    source, out = tmp_path / "dropout.py", tmp_path / "out.npz"
    written = emit(network, panel)
    source.write_text(written.text, encoding="utf-8")
    write_arrays(tmp_path / "weights.npz", weights.probe(network))
    given = {
        "input": weights.inputs(network, 8),
        "cotangent": weights.cotangent(network, 8),
    }
    write_arrays(tmp_path / "inputs.npz", given)
    names = dict(written.names)
    file = NetworkFile(str(source), "op", network.input_shape, official_names=names)
    files = ArrayFiles(str(tmp_path / "weights.npz"), str(tmp_path / "inputs.npz"), str(out))
    workers.request(panel, Run(file, files))
    with ArrayReader(out) as arrays:
        ratio = arrays.get("train/output") / arrays.get("evaluate/output")
    kept = ratio > 0.5
    assert np.allclose(ratio[kept], 1 / 0.75, rtol=1e-6)
    assert np.all(ratio[~kept] == 0)
    assert 0.7 < kept.mean() < 0.8


@rows("panel", dict(zip(HISTORICAL, HISTORICAL)))
def test_written_file_trains_alone_on_mnist(panel: str, tmp_path: Path) -> None:
    network = load("se_resnext_mnist")
    (tmp_path / "written.py").write_text(emit(network, panel).text, encoding="utf-8")
    images, labels = mnist_test(32)
    np.savez(tmp_path / "mnist.npz", images=images, labels=labels)
    assert "(1, 10)" in alone(panel, tmp_path, "written.py")
    losses = [float(line) for line in alone(panel, tmp_path, f"{panel}_train.py").split()]
    assert len(losses) == 16
    assert losses[-1] < 0.8 * losses[0], losses


@rows("mode", {"inference": "inference", "training": "training"})
@rows("panel", dict(zip(HISTORICAL, HISTORICAL)))
def test_prepares_and_times_steps(panel: str, mode: str, workers: Workers, tmp_path: Path) -> None:
    network = load("se_resnext_mnist")
    images, labels = mnist_test(4)
    source = emit(network, panel, recipe=THROUGHPUT)
    (tmp_path / "written.py").write_text(source.text, encoding="utf-8")
    write_arrays(tmp_path / "weights.npz", weights.initial(network))
    write_arrays(tmp_path / "inputs.npz", {"input": images, "labels": labels})
    path, names = str(tmp_path / "written.py"), ("weights.npz", "inputs.npz", "out.npz")
    request = Prepare(
        NetworkFile(
            path, source.entry, network.input_shape, "float32", official_names=dict(source.names)
        ),
        ArrayFiles(*(str(tmp_path / name) for name in names)),
        TimedStep(mode, "graph"),
    )
    assert workers.request(panel, request).first_step_s > 0
    assert len(workers.request(panel, Steps(least=3)).seconds) == 3
    assert len(workers.request(panel, Matmul(size=64, count=2)).seconds) == 2
    assert workers.request(panel, Memory()).peak_device is None
    with ArrayReader(tmp_path / "out.npz") as arrays:
        first, second = arrays.get("first"), arrays.get("second")
    assert first.shape == second.shape == (4, 10)
    assert np.array_equal(first, second) == (mode == "inference")


@rows("panel", dict(zip(HISTORICAL, HISTORICAL)))
def test_missing_environment_leaves_the_others_working(
    panel: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for other in HISTORICAL:
        monkeypatch.setenv(f"TRIPTYCH_{other.upper()}_PYTHON", interpreter(other))
    monkeypatch.delenv(f"TRIPTYCH_{panel.upper()}_PYTHON")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    report = verify(OPS["dense"], ["torch", *HISTORICAL], rounding=False)
    failed = [row for row in report.rows if not row.passed]
    assert [(row.panels, row.outcome) for row in failed] == [((panel,), NOT_INSTALLED)]
    assert f"create {panel}" in failed[0].note
    assert any(row.rung == "gradients" for row in report.rows)


def test_broken_environment_is_a_named_outcome(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("TRIPTYCH_FLUID_PYTHON", str(broken))
    with Workers() as own, pytest.raises(WorkerError, match="fluid: crashed") as stop:
        own.request("fluid", Hello())
    assert stop.value.outcome.kind == CRASHED

"""ONNX as a referee from outside: the written PyTorch files, exported, run without PyTorch.

ONNX's reference implementation, numpy written from the operators' definitions, runs them in
float64; ONNX Runtime, which has no float64 convolution, in float32.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from common import weights
from common.compare import Array, difference
from common.network import Network
from frontends.ladder.runs import Job, Runs
from frontends.ladder.subjects import Fault, written
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.pool import Workers
from frontends.workers.process import environment
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.cases.reductions import reduced
from parity_tests.rows import rows
from parity_tests.shared import shared

BOUND = 1e-10  # measured: at most 6.4e-13
FLOAT32_BOUND = 1e-4  # what rounding adds up to over 170 layers; a fault makes 1e-3 and more

pytestmark = pytest.mark.complete


def _smaller(name: str) -> Network:
    """Return a network of 224×224 for 64×64: the reference implementation is slow."""
    return replace(reduced(name), input_shape=(3, 64, 64))


NETWORKS: dict[str, Network] = {
    "se_resnext_cifar": reduced("se_resnext_cifar").with_arguments(num_blocks=1),
    "concatenated": small.concatenated(),
    "rir18": reduced("rir18"),
    "batchflow_se_resnet": reduced("batchflow_se_resnet"),
    "resnet50_keras": _smaller("resnet50_keras"),
    "se_resnet50_tensorpack": _smaller("se_resnet50_tensorpack"),
}
EXPORT = "parity_tests.cases.programs.torch_onnx"


def _referee(folder: Path) -> None:
    """Write what the two implementations of ONNX give of every network to out.npz."""
    places = {}
    for name, network in NETWORKS.items():
        own, source = folder / name, emit(network, "torch")
        own.mkdir()
        (own / "written.py").write_text(source.text, encoding="utf-8")
        write_arrays(own / "weights.npz", weights.probe(network))
        write_arrays(own / "inputs.npz", {"input": weights.inputs(network, 2)})
        places[name] = str(own), source.entry, dict(source.own.parameters)
    done = subprocess.run(
        [interpreter("torch"), "-m", EXPORT, str(folder / "out.npz"), json.dumps(places)],
        cwd=ROOT, env={**os.environ, **environment()}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def refereed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Array]:
    """<name>/<dtype> -> what the two implementations of ONNX give in eval mode."""
    with ArrayReader(shared(tmp_path_factory, "onnx", _referee) / "out.npz") as arrays:
        return dict(arrays.items())


def _written(
    network: Network, workers: Workers, folder: Path, dtype: str, fault: Fault | None = None
) -> Array:
    """Return what the written file gives in PyTorch itself."""
    faults = {"torch": fault} if fault else {}
    runs = Runs(network, written(list(faults), faults), workers, folder, 2)
    job = Job("torch", dtype=dtype, want=("evaluate",))
    with runs.run(job).read() as arrays:
        found: Array = arrays.get("evaluate/output")
        return found


@rows("name", {name: name for name in NETWORKS})
def test_reference_implementation_agrees(
    name: str, workers: Workers, tmp_path: Path, refereed: Mapping[str, Array]
) -> None:
    found = refereed[f"{name}/float64"]
    assert found.dtype == "float64"
    written = _written(NETWORKS[name], workers, tmp_path, "float64")
    assert difference(written, found).relative < BOUND


@rows("name", {name: name for name in NETWORKS})
def test_onnx_runtime_agrees(
    name: str, workers: Workers, tmp_path: Path, refereed: Mapping[str, Array]
) -> None:
    found = refereed[f"{name}/float32"]
    assert found.dtype == "float32"
    written = _written(NETWORKS[name], workers, tmp_path, "float32")
    assert difference(written, found).relative < FLOAT32_BOUND


def test_a_fault_is_seen(workers: Workers, tmp_path: Path, refereed: Mapping[str, Array]) -> None:
    """The epsilon of another library."""
    faulty = _written(
        NETWORKS["rir18"], workers, tmp_path, "float64",
        lambda text: text.replace("2d(out_channels)", "2d(out_channels, eps=1.001e-5)"),
    )  # fmt: skip
    assert difference(faulty, refereed["rir18/float64"]).relative > 10 * BOUND

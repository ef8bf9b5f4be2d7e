"""Weights files that libraries themselves wrote, read into canonical names, run by our files."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common import weights
from common.compare import Array, difference
from common.errors import TriptychError
from common.networks import load
from frontends.checkpoints import naming
from frontends.checkpoints.convert import read
from frontends.checkpoints.libraries import LIBRARIES, network_of
from frontends.checkpoints.naming import from_canonical, to_canonical
from frontends.checkpoints.stored import Arrays
from frontends.ladder.runs import Job, Runs
from frontends.workers.environments import ROOT
from frontends.workers.pool import Workers
from parity_tests.checkpoints import libraries
from parity_tests.rows import rows, sampled

BOUND = 1e-10
WRITTEN = {
    "keras": ("resnet50", ("weights.weights.h5", "weights.keras", "weights.h5")),
    "paddle.vision": ("resnet18", ("weights.pdparams",)),
    "torchvision": ("resnet18", ("weights.pth",)),
}


def _convert(*options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "frontends.convert", *map(str, options)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _fails(*options: object) -> str:
    """Return the one line that a wrong call prints."""
    done = _convert(*options)
    assert done.returncode == 2, done.stdout
    (line,) = done.stderr.strip().splitlines()
    return line


@rows(
    "library, name, files",
    sampled(
        {key: (key, *value) for key, value in WRITTEN.items()}, ("torchvision", "paddle.vision")
    ),
)
def test_files_of(
    library: str, name: str, files: tuple[str, ...], workers: Workers, tmp_path: Path
) -> None:
    """A file of random weights gives, converted, the library's own output in our written file."""
    network = replace(network_of(library, name), input_shape=(3, 64, 64))
    theirs = libraries.run(library, name, {"input": weights.inputs(network, 2)}, tmp_path, True)
    found: list[Arrays] = []
    for number, file in enumerate(files):
        out = tmp_path / f"{number}.safetensors"
        done = _convert(tmp_path / file, out, "--network", network.name, "--names", library)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0].endswith(f"for {network.name}")
        hub = read(out).checkpoint
        assert hub.network == network_of(library, name)
        found.append(hub.weights)
    written = sorted(tmp_path.iterdir())
    line = _fails(tmp_path / files[0], out, "--network", "resnet101")
    assert line.startswith("python -m frontends.convert: ")
    assert "not the weights of resnet101" in line and ": it lacks" in line
    nowhere = tmp_path / files[0] / "out.pt"  # within a file
    line = _fails(tmp_path / files[0], nowhere, "--network", network.name)
    assert "cannot be written" in line
    assert sorted(tmp_path.iterdir()) == written
    for other in found[1:]:
        assert set(other) == set(found[0])
        assert all(np.array_equal(other[key], found[0][key]) for key in other)
    runs = Runs(network, [], workers, tmp_path, 2, values=found[0])
    job = Job(LIBRARIES[library].framework, want=("evaluate",))
    with runs.run(job).read() as arrays:
        output = arrays.get("evaluate/output")
    assert difference(output, theirs["output"]).relative < BOUND
    assert output.std() > 0


NAMED = {
    "keras": {
        "stem.bn.variance": "conv1_bn/3",
        "layer1.0.downsample.conv.kernel": "conv2_block1_0_conv/0",
        "layer3.5.conv2.bn.beta": "conv4_block6_2_bn/1",
        "fc.bias": "predictions/1",
    },
    "paddle.vision": {
        "stem.conv.kernel": "conv1.weight",
        "layer3.5.conv2.bn.mean": "layer3.5.bn2._mean",
        "layer4.0.downsample.bn.gamma": "layer4.0.downsample.1.weight",
    },
    "torchvision": {
        "layer3.5.conv2.bn.variance": "layer3.5.bn2.running_var",
        "layer4.0.downsample.conv.kernel": "layer4.0.downsample.0.weight",
        "fc.kernel": "fc.weight",
    },
}


@rows("library, expected", {key: (key, value) for key, value in NAMED.items()})
def test_names(library: str, expected: dict[str, str]) -> None:
    network = network_of(library, "resnet50")
    found = naming.library(library).names(network)
    assert {name: found[name] for name in expected} == expected
    assert len(set(found.values())) == len(found) == len(network.elaboration.parameters)


@rows("library", {library: library for library in LIBRARIES})
def test_there_and_back(library: str) -> None:
    network = network_of(library, "resnet50").with_arguments(width=8)
    own, names = weights.probe(network), naming.library(library)
    there = from_canonical(names, network, own)
    back = to_canonical(names, network, there, "here")
    assert set(back) == set(own)
    assert all(np.array_equal(back[name], own[name]) for name in own)


MISTAKES = {
    "missing": ({"bn1.bias": None}, "it lacks 1 (bn1.bias) and has none too many"),
    "extra": ({"bn9.bias": np.zeros(3)}, "it lacks none and has 1 (bn9.bias) too many"),
    "shape": (
        {"fc.weight": np.zeros((10, 512))},
        "fc.weight has shape (10, 512), expected (1000, 512)",
    ),
}


@rows("change, message", MISTAKES)
def test_wrong_keys(change: dict[str, Array | None], message: str) -> None:
    network, names = load("resnet18"), naming.library("torchvision")
    given = {**from_canonical(names, network, weights.initial(network)), **change}
    kept = {name: array for name, array in given.items() if array is not None}
    with pytest.raises(TriptychError, match=re.escape(message)):
        to_canonical(names, network, kept, "FILE")


def test_what_is_no_such_file(tmp_path: Path) -> None:
    out, other = tmp_path / "out.safetensors", tmp_path / "other"
    wanted = ("--network", "resnet50")
    assert "no such file" in _fails(other, out, *wanted)
    other.write_bytes(b"\x80\x04not weights")
    assert "other (pickle): " in _fails(other, out, *wanted)
    other.write_bytes(b"weights")
    assert "begins as no weights file does" in _fails(other, out, *wanted)
    assert list(tmp_path.iterdir()) == [other]
    other.unlink()
    other.mkdir()
    (other / "saved_model.pb").touch()
    assert "a SavedModel without variables/variables.index" in _fails(other, out, *wanted)


def test_what_has_no_names(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x89HDF\r\n\x1a\n")
    line = _fails(
        tmp_path / "file", tmp_path / "out.pt", "--network", "se_resnet50", "--names", "keras"
    )
    assert "keras has no names for its parameters" in line


def test_help() -> None:
    said = _convert("--help").stdout
    for word in ("keras", "paddle.vision", "torchvision", ".pdparams", "Exit codes", "--list"):
        assert word in said

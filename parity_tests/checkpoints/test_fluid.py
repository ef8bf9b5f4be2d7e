"""Fluid 1.x files, byte by byte, and both ways against the real Fluid 1.8.5."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from common import weights
from common.compare import Array
from common.errors import TriptychError
from common.network import Network
from common.networks import load
from frontends.checkpoints import files, lod
from frontends.checkpoints.convert import read, write
from frontends.checkpoints.formats import COMBINED, FLUID, FORMATS
from frontends.checkpoints.hub import Checkpoint
from frontends.checkpoints.naming import FLUID as NAMINGS
from frontends.checkpoints.naming import to_canonical
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.rows import rows

HEADER = "00000000 0000000000000000 00000000 0a000000 0805104010031007 1007"


def test_the_header_is_the_one_that_fluid_writes() -> None:
    """conv1_weights and a vector, as the facts about Fluid's files have them."""
    kernel = lod.record(np.zeros((64, 3, 7, 7), "float32"))
    assert kernel[:30] == bytes.fromhex(HEADER.replace(" ", "")) and len(kernel) == 37_662
    vector = lod.record(np.zeros(64, "float32"))
    assert len(vector) == 280


ARRAYS = {
    "float64": np.arange(6.0).reshape(2, 3),
    "float32": np.arange(300, dtype="float32"),
    "int64": np.array([1, -2]),
    "scalar": np.array(3.0),
    "empty": np.zeros((0, 2)),
    "a long dimension": np.zeros((200_000, 1), "int8"),
}


@rows("array", ARRAYS)
def test_a_record_is_read_back(array: Array, tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(lod.record(array))
    (found,) = lod.folder(tmp_path)
    assert np.array_equal(found.read(), array)
    assert (found.dtype, found.shape) == (array.dtype.name, array.shape)


RESNET = load("resnet50_fluid").with_arguments(width=4, num_blocks=(1, 1, 2, 1), num_classes=10)
NETWORKS = {
    "official names": (RESNET, "PaddlePaddle/models"),
    "own names": (load("se_resnext_mnist").with_arguments(num_blocks=1), "fluid"),
}


def _fluid(folder: Path, network: Network, todo: str) -> str:
    source = emit(network, "fluid")
    (folder / "written.py").write_text(source.text, encoding="utf-8")
    shape = list(network.input_shape) if network.input_shape[1] < 64 else [3, 32, 32]
    return alone("fluid", folder, "fluid_files.py", todo, source.entry, json.dumps(shape))


def _values(folder: Path) -> dict[str, Array]:
    with np.load(folder / "values.npz") as found:
        return dict(found)


@rows("network, names", NETWORKS)
def test_what_fluid_saved_is_read(network: Network, names: str, tmp_path: Path) -> None:
    """Every function that saves; exactly the same arrays, the program beside them left alone."""
    _fluid(tmp_path, network, "save")
    naming = next(each for each in NAMINGS if each.name == names)
    expected = to_canonical(naming, network, _values(tmp_path), "values")
    for place in ("params", "vars", "combined/all", "inference"):
        found = read(tmp_path / place, network)
        assert found.naming.name in (names, "fluid")
        assert not found.left_out
        for name, array in expected.items():
            assert found.checkpoint.weights[name].dtype == np.float32
            assert np.array_equal(found.checkpoint.weights[name], array), (place, name)
    assert (tmp_path / "inference" / lod.PROGRAM).exists()


@rows("network, names", NETWORKS)
def test_fluid_loads_what_is_written(network: Network, names: str, tmp_path: Path) -> None:
    """By `load_vars(predicate=…)` as the tutorial does it, and by one file's name."""
    given = {n: a.astype("float32") for n, a in weights.probe(network).items()}
    checkpoint = Checkpoint(network, given)
    naming = write(tmp_path / "given", FORMATS[FLUID], checkpoint)
    (tmp_path / "combined").mkdir()
    write(tmp_path / "combined" / "given_combined", FORMATS[COMBINED], checkpoint)
    told = json.loads(_fluid(tmp_path, network, "load").splitlines()[-1])
    assert told == {"exist": len(given), "same": True}
    found = to_canonical(naming, network, _values(tmp_path), "values")
    assert all(np.array_equal(found[name], array) for name, array in given.items())


def test_what_an_optimizer_keeps_is_left_out_and_told(tmp_path: Path) -> None:
    network = NETWORKS["own names"][0]
    _fluid(tmp_path, network, "train")
    found = read(tmp_path / "persistables", network)
    trained = [p for p in network.elaboration.parameters.values() if p.trainable]
    assert len([name for name in found.left_out if "velocity" in name]) == len(trained)
    assert len(found.left_out) == len(trained) + 1  # and the learning rate


def test_a_folder_that_is_in_use_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / lod.PROGRAM).write_bytes(b"a program")
    with pytest.raises(TriptychError, match="expected a new or an empty folder"):
        files.write_folder(tmp_path / "model", {"a": b"b"})
    with pytest.raises(TriptychError, match="cannot be written"):
        files.write_folder(tmp_path / "other", {"a": b"b", "c/d": b"e"})
    assert [each.name for each in tmp_path.iterdir()] == ["model"]

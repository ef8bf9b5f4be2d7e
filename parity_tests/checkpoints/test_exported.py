"""What `torch.export.save` writes: weights that are read, and what lies of them and is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontends.checkpoints.pickles import torch
from frontends.checkpoints.stored import FileError
from parity_tests.rows import rows

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)
BUDGET = 100_000


def _told(**changed: Any) -> dict[str, Any]:
    meta = {
        "dtype": 7,
        "sizes": [{"as_int": 2}, {"as_int": 3}],
        "strides": [{"as_int": 3}, {"as_int": 1}],
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }
    told: dict[str, Any] = {"path_name": "weight_0", "use_pickle": False, "tensor_meta": meta}
    for name, value in changed.items():
        (meta if name in meta else told)[name] = value
    return told


def _written(path: Path, config: str, order: bytes = b"little") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data/weights/model_weights_config.json", config)
        archive.writestr("a/data/weights/weight_0", ARRAY.tobytes())
        archive.writestr("a/byteorder", order)
    return path


def test_weights_are_read_where_they_lie(tmp_path: Path) -> None:
    told = {"fc.weight": _told(), "fc.turned": _told(strides=[{"as_int": 1}, {"as_int": 2}])}
    path = _written(tmp_path / "a.pt2", json.dumps({"config": told}))
    (plain, first), (turned, second) = [(each, each.read()) for each in torch(path, BUDGET)]
    assert (plain.name, plain.dtype, plain.shape) == ("fc.weight", "float32", (2, 3))
    assert np.array_equal(first, ARRAY)
    assert np.array_equal(np.fromfile(path, "<f4", 6, "", plain.offset or 0), ARRAY.reshape(-1))
    assert np.array_equal(second, ARRAY.reshape(3, 2).T) and turned.offset is None


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "no member": ({"path_name": "weight_1"}, "'w' has no member"),
    "a list for a member": ({"path_name": ["weight_0"]}, "'w' has no member"),
    "another folder": ({"path_name": "../../byteorder"}, "'w' has no member"),
    "no type": ({"dtype": 99}, "'w' has no member, or is of a type"),
    "too small a type": ({"dtype": 8}, "reaches beyond its storage"),
    "sparse": ({"layout": 1}, "'w' is sparse"),
    "pickled": ({"use_pickle": True}, "'w' is pickled within it"),
    "a size below zero": ({"sizes": [{"as_int": -2}, {"as_int": 3}]}, "which no tensor has"),
    "a size of text": ({"sizes": [{"as_expr": "s0"}, {"as_int": 3}]}, "'w' has no member"),
    "a true size": ({"sizes": [{"as_int": True}, {"as_int": 3}]}, "'w' has no member"),
    "a number for sizes": ({"sizes": 6}, "'w' has no member"),
    "strides too many": ({"strides": [{"as_int": 1}] * 3}, "and strides (1, 1, 1)"),
    "strides below zero": ({"strides": [{"as_int": -3}, {"as_int": 1}]}, "and strides (-3, 1)"),
    "strides too long": ({"strides": [{"as_int": 4}, {"as_int": 1}]}, "reaches beyond its storage"),
    "an offset too far": ({"storage_offset": {"as_int": 1}}, "reaches beyond its storage"),
}  # fmt: skip


@rows("changed, said", LIES)
def test_a_weight_that_lies_is_refused(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = _written(tmp_path / "a.pt2", json.dumps({"config": {"w": _told(**changed)}}))
    with pytest.raises(FileError) as caught:
        list(torch(path, BUDGET))
    assert said in str(caught.value)


BROKEN = {
    "no JSON": ("{", "tells of no weights"),
    "no config": ("{}", "tells of no weights"),
    "a list": ("[]", "tells of no weights"),
    "a config of numbers": ('{"config": 1}', "tells of no weights"),
    "deep": ("[" * 50_000, "tells of no weights"),
    "a number for a weight": ('{"config": {"w": 1}}', "'w' has no member"),
}


@rows("config, said", BROKEN)
def test_what_tells_of_no_weights_is_refused(config: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=said):
        list(torch(_written(tmp_path / "a.pt2", config), BUDGET))


def test_big_endian_numbers_are_refused(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.pt2", '{"config": {}}', b"big")
    with pytest.raises(FileError, match="big-endian"):
        list(torch(path, BUDGET))

"""A weights file is checked against the specification before any of it is allocated."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from common.errors import TriptychError
from frontends.checkpoints.convert import tensors
from frontends.workers.environments import ROOT
from parity_tests.rows import rows

BUDGET = 100_000_000
HALF = BUDGET // 8 * 3 // 4  # float64 numbers: one array is within the budget, two are not
BEYOND = "left of what is expected in all"


def _reads(form: str, path: Path) -> str:
    """Return the one line that the reader says of a file that it refuses."""
    request = path.with_suffix(".json")
    request.write_text(json.dumps({"budget": BUDGET, "wanted": [], "ignored": "(?!)"}))
    done = subprocess.run(
        [sys.executable, "-m", "frontends.checkpoints.read", form, path, path.with_suffix(".npz"),
         request],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    (line,) = done.stderr.strip().splitlines()
    return line


def _keras(fill: Callable[[Any], None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.attrs["layer_names"] = ["one"]
            group = file.create_group("one")
            group.attrs["weight_names"] = ["kernel"]
            fill(group)

    return write


def _of(dtype: Any) -> Callable[[Path], None]:
    return _keras(lambda group: group.create_dataset("kernel", (2,), dtype))


def _linked(group: Any) -> None:
    group["kernel"] = h5py.ExternalLink("other.h5", "/one")


def _outside(group: Any) -> None:
    space = [("/etc/passwd", 0, 8)]
    group.create_dataset("kernel", (2,), "f4", external=space)


def _chunked(group: Any) -> None:
    group.create_dataset("kernel", (10**5, 10**4), "f8", chunks=True)


def _not_finite(group: Any) -> None:
    group.create_dataset("kernel", data=np.array([1.0, np.nan]))


def _more_in_all(group: Any) -> None:
    group.attrs["weight_names"] = ["a", "b"]
    for name in "ab":
        group.create_dataset(name, (HALF,), "f8", chunks=True)


def _declared(group: Any) -> None:
    group.create_dataset("kernel", (1000, 1000), "f8")


H5 = {
    "8 GB in chunks": (_keras(_chunked), "declares 8,000,000,000 bytes"),
    "more in all": (_keras(_more_in_all), BEYOND),
    "declared and not there": (_keras(_declared), "declares 8,000,000 bytes, which it lacks"),
    "an external link": (_keras(_linked), "is a link to elsewhere"),
    "external storage": (_keras(_outside), "is stored outside the file"),
    "NaN": (_keras(_not_finite), "holds NaN or infinity"),
    **{name: (_of(name), f"holds {np.dtype(name)}") for name in ("f2", "c8", "c16", "i8", "?")},
    "text": (_of("S5"), "holds |S5"),
    "structured": (_of([("a", "f4")]), "expected float32 or float64"),
}


@rows("write, message", H5)
def test_keras(write: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    write(tmp_path / "weights.h5")
    assert message in _reads("keras", tmp_path / "weights.h5")


PADDLE = {
    "half": ({"a": np.zeros(2, "f2")}, "holds float16"),
    "complex": ({"a": np.zeros(2, "c16")}, "holds complex128"),
    "long double": ({"a": np.zeros(2, np.longdouble)}, "holds float128"),
    "dates": ({"a": np.zeros(2, "M8[s]")}, "holds datetime64"),
    "text": ({"a": np.array(["b"])}, "holds <U1"),
    "truth": ({"a": np.array([True])}, "holds bool"),
    "infinity": ({"a": np.array([np.inf])}, "holds NaN or infinity"),
    "nul": ({"a\0b": np.zeros(2)}, "which is no name"),
    "more in all": (dict.fromkeys("ab", np.zeros(HALF)), BEYOND),
    "no array": ({"a": 3}, "is int, no array"),
}


@rows("state, message", PADDLE)
def test_paddle(state: dict[str, Any], message: str, tmp_path: Path) -> None:
    (tmp_path / "weights.pdparams").write_bytes(pickle.dumps(state))
    assert message in _reads("paddle", tmp_path / "weights.pdparams")


@pytest.mark.complete
def test_a_key_that_is_never_done(tmp_path: Path) -> None:
    """Pairs of pairs of pairs …: small in the file, and no hash of theirs is ever remembered."""
    key: Any = ()
    for _ in range(60):
        key = (key, key)
    body = pickle.dumps(key, 2)[2:-1]
    (tmp_path / "weights.pdparams").write_bytes(b"\x80\x02}" + body + b"K\x01s.")
    with pytest.raises(TriptychError, match="longer than a file of this size should"):
        tensors(tmp_path / "weights.pdparams")


class _Huge:
    def __reduce__(self) -> Any:
        return np.ndarray, ((10**12,),)


def test_an_array_that_is_made_large(tmp_path: Path) -> None:
    (tmp_path / "weights.pdparams").write_bytes(pickle.dumps({"a": _Huge()}))
    assert "MemoryError" in _reads("paddle", tmp_path / "weights.pdparams")

"""Tensors of PyTorch's pickles: what is marked on one is applied, what is not known is refused."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontends.checkpoints.pickles import torch
from frontends.checkpoints.stored import FileError
from parity_tests.rows import rows

NUMBERS = np.array([1, -2, 3, 4], "<f4")
BUDGET = 100_000
CALLS = ("_rebuild_tensor_v2", "_rebuild_parameter")


class _Named:
    """A global of a pickle that need not be there: what unpickles it knows it by its name."""

    def __init__(self, module: str, name: str) -> None:
        self.path = f"c{module}\n{name}\n".encode()


class _Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]
    """Writes a storage as PyTorch does, by an identity, and a global by its name alone."""

    def persistent_id(self, found: Any) -> Any:
        return found.identity if isinstance(found, _Storage) else None

    def save(self, found: Any, save_persistent_id: bool = True) -> None:
        if isinstance(found, _Named):
            self.write(found.path)
        elif isinstance(found, _Call):
            self.save(_Named("torch._utils", found.name))
            self.save(found.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(found, save_persistent_id)


class _Call:
    def __init__(self, name: str, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments


class _Storage:
    def __init__(self, kind: str, count: int) -> None:
        self.identity = ("storage", _Named("torch", f"{kind}Storage"), "0", "cpu", count)


def saved(path: Path, state: Any, numbers: np.ndarray[Any, Any] = NUMBERS) -> Path:
    """Write an archive of `torch.save`, all tensors of which lie in one storage."""
    stream = io.BytesIO()
    _Pickler(stream, 2).dump(state)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", stream.getvalue())
        archive.writestr("a/data/0", numbers.tobytes())
    return path


def tensor(*marks: Any, kind: str = "Float", shape: tuple[int, ...] = (4,)) -> _Call:
    """Return a tensor of the storage, with marks as they stand behind its other arguments."""
    strides = (1,) * len(shape)
    return _Call(CALLS[0], _Storage(kind, 4), 0, shape, strides, False, {}, *marks)


COMPLEX = np.array([1 + 2j, 3 - 4j, 5, 6j], "<c8")
MARKED: dict[str, tuple[Any, Any, Any]] = {
    "none": (tensor(), NUMBERS, NUMBERS),
    "nothing marked": (tensor({}), NUMBERS, NUMBERS),
    "None": (tensor(None), NUMBERS, NUMBERS),
    "not negative": (tensor({"neg": False}), NUMBERS, NUMBERS),
    "negative": (tensor({"neg": True}), NUMBERS, -NUMBERS),
    "a negative scalar": (tensor({"neg": True}, shape=()), NUMBERS, -NUMBERS[0]),
    "conjugate": (tensor({"conj": True}, kind="ComplexFloat"), COMPLEX, COMPLEX.conj()),
    "both": (tensor({"conj": True, "neg": True}, kind="ComplexFloat"), COMPLEX, -COMPLEX.conj()),
    "of a parameter": (_Call(CALLS[1], tensor({"neg": True}), True, {}), NUMBERS, -NUMBERS),
}


@rows("given, numbers, expected", MARKED)
def test_a_mark_is_applied(given: Any, numbers: Any, expected: Any, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pt", {"w": given}, numbers)
    ((found, array),) = [(each, each.read()) for each in torch(path, BUDGET)]
    assert isinstance(array, np.ndarray) and array.shape == np.shape(expected)
    assert np.array_equal(array, expected)
    assert (found.offset is None) == (not np.array_equal(array, numbers[: array.size]))


UNKNOWN = {
    "another mark": (tensor({"zero": True}), "marked {'zero': True}; known are neg, conj"),
    "no truth": (tensor({"neg": 1}), "marked {'neg': 1}"),
    "no marks": (tensor([1]), "marked [1]"),
    "one argument more": (tensor({}, {}), "TypeError"),
    "one of a parameter": (_Call(CALLS[1], tensor(), True, {}, {"neg": True}), "TypeError"),
    "with a state": (_Call("_rebuild_parameter_with_state", tensor(), True, {}, {}), "no tensor"),
}


@rows("given, said", UNKNOWN)
def test_a_mark_that_is_not_known_is_refused(given: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises((FileError, TypeError, pickle.UnpicklingError)) as caught:
        list(torch(saved(tmp_path / "a.pt", {"w": given}), BUDGET))
    assert said in f"{type(caught.value).__name__}: {caught.value}"

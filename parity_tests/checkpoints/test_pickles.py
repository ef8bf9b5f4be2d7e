"""Tensors of PyTorch's pickles: what is marked on one is applied, what is not known is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontends.checkpoints.pickles import torch
from frontends.checkpoints.stored import FileError
from parity_tests.checkpoints.pickled import Call, save, tensor
from parity_tests.rows import rows

NUMBERS = np.array([1, -2, 3, 4], "<f4")
COMPLEX = np.array([1 + 2j, 3 - 4j, 5, 6j], "<c8")
BUDGET = 100_000
PARAMETER = "_rebuild_parameter"
MARKED: dict[str, tuple[Any, Any, Any]] = {
    "none": (tensor(NUMBERS), NUMBERS, False),
    "nothing marked": (tensor(NUMBERS, {}), NUMBERS, False),
    "None": (tensor(NUMBERS, None), NUMBERS, False),
    "not negative": (tensor(NUMBERS, {"neg": False}), NUMBERS, False),
    "negative": (tensor(NUMBERS, {"neg": True}), -NUMBERS, True),
    "a negative scalar": (tensor(NUMBERS[0:1].reshape(()), {"neg": True}), -NUMBERS[0], True),
    "conjugate": (tensor(COMPLEX, {"conj": True}), COMPLEX.conj(), True),
    "both": (tensor(COMPLEX, {"conj": True, "neg": True}), -COMPLEX.conj(), True),
    "of a parameter": (
        Call(PARAMETER, tensor(NUMBERS, {"neg": True}), True, {}),
        -NUMBERS,
        True,
    ),
}


@rows("given, expected, changed", MARKED)
def test_a_mark_is_applied(given: Any, expected: Any, changed: bool, tmp_path: Path) -> None:
    path = save(tmp_path / "a.pt", {"w": given})
    ((found, array),) = [(each, each.read()) for each in torch(path, BUDGET)]
    assert isinstance(array, np.ndarray) and array.shape == np.shape(expected)
    assert np.array_equal(array, expected)
    assert (found.offset is None) == changed


UNKNOWN = {
    "another mark": (
        tensor(NUMBERS, {"zero": True}),
        "marked {'zero': True}; known are neg, conj",
    ),
    "no truth": (tensor(NUMBERS, {"neg": 1}), "marked {'neg': 1}"),
    "no marks": (tensor(NUMBERS, [1]), "marked [1]"),
    "one argument more": (tensor(NUMBERS, {}, {}), "TypeError"),
    "one of a parameter": (
        Call(PARAMETER, tensor(NUMBERS), True, {}, {"neg": True}),
        "TypeError",
    ),
    "with a state": (
        Call("_rebuild_parameter_with_state", tensor(NUMBERS), True, {}, {}),
        "no tensor",
    ),
}


@rows("given, said", UNKNOWN)
def test_a_mark_that_is_not_known_is_refused(given: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises((FileError, TypeError, pickle.UnpicklingError)) as caught:
        list(torch(save(tmp_path / "a.pt", {"w": given}), BUDGET))
    assert said in f"{type(caught.value).__name__}: {caught.value}"

"""Files with more than one set of weights: which is read is said, and can be chosen."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common import weights
from common.errors import TriptychError
from frontends.checkpoints import naming
from frontends.checkpoints.convert import convert, read, tensors
from frontends.checkpoints.formats import FORMATS
from frontends.convert import main, said
from frontends.verify import _weights_of
from parity_tests.checkpoints.mutations import network
from parity_tests.checkpoints.pickled import save
from parity_tests.rows import rows

FACTORS = (1.0, 2.0)
State = Any
OPTIMIZER: State = {"state": {0: {"step": 1}}, "param_groups": []}


def _sets(framework: str) -> list[dict[str, Any]]:
    """Return weights of the network as a framework's files have them, and their doubles."""
    names = naming.written(framework, ".")
    own = naming.from_canonical(names, network(), weights.probe(network()))
    return [{name: a.astype("float32") * factor for name, a in own.items()} for factor in FACTORS]


A, B = _sets("torch")
P, Q = _sets("paddle")
AVERAGE = "read: the weights under {}; left out: those under {}, which `convert --key` takes"


def _dumped(path: Path, state: State) -> Path:
    path.write_bytes(pickle.dumps(state))
    return path


# State, the key that is asked for, the factor of what is read, and the lines that say so.
READ: dict[str, tuple[State, str | None, float, list[str]]] = {
    "alone": (A, None, 1, []),
    "wrapped": ({"state_dict": A}, None, 1, []),
    "by its key": ({"net": A}, "net", 1, []),
    "under any key": ({"generator": A}, None, 1, []),
    "an average": (
        {"state_dict": A, "state_dict_ema": B}, None, 1,
        [AVERAGE.format("state_dict", "state_dict_ema")],
    ),
    "the average": (
        {"state_dict": A, "state_dict_ema": B}, "state_dict_ema", 2,
        [AVERAGE.format("state_dict_ema", "state_dict")],
    ),
    "with an optimizer": (
        {"model": A, "model_ema": B, "optimizer": OPTIMIZER, "epoch": 3}, None, 1,
        [AVERAGE.format("model", "model_ema"),
         "left out beside model, as no weights: optimizer, epoch"],
    ),
    "of a program of ours": (
        {"network": A, "optimizer": OPTIMIZER, "progress": (1, 2, 3, 0.5)}, None, 1,
        ["left out beside network, as no weights: optimizer, progress"],
    ),
    "an optimizer of tensors": (
        {"network": A, "optimizer": B}, None, 1,
        ["left out beside network, as no weights: optimizer"],
    ),
    "a tensor beside": (
        {"model": A, "decay": B["fc.bias"]}, None, 1,
        ["left out beside model, as no weights: decay"],
    ),
    "one of two": (
        {"model": A, "state_dict": B}, "state_dict", 2, [AVERAGE.format("state_dict", "model")],
    ),
    "a key that does not print": (
        {"model": A, "a\nb\x1b": 1}, None, 1, ["left out beside model, as no weights: a b\\x1b"],
    ),
}  # fmt: skip
OF_PADDLE = {
    "paddle": ({"network": P, "optimizer": Q, "progress": [1]}, None, 1,
               ["left out beside network, as no weights: optimizer, progress"]),
    "paddle, the average": ({"model": P, "ema": Q}, "ema", 2, [AVERAGE.format("ema", "model")]),
}  # fmt: skip
FILES: dict[str, tuple[Callable[[Path, State], Path], str, Any]] = {
    **{name: (save, "a.pt", row) for name, row in READ.items()},
    **{name: (_dumped, "a.pdparams", row) for name, row in OF_PADDLE.items()},
}


@rows("write, name, row", FILES)
def test_what_is_read_is_said(
    write: Callable[[Path, State], Path], name: str, row: Any, tmp_path: Path
) -> None:
    state, key, factor, lines = row
    path, out = write(tmp_path / name, state), tmp_path / "b.safetensors"
    found, written = convert(path, out, FORMATS["safetensors"], network(), key=key)
    for name, array in weights.probe(network()).items():
        expected = factor * array.astype("float32")
        assert np.array_equal(found.checkpoint.weights[name], expected), name
    told = said(found, written, FORMATS["safetensors"], "b").splitlines()
    assert [line for line in told[2:] if "tracked" not in line] == lines
    assert tensors(path, key=key)[2].lines() == lines


REFUSED: dict[str, tuple[State, str | None, str]] = {
    "two": (
        {"model": A, "state_dict": B},
        None,
        "holds 2 sets of weights, model, state_dict: which? `convert --key model` takes that one",
    ),
    "two of any key": ({"a": A, "b": B, "n": 1}, None, "holds 2 sets of weights, a, b: which?"),
    "another key": ({"model": A}, "modl", "no weights under --key modl; available: model"),
    "no weights": ({"model": A, "step": 1}, "step", "under --key step; available: model"),
    "no sets": (A, "model", "under --key model; available: none, the file is one set itself"),
    "a set beside tensors": ({**A, "x": B}, None, "'x' is dict, no tensor"),
    "an empty one": ({"state_dict": {}}, None, "not the weights of little"),
    "no names": ({"model": {1: A["fc.bias"]}}, None, "expected names with arrays"),
}


@rows("state, key, message", REFUSED)
def test_what_is_not_clear_is_refused(
    state: State, key: str | None, message: str, tmp_path: Path
) -> None:
    path = save(tmp_path / "a.pt", state)
    with pytest.raises(TriptychError, match=re.escape(message)) as caught:
        read(path, network(), key=key)
    assert "\n" not in str(caught.value)


def test_other_formats_hold_one_set(tmp_path: Path) -> None:
    convert(
        save(tmp_path / "a.pt", A), tmp_path / "a.safetensors", FORMATS["safetensors"], network()
    )
    with pytest.raises(TriptychError, match="no weights under --key model: what"):
        read(tmp_path / "a.safetensors", key="model")


def test_the_command_takes_the_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "a.pt", {"model": A, "model_ema": B})
    assert main([str(path), "--list", "--key", "model_ema"]) == 0
    assert AVERAGE.format("model_ema", "model") in capsys.readouterr().out


def test_a_comparison_says_which_weights_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "a.pt", {"model": A, "model_ema": B})
    assert set(_weights_of(str(path))) == set(A)
    line = f"--weights {path}: {AVERAGE.format('model', 'model_ema')}\n"
    assert capsys.readouterr().err == line

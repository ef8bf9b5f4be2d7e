"""The hub: a checkpoint with its network, its recipe and its optimizer's state, whole or not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from common import weights
from common.errors import TriptychError
from common.networks import load
from common.recipes.recipe import STATE, Optimizer, Recipe
from common.recipes.reference import Training
from frontends.checkpoints import hub, plain
from frontends.checkpoints.convert import read
from frontends.checkpoints.hub import Checkpoint
from frontends.workers.environments import ROOT
from parity_tests.checkpoints.mutations import network
from parity_tests.rows import rows


def _trained(name: str, dtype: str = "float64") -> Checkpoint:
    """Return a checkpoint after three steps of an optimizer, a bias frozen."""
    recipe = Recipe(Optimizer(name), 0.1, frozen=("fc.bias",))
    little = network()
    held = little.elaboration.parameters.values()
    given = {n: a.astype(dtype) for n, a in weights.probe(little).items()}
    training = Training(recipe, {p.name: given[p.name] for p in held if p.trainable})
    for seed in range(3):
        draw = np.random.default_rng(seed)
        training.update({n: draw.standard_normal(a.shape) for n, a in training.weights.items()})
    state = {
        key: {name: each[key].astype(dtype) for name, each in training.state.items()}
        for key in STATE[name]
    }
    after = {n: training.weights.get(n, a).astype(dtype) for n, a in given.items()}
    return Checkpoint(little, after, recipe, state, training.step)


@rows("optimizer", {name: name for name in STATE})
@rows("dtype", {name: name for name in ("float32", "float64")})
def test_there_and_back(optimizer: str, dtype: str, tmp_path: Path) -> None:
    checkpoint, path = _trained(optimizer, dtype), tmp_path / "a.safetensors"
    hub.write(path, checkpoint)
    found = read(path).checkpoint
    assert (found.network, found.recipe, found.step) == (network(), checkpoint.recipe, 3)
    own, theirs = checkpoint.tensors(), found.tensors()
    assert {n: (a.dtype, a.tobytes()) for n, a in own.items()} == {
        n: (a.dtype, a.tobytes()) for n, a in theirs.items()
    }
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_is_inside_is_text() -> None:
    """Names of tensors and notes as they are documented."""
    names = set(_trained("adam").tensors())
    assert {"fc.kernel", "optimizer/m/fc.kernel", "optimizer/v/bn.gamma"} <= names
    assert not names & {"optimizer/m/fc.bias", "optimizer/m/bn.mean"}


def test_weights_alone_are_a_checkpoint(tmp_path: Path) -> None:
    little = network()
    hub.write(tmp_path / "a.safetensors", Checkpoint(little, weights.initial(little)))
    found = read(tmp_path / "a.safetensors").checkpoint
    assert (found.recipe, found.state, found.step) == (None, {}, 0)


Change = Callable[[dict[str, Any], dict[str, str]], object]


def _set(name: str, array: Any) -> Change:
    return lambda tensors, notes: tensors.update({name: array})


def _note(name: str, text: str) -> Change:
    return lambda tensors, notes: notes.update({name: text})


BROKEN: dict[str, tuple[Change, str]] = {
    "missing": (lambda t, n: t.pop("fc.bias"), "lacks 1 (fc.bias) and has none too many"),
    "state missing": (
        lambda t, n: t.pop("optimizer/v/fc.kernel"),
        "lacks 1 (optimizer/v/fc.kernel) and",
    ),
    "extra": (_set("fc.gamma", np.zeros(3)), "lacks none and has 1 (fc.gamma) too many"),
    "state of the frozen": (_set("optimizer/v/fc.bias", np.zeros(3)), "1 (optimizer/v/fc.bias)"),
    "state of another": (_set("optimizer/u/fc.kernel", np.zeros(3)), "1 (optimizer/u/fc.kernel)"),
    "shape": (_set("fc.bias", np.zeros(4)), "fc.bias has shape (4,), expected (3,)"),
    "type": (_set("fc.bias", np.zeros(3, "float16")), "'fc.bias' holds float16; expected float32"),
    "whole numbers": (_set("fc.bias", np.zeros(3, "int64")), "'fc.bias' holds int64; expected"),
    "not finite": (_set("fc.bias", np.full(3, np.nan)), "'fc.bias' holds NaN or infinity"),
    "too large": (_set("more", np.zeros(10**7)), "bytes; the weights of little take"),
    "step": (_note("step", "-1"), "step '-1' is no count"),
    "no network": (lambda t, n: n.pop("network"), "no network inside"),
    "network": (_note("network", "{}"), "network: lacks"),
    "recipe": (_note("recipe", "[1"), "recipe: "),
    "another optimizer": (
        _note("recipe", json.dumps({"optimizer": {"name": "adam"}, "learning_rate": 1})),
        "optimizer/m/",
    ),
}


@rows("change, message", BROKEN)
def test_what_is_broken_is_said_in_one_line(change: Change, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    hub.write(path, _trained("momentum"))
    tensors, notes = load_file(path), plain.metadata(path)
    change(tensors, notes)
    save_file(tensors, path, notes)
    with pytest.raises(TriptychError, match=re.escape(message)) as caught:
        read(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_nothing_is_written_of_what_is_no_checkpoint(tmp_path: Path) -> None:
    whole = _trained("momentum")
    (tmp_path / "a").write_bytes(b"before")
    for broken in (
        replace(whole, weights={"fc.kernel": whole.weights["fc.kernel"]}),
        replace(whole, recipe=None),
        replace(whole, weights={n: a.astype("float16") for n, a in whole.weights.items()}),
    ):
        with pytest.raises(TriptychError):
            hub.write(tmp_path / "a", broken)
    assert (tmp_path / "a").read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_another_network_is_told(tmp_path: Path) -> None:
    hub.write(tmp_path / "a.safetensors", _trained("sgd"))
    with pytest.raises(TriptychError, match="not a checkpoint of resnet18: it lacks "):
        read(tmp_path / "a.safetensors", load("resnet18"))


WRITES = """
import sys
from dataclasses import replace
from pathlib import Path
from safetensors.numpy import load_file
from frontends.checkpoints import hub
path = Path(sys.argv[1])
checkpoint = hub.notes(path).checkpoint(load_file(path), "")
for step in range(1, 10**9):
    hub.write(path, replace(checkpoint, step=step))
    print(step, flush=True)
"""


def test_whoever_is_killed_leaves_the_last_whole_checkpoint(tmp_path: Path) -> None:
    path, draw = tmp_path / "a.safetensors", np.random.default_rng(0)
    hub.write(path, _trained("adam"))
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == "1\n"
            time.sleep(draw.uniform(0, 0.1))
            writer.kill()
            last = [1, *map(int, writer.stdout.read().split())][-1]
        found = read(path).checkpoint
        assert found.step in (last, last + 1)
        assert set(found.tensors()) == set(_trained("adam").tensors())

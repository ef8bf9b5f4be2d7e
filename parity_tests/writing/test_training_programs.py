"""Written programs that train run alone: on a small archive, validated, saved and resumed."""

from __future__ import annotations

import ast
import builtins
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.network import Network
from common.networks import load
from common.ops import Dense, GlobalAvgPool2d
from common.recipes.named import RECIPES
from common.recipes.recipe import Loss, Optimizer, Recipe
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN, TABLE
from frontends.workers.environments import interpreter
from frontends.writing.emit import emit
from frontends.writing.program import NAMES
from frontends.writing.text import EmitError
from parity_tests.cases import data, small
from parity_tests.ladder.test_training import EACH, NAMED
from parity_tests.rows import rows

# What the frameworks that compute in bfloat16 on GPUs alone, or not at all, say on a CPU.
UNMIXED = dict.fromkeys(HISTORICAL, "unrecognized arguments: --precision bfloat16")
UNMIXED["paddle"] = "--precision bfloat16: no effect in Paddle without --device gpu"
STEPS = 3  # of an epoch of 20 images
SLOW = Recipe(Optimizer("adam"), 1e-4, epochs=1, batch=8)
PANELS = {panel: panel for panel in FRAMEWORKS}


def _run(panel: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [interpreter(panel), "program.py", "--data", "cifar-10-python.tar.gz", *options],
        cwd=folder, env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "KERAS_HOME": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def _trains_and_resumes(panel: str, folder: Path) -> None:
    """Two epochs in one go, and with a stop within the second, which goes on where it stopped: the
    validations are the same. In bfloat16 they are near; a damaged checkpoint is one line."""
    network = load("se_resnext_cifar").with_arguments(num_blocks=1, width=8)
    (folder / "program.py").write_text(emit(network, panel, recipe=SLOW).text, encoding="utf-8")
    data.cifar_archive(folder / "cifar-10-python.tar.gz")
    said = {}
    for out, options in {
        "whole": ("--epochs", "2"),
        "parts": ("--epochs", "2", "--steps", str(STEPS + 1)),
        "more": ("--epochs", "2", "--resume"),
        "mixed": ("--epochs", "1", "--precision", "bfloat16"),
        "evaluated": ("--epochs", "1", "--eval-batch-size", "3"),
    }.items():
        into = "parts" if out == "more" else out
        done = _run(panel, folder, "--out", into, *options)
        if out == "mixed" and panel in UNMIXED:
            assert done.returncode and UNMIXED[panel] in done.stderr.splitlines()[-1]
            continue
        assert done.returncode == 0, done.stderr
        said[out] = [line for line in done.stdout.splitlines() if line.startswith("epoch ")]
    (first, second), (same, cut), (last,) = said["whole"], said["parts"], said["more"]
    for line in (first, second):  # of 8 samples and 2 more
        assert round(10 * float(line.split()[-1]), 2).is_integer()
    (evaluated,) = said["evaluated"]
    assert _numbers(evaluated) == pytest.approx(_numbers(first), abs=2e-4)
    assert first == same and second != cut and _validation(second) == _validation(last)
    if panel not in UNMIXED:
        (mixed,) = said["mixed"]
        assert mixed != first and abs(_loss(mixed) / _loss(first) - 1) < 0.02
    _damage(folder / "parts")
    done = _run(panel, folder, "--out", "parts", "--resume")
    *_, line = done.stderr.splitlines()
    assert done.returncode == 1 and ": cannot be read: " in line, done.stderr
    assert "Traceback" not in done.stderr


def _numbers(line: str) -> list[float]:
    return [float(each) for each in re.findall(r"\d+\.\d+", line)]


def _validation(line: str) -> str:
    return line[line.index("validation") :]


def _loss(line: str) -> float:
    return float(line.split()[3].rstrip(","))


def _damage(folder: Path) -> None:
    """Cut what is kept of the last step short."""
    for path in sorted(folder.rglob("*")):
        if "last" in str(path.relative_to(folder)) and path.is_file():
            path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.complete
@rows("panel", PANELS)
def test_a_program_trains_and_resumes(panel: str, tmp_path: Path) -> None:
    _trains_and_resumes(panel, tmp_path)


class Hostile:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch was_run",)


_IMAGES = np.arange(2 * 3072).astype(np.uint8).reshape(2, 3072)
DAMAGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "what runs": (
        "se_resnext_cifar",
        {"data_batch_1": {b"some": Hostile()}},
        "data.tar.gz: cannot be read: UnpicklingError: posix.system is not expected",
    ),
    "half a pickle": (
        "se_resnext_cifar", {"test_batch": b"\x80\x02}q"}, "cannot be read: UnpicklingError: ",
    ),
    "no test": ("se_resnext_cifar", {"test_batch": None}, "ValueError: no test_batch in it"),
    "a label": (
        "se_resnext_cifar",
        {"test_batch": {b"data": _IMAGES, b"labels": [1, 10]}},
        "data.tar.gz: labels are not those of 10 classes, from 0 on",
    ),
    "labels too few": (
        "se_resnext_cifar",
        {"test_batch": {b"data": _IMAGES, b"labels": [1]}},
        "data.tar.gz: images (2, 3, 32, 32), labels (1,)",
    ),
    "no files": ("se_resnext_mnist", {}, "data: cannot be read: FileNotFoundError: "),
    "no arrays": ("resnet50", {}, "data: cannot be read: FileNotFoundError: "),
    "other images": (
        "resnet50",
        {"images": np.zeros((2, 3, 9, 9)), "labels": np.zeros(2, int)},
        "data: images (2, 3, 9, 9), labels (2,)",
    ),
    "no images": (
        "resnet50",
        {"images": np.zeros((0, 3, 224, 224)), "labels": np.zeros(0, int)},
        "data: labels are not those of 1000 classes, from 0 on",
    ),
}  # fmt: skip


def _damaged(folder: Path, changed: dict[str, Any]) -> str:
    """Write damaged data of a network; return its path."""
    if not any("batch" in name for name in changed):
        (folder / "data").mkdir()
        for name in ("train", "test") if changed else ():
            np.savez(folder / "data" / f"{name}.npz", **changed)
        return "data"
    batches = {n: b for n, b in (data.cifar_batches() | changed).items() if b is not None}
    return data.cifar_archive(folder / "data.tar.gz", batches).name


@rows("network, changed, said", DAMAGED)
def test_damaged_data_end_a_program_in_one_line(
    network: str,
    changed: dict[str, Any],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own functions are called; nothing of an archive is run."""
    monkeypatch.chdir(tmp_path)
    names = data.reading(emit(load(network), "torch", recipe=SLOW).text)
    path = _damaged(tmp_path, changed)
    with pytest.raises(SystemExit) as caught:
        names["read"](path, True), names["read"](path, False)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "was_run").exists()


@rows("panel", PANELS)
def test_every_recipe_is_written(panel: str) -> None:
    for recipe in EACH.values():
        compile(emit(small.se_resnext(), panel, recipe=recipe).text, panel, "exec")
    for name, network in NAMED.items():
        compile(emit(network, panel, recipe=RECIPES[name]).text, panel, "exec")


@rows("panel", PANELS)
def test_functions_are_the_same_in_the_same_order(panel: str) -> None:
    """What builds a step differs where a graph is made first; the rest has the same names."""
    tree = ast.parse(emit(small.se_resnext(), panel, recipe=SLOW).text)
    names = [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]
    eager = panel in MODERN
    expected = ["learning_rate", "loss_of", "trained"]
    expected += ["create_optimizer"] if eager else ["apply_gradients"]
    expected += ["train_step", "evaluate" if eager else "metrics_of", "export", "predict"]
    expected += ["decode", "read", "batches", "parse"]
    assert names[names.index("learning_rate") :][: len(expected)] == expected
    assert "main" in names


@rows("panel", PANELS)
def test_an_epoch_says_which_loss_has_the_penalty(panel: str) -> None:
    for name, said in {"L2 in the loss, clipped": "loss with L2", "sgd, L2": "loss"}.items():
        text = emit(small.se_resnext(), panel, recipe=EACH[name]).text
        assert f"epoch %d: {said} %.4f, validation loss %.4f" in text


@rows("panel", PANELS)
def test_no_kind_is_called_as_a_function_of_the_program(panel: str) -> None:
    network = small.sequence("train_step", (3, 8, 8), pool=GlobalAvgPool2d(), fc=Dense(10))
    text = emit(network, panel, recipe=SLOW).text
    names = [
        each.name
        for each in ast.parse(text).body
        if isinstance(each, (ast.FunctionDef, ast.ClassDef))
    ]
    assert len(names) == len(set(names))


@rows("panel", PANELS)
def test_what_a_program_calls_is_kept_from_kinds(panel: str) -> None:
    """Its own functions, and Python's, are not hidden by a block that is called so."""
    for network in map(load, ("se_resnext_cifar", "se_resnext_mnist", "batchflow_resnet")):
        plain = {getattr(each, "name", "") for each in ast.parse(emit(network, panel).text).body}
        tree = ast.parse(emit(network, panel, recipe=SLOW).text)
        added = [e for e in tree.body if hasattr(e, "name") and e.name not in plain]
        nodes = [node for each in added for node in ast.walk(each)]
        used = {n.id for n in nodes if isinstance(n, ast.Name)} & set(dir(builtins))
        assert {each.name for each in added} | used <= NAMES


OTHERS = small.sequence("net", (3, 8, 8), pool=GlobalAvgPool2d(), fc=Dense(10))
OTHERS = replace(
    OTHERS,
    root=OTHERS.root.but(
        arguments="step=10, best=1",
        inputs={"images": 3},
        wiring=["found = pool(images)", "losses = fc(found)"],
        layers={**OTHERS.root.layers, "fc": Dense("step * best")},
        outputs=["losses"],
    ),
)
READ = {"its own names": OTHERS} | {
    name: load(name) for name in ("se_resnext_cifar", "se_resnext_mnist", "rir18", "resnet18")
}


@rows("panel", PANELS)
@rows("network", READ)
def test_a_network_reads_the_same_with_its_training(network: Network, panel: str) -> None:
    """What the program calls its own renames neither input, argument nor value."""
    plain, trained = (_defined(emit(network, panel, recipe=each).text) for each in (None, SLOW))
    entry = emit(network, panel).entry
    assert entry in trained and all(trained[n] == plain[n] for n in trained.keys() & plain.keys())


@rows("panel", PANELS)
def test_a_network_hides_nothing_that_it_calls(panel: str) -> None:
    """An argument that is called as one of Python's functions, which its checks call, is not."""
    root = OTHERS.root.but(
        arguments="len=(1, 2), min=3",
        layers={"pool": GlobalAvgPool2d(), "fc": Dense("len[0] * len[1] * (min - 2)")},
    )
    for node in ast.walk(ast.parse(emit(replace(OTHERS, root=root), panel).text)):
        assert not isinstance(node, ast.arg) or node.arg not in ("len", "min")


def _defined(text: str) -> dict[str, str]:
    tree = ast.parse(text).body
    return {e.name: ast.dump(e) for e in tree if isinstance(e, (ast.FunctionDef, ast.ClassDef))}


UNFIT = {
    "a pattern that freezes nothing": ({"frozen": ("nosuch*",)}, "has no parameter 'nosuch\\*'"),
    "everything frozen": ({"frozen": ("*",)}, "the recipe freezes every parameter"),
    "probabilities of logits": ({"loss": Loss(on="probabilities")}, "gives logits"),
}


@rows("changed, said", UNFIT)
def test_a_recipe_that_fits_not_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(EmitError, match=said):
        emit(small.se_resnext(), "torch", recipe=replace(SLOW, **changed))


@rows("panel", PANELS)
def test_what_is_never_called_is_not_trained(panel: str) -> None:
    """PyTorch's and Paddle's files hold such layers, which have no gradient."""
    text = emit(load("rir18"), panel, recipe=SLOW).text
    assert ("if not name.startswith(" in text) == TABLE[panel].classes

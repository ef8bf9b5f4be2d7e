"""The referee of training in numpy, against PyTorch's optimizers and against differences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.recipes.recipe import Loss, Optimizer, Penalty, Recipe, Schedule
from common.recipes.reference import Training, clipped, correct, loss_and_gradient, rate
from frontends.workers.environments import ROOT
from parity_tests.rows import rows
from parity_tests.shared import shared

BOUND = 1e-14  # of the largest weight; measured: at most 3.3e-16
STEPS = 20
MOMENTUM, ADAM = {"name": "momentum", "momentum": 0.9}, {"beta2": 0.99, "epsilon": 1e-3}
L2 = Penalty(0.01)
OPTIMIZERS: dict[str, tuple[Optimizer, Penalty]] = {
    "sgd": (Optimizer("sgd"), Penalty()),
    "sgd-l2": (Optimizer("sgd"), L2),
    "momentum": (Optimizer(**MOMENTUM), Penalty()),  # type: ignore[arg-type]
    "nesterov": (Optimizer("momentum", momentum=0.9, nesterov=True), Penalty()),
    "momentum-l2": (Optimizer(**MOMENTUM), L2),  # type: ignore[arg-type]
    "adam": (Optimizer("adam", **ADAM), Penalty()),  # type: ignore[arg-type]
    "adam-l2": (Optimizer("adam", **ADAM), L2),  # type: ignore[arg-type]
    "adamw": (Optimizer("adamw", decay=0.01, **ADAM), Penalty()),  # type: ignore[arg-type]
    "rmsprop": (Optimizer("rmsprop", epsilon=1e-3, epsilon_at="outside"), Penalty()),
    "adagrad": (Optimizer("adagrad", epsilon=1e-3, start=0.1), Penalty()),
}
WRONG = {  # a change of the referee -> whose trajectory it parts from
    "nesterov forgotten": ("nesterov", {"nesterov": False}),
    "epsilon inside the root": ("adam", {"epsilon_at": "uncorrected"}),
    "epsilon inside": ("rmsprop", {"epsilon_at": "inside"}),
    "start": ("adagrad", {"start": 0.0}),
    "decay in the gradient": ("adam-l2", {"name": "adamw", "decay": 0.01}),
}
rng = np.random.default_rng(0)
GIVEN = {
    "weight": rng.standard_normal((3, 4)),
    "gradients": rng.standard_normal((STEPS, 3, 4)) * 10.0 ** rng.integers(-4, 2, (3, 4)),
    "outputs": 3 * rng.standard_normal((6, 4)),
}
LABELS = np.arange(6) % 4


def _run(folder: Path) -> None:
    np.savez(folder / "in.npz", **GIVEN)  # type: ignore[arg-type]
    command = [sys.executable, "-m", "parity_tests.cases.programs.torch_training"]
    files = [str(folder / name) for name in ("in.npz", "out.npz")]
    subprocess.run([*command, *files], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return np.load(shared(tmp_path_factory, "torch_training", _run) / "out.npz")


def _trained(optimizer: Optimizer, l2: Penalty) -> Any:
    """Return the weight after every step; the rate falls to a tenth in the middle."""
    schedule = Schedule("step", "step", boundaries=(STEPS // 2,), factor=0.1)
    recipe = Recipe(optimizer, 0.1, schedule=schedule, l2=l2)
    training, found = Training(recipe, {"fc.kernel": GIVEN["weight"]}), []
    for gradient in GIVEN["gradients"]:
        training.update({"fc.kernel": gradient})
        found.append(training.weights["fc.kernel"])
    return np.stack(found)


def _apart(left: Any, right: Any) -> float:
    return float(np.abs(left - right).max() / np.abs(right).max())


@rows("name", {name: name for name in OPTIMIZERS})
def test_it_is_pytorch_s_trajectory(name: str, theirs: Any) -> None:
    assert _apart(_trained(*OPTIMIZERS[name]), theirs[name]) < BOUND


@rows("name, change", WRONG)
def test_another_formula_parts(name: str, change: dict[str, Any], theirs: Any) -> None:
    optimizer, l2 = OPTIMIZERS[name]
    used = {"name": optimizer.name, "momentum": optimizer.momentum, "epsilon": optimizer.epsilon}
    used |= {"beta2": optimizer.beta2, "start": optimizer.start, "nesterov": optimizer.nesterov}
    wrong = Optimizer(**{**used, **change})
    coupled = Penalty() if wrong.decay else l2
    assert _apart(_trained(wrong, coupled), theirs[name]) > 1e-6


@rows("reduction", {"mean": "mean", "sum": "sum"})
@rows("smoothing", {"plain": 0.0, "smooth": 0.1})
def test_it_is_pytorch_s_loss(reduction: str, smoothing: float, theirs: Any) -> None:
    loss = Loss(reduction=reduction, smoothing=smoothing)
    value, gradient = loss_and_gradient(loss, GIVEN["outputs"], LABELS)
    assert value == pytest.approx(float(theirs[f"loss-{reduction}-{smoothing}"]), rel=1e-14)
    assert _apart(gradient, theirs[f"gradient-{reduction}-{smoothing}"]) < 1e-14


@rows("on", {"logits": "logits", "probabilities": "probabilities"})
def test_the_gradient_is_that_of_the_loss(on: str) -> None:
    loss, outputs = Loss(on=on, smoothing=0.1), GIVEN["outputs"]
    if on == "probabilities":
        outputs = np.exp(outputs) / np.exp(outputs).sum(1, keepdims=True)
    _, gradient = loss_and_gradient(loss, outputs, LABELS)
    for index in np.ndindex(*outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6 * abs(outputs[index])
        above, below = (loss_and_gradient(loss, outputs + s, LABELS)[0] for s in (step, -step))
        assert (above - below) / (2 * step[index]) == pytest.approx(gradient[index], rel=1e-6)


def test_both_losses_are_one() -> None:
    logits = GIVEN["outputs"]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    first, _ = loss_and_gradient(Loss(), logits, LABELS)
    second, _ = loss_and_gradient(Loss(on="probabilities"), probabilities, LABELS)
    assert first == pytest.approx(second, rel=1e-14)
    assert correct(logits, logits.argmax(1)) == len(logits)
    assert correct(logits, logits.argmin(1)) == 0


def test_a_penalty_in_the_loss_is_clipped_and_one_in_the_gradient_is_not() -> None:
    weights = {"a.kernel": np.full(4, 10.0), "a.bias": np.full(4, 10.0)}
    gradients = {name: np.zeros(4) for name in weights}

    def moved(l2: Penalty) -> dict[str, Any]:
        training = Training(Recipe(Optimizer("sgd"), 1.0, l2=l2, clip_norm=1.0), weights)
        training.update(gradients)
        return {name: weights[name] - training.weights[name] for name in weights}

    within, behind = moved(Penalty(1.0, at="loss")), moved(Penalty(1.0))
    assert np.allclose(within["a.kernel"], 1 / np.sqrt(8)) and np.all(behind["a.kernel"] == 10)
    assert np.all(moved(Penalty(1.0, "kernels"))["a.bias"] == 0)
    training = Training(Recipe(Optimizer("sgd"), 1.0, l2=Penalty(0.1, "all", "loss")), weights)
    assert training.penalty() == pytest.approx(0.05 * 8 * 100)
    assert Training(Recipe(Optimizer("sgd"), 1.0, l2=Penalty(0.1)), weights).penalty() == 0


def test_clipping_takes_all_gradients_together() -> None:
    found = clipped({"a": np.array([3.0]), "b": np.array([4.0])}, 1.0)
    assert found["a"] == pytest.approx(0.6) and found["b"] == pytest.approx(0.8)
    assert clipped({"a": np.array([0.3])}, 1.0)["a"] == 0.3


def test_what_is_frozen_stays_bit_for_bit() -> None:
    weights = {"stem.conv.kernel": np.ones(3), "fc.kernel": np.ones(3)}
    recipe = Recipe(Optimizer("adamw", decay=0.1), 0.1, frozen=("stem.*",), l2=Penalty(0.1))
    training = Training(recipe, weights)
    training.update({"fc.kernel": np.ones(3)})
    assert np.array_equal(training.weights["stem.conv.kernel"], weights["stem.conv.kernel"])
    assert not np.array_equal(training.weights["fc.kernel"], weights["fc.kernel"])
    assert np.all(weights["fc.kernel"] == 1)
    with pytest.raises(KeyError):
        training.update({"stem.conv.kernel": np.ones(3)})


RATES = {
    "constant": (Schedule(), {0: 1.0, 99: 1.0}),
    "step": (Schedule("step", boundaries=(3, 6)), {0: 1, 29: 1, 30: 0.1, 60: 0.01}),
    "step per step": (Schedule("step", "step", boundaries=(3,)), {2: 1.0, 3: 0.1}),
    "cosine": (Schedule("cosine", "step", length=10), {0: 1.0, 5: 0.5, 10: 0.0, 11: 0.0}),
    "warm-up": (Schedule(per="step", warmup=4), {0: 0.25, 3: 1.0, 4: 1.0}),
}


@rows("schedule, expected", RATES)
def test_rates(schedule: Schedule, expected: dict[int, float]) -> None:
    recipe = Recipe(Optimizer("sgd"), 2.0, schedule=schedule)
    for step, factor in expected.items():
        assert rate(recipe, step, steps_per_epoch=10) == pytest.approx(2 * factor, abs=1e-15)

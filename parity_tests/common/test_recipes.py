"""Recipes as data: said in words, in JSON and back, refused where they mean nothing."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import SpecificationError, TriptychError
from common.recipes.named import RECIPES, THROUGHPUT, load_recipe
from common.recipes.recipe import OPTIMIZERS, Loss, Optimizer, Penalty, Recipe, Schedule
from common.recipes.serialize import float32_exact, from_json, to_json
from parity_tests.rows import rows

SGD = Optimizer("sgd")
WORDS = {
    "throughput": "SGD with momentum 0.9, learning rate 0.001, softmax cross-entropy",
    "se_resnext_article": "SGD with Nesterov momentum 0.9, learning rate 0.1, times 0.1 at epoch "
    "30, 60, 90, L2 0.0005 on all in the loss, softmax cross-entropy",
    "rir": "Adam beta1 0.9, beta2 0.999, epsilon 1e-08, epsilon_at corrected, learning rate 0.001, "
    "a cosine over 19500 steps, L2 1e-05 on all in the gradient, softmax cross-entropy, label "
    "smoothing 0.1",
}
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "optimizer": (Optimizer, {"name": "lion"}, "unknown optimizer 'lion'; available: sgd"),
    "momentum of Adam": (Optimizer, {"name": "adam", "momentum": 0.9}, "field of adam 'momentum'"),
    "decay of Adam": (Optimizer, {"name": "adam", "decay": 0.1}, "field of adam 'decay'"),
    "momentum 1": (Optimizer, {"name": "momentum", "momentum": 1.0}, "from 0 to below 1"),
    "place": (Optimizer, {"name": "adam", "epsilon_at": "inside"}, "corrected, uncorrected"),
    "NaN": (Optimizer, {"name": "adam", "epsilon": float("nan")}, "epsilon nan, expected"),
    "loss": (Loss, {"on": "hinge"}, "available: logits, probabilities"),
    "smoothing": (Loss, {"smoothing": 1.0}, "from 0 to below 1"),
    "boundaries": (Schedule, {"kind": "step", "boundaries": (60, 30)}, "ascending"),
    "boundary": (Schedule, {"kind": "step", "boundaries": (0,)}, "whole number >= 1"),
    "length": (Schedule, {"kind": "cosine"}, "schedule.length 0, expected a whole number >= 1"),
    "warm-up": (Schedule, {"warmup": True}, "schedule.warmup True"),
    "penalty": (Penalty, {"coefficient": -1.0}, "of at least 0"),
    "place of L2": (Penalty, {"at": "weights"}, "available: loss, gradient"),
    "rate": (Recipe, {"optimizer": SGD, "learning_rate": 0.0}, "more than 0"),
    "rate as text": (Recipe, {"optimizer": SGD, "learning_rate": "0.1"}, "'0.1', expected"),
    "rate as truth": (Recipe, {"optimizer": SGD, "learning_rate": True}, "True, expected"),
    "clipping": (Recipe, {"optimizer": SGD, "learning_rate": 1.0, "clip_norm": 0.0}, "more than 0"),
    "beyond float32": (Recipe, {"optimizer": SGD, "learning_rate": 1e300}, "to 3.4e.38"),
    "below float32": (Recipe, {"optimizer": SGD, "learning_rate": 1e-40}, "from 1.18e-38"),
    "batch": (Recipe, {"optimizer": SGD, "learning_rate": 1.0, "batch": 0}, "whole number >= 1"),
}
BROKEN = {
    "not JSON": ("{", "Expecting"),
    "a list": ("[]", r"recipe: \[\], expected an object"),
    "nothing": ("{}", r"missing fields \['learning_rate', 'optimizer'\]"),
    "a field too many": ('{"rate": 1}', r"unknown fields \['rate'\]; expected: optimizer"),
    "a field within": (
        '{"optimizer": {"name": "sgd", "mu": 1}, "learning_rate": 1}',
        r"recipe.optimizer: missing fields \[\], unknown fields \['mu'\]",
    ),
    "a text": ('{"optimizer": {"name": 1}, "learning_rate": 1}', "optimizer.name: 1, expected str"),
    "NaN": ('{"optimizer": {"name": "sgd"}, "learning_rate": NaN}', "NaN is no number"),
    "a number": ('{"optimizer": {"name": "sgd"}, "learning_rate": 1, "frozen": 3}', "a list"),
    "nested": ("[" * 100_000, "nested too deeply"),
}

rates = st.floats(0, 1, exclude_max=True, width=32, allow_subnormal=False)
optimizers = st.one_of(
    st.just(SGD),
    st.builds(Optimizer, st.just("momentum"), rates, st.booleans()),
    st.builds(Optimizer, st.just("adamw"), beta1=rates, beta2=rates, decay=rates),
)
recipes = st.builds(
    Recipe,
    optimizers,
    st.floats(1e-9, 10),
    st.builds(Loss, st.sampled_from(["logits", "probabilities"]), smoothing=rates),
    st.builds(Schedule, st.just("cosine"), length=st.integers(1, 9), warmup=st.integers(0, 9)),
    st.builds(Penalty, rates, st.sampled_from(["kernels", "all"])),
    st.none() | st.floats(0.1, 9),
    st.tuples(st.text(max_size=9)),
)


@rows("name, said", {name: (name, said) for name, said in WORDS.items()})
def test_they_are_said_in_words(name: str, said: str) -> None:
    assert load_recipe(name).words() == said


def test_every_optimizer_says_its_own_fields() -> None:
    known = {each.name for each in fields(Optimizer)} - {"name"}
    assert set().union(*map(set, OPTIMIZERS.values())) == known
    with pytest.raises(TriptychError, match=r"unknown recipe 'adam'; available: throughput"):
        load_recipe("adam")


@rows("kind, given_, said", REFUSED)
def test_what_means_nothing_is_refused(kind: Any, given_: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecificationError, match=said):
        kind(**given_)


@rows("name", {name: name for name in RECIPES})
def test_json_loses_nothing(name: str) -> None:
    assert from_json(to_json(RECIPES[name])) == RECIPES[name]


@given(recipes)
def test_json_loses_nothing_of_any(recipe: Recipe) -> None:
    assert from_json(to_json(recipe)) == recipe


@rows("text, said", BROKEN)
def test_a_broken_text_is_one_line(text: str, said: str) -> None:
    with pytest.raises(SpecificationError, match=said) as refused:
        from_json(text, "mine.json")
    assert str(refused.value).startswith("mine.json: ") and "\n" not in str(refused.value)


def test_numbers_are_rounded_once() -> None:
    found = float32_exact(replace(THROUGHPUT, clip_norm=0.1))
    assert found.learning_rate == 0.0010000000474974513
    assert found.optimizer.momentum == 0.8999999761581421
    assert found.clip_norm == 0.10000000149011612
    assert found == float32_exact(found) and found.batch == THROUGHPUT.batch

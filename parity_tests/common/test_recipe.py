"""Recipes: said in words, and refused where they mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from common.errors import SpecificationError
from common.recipes.recipe import THROUGHPUT, Recipe
from parity_tests.rows import rows

FIELDS = {
    "optimizer": "momentum",
    "learning_rate": 0.1,
    "momentum": 0.0,
    "loss": "softmax_cross_entropy",
}
REFUSED = {
    "optimizer": ("adam", "unknown optimizer 'adam'; available: momentum"),
    "loss": ("hinge", "unknown loss 'hinge'; available: softmax_cross_entropy"),
    "learning_rate": (0.0, "learning_rate 0.0, expected a number more than 0"),
    "momentum": (1.0, "momentum 1.0, expected a number from 0 to below 1"),
}


def test_it_is_said_in_words() -> None:
    said = "SGD with momentum 0.9, learning rate 0.001, softmax cross-entropy"
    assert THROUGHPUT.words() == said
    assert Recipe(**FIELDS).words().startswith("SGD with momentum 0, learning rate 0.1")  # type: ignore[arg-type]


@rows("field, value, said", {name: (name, *row) for name, row in REFUSED.items()})
def test_what_means_nothing_is_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(SpecificationError, match=said):
        Recipe(**{**FIELDS, field: value})


@rows("value", {"text": "0.1", "bool": True, "infinite": float("inf"), "NaN": float("nan")})
def test_a_rate_is_a_number(value: Any) -> None:
    with pytest.raises(SpecificationError, match="learning_rate"):
        Recipe(**{**FIELDS, "learning_rate": value})

"""The float32 rungs: planted rounding fails, at its rung and at its layer; right files pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frontends.frameworks import MODERN
from frontends.ladder.float32 import GRADIENTS, RESULTS
from frontends.ladder.rounding import _finding
from frontends.workers.pool import Workers
from parity_tests.cases.everyday import LARGE, SMALL, Make
from parity_tests.controls.rounding import ROUNDINGS, Rounding, findings, judged
from parity_tests.rows import rows, sooner

EVAL, TRAIN = RESULTS.values()
# where it is planted -> the rungs that fail
FAILS = {
    "all": {EVAL, TRAIN, GRADIENTS},
    "forward": {EVAL, TRAIN},
    "data": {GRADIENTS},
    "kernel": {GRADIENTS},
    "stored": {EVAL, TRAIN, GRADIENTS},
}


def _check(make: Make, rounding: Rounding, workers: Workers) -> None:
    """Every panel fails at the rungs that it should, and at no other."""
    report = judged(make(), list(MODERN), workers, rounding)
    failed = {(row.rung, *row.panels) for row in report.rows if not row.passed}
    assert failed == {(rung, p) for rung in FAILS[rounding.where] for p in MODERN}, report.text()


def _check_alone(make: Make, rounding: Rounding, workers: Workers) -> None:
    """Of all tensors, those of the planted layer are accused: what it gives, what it hands back,
    the gradients of its parameters."""
    layer, network = rounding.only, make()
    own = (f"step {layer}:", f"(from {layer}):", f"gradient of {layer}.")
    for panel in MODERN:
        found = findings(network, panel, workers, rounding)
        beyond = {rung: [f for f in each if f.ratio > 1] for rung, each in found.items()}
        assert {rung for rung, each in beyond.items() if each} == FAILS[rounding.where], panel
        accused = {str(each) for rung in beyond.values() for each in rung}
        assert all(any(place in each for place in own) for each in accused), (panel, accused)


PLANTED = {str(each): each for each in ROUNDINGS}
ALONE = {
    str(alone): alone
    for each in ROUNDINGS
    for alone in (replace(each, only=layer) for layer in ("conv", "fc"))
}
SOME = {
    name: each
    for name, each in ALONE.items()
    if each.format == "tf32" or str(each).startswith("bfloat16-stored")
}
NORMALIZED = SMALL["normalized-32"]
OTHERS = {name: make for name, make in SMALL.items() if make is not NORMALIZED}


FLUSHED = {"flushed to zero": (1e-39, 0.0, True), "wrong": (1e-30, 0.0, False)}


@rows("exact, recorded, passes", FLUSHED)
def test_what_is_below_the_least_number_may_be_zero(
    exact: float, recorded: float, passes: bool
) -> None:
    values = np.full(32, exact)
    found = _finding("step scale", np.full(32, recorded), values, values.astype(np.float32), 4.0)
    assert (found.ratio <= 1) == passes, found


@rows("rounding", sooner(PLANTED, list(PLANTED)[::3]))
def test_planted_everywhere(rounding: Rounding, workers: Workers) -> None:
    _check(NORMALIZED, rounding, workers)


@pytest.mark.complete
@rows("rounding", SOME)
def test_planted_in_one_layer(rounding: Rounding, workers: Workers) -> None:
    _check_alone(NORMALIZED, rounding, workers)


@pytest.mark.complete
@rows("make", OTHERS)
@rows("name", {name: name for name in ("tf32-all", "float16-stored")})
def test_planted_at_other_sizes(name: str, make: Make, workers: Workers) -> None:
    _check(make, PLANTED[name], workers)


@pytest.mark.exhaustive
@rows("make", LARGE)
@rows("name", {name: name for name in ("tf32-all", "bfloat16-stored")})
def test_planted_in_large_networks(name: str, make: Make, workers: Workers) -> None:
    _check(make, PLANTED[name], workers)


@pytest.mark.exhaustive
@rows("make", OTHERS)
@rows("rounding", PLANTED)
def test_every_rounding_at_other_sizes(rounding: Rounding, make: Make, workers: Workers) -> None:
    _check(make, rounding, workers)


@pytest.mark.exhaustive
@rows("make", SMALL)
@rows("rounding", ALONE)
def test_every_rounding_in_one_layer(rounding: Rounding, make: Make, workers: Workers) -> None:
    _check_alone(make, rounding, workers)


@pytest.mark.exhaustive
@rows("make", LARGE)
@rows("rounding", PLANTED)
def test_every_rounding_in_large_networks(rounding: Rounding, make: Make, workers: Workers) -> None:
    _check(make, rounding, workers)

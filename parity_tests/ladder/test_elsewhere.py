"""Files that agree on one batch, one set of weights and one size, and are not the same: each is
seen, and its unlike twin is the same network."""

from __future__ import annotations

import pytest

from frontends.ladder.elsewhere import WEIGHTS, sizes
from frontends.workers.pool import Workers
from parity_tests.cases.pairs import Pair, check_pair
from parity_tests.rows import rows

ACT = "dropouts act on training in other ways"
FLAT, MAPS = (16,), (3, 32, 32)


def _pair(one: str, other: str, *said: str, shape: tuple[int, ...] | None = FLAT) -> Pair:
    files = tuple(f"elsewhere/{each if '.py' in each else f'torch_net.py:{each}'}"
                  for each in (one, other))  # fmt: skip
    return Pair(files, said, only=False, shape=shape)


SWAPPED = "(0.5, 0.2)"
UNLIKE = {
    "rates swapped, PyTorch": _pair("Drops", f"Drops{SWAPPED}", ACT),
    "rates swapped, Paddle": _pair("Drops", f"paddle_net.py:Drops{SWAPPED}", ACT),
    "rates swapped, Keras": _pair("Drops", f"keras_net.py:drops{SWAPPED}", ACT),
    "round a dropout": _pair("Shortcut", "Shortcut(True)", ACT),
    "attention drops": _pair("Attends", "Attends(0.2)", "dropout 0.3", shape=(64,)),
    "a gain's sign": _pair("Norm", "Norm(True)", "both signs", shape=None),
    "a single value's size": _pair("Temperature", "Temperature(100.0)", "above 1"),
    "slopes above 1": _pair("Leaks", "Leaks(True)", "above 1", shape=None),
    "a constant's sign": _pair("Frozen", "Frozen(True)", "(weight)", shape=None),
    "a drawn constant's size": _pair("Features", "Features(10.0)", "other laws"),
    "a third pool": _pair("Pools", "Pools(True)", "at (3, 33, 63) they differ", shape=None),
    "a third pool, Paddle": _pair("Pools", "paddle_net.py:Pools(True)", "they differ", shape=None),
    "a third pool, Keras": _pair(
        "Pools", 'keras_net.py:pools(None, "same")', "they differ", shape=None
    ),
    "one size alone": _pair("Fixed", "Fixed(32)", "does not take them", shape=None),
    "images scaled": _pair("Scales", "Scales(True)", "between 0 and 1"),
    "a black image": _pair("Divides", "Divides(1e-12)", "between 0 and 1"),
    "from the third training": _pair("Later", "Later(3)", "training on it once more"),
    "statistics from the third": _pair("Slows", "Slows(3)", "evaluating it after", shape=None),
    "numpy's generator": _pair("Own", "Own(0.03)", "draws random numbers in training"),
    "PyTorch's generator": _pair(
        'Own(0.0, "torch")', 'Own(0.03, "torch")', "draws random numbers in training"
    ),
}
ALIKE = {
    "drops, Paddle": _pair("Drops", "paddle_net.py:Drops"),
    "drops, Keras": _pair("Drops", "keras_net.py:drops"),
    "attention": _pair("Attends", "Attends", shape=(64,)),
    "a single value": _pair("Temperature", "Temperature"),
    "frozen": _pair("Frozen", "Frozen", shape=None),
    "drawn constants": _pair("Features", "Features"),
    "pools, Paddle": _pair("Pools", "paddle_net.py:Pools", shape=None),
    "pools of one size, Keras": _pair("Pools", "keras_net.py:pools(32)", shape=None),
    "both divide by nothing": _pair("Divides", "Divides"),
}
HISTORICAL = {
    "rates swapped, TensorFlow 1": _pair("Drops", "tf1_net.py:drops(first=0.5, second=0.2)", ACT),
    "rates swapped, Fluid": _pair("Drops", f"fluid_net.py:drops{SWAPPED}", ACT),
    "drops, TensorFlow 1": _pair("Drops", "tf1_net.py:drops"),
    "drops, Fluid": _pair("Drops", "fluid_net.py:drops"),
}


@rows("case", UNLIKE)
def test_what_one_batch_does_not_show(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


@rows("case", ALIKE)
def test_what_is_alike_is(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


@pytest.mark.complete
@rows("case", HISTORICAL)
def test_historical_dropouts_at_work(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


def test_a_stated_size_is_told_with_those_at_which_files_part(workers: Workers) -> None:
    report = _pair("Pools", "Pools(True)", shape=MAPS).report(workers)
    said = "the same network, on inputs of shape (3, 32, 32) and not on (3, 33, 63)"
    assert report.proved and report.verdict.startswith(said), report.text()


@rows("entry, compared", {"gains": ("Norm", True), "none of these": ("Pools", False)})
def test_other_weights_have_a_row_where_they_were_compared(
    entry: str, compared: bool, workers: Workers
) -> None:
    """A row that agrees without a comparison would tell nothing."""
    report = _pair(entry, entry, shape=None).report(workers)
    assert [row.rung for row in report.rows].count(WEIGHTS) == compared, report.text()


def test_a_keras_model_that_takes_some_sizes_is_not_of_one(workers: Workers) -> None:
    """It takes one of three, and parts there: that counts, where no size was stated."""
    report = _pair("Pools", "keras_net.py:picky", shape=None).report(workers)
    assert not report.proved and "does not take them" in report.text(), report.text()


@rows("size", {str(size): size for size in (28, 32, 224, 299)})
def test_other_sizes_are_odd_at_every_depth(size: int) -> None:
    """Halved and rounded up, or down, five times."""
    (_, up, down) = sizes((3, size, size))[1]
    assert up > size and down > size
    for _ in range(4):
        assert up % 2 and down % 2
        up, down = -(-up // 2), down // 2

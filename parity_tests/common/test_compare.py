"""The comparison: what never passes, what is equal, and where the worst is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from common.compare import difference
from parity_tests.rows import rows

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
ARRAYS = arrays(np.float64, array_shapes(max_dims=4, max_side=5), elements=FINITE)
NEVER = {"nan": np.nan, "infinity": np.inf, "minus infinity": -np.inf}


@given(ARRAYS)
def test_an_array_equals_itself(array: np.ndarray) -> None:
    assert difference(array, array.copy()).relative == 0


@rows("value", NEVER)
@given(array=ARRAYS, data=st.data())
def test_what_is_not_finite_never_passes(
    value: float, array: np.ndarray, data: st.DataObject
) -> None:
    """On either side, on both sides alike, and whatever the scale."""
    index = np.unravel_index(data.draw(st.integers(0, array.size - 1)), array.shape)
    spoilt = array.copy()
    spoilt[index] = value
    for left, right in ((spoilt, array), (array, spoilt), (spoilt, spoilt)):
        found = difference(left, right)
        assert found.relative == np.inf and found.index == index
        assert difference(left, right, scale=1e300).relative == np.inf


@given(ARRAYS, array_shapes(max_dims=4, max_side=5))
def test_unlike_shapes_never_pass(array: np.ndarray, shape: tuple[int, ...]) -> None:
    other = np.zeros(shape)
    if shape != array.shape:
        found = difference(array, other)
        assert found.relative == np.inf and str(shape) in str(found)


def test_shapes_that_broadcast_are_unlike() -> None:
    assert difference(np.ones((3, 1)), np.ones((3, 3))).relative == np.inf
    assert difference(np.ones(()), np.ones((1,))).relative == np.inf


@given(ARRAYS, st.floats(1e-8, 0.5), st.data())
def test_the_worst_is_found(array: np.ndarray, share: float, data: st.DataObject) -> None:
    """It is where one value was moved, and relative to the largest of either array."""
    index = np.unravel_index(data.draw(st.integers(0, array.size - 1)), array.shape)
    moved = array.copy()
    moved[index] += share * (1 + np.abs(array).max())
    found = difference(array, moved)
    assert found.index == index
    assert (found.left, found.right) == (array[index], moved[index])
    largest = max(np.abs(array).max(), np.abs(moved).max())
    assert found.relative == abs(moved[index] - array[index]) / largest
    assert difference(moved, array).relative == found.relative


def test_zero_is_equal_to_zero_alone() -> None:
    zero, tiny = np.zeros(3), np.full(3, 5e-324)
    assert difference(zero, -zero).relative == 0
    assert difference(zero, zero, scale=0.0).relative == 0
    assert difference(zero, tiny).relative == 1
    assert difference(zero, tiny, scale=0.0).relative == np.inf


def test_nothing_is_equal_to_nothing() -> None:
    assert difference(np.zeros((0, 3)), np.zeros((0, 3))).relative == 0


def test_the_message_has_the_index_and_both_values() -> None:
    found = difference(np.array([[1.0, 2.0]]), np.array([[1.0, 2.5]]))
    assert str(found) == "2.0e-01 at [0, 1]: 2 and 2.5"


def test_float32_is_compared_as_it_is() -> None:
    exact = np.array([0.1, 0.2])
    assert 1e-9 < difference(exact, exact.astype(np.float32)).relative < 1e-7

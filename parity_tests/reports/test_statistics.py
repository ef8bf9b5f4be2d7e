"""When steps are steady, and when a GPU's clocks have settled."""

from __future__ import annotations

import pytest

from reports.statistics import settled, steady_from


@pytest.mark.parametrize(
    ("seconds", "index"),
    [
        ([], None),
        ([1.0], None),
        ([1.0, 1.05], 0),
        ([9.0, 2.0, 1.0, 1.0], 2),
        ([4.0, 3.0, 2.0, 1.0], None),
    ],
)
def test_steady_from(seconds: list[float], index: int | None) -> None:
    assert steady_from(seconds) == index


@pytest.mark.parametrize(
    ("parts", "are"),
    [
        ([], False),
        ([1.0, 1.0, 1.0], False),  # a clock that rises later is not seen so soon
        ([1.5, 1.2, 1.0, 1.01], True),
        ([1.5, 1.2, 1.0, 0.97], False),
    ],
)
def test_settled(parts: list[float], are: bool) -> None:
    assert settled(parts) == are

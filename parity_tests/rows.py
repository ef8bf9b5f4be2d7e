"""Test cases as rows of data, each with a name of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest


def rows(arguments: str, cases: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Return the parametrization of a test by named rows; a mapping has no name twice."""
    assert cases, f"no rows for {arguments}"
    return pytest.mark.parametrize(arguments, list(cases.values()), ids=list(cases))


def sooner(cases: Mapping[str, Any], soon: Collection[str]) -> dict[str, Any]:
    """Return cases of one value each, of which all but those named belong to the long half."""
    assert set(soon) < set(cases), f"no such rows: {set(soon) - set(cases)}"
    late = pytest.mark.complete
    return {
        name: case if name in soon else pytest.param(case, marks=late)
        for name, case in cases.items()
    }


def sampled(cases: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """Return cases of the long half, of which all but those named are run by hand; those of several
    values are tuples."""
    assert set(kept) < set(cases), f"no such rows: {set(kept) - set(cases)}"
    when = {True: pytest.mark.complete, False: pytest.mark.exhaustive}
    return {
        name: pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=when[name in kept]
        )
        for name, case in cases.items()
    }

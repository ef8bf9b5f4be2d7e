"""Test cases as rows of data, each with a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest


def rows(arguments: str, cases: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Return the parametrization of a test by named rows; a mapping has no name twice."""
    assert cases, f"no rows for {arguments}"
    return pytest.mark.parametrize(arguments, list(cases.values()), ids=list(cases))

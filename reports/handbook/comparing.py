"""How far results are from TensorFlow 1.15's, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reports.handbook.rows import Array, Row

Results = Mapping[str, Array]  # by name: y/0, gradient/x, state/0


def comparison(row: Row, reference: Results, found: Results) -> dict[str, Any]:
    """Return what is told of results: their shapes and types, and how far each part is off.

    A distance is the largest difference, of the largest value of the reference; of drawn results
    the largest distance of the two distribution functions; None where shapes differ or a value is
    none.
    """
    told = summary(row, found)
    left, right = _part(reference, "y/"), _part(found, "y/")
    told["forward"] = _worst(row, left, right)
    if told["forward"] is None:  # as many values in another shape?
        told["flat"] = _worst(row, _flat(left), _flat(right))
    if row.gradients and row.runs == 1 and not row.optimizer and not row.drawn:
        told["gradient"] = _gradients(row, reference, found)
    if row.state:
        told["state"] = _worst(row, _part(reference, "state/"), _part(found, "state/"))
    return told


def described(found: Results) -> list[str]:
    """Return shape and type of each result, in words."""
    parts = _part(found, "y/").values()
    return [f"{tuple(each.shape)} {_named(each)}" for each in parts]


def summary(row: Row, found: Results) -> dict[str, Any]:
    """Return what is told of results alone: shapes, types, and a sum with fixed factors of every
    value by which a later run is held to them; random results have none."""
    parts = [each.ravel() for each in _part(found, "y/").values() if each.dtype.kind in "fiub"]
    told: dict[str, Any] = {"results": described(found)}
    if parts and not row.drawn:
        values = np.nan_to_num(np.concatenate(parts).astype(float), posinf=1e3, neginf=-1e3)
        told["sum"] = float(f"{values @ np.cos(np.arange(values.size)):.6g}")
    return told


def _named(array: Array) -> str:
    return "text" if array.dtype.kind in "OSU" else str(array.dtype)


def _part(found: Results, prefix: str) -> dict[str, Array]:
    return {n[len(prefix) :]: each for n, each in found.items() if n.startswith(prefix)}


def _flat(found: Mapping[str, Array]) -> dict[str, Array]:
    return {name: each.ravel() for name, each in found.items()}


def _worst(row: Row, reference: Mapping[str, Array], found: Mapping[str, Array]) -> float | None:
    if set(reference) != set(found):
        return None
    far = [_distance(row, reference[name], found[name]) for name in reference]
    return None if None in far else max((each for each in far if each is not None), default=0.0)


def _gradients(row: Row, reference: Results, found: Results) -> float | None:
    """Return how far the gradients that both have are off; one that is missing is zero."""
    left, right = _part(reference, "gradient/"), _part(found, "gradient/")
    worst = 0.0
    for name in (each for each in {**left, **right} if each not in row.fixed):
        shape = left[name].shape if name in left else right[name].shape
        pair = left.get(name, np.zeros(shape)), right.get(name, np.zeros(shape))
        if pair[0].shape != pair[1].shape:
            return None
        distance = _relative(*pair)
        if distance is None:
            return None
        worst = max(worst, distance)
    return worst


def _distance(row: Row, reference: Array, found: Array) -> float | None:
    if row.drawn:
        return _between_distributions(reference.ravel(), found.ravel())
    if reference.shape != found.shape:
        return None
    if reference.dtype.kind in "OSU" or found.dtype.kind in "OSU":
        return float(not np.array_equal(reference, found))
    return _relative(reference, found)


def _relative(reference: Array, found: Array) -> float | None:
    left, right = reference.astype(float), found.astype(float)
    finite = np.isfinite(left)
    same = np.array_equal(left[~finite], right[~finite], equal_nan=True)
    if not same or not np.isfinite(right[finite]).all():
        return None
    if not finite.any():
        return 0.0
    scale = np.abs(left[finite]).max() or 1.0
    return float(f"{np.abs(left[finite] - right[finite]).max() / scale:.2g}")


def _between_distributions(left: Array, right: Array) -> float:
    """Return Kolmogorov and Smirnov's distance of two samples."""
    left, right = np.sort(left), np.sort(right)
    points = np.concatenate([left, right])
    shares = [np.searchsorted(each, points, side="right") / each.size for each in (left, right)]
    return float(f"{np.abs(shares[0] - shares[1]).max():.2g}")

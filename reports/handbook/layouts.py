"""Between the layouts of a row's data and those of a panel."""

from __future__ import annotations

import numpy as np

from reports.handbook.rows import Array, Row

LAST = ("tensorflow1", "tensorflow")  # channels last
KERNELS = {
    ("kernel", 4): (2, 3, 1, 0),
    ("kernel", 5): (2, 3, 4, 1, 0),
    ("depthwise", 4): (2, 3, 0, 1),
}


def own(row: Row, panel: str, name: str, array: Array) -> Array:
    """Return an input as a panel has it."""
    layout = row.layouts.get(name, "")
    if layout == "dense":
        return array if panel == "torch" else np.ascontiguousarray(array.T)
    if panel not in LAST:
        return array
    if layout:
        return np.ascontiguousarray(array.transpose(KERNELS[layout, array.ndim]))
    if row.images and array.ndim in (4, 5):
        return np.ascontiguousarray(np.moveaxis(array, 1, -1))
    return array


def canonical(row: Row, panel: str, name: str, array: Array) -> Array:
    """Return a result, or the gradient of an input by its name, in the layout of the row."""
    layout = row.layouts.get(name, "")
    if layout == "dense":
        return array if panel == "torch" else array.T
    if panel not in LAST:
        return array
    if layout:
        return array.transpose(np.argsort(KERNELS[layout, array.ndim]))
    return np.moveaxis(array, -1, 1) if row.images and array.ndim in (4, 5) else array

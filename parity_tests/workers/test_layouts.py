"""The layout tables: each covers every kind, and the way to the canonical layout leads back."""

from __future__ import annotations

import importlib

import numpy as np

from frontends.frameworks import FRAMEWORKS
from frontends.workers import layouts
from frontends.workers.layouts import (
    HWCM,
    HWIO,
    IO,
    OI,
    OIHW,
    SPREAD,
    VECTOR,
    Layout,
    Table,
)
from parity_tests.rows import rows

KINDS = {"kernel", "bias", "gamma", "beta", "mean", "variance"}
TABLES: dict[str, Table] = {
    name: importlib.import_module(f"frontends.{name}.layout").LAYERS for name in FRAMEWORKS
}
# Layout -> own shape, canonical shape, and where the element at an own index is.
PLACES: dict[str, tuple[Layout, tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]]
PLACES = {
    "OIHW": (OIHW, (4, 3, 2, 5), (4, 3, 2, 5), (3, 2, 1, 4), (3, 2, 1, 4)),
    "HWIO": (HWIO, (2, 5, 3, 4), (4, 3, 2, 5), (1, 4, 2, 3), (3, 2, 1, 4)),
    "HWCM": (HWCM, (2, 5, 3, 4), (12, 1, 2, 5), (1, 4, 2, 3), (11, 0, 1, 4)),
    "HWCM, one each": (HWCM, (2, 5, 3, 1), (3, 1, 2, 5), (1, 4, 2, 0), (2, 0, 1, 4)),
    "OI": (OI, (4, 3), (4, 3), (3, 2), (3, 2)),
    "IO": (IO, (3, 4), (4, 3), (2, 3), (3, 2)),
    "vector": (VECTOR, (4,), (4,), (3,), (3,)),
    "spread": (SPREAD, (1, 1, 4), (4,), (0, 0, 3), (3,)),
}


@rows("layout, own, canonical, at, is_at", PLACES)
def test_there_and_back(
    layout: Layout,
    own: tuple[int, ...],
    canonical: tuple[int, ...],
    at: tuple[int, ...],
    is_at: tuple[int, ...],
) -> None:
    array = np.arange(np.prod(own)).reshape(own)
    moved = layout.to_canonical(array)
    assert moved.shape == canonical == layout.canonical_shape(own)
    assert moved[is_at] == array[at]
    assert np.array_equal(layout.from_canonical(moved, own), array)
    assert layout.rank == len(own)


def test_what_does_not_fit_is_left_for_the_caller_to_refuse() -> None:
    for layout, own in (
        (HWIO, (2, 5, 3, 4)),
        (HWCM, (2, 5, 3, 4)),
        (IO, (3, 4)),
        (SPREAD, (1, 1, 4)),
    ):
        assert layout.from_canonical(np.zeros(7), own).shape == (7,)


@rows("table", TABLES)
def test_every_kind_has_its_place(table: Table) -> None:
    slots = [slot for layer in table.values() for slot in layer.values()]
    assert {slot.kind for slot in slots} == KINDS
    assert {slot.kind for slot in slots if not slot.trainable} == {"mean", "variance"}
    for slot in slots:
        assert (slot.layout is VECTOR) == (slot.kind != "kernel")


def test_a_variable_is_found_by_name_and_rank() -> None:
    table = TABLES["tensorflow1"]
    assert layouts.by_name(table, "kernel", 4).layout is HWIO
    assert layouts.by_name(table, "kernel", 2).layout is IO
    assert layouts.by_name(table, "depthwise_kernel", 4).layout is HWCM
    assert layouts.by_name(table, "moving_mean", 1).kind == "mean"
    unnamed = layouts.by_name(table, "filters", 4)
    assert (unnamed.kind, unnamed.layout) == ("filters", HWIO)
    assert layouts.by_name(table, "steps", 0).layout.canonical_shape(()) == ()

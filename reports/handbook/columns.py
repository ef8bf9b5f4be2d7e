"""The handbook's columns: the panels in the order in which people migrate."""

from __future__ import annotations

from typing import NamedTuple

from frontends.frameworks import TABLE


class Column(NamedTuple):
    """A panel as a column: short, for chips and narrow heads, and its title."""

    panel: str
    short: str
    title: str


COLUMNS = (
    Column("tensorflow1", "TF 1", "TensorFlow 1.15"),
    Column("fluid", "Fluid", "Paddle Fluid 1.8"),
    Column("paddle", "Paddle 3", "Paddle 3"),
    Column("tensorflow", "Keras", "TensorFlow 2 (Keras)"),
    Column("torch", "PyTorch", "PyTorch"),
)
PANELS = tuple(each.panel for each in COLUMNS)
SHORT = {each.panel: each.short for each in COLUMNS}
TITLES = {each.panel: each.title for each in COLUMNS}
PRESETS = (
    ("TF 1 → Fluid", ("tensorflow1", "fluid")),
    ("TF 1 → Fluid → Paddle 3", ("tensorflow1", "fluid", "paddle")),
    ("Fluid → Paddle 3", ("fluid", "paddle")),
    ("Keras → PyTorch", ("tensorflow", "torch")),
    ("all five", PANELS),
)
assert set(PANELS) == set(TABLE)

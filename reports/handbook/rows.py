"""Rows of the official table as data: what each framework's reader would write, and on what."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
TABLE = Path(__file__).parent / "official" / "table.tsv"
IDENTICAL = "identical"


class Said(NamedTuple):
    """A row of the official table, as it stands there."""

    number: int
    tensorflow: str
    fluid: str
    says: str


@dataclass(frozen=True)
class Way:
    """One way to write a call. kind: "default", "argument" or "recipe". argument: what is given
    beside the default call, in words."""

    kind: str
    text: str
    argument: str = ""

    @property
    def program(self) -> str:
        """What runs: a lone expression is the result."""
        try:
            ast.parse(self.text, mode="eval")
        except SyntaxError:
            return self.text
        return f"y = {self.text}"


@dataclass(frozen=True)
class Row:
    """How a row of the table is run.

    ways: panel -> ways to write it, the table's own first. inputs: arrays by name, pictures
    channels first. layouts: input -> "kernel" (out, in, height, width), "depthwise" (in,
    factor, height, width) or "dense" (out, in), which each panel gets as it has them. weights:
    inputs that are parameters where a snippet does not name them. fixed: inputs whose gradients
    nobody wants: labels. drawn: results are random, so that their distributions are compared.
    reason: why the row is not run, "" if it is.
    """

    number: int
    ways: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    inputs: Mapping[str, Array] = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    images: bool = False
    gradients: bool = True
    runs: int = 1
    optimizer: bool = False
    drawn: bool = False
    state: bool = False
    dtype: str = "float64"
    reason: str = ""


def ways(
    default: str, given: Mapping[str, str] | None = None, recipe: str | None = None
) -> tuple[Way, ...]:
    """Return the ways to write a call: as by default, with an argument, and otherwise."""
    found = [Way("default", default)]
    found += [Way("argument", text, argument) for argument, text in (given or {}).items()]
    return (*found, *([Way("recipe", recipe)] if recipe else []))


def row(number: int, inputs: Mapping[str, Array] | None = None, **named: Any) -> Row:
    """Return a row; panels by name are a text, or `ways`; everything else is a field of Row."""
    panels = ("tensorflow1", "fluid", "paddle", "tensorflow", "torch")
    calls = {name: named.pop(name) for name in panels if name in named}
    found = {n: ways(each) if isinstance(each, str) else each for n, each in calls.items()}
    return Row(number, found, inputs or {}, **named)


def not_run(number: int, reason: str) -> Row:
    """Return a row that no small experiment can settle."""
    return Row(number, reason=reason)


def names_in(text: str) -> set[str]:
    """Return the words of a snippet."""
    return set(re.findall(r"\w+", text))


def official() -> list[Said]:
    """Return the official table, 142 rows."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return [Said(int(n), *rest) for n, *rest in list(csv.reader(stream, delimiter="\t"))[1:]]


def real(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> Array:
    """Return real numbers that no two of are equal, uniform between two bounds."""
    return np.random.default_rng(seed).uniform(low, high, shape)


def whole(*shape: int, below: int, seed: int = 0) -> Array:
    """Return whole numbers from 0, int64."""
    return np.random.default_rng(seed).integers(0, below, shape)

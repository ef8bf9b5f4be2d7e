"""Recipes as JSON, without loss; fields at their defaults are left out."""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any

import numpy as np

from common.errors import SpecificationError
from common.limits import MOST_JSON
from common.recipes.recipe import OPTIMIZERS, Optimizer, Recipe
from common.text import one_line
from common.typed import construct


def to_json(recipe: Recipe) -> str:
    """Return the text that `from_json` reads back as an equal recipe."""
    return json.dumps(_data(recipe), indent=2) + "\n"


def from_json(text: str, where: str = "JSON") -> Recipe:
    """Return the recipe that a JSON text writes; `where` names the text in messages.

    Raises SpecificationError, one line with the place of the mistake, whatever the text is.
    """
    try:
        if len(text) > MOST_JSON:
            raise SpecificationError(f"{len(text):,} characters; at most {MOST_JSON:,} may be")
        data = json.loads(text, parse_constant=_no_constant)
        found: Recipe = construct(Recipe, data, "recipe", defaults=True)
        return found
    except RecursionError:
        message = "nested too deeply"
    except (SpecificationError, ValueError) as error:
        message = str(error)
    raise SpecificationError(one_line(f"{where}: {message}")[:600])


def float32_exact(recipe: Any) -> Any:
    """Return a recipe with every real number at its float32 value, which all frameworks keep."""
    changed = {}
    for each in fields(recipe):
        value = getattr(recipe, each.name)
        if is_dataclass(value):
            changed[each.name] = float32_exact(value)
        elif isinstance(value, float) and not _is_unused(recipe, each.name):
            changed[each.name] = float(np.float32(value))
    return replace(recipe, **changed)


def _is_unused(part: Any, name: str) -> bool:
    return isinstance(part, Optimizer) and name not in OPTIMIZERS[part.name]


def _data(part: Any) -> dict[str, Any]:
    found = {}
    for each in fields(part):
        value = getattr(part, each.name)
        if value != _default(each):
            found[each.name] = _data(value) if is_dataclass(value) else value
    return found


def _default(each: Field[Any]) -> Any:
    return each.default_factory() if each.default_factory is not MISSING else each.default


def _no_constant(name: str) -> Any:
    raise SpecificationError(f"{name} is no number of JSON")

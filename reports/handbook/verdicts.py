"""Verdicts, from what was measured alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SAME, SAME_IF, OTHER_DEFAULT = "same", "same if", "other default"
OTHER_CONTRACT, GONE, FAILED, NOT_RUN = "other contract", "gone", "failed", "not run"
WRITTEN = "as written below"
BOUNDS = {"float64": 1e-6, "float32": 2e-5, "drawn": 0.02}
MEANINGS = {
    SAME: "the same shape, type, values and gradients with default arguments",
    OTHER_DEFAULT: "the same shape and type, silently other values until the argument is given",
    SAME_IF: "an error, or another shape or type, until the argument is given",
    OTHER_CONTRACT: "another shape, type or meaning: no argument makes it the same",
    GONE: "the name does not exist there",
    FAILED: "the call ends in an error that nothing tried mends",
    NOT_RUN: "no small experiment settles it, or TensorFlow 1.15 itself refuses",
}
Told = Mapping[str, Any]  # what was measured of one way to write a call


class Verdict(NamedTuple):
    """A word of MEANINGS, the argument that it speaks of, and one line of evidence."""

    word: str
    argument: str
    evidence: str

    @property
    def short(self) -> str:
        return f"{self.word} `{self.argument}`" if self.argument else self.word


def verdict(found: Sequence[Told], reference: Told, bound: float) -> Verdict:
    """Return the verdict on the ways to write a call, the default first, against a reference."""
    default, *others = found
    if equal(default, reference, bound):
        return Verdict(SAME, "", distances(default))
    arguments = [each for each in others if each["kind"] == "argument"]
    given = next((each for each in arguments if equal(each, reference, bound)), None)
    recipe = next((each for each in others if _alike(each, reference, bound)), None)
    why = _difference(default, reference, bound)
    if missing(default.get("error", "")):
        return Verdict(GONE, "", why + _instead(recipe, reference))
    if given is not None:
        silent = "error" not in default and default["results"] == reference["results"]
        word = OTHER_DEFAULT if silent else SAME_IF
        return Verdict(word, given["argument"], f"{why}; with it {distances(given)}")
    word = FAILED if "error" in default and recipe is None else OTHER_CONTRACT
    tried = next((each for each in arguments if "error" not in each), None)
    if recipe is None and tried is not None:
        why += f"; with `{tried['argument']}` {distances(tried)}"
    return Verdict(word, "", why + _instead(recipe, reference))


def mended(found: Sequence[Told], reference: Told, bound: float) -> Told | None:
    """Return another way than the default that gives the same results, or the same but for their
    shape; None if none was tried that does."""
    _, *others = found
    equals = (each for each in others if equal(each, reference, bound))
    return next(equals, next((each for each in others if _alike(each, reference, bound)), None))


def equal(found: Told, reference: Told, bound: float) -> bool:
    """Return whether results are the same: shapes, types, values, gradients, statistics."""
    if "error" in found or "no_gradient" in found or found["results"] != reference["results"]:
        return False
    parts = [found[name] for name in ("forward", "gradient", "state") if name in found]
    return all(each is not None and each <= bound for each in parts)


def _alike(found: Told, reference: Told, bound: float) -> bool:
    """Return whether results are the same, or are but for their shape."""
    if "error" in found or "no_gradient" in found:
        return False
    values = found["forward"] if found["forward"] is not None else found.get("flat")
    parts = [values, *(found[name] for name in ("gradient", "state") if name in found)]
    return all(each is not None and each <= bound for each in parts)


def missing(error: str) -> bool:
    """Return whether an error says that a module lacks a name."""
    return error.startswith("AttributeError: module") or "has no attribute" in error


def distances(found: Told) -> str:
    """Return how far results are off, in words."""
    words = {"forward": "", "gradient": "gradient ", "state": "statistics "}
    parts = [f"{words[n]}{_number(_value(found, n))}" for n in words if n in found]
    return ", ".join(parts)


def _value(found: Told, name: str) -> float | None:
    value: float | None = found[name]
    return found.get("flat") if name == "forward" and value is None else value


def _number(value: float | None) -> str:
    return "not comparable" if value is None else f"{value:.1e}" if value else "0"


def _difference(found: Told, reference: Told, bound: float) -> str:
    if "error" in found:
        return str(found["error"])
    if found["results"] != reference["results"]:
        told = f"{', '.join(found['results'])}; expected {', '.join(reference['results'])}"
        values = found["forward"] if found["forward"] is not None else found.get("flat")
        if values is None:
            return told
        told += "; equal values" if values <= bound else f"; values off by {values:.1e}"
        gradient = found.get("gradient")
        return told if not gradient or gradient <= bound else f"{told}, gradient {gradient:.1e}"
    if found["forward"] is None or found["forward"] > bound:
        return f"off by {_number(found['forward'])} of the largest value"
    if "no_gradient" in found:
        return f"no gradient: {found['no_gradient']}"
    return f"off by {distances(found)}"


def _instead(way: Told | None, reference: Told) -> str:
    if way is None:
        return ""
    shape = "" if way["results"] == reference["results"] else f" as {', '.join(way['results'])}"
    said = f"; equal{shape} ({distances(way)})"
    return f"{said}: `{way['text']}`" if "\n" not in way["text"] else f"{said}, {WRITTEN}"

"""What is timed: the matrix of frameworks, styles, modes, precisions and batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from common.errors import TriptychError, choose
from frontends.frameworks import TABLE

MODES = ("inference", "training", "loading")
PRECISIONS = ("float32", "tf32", "bfloat16", "float16")
# As styles: those that most people use, and what each framework's documentation has for speed.
USUAL_STYLES, TUNED = "usual", "tuned"
USUAL_ONES = ("eager", "graph", "compiled", "cuda_graph")
# On a CPU XLA takes a quarter of a minute to compile a training step, and was behind `graph`.
UNUSUAL = {("tensorflow", "compiled", "training")}
USUAL = "inference,training"  # modes


class Case(NamedTuple):
    """One timing: a framework in one of its styles, in a mode, a precision and a batch.

    variant: "" for the written file as it is, else what is timed beside it (benchmarks.beside).
    """

    framework: str
    style: str
    mode: str
    precision: str = "float32"
    batch: int = 64
    variant: str = ""

    def __str__(self) -> str:
        more = [self.precision] if self.precision != "float32" else []
        more += [self.variant] if self.variant else []
        return ", ".join([f"{self.framework} {self.style}", *more, f"{self.mode} of {self.batch}"])

    @property
    def written(self) -> Case:
        """The written file's own case of the same kind."""
        return self._replace(variant="")


@dataclass(frozen=True)
class Wanted:
    """Which parts of the matrix the options name: "all", or lists with commas."""

    styles: str = "all"
    modes: str = USUAL
    precisions: str = "float32"
    batches: tuple[int, ...] = (64,)


def cases(frameworks: Iterable[str], wanted: Wanted, gpu: bool = False) -> list[Case]:
    """Return the timings that are wanted, batch by batch and mode by mode.

    A framework without a style or a precision that is named is left out in it. gpu: it may be that
    a GPU is timed. Raises TriptychError for a name that no framework has, or if nothing is left.
    """
    chosen = list(frameworks)
    known = sorted({style for framework in chosen for style in TABLE[framework].styles})
    special = wanted.styles in (TUNED, USUAL_STYLES)
    styles = USUAL_ONES if special else _named("style", wanted.styles, known)
    modes = _named("mode", wanted.modes, MODES)
    precisions = _named("precision", wanted.precisions, PRECISIONS)
    tuned = wanted.styles == TUNED
    found = [
        Case(framework, style, mode, precision, batch)
        for batch in wanted.batches
        for mode in MODES
        if mode in modes
        for framework in chosen
        for style in TABLE[framework].styles
        if (style == _tuned(framework, mode) if tuned else style in styles)
        for precision in PRECISIONS
        if precision in precisions
    ]
    if wanted.styles == USUAL_STYLES and not gpu:
        found = [each for each in found if (each.framework, each.style, each.mode) not in UNUSUAL]
    found = [case for case in found if _possible(case, gpu)]
    if not found:
        raise TriptychError("nothing is left to time: no framework has all that was named")
    return found


def _tuned(framework: str, mode: str) -> str:
    """Return the style that a framework's documentation has for speed."""
    style, _ = TABLE[framework].tuned["inference" if mode == "inference" else "training"]
    return style


def _possible(case: Case, gpu: bool) -> bool:
    known = TABLE[case.framework]
    return (
        case.precision in known.precisions
        and (gpu or case.precision != "tf32")
        # Gradients of float16 vanish unless the loss is scaled, which written files do not.
        and (case.mode == "inference" or case.precision != "float16")
        and (gpu or case.style not in known.for_gpu)
        and (case.mode == "inference" or case.style not in known.for_inference)
        and (case.mode != "loading" or case.style not in known.for_gpu)
    )


def _named(kind: str, text: str, known: Iterable[str]) -> list[str]:
    names = list(known)
    if text == "all":
        return names
    return [choose(kind, name.strip(), [*names, "all"]) for name in text.split(",")]

"""How is measured, in words: what a run puts into its record beside measurements.

Pages are rendered from records alone, so what is said here stays with the run that it was true of.
Lines are broken as pages have them; the fields are those of `reports.schema`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.beside import VARIANTS
from benchmarks.gate import COARSE_SHARE, FORWARD_SHARE
from benchmarks.matrix import MODES, Case
from common.recipes.recipe import Recipe
from frontends.frameworks import TABLE
from frontends.ladder.rungs import RUNGS
from frontends.workers.process import ALLOCATOR, MKL
from reports.schema import FrameworkWords, Method, ModeWords
from reports.statistics import STEADY_WITHIN

PASSES = {
    "inference": 1,
    "training": 3,
    "loading": 3,
}  # the way back has two products of the same size
TRAINING = (
    "forward with batch statistics, backward and an update, again and again on\none fixed batch"
)
LOADING = "the same on the next batch that the file's own `batches` gives, from the host's\nmemory"
PRECISIONS = {
    "float32": "float32",
    "tf32": "float32 whose products a GPU takes in TF32, 10 bits",
    "bfloat16": "autocast to bfloat16; Keras: the policy mixed_bfloat16",
    "float16": "autocast to float16; Keras: the policy mixed_float16",
}
METHOD: Method = {
    "clock": "The clock is around one step that waits for its result; on a GPU around a block of\n"
    "steps, which is waited for. Building, first steps, warm-up and copying the batch to the "
    "device are\noutside",
    "apart": "Each timing has processes of its own; while one is\nmeasured, the others are stopped",
    "waiting": "Waiting threads of GNU OpenMP (PyTorch's) go to sleep\nafter some 20 µs. "
    "glibc's malloc keeps what is freed: workers run with\n"
    + " ".join(f"`{name}={value}`" for name, value in ALLOCATOR.items())
    + ".\nOn AMD's CPUs the MKL that Paddle and Fluid bring is told by "
    + " ".join(f"`{name}={value}`" for name, value in MKL.items())
    + " that they have AVX2; by itself it takes a slower way there",
    "first_step": "the first call, compilation included; then came steps until two in a row took\n"
    f"the same within {100 * STEADY_WITHIN:.0f} %",
    "memory": "the peak of the process up to the end of its warm-up, above what it held after\n"
    "importing the framework; it includes what compilers took",
    "arithmetic": "the arithmetic of the network's convolutions and dense layers (two FLOPs a\n"
    "multiply-add; a training step counts as three forward passes)",
    "product": "the fastest\nfloat32 matrix product that any process of this run reached",
    "taken": "and the roof is that product, or memory's bandwidth as a copy reached it, times the\n"
    "arithmetic for each byte that steps read and write where nothing is fused",
    "ladder": "the ladder of `python -m frontends.verify`: "
    + "; ".join(rung.name for rung in RUNGS),
    "forward_bound": f"{FORWARD_SHARE:g} of what kernels of TF32's 10 bits make; a batch "
    "statistic of n values may add n·2⁻²⁴; fewer bits: "
    f"{COARSE_SHARE:g} of what kernels of the next coarser format make, and not as near as float32",
}


def words(frameworks: Iterable[str], cases: Iterable[Case], recipe: Recipe) -> dict[str, Any]:
    """Return the words of a run: of its frameworks, modes, precisions and variants, and of how is
    measured.

    They are fields of the `run` record. `frameworks`: every one that is timed or proved with.
    recipe: what a timed training is.
    """
    timed = list(cases)
    return {
        "frameworks": {name: _framework(name) for name in frameworks},
        "modes": {m: _mode(m, recipe) for m in MODES if any(c.mode == m for c in timed)},
        "precisions": {p: w for p, w in PRECISIONS.items() if any(c.precision == p for c in timed)},
        "variants": {v: _variant(v) for v in sorted({c.variant for c in timed} - {""})},
        "method": METHOD,
    }


def _variant(name: str) -> str:
    return VARIANTS[name.split()[0]].about


def _mode(name: str, recipe: Recipe) -> ModeWords:
    meanings = {"training": f"{TRAINING}: {recipe.words()}", "loading": LOADING}
    return {"passes": PASSES[name], "meaning": meanings.get(name, "")}


def _framework(name: str) -> FrameworkWords:
    known = TABLE[name]
    return {
        "label": known.label,
        "colour": known.colour,
        "styles": dict(known.styles),
        "feeds_every_step": known.feeds_every_step,
        "tuned": {mode: f"{style}: {why}" for mode, (style, why) in known.tuned.items()},
    }

"""How much is measured, as data: the presets of `python -m benchmarks.run`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """How often each case is timed, and in which parts of the matrix.

    processes: of each case. rounds: of each process. round_s: seconds of a round. Further ones as
    in benchmarks.matrix.Wanted and benchmarks.beside.
    """

    about: str
    processes: int
    rounds: int
    round_s: float
    styles: str = "all"
    modes: str = "inference,training"
    precisions: str = "float32"
    beside: str = "again"


PRESETS = {
    "quick": Preset("a first look", 2, 3, 0.3, styles="usual"),
    "standard": Preset(
        "what pages are made of",
        3,
        6,
        0.4,
        beside="again,default_malloc,default_mkl,onnx_runtime,keras_torch",
    ),
    "full": Preset(
        "the whole matrix; hours",
        5,
        10,
        0.5,
        modes="all",
        precisions="all",
        beside="again,default_malloc,default_mkl,onnx_runtime,keras_torch,zoo,plain",
    ),
}

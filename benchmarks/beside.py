"""What is timed beside the written files: the same once more, zoos' own networks, other runtimes.

A variant is a case of its own, in processes of its own, interleaved with the others; pages hold it
against the case that it is a variant of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.matrix import Case
from common.errors import choose
from frontends.workers.process import ALLOCATOR, MKL, slow_in_mkl

AGAIN, SLOWED, PLAIN, ZOO = "again", "slowed", "plain", "zoo"
DEFAULT_MKL = "default_mkl"
SLOWED_BY = 0.1
_RESNETS = (
    "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d"
).split()
_TORCHVISION = """import sys
import types

# Its compiled operators want the very build of torch that they were made for; its networks do not.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("not needed")

from torchvision.models import {name} as network
"""
_PADDLE = "from paddle.vision.models import {name} as network\n"
_KERAS = """import keras


def network():
    return keras.applications.ResNet50(weights=None, classifier_activation={activation})
"""
# (framework, network) -> the text of a file with the zoo's own.
ZOOS = {
    **{("torch", name): _TORCHVISION.format(name=name) for name in _RESNETS},
    **{("paddle", name): _PADDLE.format(name=name) for name in _RESNETS},
    ("tensorflow", "resnet50_keras"): _KERAS,
}


@dataclass(frozen=True)
class Variant:
    """Something that is timed beside a case.

    about: on pages. runner: the module that does the work, see WorkerProcess. changed: variables
    of its process. slowed: see `protocol.TimedStep`.
    """

    about: str
    runner: str = "runner"
    changed: Mapping[str, str | None] = field(default_factory=dict)
    slowed: float = 0.0


VARIANTS = {
    AGAIN: Variant("the same once more, in processes of its own (A/A)"),
    SLOWED: Variant(f"slowed by {100 * SLOWED_BY:.0f} % on purpose", slowed=SLOWED_BY),
    "default_malloc": Variant(
        "with glibc's malloc by its defaults", changed=dict.fromkeys(ALLOCATOR)
    ),
    DEFAULT_MKL: Variant(
        "with MKL as it takes this CPU, which is not Intel's", changed=dict.fromkeys(MKL)
    ),
    "onnx_runtime": Variant("exported to ONNX, in ONNX Runtime", runner="on_onnx"),
    "keras_torch": Variant(
        "the Keras network on PyTorch (compiled: by torch.compile)", runner="on_torch"
    ),
    ZOO: Variant("the zoo's own network in place of the written one"),
    PLAIN: Variant("a plain loop, written by hand, in place of the harness"),
}


def variant(case: Case) -> Variant:
    """Return what a case's variant is; "again 3" is one of several."""
    return VARIANTS[case.variant.split()[0]] if case.variant else Variant("")


def chosen(names: str) -> list[str]:
    """Return the variants of a list with commas, "" for none. Raises TriptychError."""
    parts = [name.strip() for name in names.split(",") if name.strip()]
    return [choose("variant", name, [*VARIANTS, "none"]) for name in parts if name != "none"]


def beside(cases: list[Case], names: Iterable[str], network: str, planted: int = 0) -> list[Case]:
    """Return the further cases of some variants, none where a variant has no place.

    planted: how many pairs of the same, one of each slowed, are put into the first mode.
    """
    found = [more for name in names for more in _cases_of(name, cases, network)]
    for number in range(1, planted + 1):
        first = _usual(cases)[0]
        found += [first._replace(variant=f"{each} {number}") for each in (AGAIN, SLOWED)]
    return found


def _cases_of(name: str, cases: list[Case], network: str) -> list[Case]:
    if name == ZOO:
        fitting = [case for case in cases if (case.framework, network) in ZOOS]
    elif name == "onnx_runtime":
        fitting = [c for c in _usual(cases) if c.framework == "torch" and c.mode == "inference"]
    elif name == "keras_torch":
        styles = ("eager", "compiled")
        fitting = [c for c in cases if c.framework == "tensorflow" and c.style in styles]
    elif name == DEFAULT_MKL:
        usual = {"paddle": "eager", "fluid": "graph"} if slow_in_mkl() else {}
        fitting = [c for c in cases if usual.get(c.framework) == c.style]
    elif name == PLAIN:
        fitting = [c for c in _usual(cases) if (c.framework, c.style) == ("torch", "eager")]
    else:
        fitting = _usual(cases)
    plain = [c for c in fitting if c.precision == "float32" and c.mode != "loading"]
    return [case._replace(variant=name) for case in plain]


def _usual(cases: list[Case]) -> list[Case]:
    """Return a case for each mode and batch: PyTorch's eager one where it is there."""
    found: dict[tuple[str, int], Case] = {}
    for case in cases:
        key = case.mode, case.batch
        usual = (case.framework, case.style, case.precision) == ("torch", "eager", "float32")
        found[key] = case if usual else found.get(key, case)
    return list(found.values())

"""Records of schema 1, of November 2026, and the words of that time.

They held measurements alone; the words of their pages stood in the code. Those words are kept here,
so that these pages stay what they were. Nothing here follows the code of today.
"""

from __future__ import annotations

from typing import Any

from reports import schema2

SCHEMA = 1

FRAMEWORKS = {
    "tensorflow": {
        "label": "TensorFlow",
        "colour": "#E69F00",
        "styles": {
            "eager": "eager",
            "graph": "graph: tf.function",
            "compiled": "compiled: tf.function with XLA",
        },
        "feeds_every_step": False,
    },
    "paddle": {
        "label": "Paddle",
        "colour": "#0072B2",
        "styles": {"eager": "eager: dygraph", "graph": "graph: paddle.jit.to_static"},
        "feeds_every_step": False,
    },
    "torch": {
        "label": "PyTorch",
        "colour": "#D55E00",
        "styles": {
            "eager": "eager",
            "channels_last": "channels_last: that memory format",
            "compiled": "compiled: torch.compile on channels_last",
        },
        "feeds_every_step": False,
    },
    "fluid": {
        "label": "Paddle Fluid",
        "colour": "#56B4E9",
        "styles": {"graph": "graph: Program and Executor"},
        "feeds_every_step": True,
    },
    "tensorflow1": {
        "label": "TensorFlow 1",
        "colour": "#F0C94A",
        "styles": {"graph": "graph: Session"},
        "feeds_every_step": True,
    },
}
MODES = {
    "inference": {"passes": 1, "meaning": ""},
    "training": {
        "passes": 3,
        "meaning": "forward with batch statistics, cross-entropy, backward and an SGD update with\n"
        "momentum 0.9 on one fixed batch",
    },
}
METHOD = {
    "clock": "The clock is around one step that waits for its result. Building, first steps, "
    "warm-up and copying\nthe batch to the device are outside",
    "apart": "Each timing has a process of its own; while one is\nmeasured, the others are stopped",
    "waiting": "Waiting threads of GNU OpenMP (PyTorch's) go to sleep\nafter some 20 µs",
    "first_step": "the first call, compilation included; then came steps until two in a row took\n"
    "the same within 10 %",
    "memory": "the peak of the process up to the end of its warm-up, above what it held after\n"
    "importing the framework; it includes what compilers took",
    "arithmetic": "the arithmetic of the network's convolutions and dense layers (two FLOPs a\n"
    "multiply-add; a training step counts as three forward passes)",
    "product": "the framework's\nown float32 matrix product",
    "taken": "taken in the same process after every round",
    "ladder": "the ladder of `python -m frontends.verify`: structure, forward, batch statistics, "
    "gradients",
    "forward_bound": "half of what one rounding to TF32 makes",
}
WORDS = {"frameworks": FRAMEWORKS, "modes": MODES, "method": METHOD}


def completed(record: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
    """Return a record of schema 1 as one of today: its `run` record with the words added."""
    record = {**record, **WORDS} if record.get("kind") == "run" else record
    return schema2.completed(record, header)

"""A small specification with every role that a name or a text can play."""

from __future__ import annotations

import copy
import re
from typing import Any

CONV = {"op": "conv2d", "kernel_size": 3, "padding": 1}


def specification() -> dict[str, Any]:
    """Return a network as JSON data: texts, a chain, paths, a shared block, an optional layer."""
    unit = {
        "about": "A convolution.",
        "arguments": "width, more=True, momentum=0.5",
        "inputs": ["x"],
        "layers": {
            "conv": {**CONV, "out_channels": "width"},
            "bn": {"op": "batch_norm", "momentum": "momentum + 0.25"},
            "relu": {"op": "relu", "when": "more"},
        },
        "wiring": ["y = conv(x)", "y = bn(y)", "y = relu(y)"],
    }
    last = {"block": "unit", "arguments": {"width": 4, "momentum": 0.25}}
    root = {
        "about": "The whole.",
        "arguments": "classes=3",
        "inputs": ["x"],
        "layers": {
            "stem": {"block": "unit", "arguments": {"width": 4, "more": False}},
            "uneven": {**CONV, "out_channels": 4, "padding": [[0, 1], [1, 0]]},
            "body": {"chain": [last | {"repeat": 2}]},
            "twice": {"block": "unit", "arguments": {"width": 4}},
            "paths": {"parallel": last, "count": 2},
            "pool": {"op": "global_avg_pool2d"},
            "fc": {"op": "dense", "out_features": "classes"},
        },
        "wiring": [
            "x = stem(x)", "z = uneven(x)", "z = body(z)", "z = twice(z)", "z = twice(z)",
            "z = paths(z)", "z = pool(z)", "z = fc(z)",
        ],
    }  # fmt: skip
    return {
        "name": "net",
        "title": "A network",
        "source": "nowhere",
        "input_shape": [3, 6, 6],
        "root": "whole",
        "blocks": {"unit": unit, "whole": root},
    }


def renamed(old: str, new: str) -> dict[str, Any]:
    """Return the specification with a word replaced, as keys, values and in expressions."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {change(k) if k not in KEYS else k: change(v) for k, v in value.items()}
        if isinstance(value, list):
            return [change(each) for each in value]
        return re.sub(rf"\b{old}\b", new, value) if isinstance(value, str) else value

    found = copy.deepcopy(specification())
    texts = {key: found.pop(key) for key in ("name", "title", "source")}
    return {**texts, **change(found)}


KEYS = (
    "op block chain parallel count when repeat merge about arguments inputs layers wiring outputs "
    "unused root blocks name input_shape out_channels kernel_size padding out_features"
).split()
# role -> the word of the specification that plays it
ROLES = {
    "kind": "unit", "root": "whole", "argument": "width", "default": "classes",
    "input": "x", "value": "z", "inner value": "y",
    "layer of ops": "conv", "layer of blocks": "stem", "shared layer": "twice",
    "chain": "body", "parallel": "paths", "padded layer": "uneven",
}  # fmt: skip
NASTY = (
    "self torch F nn super name layers keras ops fluid i range tf np paddle os inner inputs "
    "counted block path _ tap print float sum zip chr ParamAttr output feed session program "
    "training executor forward train eval parameters children apply conv_pad uneven_pad "
    "twice_model twice_layer in_channels x_channels bins grouped_conv2d GroupedConv2D "
    "Conv2dSame __init__ __c __name__ none true type match id object unit whole Whole Unit "
    "x y z width conv bn f relu input_layer keras_tensor"
).split()

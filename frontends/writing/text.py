"""Names in written source: classes, functions, arguments and small sums of sizes."""

from __future__ import annotations

from typing import Any

from common.errors import TriptychError
from common.expressions import literal
from common.spec import Block, Use
from common.wiring import REQUIRED

ACRONYMS = {
    "se": "SE",
    "bn": "BN",
    "relu": "ReLU",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "rir": "RiR",
    "cifar": "CIFAR",
    "mnist": "MNIST",
}


class EmitError(TriptychError):
    """A network that a dialect cannot write; the message names the block and the layer."""


def class_name(kind: str) -> str:
    """Return a kind as a class name: se_resnext_block -> SEResNeXtBlock."""
    return "".join(ACRONYMS.get(word, word.capitalize()) for word in kind.split("_"))


def signature(block: Block, first: list[str], before_defaults: list[str]) -> str:
    """Return the parameters of a block's function: inputs, required, others, then defaults."""
    required = [name for name, default in block.arguments if default is REQUIRED]
    defaults = [f"{n}={literal(d)}" for n, d in block.arguments if d is not REQUIRED]
    return ", ".join([*first, *required, *before_defaults, *defaults])


def passed(use: Use, replacements: dict[str, str] | None = None) -> list[str]:
    """Return a use's arguments as source: required by position, others by name if not default."""
    defaults = dict(use.block.arguments)
    found = []
    for name, value in use.arguments:
        text = literal(value)
        if defaults[name] is REQUIRED:
            found.append(text)
        elif literal(defaults[name]) != text:
            found.append(f"{name}={text}")
    return found


def invoke(function: str, *positional: Any, **named: Any) -> str:
    """Return a call as source; values that are None are left out."""
    values = [literal(value) for value in positional if value is not None]
    values += [f"{name}={literal(value)}" for name, value in named.items() if value is not None]
    return f"{function}({', '.join(values)})"


def unless(value: Any, default: Any) -> Any:
    """Return None for a default, so that `invoke` leaves it out."""
    same = value == default and isinstance(value, bool) == isinstance(default, bool)
    return None if same else value


def merged_ifs(lines: list[str]) -> list[str]:
    """Return lines with an `if` that repeats the condition of the one just before left out."""
    found: list[str] = []
    condition = ""
    for line in lines:
        if line.startswith("if ") and line == condition:
            continue
        if not line.startswith(" "):
            condition = line if line.startswith("if ") else ""
        found.append(line)
    return found

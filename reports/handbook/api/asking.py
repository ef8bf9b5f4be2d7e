"""What each dialect writes for each op and field: asked of the dialects themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from common.initializers import Normal
from common.network import Network
from common.ops import (
    OPS,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPad,
    Concat,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    MaxPool2d,
    Op,
    ReLU,
    ReLU6,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    ZeroPad2d,
)
from common.spec import Block
from frontends.writing.carriers import Carrier
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from frontends.writing.lines import CALL
from reports.handbook.columns import PANELS

LAW = Normal(std=0.02)
MAP, VECTOR = (4, 12, 12), (8,)
OF_TWO = {"add", "concat", "scale"}
# Instances that between them say every field otherwise than by default.
INSTANCES: tuple[Op, ...] = (
    Conv2d(6, 3, stride=2, padding=1, kernel_initializer=LAW, bias_initializer=LAW),
    Conv2d(6, 3, padding=2, dilation=2, bias=False),
    Conv2d(8, 3, padding=1, groups=2),
    DepthwiseConv2d(3, stride=2, padding=1, bias=False, kernel_initializer=LAW),
    DepthwiseConv2d(3, padding=2, dilation=2, out_channels=2, bias_initializer=LAW),
    BatchNorm(epsilon=2e-4, momentum=0.8, gamma_initializer=LAW, beta_initializer=LAW),
    Dense(6, kernel_initializer=LAW, bias_initializer=LAW),
    Dense(6, bias=False),
    MaxPool2d(3, stride=2, padding=1),
    MaxPool2d(2, stride=2, rounding="ceil"),
    AvgPool2d(3, stride=2, padding=1, count_include_pad=True),
    AvgPool2d(2, stride=2, rounding="ceil"),
    AvgPool2d(3, stride=2, padding=1),
    GlobalAvgPool2d(),
    AdaptiveAvgPool2d(3),
    ReLU(),
    ReLU6(),
    SiLU(),
    Sigmoid(),
    Softmax(),
    Dropout(0.3),
    Flatten(),
    Flatten("HWC"),
    Add(),
    Concat(),
    Scale(),
    ChannelPad(1, 2),
    ZeroPad2d(((1, 2), (3, 1))),
    Identity(),
)


@dataclass(frozen=True)
class Said:
    """How a panel says an op. calls: the functions that are called, the op's own first; code: the
    line that applies it; fields: field -> (call, argument's name or position, how) in the order of
    the file."""

    calls: tuple[str, ...]
    code: str
    fields: Mapping[str, tuple[tuple[str, str | int, str], ...]]


@lru_cache
def said() -> dict[str, dict[str, Said]]:
    """Return symbol -> panel -> how it says the op."""
    found: dict[str, dict[str, Said]] = {}
    for symbol in dict.fromkeys(each.symbol for each in INSTANCES):
        own = [each for each in INSTANCES if each.symbol == symbol]
        found[symbol] = {panel: _said(own, panel) for panel in PANELS}
    return found


def names_of(symbol: str) -> list[str]:
    """Return the fields of an op."""
    hidden = {"zero_debias"}  # a departure of one published file
    return [each.name for each in fields(OPS[symbol]) if each.name not in hidden]


def _said(ops: Sequence[Op], panel: str) -> Said:
    calls, code = dict[str, None](), ""
    every: dict[str, dict[tuple[str, str | int, str], None]] = {}
    for op in ops:
        source = emit(_network(op), panel)
        own = [c for c in source.carriers if any("own.it" in each for each in c.steps)]
        calls |= dict.fromkeys(_calls(source, own))
        code = _code(source) or code
        for carrier in own:
            for name in carrier.fields:
                entry = (carrier.call, carrier.argument, carrier.rule)
                every.setdefault(name, {})[entry] = None
    return Said(tuple(calls), code, {name: tuple(entries) for name, entries in every.items()})


def _network(op: Op) -> Network:
    """Return a network of one op, within a block of its own."""
    pooled = isinstance(op, (Dense, Softmax)) and not isinstance(op, Conv2d)
    shape = VECTOR if pooled else MAP
    wiring = ["x = it(x)"]
    layers: dict[str, Op] = {"it": op}
    if op.symbol == "scale":
        layers = {"gate": GlobalAvgPool2d(), "it": op}
        wiring = ["g = gate(x)", "x = it(x, g)"]
    elif op.symbol in OF_TWO:
        wiring = ["x = it(x, x)"]
    return Network("own", Block("own", layers=layers, wiring=wiring), shape)


def _calls(source: Source, carriers: Iterable[Carrier]) -> Iterator[str]:
    """Yield the functions that lines of the step call: those that carry its fields, those that bear
    its name, then others."""
    carried = [each.call for each in carriers if each.call and each.rule != "before"]
    yield from (each for each in carried if _is_name(each))
    found = list(_called(source))
    yield from (name for name, is_own in found if is_own)
    yield from (name for name, _ in found)


def _called(source: Source) -> Iterator[tuple[str, bool]]:
    """Yield the functions that lines of the step call, and whether the call bears its name."""
    rows = source.text.splitlines()
    for line in source.lines:
        if "own.it" in line.steps:
            text = "\n".join(rows[line.first - 1 : line.last])
            for node in ast.walk(ast.parse(_alone(text))):
                if isinstance(node, ast.Call):
                    name = ast.unparse(node.func)
                    if _is_name(name) and not name.startswith("self."):
                        yield name, any(_is_own(each) for each in node.keywords)


def _is_own(given: ast.keyword) -> bool:
    return given.arg == "name" and ast.unparse(given.value) == "'it'"


def _code(source: Source) -> str:
    """Return the last line that applies the op, without what it is bound to."""
    rows = source.text.splitlines()
    lines = [each for each in source.lines if "own.it" in each.steps and each.role == CALL]
    if not lines:
        return ""
    text = " ".join(row.strip() for row in rows[lines[-1].first - 1 : lines[-1].last])
    return re.sub(r"^(return |\w+ = )|  #.*", "", text)


def _is_name(call: str) -> bool:
    return all(part.isidentifier() for part in call.split(".")) and call not in (
        "ParamAttr", "range", "zip", "sum", "super", "tuple", "dict",
    )  # fmt: skip


def _alone(text: str) -> str:
    """Return a statement's lines so that they parse by themselves."""
    rows = text.split("\n")
    indent = len(rows[0]) - len(rows[0].lstrip())
    body = "\n".join(row[indent:] for row in rows)
    body = body + "\n    pass" if rows[0].rstrip().endswith(":") else body
    return body.replace("return ", "_ = ", 1) if body.startswith("return ") else body

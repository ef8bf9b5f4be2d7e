"""The map of fields: every argument that a framework has to be told stands in exactly one place."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from common import ops
from common.initializers import BY_FAN_IN, ONES, ZEROS, Fans, Law
from common.network import Network
from common.networks import available, load
from common.ops import Op, Shape
from frontends.frameworks import FRAMEWORKS, TABLE
from frontends.writing import channels_last, paddle_family
from frontends.writing.carriers import Carrier, carriers_of
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from frontends.writing.expressions import Field, invoke
from frontends.writing.statements import Assign, Expression, Function
from parity_tests.cases.op_networks import NETWORKS
from parity_tests.cases.wirings import ROWS
from parity_tests.rows import rows

ALWAYS = object()  # a field that has no default
KERAS = {"momentum": 0.99, "epsilon": 1e-3, "order": "HWC"}
TORCH = {"momentum": 0.9, "epsilon": 1e-5, "order": "CHW"}
DEFAULTS = {  # of a framework's own layers
    "torch": TORCH | {"count_include_pad": True},
    "paddle": TORCH,
    "fluid": TORCH,
    "tensorflow": KERAS,
    "tensorflow1": KERAS,
}
COMMON = {
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "groups": 1,
    "bias": True,
    "rounding": "floor",
    "count_include_pad": False,
    "zero_debias": False,
}


def _torch_law(op: Op, kind: str, shape: Shape) -> Law:
    laws = {"gamma": ONES, "beta": ZEROS}
    return laws.get(kind, BY_FAN_IN).at(Fans.of(op.parameters(shape).get("kernel", (1, 1))))


LAWS: dict[str, Callable[[Op, str, Shape], Law | None]] = {
    "torch": _torch_law,
    "paddle": paddle_family.default_law,
    "fluid": paddle_family.default_law,
    "tensorflow": channels_last.default_law,
    "tensorflow1": channels_last.default_law,
}


def _told(op: Op, shape: Shape, panel: str) -> Iterator[str]:
    """Yield the fields of a bound op that a framework has to be told."""
    defaults: dict[str, Any] = COMMON | DEFAULTS[panel]
    if panel == "tensorflow" and isinstance(op, ops.MaxPool2d):
        defaults["stride"] = op.kernel_size
    if isinstance(op, ops.DepthwiseConv2d):
        defaults["out_channels"] = 1
    for each in fields(op):
        kind = each.name.removesuffix("_initializer")
        if kind != each.name:
            there = kind in op.parameters(shape)
            if there and not _alike(op.law(kind, shape), LAWS[panel](op, kind, shape)):
                yield each.name
        elif getattr(op, each.name) != defaults.get(each.name, ALWAYS):
            padded = getattr(op, "padding", 0) != 0
            point = each.name == "order" and shape[1:] == (1, 1)
            idle = each.name == "count_include_pad" and not padded
            idle |= each.name == "zero_debias" and not TABLE[panel].zero_debias
            if not point and not idle:
                yield each.name


def _alike(law: Law, other: Law | None) -> bool:
    if type(law) is not type(other):
        return False
    return all(math.isclose(own, vars(other)[name]) for name, own in vars(law).items())


def _expected(network: Network, panel: str) -> dict[frozenset[str], set[str]]:
    """Return the steps that an op is known by -> the fields that have to be said of it."""
    blocks = {each.layer: each.block for each in network.elaboration.blocks}
    found: dict[frozenset[str], set[str]] = {}
    for step in network.elaboration.steps:
        path, _, layer = step.layer.rpartition(".")
        block = blocks[path]
        steps = {f"{block.kind}.{layer}"}
        if TABLE[panel].classes and block.kind in network.flat:
            around, _, call = path.rpartition(".")
            steps.add(f"{blocks[around].kind}.{call}")
        if f"{block.kind}.{layer}" in _written(network):
            found.setdefault(frozenset(steps), set()).update(_told(step.op, step.inputs[0], panel))
    return found


def _written(network: Network) -> set[str]:
    """Return the steps that are layers of blocks, not the merging of paths."""
    return {f"{b.kind}.{name}" for b in network.blocks().values() for name in b.layers}


def _wrong(network: Network, source: Source, found: tuple[Carrier, ...]) -> list[str]:
    """Return the fields that are said nowhere, or in more places than calls."""
    calls = Counter(
        f"{block.kind}.{call.layer}" for block in network.blocks().values() for call in block.wiring
    )
    wrong = []
    for steps, names in _expected(network, source.dialect).items():
        own = [each for each in found if any(steps <= {*group} for group in each.steps)]
        most = 1 if source.classes else max(calls[step] for step in steps)
        for name in sorted(names):
            rules = [each.rule for each in own if name in each.fields]
            by_rule = bool(rules) and all(rules)
            if not (by_rule or 1 <= len(rules) <= most):
                wrong.append(f"{sorted(steps)}: {name}: {rules}")
    return wrong


def _check(network: Network) -> None:
    for panel in FRAMEWORKS:
        source = emit(network, panel)
        assert not _wrong(network, source, source.carriers), panel


@rows("network", ROWS)
def test_every_field_is_carried_once(network: Network) -> None:
    _check(network)


@rows("network", NETWORKS)
def test_every_field_of_every_op(network: Network) -> None:
    _check(network)


@pytest.mark.complete
@rows("name", {name: name for name in available()})
def test_every_field_in_the_catalogue(name: str) -> None:
    _check(load(name))


@rows("panel", {panel: panel for panel in FRAMEWORKS})
def test_a_field_that_is_not_carried_is_found(panel: str) -> None:
    """Whatever carrier of an argument is left out, or stands there twice."""
    network = load("se_resnext_cifar")
    source = emit(network, panel)
    for each in source.carriers:
        rest = tuple(other for other in source.carriers if other is not each)
        idle = each.fields == ("out_channels",) or not _expected_of(each, network, panel)
        assert _wrong(network, source, rest) or idle or each.rule, each
        if not each.rule:
            assert _wrong(network, source, (*source.carriers, each)) or idle, each


def _expected_of(carrier: Carrier, network: Network, panel: str) -> set[str]:
    expected = _expected(network, panel).items()
    groups = [{*group} for group in carrier.steps]
    told = [names for steps, names in expected if any(steps <= group for group in groups)]
    return set().union(set(), *told) & {*carrier.fields}


def test_places_are_those_of_the_text() -> None:
    field = Field(("a + 1", 2), ("padding",), "before", (("f.x",),))
    call = invoke("f", "x", size=Field("n", ("kernel_size",), "", (("f.x",),)), around=field)
    said = Function("f", (), body=(Assign(("y",), call), Expression("y")))
    written = "x, size=n,\n        around=(a + 1, 2),"
    source = f"import f\n\n\ndef f():\n    y = f(\n        {written}\n    )\n    y\n"
    found = carriers_of([said], source)
    assert [(each.call, each.argument, each.start, each.stop) for each in found] == [
        ("f", "size", (6, 16), (6, 17)),
        ("f", "around", (7, 15), (7, 25)),
    ]
    with pytest.raises(ValueError, match="other tokens"):
        carriers_of([replace(said, body=said.body[:1])], source)

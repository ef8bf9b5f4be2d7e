"""The map: beside the text stands which lines say which step, alike in all dialects."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest

from common.network import Network
from common.networks import available, load
from common.ops import Op
from common.spec import When
from frontends.frameworks import FRAMEWORKS, TABLE
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from frontends.writing.lines import CALL, MAKE, Lines, lines_of
from frontends.writing.statements import Comment, Expression, Function
from parity_tests.cases.wirings import ROWS
from parity_tests.rows import rows


def _order(source: Source) -> list[str]:
    """Return the steps in the order in which a file applies them, each once where it begins."""
    said = (each.steps for each in source.lines if each.role == CALL)
    return [step for step, _ in groupby(step for steps, _ in groupby(said) for step in steps)]


@rows("network", ROWS)
def test_the_same_steps_in_the_same_order(network: Network) -> None:
    _check_order(network)


@pytest.mark.complete
@rows("name", {name: name for name in available()})
def test_the_same_steps_in_the_same_order_in_the_catalogue(name: str) -> None:
    _check_order(load(name))


def _check_order(network: Network) -> None:
    found = {panel: _order(emit(network, panel)) for panel in FRAMEWORKS}
    used = {each.block.kind for each in network.elaboration.blocks if each.used}
    called = {f"{b.kind}.{c.layer}" for b in network.blocks().values() for c in b.wiring}
    first = [step for step in found["torch"] if step.partition(".")[0] in used]
    for panel, order in found.items():
        own = [step for step in order if step.partition(".")[0] in used]
        assert own == (first if TABLE[panel].classes else found["fluid"]), panel
        assert set(own) <= called
    assert first == _with_flat(network, found["fluid"])
    assert {step.partition(".")[0] for step in found["fluid"]} == used


def _with_flat(network: Network, order: list[str]) -> list[str]:
    """Return steps in order as classes say them: a call of a flat block with every op that runs in
    it, and again before each if it is not optional."""
    blocks = {each.layer: each.block for each in network.elaboration.blocks}
    inside: dict[str, dict[str, None]] = {}
    sequences = set()
    for each in network.elaboration.steps:
        path, _, inner = each.layer.rpartition(".")
        around, _, layer = path.rpartition(".")
        if blocks[path].kind in network.flat:
            call = f"{blocks[around].kind}.{layer}"
            inside.setdefault(call, {})[f"{blocks[path].kind}.{inner}"] = None
            sequences |= {call} if isinstance(blocks[around].layers[layer], When) else set()
    found: list[str] = []
    for step in order:
        if step.partition(".")[0] not in network.flat:
            again = [] if step in sequences else [step]
            found.append(step)
            for part in inside.get(step, {}):
                found += [*again, part]
    return [step for step, _ in groupby(found)]


def _unsaid(text: str, lines: tuple[Lines, ...], network: Network) -> set[str]:
    """Return the steps of layers with parameters whose lines do not have their name."""
    said: dict[str, str] = {}
    for each in lines:
        for step in each.steps:
            own = "\n".join(text.splitlines()[each.first - 1 : each.last])
            said[step] = f"{said.get(step, '')}\n{own}"
    named = {
        f"{block.kind}.{name}": name
        for block in network.blocks().values()
        for name, layer in block.layers.items()
        if isinstance(layer, Op) and layer.has_parameters
    }
    return {step for step, own in said.items() if named.get(step, "") not in own}


@rows("panel", {panel: panel for panel in FRAMEWORKS})
def test_lines_hold_their_step(panel: str) -> None:
    """No line says two steps that are not said together, and a step's name is on its lines."""
    network = load("se_resnext_cifar")
    source = emit(network, panel)
    made: dict[int, tuple[str, ...]] = {}
    for each in source.lines:
        for number in range(each.first, each.last + 1):
            assert made.setdefault(number, each.steps) == each.steps
    assert not _unsaid(source.text, source.lines, network)
    after = (*source.lines[1:], source.lines[0])
    moved = tuple(replace(e, first=o.first, last=o.last) for e, o in zip(source.lines, after))
    assert _unsaid(source.text, moved, network)
    roles = {each.role for each in source.lines}
    assert roles == ({MAKE, CALL} if source.classes else {CALL})


def test_a_text_of_other_statements_is_refused() -> None:
    said = Function("f", (), body=(Comment("one"), Expression("x", steps=("f.a",))))
    (found,) = lines_of([said], "def f():\n    # one\n    x\n")
    assert (found.first, found.last, found.steps) == (3, 3, ("f.a",))
    with pytest.raises(ValueError, match="zip"):
        lines_of([said], "def f():\n    x\n    x\n")

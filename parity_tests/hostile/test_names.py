"""No name is written wrong: every role times nasty names times dialects."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

from common.errors import TriptychError
from common.serialize import from_json
from frontends.frameworks import FRAMEWORKS
from frontends.writing.emit import emit
from parity_tests.hostile.specifications import NASTY, ROLES, renamed, specification
from parity_tests.rows import rows, sampled


def _names(node: ast.AST) -> list[str]:
    """Return the names within a scope, in order."""
    found = []
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.append(each.id)
        elif isinstance(each, ast.arg):
            found.append(each.arg)
    return found


def _attributes(node: ast.AST) -> list[str]:
    """Return what a class calls its own, in order."""
    nodes = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    return [n.attr for n in nodes if isinstance(n.value, ast.Name) and n.value.id == "self"]


def _captures(plain: ast.Module, tree: ast.Module) -> Iterator[str]:
    """Yield where two files of one structure are not the same but for the choice of names."""
    pairs = list(zip(ast.walk(plain), ast.walk(tree), strict=True))
    for one, two in pairs:
        if type(one) is not type(two):
            yield f"{ast.dump(one)[:80]} became {ast.dump(two)[:80]}"
            return
        if isinstance(one, ast.FunctionDef):
            yield from _apart(_names(one), _names(two))
        if isinstance(one, ast.ClassDef):
            yield from _apart(_attributes(one), _attributes(two))
    tops = [[n for n in t.body if hasattr(n, "name")] for t in (plain, tree)]
    imports = [
        (each.asname or each.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for each in node.names
    ]
    defined = [getattr(node, "name", "") for node in tops[1]]
    yield from _apart([*map(str, range(len(defined) + len(imports)))], [*defined, *imports])


def _apart(plain: list[str], found: list[str]) -> Iterator[str]:
    """Yield names that were different and became one, or were one and became different."""
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for one, two in zip(plain, found, strict=True):
        if there.setdefault(one, two) != two or back.setdefault(two, one) != one:
            yield f"{one} is {two}, which {back[two]} is, too; {one} was {there[one]}"


PLAIN = {d: ast.parse(emit(from_json(json.dumps(specification())), d).text) for d in FRAMEWORKS}


SPACES = (
    {"unit", "whole"},
    {"width", "more", "momentum", "classes"},
    {"x", "y", "z"},
    {"conv", "bn", "relu", "stem", "uneven", "body", "twice", "paths", "pool", "fc"},
)


IN_ROLES = {f"{name}-{dialect}": (role, dialect) for name, role in ROLES.items()
            for dialect in FRAMEWORKS}  # fmt: skip
IN_TURN = [*list(IN_ROLES)[::7], *list(IN_ROLES)[3::7]]


@rows("role, dialect", sampled(IN_ROLES, IN_TURN))
def test_a_name_in_a_role(role: str, dialect: str) -> None:
    """The file is the plain one but for the choice of names, or the name is refused."""
    written = 0
    (others,) = (space for space in SPACES if role in space)
    names = [name for name in NASTY if name not in others]
    for name in names:
        try:
            network = from_json(json.dumps(renamed(role, name)))
            text = emit(network, dialect).text
        except TriptychError as error:
            assert "\n" not in str(error) and name in str(error)
            continue
        compile(text, name, "exec")
        assert list(_captures(PLAIN[dialect], ast.parse(text))) == [], (name, text)
        written += 1
    assert written > len(names) / 2, "most names are refused"


def _network(**blocks: Any) -> str:
    return json.dumps({"name": "n", "input_shape": [3, 8, 8], "root": "root", "blocks": blocks})


def test_kinds_that_make_one_class() -> None:
    for one, two in (("conv_bn", "conv__bn"), ("unit", "Unit"), ("_1", "none"), ("_", "f")):
        blocks = {
            one: {"layers": {"r": {"op": "relu"}}},
            two: {"layers": {"r": {"op": "sigmoid"}}},
            "root": {"layers": {"a": {"block": one}, "b": {"block": two}}},
        }
        for dialect in FRAMEWORKS:
            tree = ast.parse(emit(from_json(_network(**blocks)), dialect).text)
            tops = [n.name for n in tree.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))]
            assert len(tops) == len(set(tops)) == 3, (dialect, tops)


def test_a_momentum_keeps_its_parentheses() -> None:
    text = emit(from_json(json.dumps(specification())), "torch").text
    assert "momentum=1 - (momentum + 0.25)" in text


def test_what_pads_is_no_layer() -> None:
    data = specification()
    data["blocks"]["whole"]["layers"]["uneven_pad"] = {"op": "zero_pad2d", "padding": 2}
    data["blocks"]["whole"]["wiring"].insert(2, "z = uneven_pad(z)")
    text = emit(from_json(json.dumps(data)), "torch").text
    assert text.count("self.uneven_pad_ = ") == text.count("self.uneven_pad = ") == 1

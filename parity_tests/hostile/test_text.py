"""Text never becomes code: a written file differs from the plain one in one string alone."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.errors import SpecificationError
from common.serialize import from_json
from frontends.frameworks import FRAMEWORKS
from frontends.writing.emit import emit
from parity_tests.hostile.specifications import specification
from parity_tests.rows import rows

FIELDS = {
    "title": (),
    "source": (),
    "about": ("blocks", "unit"),
    "about of the root": ("blocks", "whole"),
}
BREAKERS = [
    '"""',
    '"',
    "\\",
    "\n",
    "\r",
    "\f",
    "\x85",
    "\u2028",
    "\\N{DASH}",
    "'''",
    "#",
    "\t",
    "\x1b",
    "\u202e",
    "{",
    "%s",
]
TEXT = st.lists(
    st.one_of(
        st.sampled_from(BREAKERS),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    ),
    max_size=6,
).map("".join)
EXAMPLES = (
    '"""; import os; """',
    "x\\",
    '\\"""',
    '""""',
    '"',
    "\\N{LATIN SMALL LETTER A}",
    "\\x",
    '"""\nimport os\n"""',
    "\u2028x = 1",
    "\r\nimport os",
)


def _with(field: str, text: str) -> str:
    data = place = specification()
    for key in FIELDS[field]:
        place = place[key]
    place[field.split()[0]] = text
    return json.dumps(data)


def _strings_apart(tree: ast.Module) -> tuple[str, list[str]]:
    """Return a tree without the docstrings of its file, classes and functions, and those."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            said = ast.get_docstring(node, clean=False)
            if said is not None:
                found.append(said)
                node.body = node.body[1:]
    return ast.dump(tree), found


def _check(field: str, text: str) -> None:
    network = from_json(_with(field, text))
    for dialect in FRAMEWORKS:
        written = emit(network, dialect).text
        tree, said = _strings_apart(ast.parse(written))
        assert tree == PLAIN[dialect][0], (dialect, written)
        assert abs(len(said) - len(PLAIN[dialect][1])) <= 1  # a text of white space is none
        compile(written, "written", "exec")


PLAIN = {
    d: _strings_apart(ast.parse(emit(from_json(json.dumps(specification())), d).text))
    for d in FRAMEWORKS
}


@rows("field", {field: field for field in FIELDS})
def test_what_closes_a_string(field: str) -> None:
    for text in EXAMPLES:
        _check(field, text)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(field=st.sampled_from(list(FIELDS)), text=TEXT)
@example(field="title", text='"')
def test_any_text(field: str, text: str) -> None:
    _check(field, text)


@rows("text", {"nul": "a\0b", "surrogate": "a\ud800b", "long": "a" * 10_001})
@rows("field", {field: field for field in [*FIELDS, "naming"]})
def test_what_is_no_text(field: str, text: Any) -> None:
    data = specification() | {"naming": text}
    with pytest.raises(SpecificationError) as caught:
        from_json(json.dumps(data) if field == "naming" else _with(field, text))
    assert "\n" not in str(caught.value) and field.split()[0] in str(caught.value)

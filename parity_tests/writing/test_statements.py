"""Statements as data: how they are rendered, what writers make of them, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from common.networks import available, load
from common.ops import OPS, Conv2d, Op, base
from common.spec import Block
from frontends.frameworks import FRAMEWORKS, TABLE
from frontends.writing import classes, functions
from frontends.writing.dialect import ClassDialect
from frontends.writing.draft import Draft
from frontends.writing.emit import dialect_of, emit
from frontends.writing.expressions import (
    Choice,
    Each,
    Invoke,
    Joined,
    List,
    Part,
    Unpacked,
    invoke,
    text,
    unless,
)
from frontends.writing.names import Words
from frontends.writing.naming import Naming
from frontends.writing.statements import (
    Assign,
    Class,
    Comment,
    Expression,
    For,
    Function,
    If,
    Return,
    Statement,
    With,
    about,
    changed,
    lines,
    within,
)
from frontends.writing.text import EmitError, class_name
from frontends.writing.tidying import merged_ifs, returning, said_once, with_local
from parity_tests.cases import small
from parity_tests.rows import rows, sooner

LAYER = invoke("Conv2D", 8, name='"a"')
SET = Assign(("x",), invoke("f", "x"))
TURNS = invoke("range", "n")
PANELS = {panel: panel for panel in FRAMEWORKS}


@rows(
    "expression, expected",
    {
        "call": (invoke("f", 1, None, (1, 2), name=None, eps=1e-05), "f(1, (1, 2), eps=1e-5)"),
        "layer": (invoke(LAYER, "x"), 'Conv2D(8, name="a")(x)'),
        "extended": (LAYER.extended(act=True), 'Conv2D(8, name="a", act=True)'),
        "without": (LAYER.without("name"), "Conv2D(8)"),
        "list": (List(("a", (1,))), "[a, (1,)]"),
        "each": (invoke("f", Unpacked(List((Each(LAYER.without("name"), "_", TURNS),)))),
                 "f(*[Conv2D(8) for _ in range(n)])"),
        "choice": (Choice(LAYER, "a > 1", "None"), 'Conv2D(8, name="a") if a > 1 else None'),
        "joined": (Joined("/", ("x", Part("y", ":, 0"))), "x / y[:, 0]"),
    },
)  # fmt: skip
def test_an_expression_as_text(expression: Any, expected: str) -> None:
    assert text(expression) == expected


def test_statements_as_lines() -> None:
    body = (
        Comment("why"),
        If("a", body=(SET,), remark="uneven"),
        For("i", TURNS, body=(With("s", body=(Assign(("x",), 2, operator="/="),)),)),
        Assign(("a", "b"), "x", also="c"),
        Return("a"),
    )
    written = Class("A", "B", body=(*about("Says."), Function("f", ("x", "n=1"), body=body)))
    assert list(lines([written])) == [
        "class A(B):",
        '    """Says."""',
        "    def f(x, n=1):",
        "        # why",
        "        if a:  # uneven",
        "            x = f(x)",
        "        for i in range(n):",
        "            with s:",
        "                x /= 2",
        "        c = a, b = x",
        "        return a",
    ]


def test_what_is_within_is_found_and_changed() -> None:
    body = (If("a", body=(Assign(("x",), invoke(LAYER, "x")),)),)
    assert [each for each in within(body) if isinstance(each, Invoke)] == [
        invoke(LAYER, "x"),
        LAYER,
    ]
    named = changed(body, lambda code: "layer" if code == LAYER else code)
    assert list(lines(named)) == ["if a:", "    x = layer(x)"]


def test_a_long_expression_gets_a_name() -> None:
    """Where it is all of an argument; what stands there once, or within another, stays."""
    long = "2 * a // 3"
    block = Block("b", "a", layers={"c": Conv2d(long, 1), "d": Conv2d(long, 1)})
    calls = [invoke("f", long, f"4 * {long}"), invoke("g", n=long), invoke("h", f"{long} + 1")]
    body = [Expression(call) for call in calls]
    named = ["inner = 2 * a // 3", "f(inner, 4 * 2 * a // 3)", "g(n=inner)", "h(2 * a // 3 + 1)"]
    assert list(lines(with_local(block, body))) == named
    assert with_local(block, body[:1]) == body[:1]
    taken = Block("b", "a, inner", layers={"c": Conv2d(long, "inner")})
    assert with_local(taken, body) == body


@rows(
    "tidied, body, expected",
    {
        "if": (merged_ifs, [If("a", body=(SET,))] * 2, ["if a:", "    x = f(x)", "    x = f(x)"]),
        "two ifs": (merged_ifs, [If("a", body=(SET,)), If("b", body=(SET,))],
                    ["if a:", "    x = f(x)", "if b:", "    x = f(x)"]),
        "comment": (said_once, [Comment("c"), SET, Comment("c")], ["# c", "x = f(x)"]),
        "return": (lambda body: returning(body, ("x",)), [SET], ["return f(x)"]),
        "return another": (lambda body: returning(body, ("y",)), [SET], ["x = f(x)", "return y"]),
        "return a quotient": (lambda body: returning(body, ("x",)),
                              [Assign(("x",), 2, operator="/=")], ["x /= 2", "return x"]),
    },
)  # fmt: skip
def test_a_tidied_body(
    tidied: Callable[[list[Statement]], list[Statement]], body: list[Statement], expected: list[str]
) -> None:
    assert list(lines(tidied(body))) == expected


def test_a_default_is_left_out_if_it_is_the_same_kind() -> None:
    assert unless(1, 1) is None and unless(2, 1) == 2
    assert unless(True, 1) is True and unless(0, False) == 0


def test_class_names() -> None:
    assert class_name("se_resnext_block") == "SEResNeXtBlock" and class_name("conv_bn") == "ConvBN"


@rows("panel", PANELS)
def test_every_op_has_a_row(panel: str) -> None:
    assert set(dialect_of(panel).table) == set(OPS.values())


@rows("panel", PANELS)
def test_an_op_without_a_row_is_refused(panel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "OPS", dict(OPS))  # so that what is registered here goes

    @dataclass(frozen=True)
    class Unwritten(Op):
        symbol = "unwritten"

    network = small.sequence("refused", (3, 6, 6), strange=Unwritten())
    message = rf"block refused, layer strange: unwritten is not writable in {TABLE[panel].title}"
    with pytest.raises(EmitError) as refused:
        emit(network, panel)
    assert str(refused.value) == message


EVERY = {"some": available()[::6], "all": available()}


@rows("panel", PANELS)
@rows("names", sooner(EVERY, ["some"]))
def test_statements_carry_their_step(names: list[str], panel: str) -> None:
    """Every layer that is called is said by a statement; in a tapped twin none is fused."""
    for name in names:
        dialect = dialect_of(panel)
        plain = Draft(load(name), dialect.says_same, Words(classes=False))  # nothing is flat
        draft = Draft(load(name), dialect.says_same, dialect.words)
        if isinstance(dialect, ClassDialect):
            written: list[Any] = list(classes.statements(draft, dialect, taps=True))
        else:
            written = list(functions.statements(draft, dialect, Naming(), taps=True))
        found = (each.steps for each in within(tuple(written)) if isinstance(each, Statement))
        said = {step for steps in found for step in steps}
        called = {
            f"{block.kind}.{call.layer}"
            for block in plain.kinds()
            if any(instance.used for instance in plain.instances(block))
            for call in block.wiring
        }
        assert called <= said <= {f"{b.kind}.{n}" for b in plain.kinds() for n in b.layers}

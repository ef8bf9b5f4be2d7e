"""A function for each member of a family that the network's own class, or function, can make."""

from __future__ import annotations

from collections.abc import Iterator

from common.expressions import literal
from common.text import one_line
from frontends.writing.draft import Draft
from frontends.writing.hints import hint_of
from frontends.writing.names import fresh
from frontends.writing.statements import Function, Return, about, lines

REST = "**kwargs"  # further arguments of the class, as torchvision and paddle.vision call them


def function_factories(draft: Draft, root: Function) -> Iterator[str]:
    """Yield the functions of a file as text; `root` is the network's own."""
    taken = {*draft.words.taken, *draft.network.blocks()}
    first = [each.partition(":")[0] for each in root.parameters if "=" not in each]
    for member in draft.network.members:
        name = fresh(member.name, taken)
        taken.add(name)
        given = [f"{argument}={literal(value)}" for argument, value in member.arguments]
        call = f"{root.name}({', '.join([*first, *given, REST])})"
        body = (*about(f"{one_line(member.title) or member.name}."), Return(call))
        yield "\n".join(lines([Function(name, (*first, REST), root.returns, body=body)]))


def factories(draft: Draft, entry: str) -> Iterator[str]:
    """Yield the functions of a file as text; `entry` is the network's own class."""
    taken = {*draft.words.taken, *draft.classes.values()}
    for member in draft.network.members:
        name = fresh(member.name, taken)
        taken.add(name)
        given = [f"{argument}={literal(value)}" for argument, value in member.arguments]
        others = {n for n, _ in draft.root.arguments} - {n for n, _ in member.arguments}
        (root,) = draft.instances(draft.root)
        hint = hint_of(root.arguments[n] for n in sorted(others))
        body = (
            *about(f"{one_line(member.title) or member.name}."),
            Return(f"{entry}({', '.join([*given, REST])})"),
        )
        yield "\n".join(lines([Function(name, (f"{REST}: {hint}",), entry, body=body)]))

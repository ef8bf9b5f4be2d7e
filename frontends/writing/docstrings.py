"""What a network's own class says of itself: its arguments, and the shapes it takes and gives."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from common.expressions import literal
from common.spec import Block, references
from common.text import one_line
from common.wiring import REQUIRED
from frontends.writing.draft import INDENT, Draft
from frontends.writing.hints import hint_of
from frontends.writing.statements import Expression, Statement, quoted

WORDS = {  # of arguments as the catalogue has them
    "num_classes": "number of classes",
    "num_blocks": "blocks per stage",
    "width": "channels of the first stage",
    "in_channels": "channels of the input",
    "out_channels": "channels of the output",
    "stride": "stride of the block",
    "cardinality": "number of paths",
    "depth": "channels of each path",
    "reduction": "channels of a gate for each hidden unit",
}


def root_docstring(draft: Draft, output: str, typed: bool) -> Statement:
    """Return the docstring of the network's own class.

    output: the shape that it gives. typed: arguments are said with their types and defaults, as
    Google's style has it in Paddle's files.
    """
    title = one_line(draft.root.about) or one_line(draft.network.title) or draft.network.name
    name, shapes = title.removesuffix("."), f"{_input(draft)} to {output}."
    lines = [quoted(f"{name}: {shapes}")]
    if len(lines[0]) + INDENT + len('"""') > draft.line_length:
        lines = [quoted(f"{name}."), "", shapes]
    if draft.root.arguments:
        lines += ["", "Args:"]
        for name, default in draft.root.arguments:
            lines += _wrapped(_argument(draft, name, default, typed), draft.line_length)
    pad = " " * INDENT
    text = "\n".join(f"{pad}{line}".rstrip() for line in lines).strip()
    return Expression(f'"""{text}\n{pad}"""')


def _argument(draft: Draft, name: str, default: Any, typed: bool) -> str:
    words = WORDS.get(name) or f"of {', '.join(_layers(draft.root, name)) or 'nothing here'}"
    if not typed:
        return f"{name}: {words}"
    hint = hint_of(each.arguments[name] for each in draft.instances(draft.root))
    hint = re.sub(r"\[.*?\]+", "", hint)  # the signature says of what
    kind = hint if default is REQUIRED else f"{hint}, optional"
    end = "" if default is REQUIRED else f" Default: {literal(default)}."
    return f"{name} ({kind}): {words[0].upper()}{words[1:]}.{end}"


def _layers(block: Block, name: str) -> Iterator[str]:
    return (own for own, layer in block.layers.items() if name in references(layer))


def _wrapped(text: str, width: int) -> list[str]:
    """Return an argument's lines, those behind the first indented further."""
    return textwrap.wrap(
        text,
        width - INDENT,
        initial_indent="    ",
        subsequent_indent="        ",
        break_on_hyphens=False,
    )


def _input(draft: Draft) -> str:
    """Return the shape of the input: (N, in_channels, H, W)."""
    sizes = draft.network.input_shape
    (channels,) = draft.channels[draft.root].symbols
    return f"({', '.join(['N', literal(channels), *(('H', 'W') if len(sizes) > 1 else ())])})"

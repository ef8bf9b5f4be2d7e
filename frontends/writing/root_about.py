"""What a network's own function says of itself: the shapes it takes and gives, its arguments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from common.expressions import literal
from common.expressions import names as names_in
from common.spec import references
from common.text import one_line
from frontends.writing.docstrings import WORDS
from frontends.writing.draft import Draft
from frontends.writing.statements import Expression, Statement, quoted

TRAINING = "whether batches have their own statistics, and dropouts drop"
INDENT = "    "


def root_about(
    draft: Draft,
    output: str,
    parameters: Iterable[str],
    channels_last: bool,
    options: Mapping[str, str],
) -> Statement:
    """Return the docstring of the network's own function.

    output: the shape that it gives. parameters: their names. options: those of the framework's
    own zoo -> what they are.
    """
    title, names = one_line(draft.network.title) or draft.network.name, list(parameters)
    shapes = f"{_input(draft, names, channels_last)} to {output}"
    lines = [f"{title}: {shapes}."]
    if len(lines[0]) > draft.line_length - 2 * len(INDENT):
        lines = [f"{title}.", "", f"It takes {shapes}."]
    arguments = [line for name in names for line in _argument(draft, name, options)]
    lines += ["", "Args:", *arguments] if arguments else []
    text = f"\n{INDENT}".join(map(quoted, lines)).replace(f"\n{INDENT}\n", "\n\n")
    return Expression(f'"""{text}\n{INDENT}"""' if arguments else f'"""{text}"""')


def _argument(draft: Draft, name: str, options: Mapping[str, str]) -> list[str]:
    layers = [own for own, layer in draft.root.layers.items() if name in references(layer)]
    words = "the input" if name in draft.root.inputs else WORDS.get(name)
    words = options.get(name, words)
    words = TRAINING if name == "training" else words
    words = words or (f"of {', '.join(layers)}" if layers else "unused")
    return textwrap.wrap(
        f"{name}: {words}",
        draft.line_length - len(INDENT),
        initial_indent=INDENT,
        subsequent_indent=2 * INDENT,
        break_on_hyphens=False,
    )


def _input(draft: Draft, names: list[str], channels_last: bool) -> str:
    """Return the shape of the input: (N, in_channels, H, W), or (N, H, W, 3)."""
    (channels,) = draft.channels[draft.root].symbols
    channels = channels if names_in(channels) <= set(names) else draft.network.input_shape[0]
    sizes = ["H", "W"] if len(draft.network.input_shape) > 1 else []
    of_one = [*sizes, literal(channels)] if channels_last else [literal(channels), *sizes]
    return f"({', '.join(['N', *of_one])})"

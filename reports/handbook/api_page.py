"""The API map: each op and field of a specification, as each framework calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reports.handbook.api.asking import Said, names_of, said
from reports.handbook.api.signatures import RECORD, recorded
from reports.handbook.columns import PANELS, SHORT
from reports.handbook.evidence import Evidence
from reports.handbook.links import anchor
from reports.handbook.probes import PROBES
from reports.handbook.records import measured_on

TITLES = {
    "conv2d": "2-D convolution", "depthwise_conv2d": "Depthwise convolution",
    "batch_norm": "Batch normalization", "dense": "Dense layer", "max_pool2d": "Max pooling",
    "avg_pool2d": "Average pooling", "global_avg_pool2d": "Global average",
    "adaptive_avg_pool2d": "Adaptive average", "relu": "ReLU", "relu6": "ReLU6", "silu": "SiLU",
    "sigmoid": "Sigmoid", "softmax": "Softmax", "dropout": "Dropout", "flatten": "Flatten",
    "add": "Sum", "concat": "Concatenation", "scale": "Gate", "channel_pad": "Padding of channels",
    "zero_pad2d": "Zero padding", "identity": "Identity",
}  # fmt: skip
# Fields whose defaults a probe found by experiment: what installed versions do, not say.
PROBED = {
    ("batch_norm", "epsilon"): "bn_epsilon",
    ("batch_norm", "momentum"): "bn_momentum",
    ("max_pool2d", "stride"): "pool_stride",
    ("avg_pool2d", "stride"): "pool_stride",
    ("avg_pool2d", "count_include_pad"): "avg_pool_padding",
    ("conv2d", "kernel_initializer"): "conv_kernel",
    ("conv2d", "bias_initializer"): "conv_bias",
    ("dense", "kernel_initializer"): "dense_kernel",
}
# What a call does by default that no field says.
BESIDE = {
    "batch_norm": ("bn_variance",),
    "dropout": ("dropout_training", "dropout_inference"),
}
WHAT = {probe.name: probe.what for probe in PROBES}
PAGE = """# API map

What each op of a specification, and each of its fields, is called in each framework, and what it is
there **when it is left out**: in bold where they differ. Nothing here is written by hand: the dialects
were asked what they write for an op with that field changed, and the installed frameworks for their
signatures. {measured}

`before it` and `instead`: the field is said by another call, before the op or in its place. `by hand`:
the file brings a function of its own. An argument of which no value is told must be given, and `None`
stands for what the framework then does: where a probe measured it, what it found is below the table.

| op | {heads} |
| --- | {dashes} |
{overview}

{parts}
This page is written by `triptych report handbook` from the dialects and [`{record}`](../{record}).
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    record = recorded(evidence.reports / RECORD)
    known = {(line["panel"], line["call"]): line["arguments"] for line in record.lines}
    return PAGE.format(
        measured=measured_on(record.header),
        heads=" | ".join(SHORT[panel] for panel in PANELS),
        dashes=" | ".join("---" for _ in PANELS),
        overview="\n".join(_overview(symbol, own) for symbol, own in said().items()),
        parts="\n".join(_part(symbol, own, known, evidence) for symbol, own in said().items()),
        record=RECORD,
    )


def _overview(symbol: str, own: Mapping[str, Said]) -> str:
    calls = " | ".join(f"`{call(own[panel])}`" for panel in PANELS)
    return f"| [{TITLES[symbol]}](#{anchor(TITLES[symbol])}) | {calls} |"


def call(said_by: Said) -> str:
    """Return the function that says an op, or its expression where there is none."""
    found = said_by.calls[0] if said_by.calls else said_by.code or "nothing"
    return found.replace("|", "\\|")


def _part(
    symbol: str, own: Mapping[str, Said], known: Mapping[tuple[str, str], Any], evidence: Evidence
) -> str:
    names = [name for name in names_of(symbol) if any(name in own[p].fields for p in PANELS)]
    lines = [f"## {TITLES[symbol]}\n"]
    if not names:
        texts = ", ".join(f"`{own[panel].code}` ({SHORT[panel]})" for panel in PANELS
                          if own[panel].code)  # fmt: skip
        return f"{lines[0]}\n`{symbol}` has no fields: {texts}.\n" if texts else lines[0]
    lines.append(f"| `{symbol}` | {' | '.join(SHORT[panel] for panel in PANELS)} |")
    lines.append("| --- |" + " --- |" * len(PANELS))
    lines.append("| **call** | " + " | ".join(f"`{call(own[p])}`" for p in PANELS) + " |")
    for name in names:
        cells = [_cell(own[panel], name, known, panel) for panel in PANELS]
        apart = _apart(PROBED.get((symbol, name), ""), [default for _, default in cells], evidence)
        shown = [_shown(text, default, apart) for text, default in cells]
        lines.append(f"| `{name}` | {' | '.join(shown)} |")
    probes = [(f"`{n}`, left out", PROBED[symbol, n]) for n in names if (symbol, n) in PROBED]
    probes += [("Left out", each) for each in BESIDE.get(symbol, ())]
    found = [f"- {n}, probed ({WHAT[p]}): {evidence.default(p)}." for n, p in probes]
    return "\n".join([*lines, "", *found, *([""] if found else [])])


def _apart(probe: str, defaults: Sequence[str], evidence: Evidence) -> bool:
    """Return whether panels differ in a field that is left out, as they say or as was probed."""
    if probe and not evidence.default(probe).endswith(" in all"):
        return True
    return len({_compared(each) for each in defaults} - {"", "none"}) > 1


def _cell(
    own: Said, name: str, known: Mapping[tuple[str, str], Any], panel: str
) -> tuple[str, str]:
    """Return how a panel says a field, and what it is by default there, "" if that is not told."""
    entries = own.fields.get(name, ())
    if not entries:
        return "–", ""
    direct = [each for each in entries if each[0] == call(own) and not each[2]]
    if not direct:
        called, argument, rule = entries[0]
        if rule == "before":
            return f"`{_before(own, called)}` before it", ""
        if called == "ParamAttr":
            return "`ParamAttr(initializer=…)`", ""
        if not called:
            return "`nn.init`", ""
        by_name = argument if isinstance(argument, str) and argument else ""
        return f"`{called}` instead" + (f", `{by_name}`" if by_name else ""), ""
    argument = direct[0][1]
    own_arguments = known.get((panel, call(own)))
    if own_arguments is None:
        return (f"`{argument}`, by hand" if isinstance(argument, str) else "by hand"), ""
    if isinstance(argument, int):
        argument = own_arguments[argument][0] if argument < len(own_arguments) else "…"
    return f"`{argument}`", dict(map(tuple, own_arguments)).get(argument, "")


def _before(own: Said, called: str) -> str:
    """Return the call before the op that says a field: that which carries it, or where the op's own
    argument does, what stands in it."""
    last = call(own).rpartition(".")[2]
    if called and called.rpartition(".")[2] != last:
        return called
    return next(each for each in own.calls if each.rpartition(".")[2] != last)


def _shown(text: str, default: str, apart: bool) -> str:
    if not default:
        return text
    told = _plain(default)
    return f"{text} = **{told}**" if apart else f"{text} = {told}"


def _compared(default: str) -> str:
    """Return a default so that what means the same is the same."""
    told = _plain(default).strip("'").lower()
    pair = re.fullmatch(r"\((\S+), \1\)", told)
    return "0" if told == "valid" else pair[1] if pair else told


def _plain(default: str) -> str:
    """Return a default as a table shows it: the class of an object, without its address."""
    if default.startswith("<"):
        return default.strip("<>").split(" object at")[0].rpartition(".")[2]
    return default.replace("|", "\\|")

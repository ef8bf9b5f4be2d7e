"""Ops that PyTorch and Paddle write alike: the functions, or what makes them, for their tables."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from common import ops
from common.expressions import spliced
from common.sizes import product
from frontends.writing.expressions import Joined, Unpacked, carrying, given, invoke, unless
from frontends.writing.sites import ClassSite, Written

Writes = Callable[[Any, ClassSite], Written]


def applied(site: ClassSite, init: Any, pad: Any = None) -> Written:
    """Return a module that is called on the op's inputs; `pad`: on what this module gives."""
    taken = site.inputs if pad is None else (invoke(site.pad, *site.inputs),)
    return Written(invoke(site.attribute, *taken), init, pad)


def module(name: str, *arguments: Any, **named: Any) -> Writes:
    """Return what writes an op as a module that is always made with the same arguments."""
    return lambda op, site: applied(site, invoke(name, *arguments, **named))


def value(expression: Callable[..., Any]) -> Writes:
    """Return what writes an op as an expression over the names of its inputs."""
    return lambda op, site: Written(expression(*site.inputs))


def channels_padded(expression: Callable[..., Any]) -> Writes:
    """Return what writes a ChannelPad: `expression` is of a value and the zeros around it."""

    def channel_pad(op: ops.ChannelPad, site: ClassSite) -> Written:
        (x,), own = site.inputs, site.attribute
        if op.before == op.after and isinstance(op.before, str):
            return Written(expression(x, own, own), carrying(op.before, "before", "after"))
        around = given(op, "before"), given(op, "after")
        if isinstance(op.before, str) or isinstance(op.after, str):
            return Written(expression(x, Unpacked(own)), around)
        return Written(expression(x, *around))

    return channel_pad


def add(op: ops.Add, site: ClassSite) -> Written:
    return Written(Joined("+", site.inputs))


def dropout(op: ops.Dropout, site: ClassSite) -> Written:
    return applied(site, invoke("nn.Dropout", given(op, "rate")))


def channels(op: ops.Conv2d, site: ClassSite) -> tuple[Any, Any, Any]:
    """Return a convolution's input channels, output channels and groups, as arguments."""
    taken = site.widths[0]
    if isinstance(op, ops.DepthwiseConv2d):
        out = product(taken, op.out_channels)
        return taken, carrying(out, "out_channels"), unless(taken, 1)
    return taken, given(op, "out_channels"), given(op, "groups", 1)


def complement(momentum: Any) -> Any:
    """Return 1 - momentum, exactly in decimal: 0.9 -> 0.1."""
    if isinstance(momentum, str):
        return spliced("1 - momentum", momentum=momentum)
    return float(Decimal(1) - Decimal(repr(momentum)))

"""Convolutions that one function of a file writes: padded by half the kernel, whatever the stride.

It is the `conv2d_fixed_padding` of TensorFlow's official ResNets: "same" without strides, zeros by
hand where "same" would pad unevenly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from common.initializers import BY_FAN_IN, Initializer, VarianceScaling
from common.ops import Conv2d
from common.spec import Block, plain
from frontends.writing.channels_last import SAME, default_law
from frontends.writing.draft import Draft
from frontends.writing.expressions import Choice, carrying, given, invoke, text, unless
from frontends.writing.initial import stated
from frontends.writing.sites import FunctionSite, Site

NAME = "conv2d_fixed_padding"
LEAST = 3  # so many convolutions have a function of their own
Laws = Callable[[Conv2d, Site], dict[str, Any]]
_STRIDES = re.compile(r", strides(: int = |=)1")


@lru_cache(maxsize=8)
def fixed(draft: Draft) -> dict[tuple[str, str], Conv2d]:
    """Return, by (kind of block, layer), the convolutions of a network that such a function writes:
    those that differ in sizes and strides alone, {} where they are few."""
    found: dict[Any, dict[tuple[str, str], Conv2d]] = {}
    for block in draft.kinds():
        for name, layer in block.layers.items():
            op, site = plain(layer), Site(draft, block, name, ())
            if isinstance(op, Conv2d) and _is_fixed(op, site):
                law = stated(op, "kernel", site, default_law)
                found.setdefault((op.bias, law), {})[block.kind, name] = op
    most = max(found.values(), key=len, default={})
    return most if len(most) >= LEAST else {}


def is_served(draft: Draft, block: Block, layer: str) -> bool:
    """Is a layer written by that function?"""
    return (block.kind, layer) in fixed(draft)


def call(op: Conv2d, site: FunctionSite) -> Any:
    """Return a call of that function, which says by itself how layers pad and start."""
    names = ["padding"] if op.padding != 0 else []
    names += [] if op.bias else ["bias"]
    names += ["kernel_initializer"] if stated(op, "kernel", site, default_law) else []
    function = carrying(NAME, *names, rule="function") if names else NAME
    sizes, strides = (given(op, "out_channels"), given(op, "kernel_size")), given(op, "stride", 1)
    return invoke(function, *site.inputs, *sizes, strides=strides, name=site.path())


def function(
    draft: Draft, signature: str, by_hand: str, laws: Laws, conv: Callable[..., Any]
) -> list[str]:
    """Return that function as text, where a network has one.

    signature: of its first line. by_hand: its lines that pad for a stride. laws: returns the
    arguments for what a layer starts from. conv: returns the layer's call of these and others.
    """
    for (kind, layer), op in fixed(draft).items():
        strided = any(each.stride != 1 for each in fixed(draft).values())
        value = conv(
            strides="strides" if strided else None,
            padding=Choice(SAME, "strides == 1", '"valid"') if strided else SAME,
            use_bias=unless(op.bias, True),
            **laws(op, Site(draft, draft.network.blocks()[kind], layer, ())),
            name="name",
        )
        said = '"""Convolution padded by half its kernel, whatever the stride."""'
        lines = [signature, f"    {said}", *([by_hand] if strided else [])]
        made = "\n".join([*lines, f"    return {text(value)}"])
        return [made if strided else _STRIDES.sub("", made, count=1)]
    return []


def _is_fixed(op: Conv2d, site: Site) -> bool:
    """Is it padded by half its kernel, called once, and started by a law of two words?"""
    size, law = op.kernel_size, stated(op, "kernel", site, default_law)
    return (
        type(op) is Conv2d
        and site.block.calls_of(site.layer) == 1
        and (op.groups, op.dilation) == (1, 1)
        and isinstance(op.bias, bool)
        and isinstance(size, int)
        and (size % 2, op.padding) == (1, size // 2)
        and all(isinstance(bound.stride, int) for bound, _ in site.bound())
        and (not op.bias or stated(op, "bias", site, default_law) is None)
        and (law is None or _is_by_fan(law))
    )


def _is_by_fan(law: Initializer) -> bool:
    return isinstance(law, VarianceScaling) and law != BY_FAN_IN

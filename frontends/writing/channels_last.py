"""What Keras and TensorFlow 1 share: the word "same", and what a pool lacks of its windows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from common import ops
from common.expressions import literal, spliced
from common.expressions import names as names_in
from common.initializers import GLOROT_UNIFORM, ONES, ZEROS, Fans, Law, VarianceScaling
from common.ops import Op, Shape, pair, sides
from common.spec import plain
from frontends.writing.draft import Draft
from frontends.writing.expressions import Choice, Part, carrying, invoke, text
from frontends.writing.initial import Words, constant_of
from frontends.writing.padding import Four, four_sides, is_same, starts_inside
from frontends.writing.sites import Body, FunctionSite, Site
from frontends.writing.statements import Assign, Comment, If, Statement

SAME = '"same"'  # as the framework's layers take it
LACKING = '''
def lacking(size, kernel, stride, before, after):
    """Return what the last window on a map reaches beyond its padding."""
    count = min(-(-(size + before + after - kernel) // stride) + 1, -(-(size + before) // stride))
    return max((count - 1) * stride + kernel - size - before - after, -after)
'''


def batched(shape: Shape) -> str:
    """Return a shape with its batch, channels last: (N, 32, 32, 3)."""
    return f"({', '.join(map(str, ('N', *shape[1:], shape[0])))})"


def says_same(op: Op) -> bool:
    """Can TensorFlow pad "same"? Not what may be sliced, nor in a mean that counts the padding."""
    if isinstance(op, ops.DepthwiseConv2d) and isinstance(op.stride, tuple):
        return False
    if isinstance(op, ops.Conv2d):
        return 1 in (op.dilation, op.stride)
    return not isinstance(op, ops.AvgPool2d) or op.count_include_pad is False


def default_law(op: Op, kind: str, shape: Shape) -> Law | None:
    """Return how TensorFlow's layers start a parameter; a depthwise kernel by fans of its own."""
    if kind != "kernel":
        return ONES if kind == "gamma" else ZEROS
    if isinstance(op, ops.DepthwiseConv2d):
        return None
    return GLOROT_UNIFORM.at(Fans.of(op.parameters(shape)[kind]))


class ChannelsLastWords(Words):
    """Laws as Keras and TensorFlow 1 are told them."""

    default = staticmethod(default_law)

    @staticmethod
    @abstractmethod
    def made(law: VarianceScaling) -> Any:
        """Return the initializer of a law."""

    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        """The fans of a depthwise kernel are taken from a shape that is not the canonical one."""
        if isinstance(op, ops.DepthwiseConv2d):
            return None
        return constant_of(law, op, site.draft, default_law) or self.made(law)


def settings(law: VarianceScaling) -> dict[str, Any]:
    """Return the arguments of VarianceScaling, as both have it."""
    said = "untruncated_normal" if law.distribution == "normal" else law.distribution
    return {"scale": law.scale, "mode": f'"{law.mode}"', "distribution": f'"{said}"'}


def pad_same(op: Any, site: FunctionSite, name: str | None = None) -> Statement:
    """Return the statement that pads "same" by the file's own function, which may take a name."""
    spread = pair(getattr(op, "dilation", 1))
    sizes = (pair(op.kernel_size), pair(op.stride), spread)
    padded = invoke("pad_same", *site.inputs, *sizes, name)
    return site.gives(carrying(padded, "padding", rule="before"))


def pads_same(draft: Draft) -> bool:
    """Does a file need that function?"""
    return not all(map(says_same, draft.same_ops()))


def is_sliced(op: Any) -> bool:
    """Is this bound convolution one without strides, sliced? No kernel dilates with strides."""
    strided = max(pair(op.stride)) > 1 and max(pair(op.dilation)) > 1
    return strided or (isinstance(op, ops.DepthwiseConv2d) and len(set(pair(op.stride))) > 1)


def sliced(op: ops.Conv2d, site: FunctionSite) -> Statement:
    """Return the statement that takes every stride-th cell of a map."""
    height, width = map(literal, pair(op.stride))
    part = Part(site.output, f":, ::{height}, ::{width}")
    return site.gives(carrying(part, "stride", rule="after"))


def is_point(site: Site) -> bool:
    """Is a map always 1×1? Then its order, when it is flattened, is no question."""
    return all(shape[1:] == (1, 1) for _, shape in site.bound())


def grouped(draft: Draft) -> list[tuple[ops.Conv2d, Shape]]:
    """Return every convolution that may be in groups, as bound, with the shape of its input."""
    layers = [(block, name) for block in draft.kinds() for name in block.layers]
    return [
        (op, shapes[0])
        for block, name in layers
        if getattr(plain(block.layers[name]), "groups", 1) != 1
        for op, shapes in draft.bound(block, name)
        if isinstance(op, ops.Conv2d)
    ]


def extended(op: ops.MaxPool2d, size: str) -> Four | None:
    """Return (top, bottom, left, right) with what the last windows lack, None where all is 0.

    size: the input's size on an axis as source, with the axis as {}.
    """
    top, bottom, left, right = four_sides(op.padding)
    if op.rounding == "ceil":
        over = lacking(op, size)
        bottom, right = (_plus(*each) for each in zip((bottom, right), over))
    return None if (top, bottom, left, right) == (0, 0, 0, 0) else (top, bottom, left, right)


def lacking(op: ops.MaxPool2d, size: str) -> tuple[Any, Any]:
    """Return what the last windows of a pool lack behind its padding, (height, width)."""
    down, along = zip(pair(op.kernel_size), pair(op.stride), sides(op.padding))
    return _lacking(op, size.format(1), *down), _lacking(op, size.format(2), *along)


def _lacking(op: ops.MaxPool2d, size: str, kernel: Any, stride: Any, around: Any) -> Any:
    before, after = around
    if not starts_inside(op):
        return text(invoke("lacking", size, kernel, stride, before, after))
    return 0 if stride == 1 else f"({kernel - before - after} - {size}) % {stride}"


def _plus(padding: Any, over: Any) -> Any:
    return over if padding == 0 else padding if over == 0 else f"{padding} + {over}"


def counted(op: ops.MaxPool2d, size: str) -> tuple[Four, Four]:
    """Return the padding of a mean that counts, and what lies beyond it and does not."""
    (top, bottom, left, right), (down, along) = four_sides(op.padding), lacking(op, size)
    if not starts_inside(op):  # then the last window may leave padding out, too
        bottom, right = _plus(bottom, f"min({down}, 0)"), _plus(right, f"min({along}, 0)")
        down, along = f"max({down}, 0)", f"max({along}, 0)"
    return (top, bottom, left, right), (0, down, 0, along)


def is_lacking(draft: Draft) -> bool:
    """Does a file need the function `lacking`?"""
    layers = [plain(each) for block in draft.kinds() for each in block.layers.values()]
    pools = [each for each in layers if isinstance(each, ops.MaxPool2d)]
    return any(op.rounding == "ceil" and not starts_inside(op) for op in pools)


def by_hand(op: Any, *also: str) -> Callable[[Any], Any]:
    """Return what marks padding by hand as what carries an op's own, and its rounding."""
    names = ["padding"] if op.padding != 0 else []
    names += ["rounding"] if getattr(op, "rounding", "floor") == "ceil" else []
    return lambda around: carrying(around, *names, *also, rule="before")


def conv_padding(
    op: ops.Conv2d, site: FunctionSite, padded: Any, explicit: bool, name: str | None = None
) -> tuple[Body, str, Any]:
    """Return the statements that pad, the value to convolve, and the convolution's own padding.

    `padded` is the input with zeros around, an expression. `explicit`: SAME may not be used.
    name: of the padding, where it has one.
    """
    (x,) = site.inputs
    if op.padding == ops.SAME:
        same = carrying(SAME, "padding")
        return ([], x, same) if says_same(op) else ([pad_same(op, site, name)], site.output, None)
    if op.padding == 0:
        return [], x, None
    fits = None if explicit else _fits_same(op)
    if fits is None:
        return [site.gives(padded)], site.output, None
    if not fits:
        return [], x, carrying(SAME, "padding")
    padding = site.locals.name("padding")
    argument = carrying(padding, "padding", rule="choice")
    why = Comment('where "same" would pad unevenly, pad by hand')
    chosen = Assign((padding,), Choice(SAME, " and ".join(fits), '"valid"'))
    by_hand = f'{padding} == "valid"' + (f" and {_more_than_one(op)}" if _is_open(op) else "")
    if x == site.output:
        return [why, chosen, If(by_hand, body=(site.gives(padded),))], x, argument
    return [why, chosen, site.gives(Choice(padded, by_hand, x))], site.output, argument


def _is_open(op: ops.Conv2d) -> bool:
    """Is the size of the kernel an argument?"""
    return isinstance(op.kernel_size, str)


def _more_than_one(op: ops.Conv2d) -> str:
    return spliced("size > 1", size=op.kernel_size)


def _fits_same(op: ops.Conv2d) -> list[str] | None:
    """Return the conditions, all of them, on which SAME pads as stated; None where none are known.

    Without arguments in its fields there is nothing to ask.
    """
    fields = (op.kernel_size, op.padding, op.dilation)
    if not names_in(fields):
        still = op if not isinstance(op.stride, str) else replace(op, stride=1)
        if names_in(still.stride) or not is_same(still):
            return None
        return [] if still is op else [spliced("size == 1", size=op.stride)]
    half = _is_open(op) and op.padding == spliced("size // 2", size=op.kernel_size)
    if not half or op.dilation != 1 or isinstance(op.stride, tuple):
        return None
    odd = spliced("size % 2 == 1", size=op.kernel_size)
    if isinstance(op.stride, str):
        return [spliced("size == 1", size=op.stride), odd]
    return [odd] if op.stride == 1 else None

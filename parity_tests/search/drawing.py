"""Random specifications: hypothesis draws small valid networks over all ops and wirings."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from common import ops
from common.errors import SpecificationError
from common.network import Network
from common.networks.blocks import CONV_BN
from common.ops import Op, Shape
from common.spec import Block, Layer, Parallel, Use, When, chain

GATE = Block(
    "gate",
    "channels, hidden",
    inputs={"x": "channels"},
    layers={
        "squeeze": ops.GlobalAvgPool2d(),
        "reduce": ops.Dense("hidden"),
        "act": ops.SiLU(),
        "expand": ops.Dense("channels"),
        "sigmoid": ops.Sigmoid(),
        "scale": ops.Scale(),
    },
    wiring="""
        g = squeeze(x)
        g = reduce(g)
        g = act(g)
        g = expand(g)
        g = sigmoid(g)
        x = scale(x, g)
    """,
)
RESIDUAL = Block(
    "residual",
    "out_channels, stride=1, project=False",
    layers={
        "first": CONV_BN("out_channels", 3, stride="stride"),
        "second": CONV_BN("out_channels", 3, relu=False),
        "shortcut": When(CONV_BN("out_channels", 1, stride="stride", relu=False), "project"),
        "add": ops.Add(),
        "relu": ops.ReLU(),
    },
    wiring="""
        out = first(x)
        out = second(out)
        x = shortcut(x)
        x = add(out, x)
        x = relu(x)
    """,
)
STREAMS = Block(
    "streams",
    "out_channels",
    inputs=("left", "right"),
    layers={
        "own": ops.Conv2d("out_channels", 3, padding=1),
        "cross": ops.Conv2d("out_channels", 1, bias=False),
        "bn": ops.BatchNorm(),
        "merge": ops.Add(),
        "never": ops.Conv2d("out_channels", 1),
    },
    wiring="""
        across = cross(right)
        kept = own(left)
        left = merge(kept, across)
        left = bn(left)
        right = cross(right)
    """,
    outputs=("left", "right"),
    unused={"never": "left"},
)


class _Drawing:
    """Draws one network: layers and wiring of its root, step by step."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw
        self.layers: dict[str, Layer] = {}
        self.wiring: list[str] = []
        self.shape: Shape = (self._int(1, 4), self._int(4, 9), self._int(4, 9))
        self.input_shape = self.shape

    def use(self, draw: Any) -> None:
        """Draw by this from now on."""
        self._draw = draw

    def _int(self, least: int, most: int) -> int:
        return int(self._draw(st.integers(least, most)))

    def _of(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def _pair(self, least: int, most: int) -> Any:
        return (
            (self._int(least, most), self._int(least, most))
            if self._of(0, 1)
            else (self._int(least, most))
        )

    def step(self) -> None:
        """Add one layer, or a few that belong together."""
        kinds = ["op", "op", "op", "block", "branch", "parallel", "chain", "shared", "streams"]
        kind = self._of(*kinds) if len(self.shape) == 3 else "vector"
        getattr(self, f"_{kind}")()

    def finish(self) -> None:
        """End in a vector, or leave the map as the output."""
        if len(self.shape) == 3 and self._of(0, 1):
            self._add(self._of(ops.GlobalAvgPool2d(), ops.Flatten("CHW"), ops.Flatten("HWC")))
        if len(self.shape) == 1:
            self._add(ops.Dense(self._int(1, 5), self._of(True, False)))

    def _name(self, stem: str) -> str:
        taken = sum(name.rstrip("0123456789") == stem for name in self.layers)
        return f"{stem}{taken + 1}"

    def _add(self, layer: Layer, value: str = "x", result: str = "x", stem: str = "") -> str:
        name = self._name(
            stem or (layer.symbol.replace("2d", "") if isinstance(layer, Op) else "block")
        )
        self.layers[name] = layer
        self.wiring.append(f"{result} = {name}({value})")
        if isinstance(layer, Op) and value == result == "x":
            self.shape = layer.output(self.shape)
        return name

    def _vector(self) -> None:
        choices = [ops.Dense(self._int(2, 5)), ops.ReLU(), ops.Sigmoid(), ops.SiLU(), ops.Dropout()]
        choices += [ops.Softmax()] if self.shape[0] > 1 else []
        self._add(self._of(*choices))

    def _op(self) -> None:
        try:
            op = getattr(self, f"_draw_{self._of(*_DRAWN)}")()
            if min(op.output(self.shape)) < 1:
                return
        except SpecificationError:
            return  # too large a kernel for this map: draw on
        self._add(op)

    def _padding(self, most: int) -> Any:
        uneven = (
            (self._int(0, most), self._int(0, most)),
            (self._int(0, most), self._int(0, most)),
        )
        return self._of(0, self._int(0, most), (self._int(0, most), self._int(0, most)), uneven)

    def _padding_or_same(self, most: int) -> Any:
        return self._of(self._padding(most), self._padding(most), ops.SAME)

    def _draw_conv(self) -> Op:
        groups = self._of(*[g for g in (1, 1, 2, 3, self.shape[0]) if self.shape[0] % g == 0])
        return ops.Conv2d(
            groups * self._int(1, 3),
            self._pair(1, 3),
            stride=self._pair(1, 2),
            padding=self._padding_or_same(2),
            dilation=self._pair(1, 2),
            groups=groups,
            bias=self._of(True, False),
        )

    def _draw_depthwise(self) -> Op:
        return ops.DepthwiseConv2d(
            self._pair(1, 3),
            stride=self._pair(1, 2),
            padding=self._padding_or_same(1),
            dilation=self._of(1, 1, 2),
            bias=self._of(True, False),
            out_channels=self._int(1, 2),
        )

    def _pool(self) -> dict[str, Any]:
        rounding = self._of("floor", "ceil")
        padding = self._of(0, 1) if rounding == "ceil" else self._padding_or_same(1)
        return {"stride": self._pair(1, 3), "padding": padding, "rounding": rounding}

    def _draw_max_pool(self) -> Op:
        return ops.MaxPool2d(self._pair(2, 3), **self._pool())

    def _draw_avg_pool(self) -> Op:
        counted = self._of(True, False)
        return ops.AvgPool2d(self._pair(2, 3), **self._pool(), count_include_pad=counted)

    def _draw_batch_norm(self) -> Op:
        return ops.BatchNorm(self._of(1e-5, 1e-4, 1e-3), self._of(0.9, 0.99, 0.5))

    def _draw_simple(self) -> Op:
        simple = [ops.ReLU(), ops.ReLU6(), ops.SiLU(), ops.Sigmoid(), ops.Identity(), ops.Dropout()]
        return self._of(*simple, *([ops.Softmax()] if self.shape[0] > 1 else []))  # type: ignore[no-any-return]

    def _draw_adaptive(self) -> Op:
        return ops.AdaptiveAvgPool2d((self._int(1, self.shape[1]), self._int(1, self.shape[2])))

    def _draw_channel_pad(self) -> Op:
        return ops.ChannelPad(self._int(0, 2), self._int(0, 2))

    def _draw_zero_pad(self) -> Op:
        return ops.ZeroPad2d(self._padding(2))

    def _block(self) -> None:
        channels, stride = self._int(1, 4), self._of(1, 1, 2)
        project = stride > 1 or channels != self.shape[0] or self._of(True, False)
        if self._of(0, 1):
            self._use(GATE(self.shape[0], channels), self.shape)
        else:
            self._use(RESIDUAL(channels, stride, project), self._conved(channels, stride))

    def _conved(self, channels: int, stride: int) -> Shape:
        return channels, -(-self.shape[1] // stride), -(-self.shape[2] // stride)

    def _use(self, layer: Layer, shape: Shape) -> None:
        self._add(layer)
        self.shape = shape

    def _branch(self) -> None:
        channels = self.shape[0]
        self._add(ops.Conv2d(channels, 3, padding=1), "x", "y")
        merge = self._of(ops.Add(), ops.Concat())
        self._add(merge, "x, y" if self._of(0, 1) else "y, x", "x")
        self.shape = merge.output(self.shape, self.shape)

    def _parallel(self) -> None:
        channels, count = self._int(1, 2), self._int(2, 3)
        merge = self._of("sum", "concat")
        self._use(
            Parallel(CONV_BN(channels, 3, relu=self._of(True, False)), count, merge),
            (channels if merge == "sum" else channels * count, *self.shape[1:]),
        )

    def _chain(self) -> None:
        channels, stride = self._int(1, 3), self._of(1, 2)
        first = RESIDUAL(channels, stride, True)
        self._use(
            chain(first, (RESIDUAL(channels), self._int(1, 3))), self._conved(channels, stride)
        )

    def _shared(self) -> None:
        layer: Use | Op = self._of(
            ops.Conv2d(self.shape[0], 3, padding=1), CONV_BN(self.shape[0], 3), ops.BatchNorm()
        )
        name = self._add(layer, "x", "x", "shared")
        self.wiring.append(f"x = {name}(x)")

    def _streams(self) -> None:
        channels = self._int(1, 3)
        name = self._name("streams")
        self.layers[name] = STREAMS(channels)
        self.wiring += [f"x, y = {name}(x, x)"]
        self.shape = (channels, *self.shape[1:])
        self._add(ops.Concat(), "x, y", "x")
        self.shape = (2 * channels, *self.shape[1:])


_DRAWN = (
    "conv", "conv", "depthwise", "max_pool", "avg_pool", "batch_norm", "simple", "simple",
    "adaptive", "channel_pad", "zero_pad",
)  # fmt: skip


@st.composite
def _steps(draw: Any, drawing: _Drawing) -> bool:
    """Draw a step, and whether another follows: together, so that shrinking drops both."""
    drawing.use(draw)
    drawing.step()
    return bool(draw(st.integers(0, 5)))  # 0 ends, and is what choices shrink to


@st.composite
def networks(draw: Any) -> Network:
    """Draw a valid network of one to seven steps."""
    drawing = _Drawing(draw)
    for _ in range(6):
        if not draw(_steps(drawing)):
            break
    drawing.use(draw)
    drawing.finish()
    if not drawing.wiring:
        drawing.layers["relu"] = ops.ReLU()
        drawing.wiring.append("x = relu(x)")
    root = Block("network", layers=drawing.layers, wiring=drawing.wiring, outputs=("x",))
    return Network("random", root, drawing.input_shape, title="A random network")

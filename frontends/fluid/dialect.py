"""Fluid 1.8's dialect: layers of a static Program, channels first."""

from __future__ import annotations

import re
from typing import Any

from common import ops
from common.expressions import literal
from common.network import Network
from common.ops import Op, Shape
from common.wiring import Call
from frontends.fluid.naming import naming_of
from frontends.paddle.dialect import extended, padding_of, rounds_alike, says_same
from frontends.writing.class_ops import four_sides
from frontends.writing.dialect import Site
from frontends.writing.draft import Draft, Source, batched, constant
from frontends.writing.functions import write
from frontends.writing.naming import Naming
from frontends.writing.padding import Bound
from frontends.writing.text import EmitError, invoke, unless

UNNAMED = (ops.Identity, ops.ChannelPad, ops.Flatten)  # steps that have a name in no dialect
REPEATED = "# with the parameters of the call before, since they bear the same names"
ZEROS = "fluid.initializer.Constant(0.0)"  # the residual branch starts at zero
LARGEST_EPSILON = 0.0010000000474974513  # 0.001 in float32: batch_norm_op.cc refuses a larger one


class FluidDialect:
    name = "fluid"
    framework = "Paddle Fluid 1.8"
    fstrings = False
    threads_training = False  # program.clone(for_test=True) turns a Program to evaluation

    def says_same(self, op: Op, bound: Bound) -> bool:
        return says_same(op, bound)

    def imports(self, draft: Draft) -> list[str]:
        parametric = [s for s in draft.elaboration.steps if s.op.parameters(s.inputs[0])]
        attributes = ["from paddle.fluid import ParamAttr"] if parametric else []
        return ["import numpy as np", "import paddle.fluid as fluid", *attributes]

    def naming(self, network: Network) -> Naming:
        return naming_of(network)

    def helpers(self, draft: Draft) -> list[str]:
        return []

    def fused(self, line: str, op: Op, when: Any) -> str | None:
        activation = _ACTIVATIONS.get(type(op))
        taking = _TAKES_ACTIVATION.match(line)
        if activation is None or taking is None:
            return None
        if isinstance(op, ops.Softmax) and taking[1] != "fc":  # act is over the last axis
            return None
        flag = "" if when is None else f" if {literal(when)} else None"
        return f'{line.removesuffix(")")}, act="{activation}"{flag})'

    def needs_name(self, op: Op) -> bool:
        return type(op) not in UNNAMED

    def op(self, op: Op, site: Site, inputs: list[str], output: str) -> list[str]:
        """Return the lines that set `output`."""
        if type(op) in _LAYERS:
            layer, named = _LAYERS[type(op)]
            return [f"{output} = {_layer(layer, *inputs, **named, name=site.path())}"]
        return getattr(self, f"_{op.symbol}")(op, site, inputs, output)  # type: ignore[no-any-return]

    def merged(self, merge: str, paths: str, site: Site) -> str:
        if merge == "sum":
            return _layer("sums", paths)
        return _layer("concat", paths, axis=1, name=site.path())

    def shared(
        self, site: Site, call: Call, first: bool, lines: list[str], standalone: list[str]
    ) -> list[str] | None:
        shares = any(op.parameters(s) for op, s in site.bound()) if not standalone else True
        return lines if first or not shares else [REPEATED, *lines]

    def root_inputs(self, draft: Draft) -> list[str]:
        return list(draft.root.inputs)

    def open_root(self, draft: Draft) -> list[str]:
        return []

    def close_root(self, draft: Draft, value: str) -> str:
        return value

    def batched(self, shape: Shape) -> str:
        return batched(shape)

    def demo(self, draft: Draft, entry: str) -> list[str]:
        shape = draft.network.input_shape
        (value,) = draft.root.inputs
        lines = [
            f'{value} = fluid.data("{value}", {_listed(["None", *shape])}, "float32")',
            f"output = {entry}({value})",
            "program = fluid.default_main_program().clone(for_test=True)",
            "executor = fluid.Executor(fluid.CPUPlace())",
            "executor.run(fluid.default_startup_program())",
            f'feed = {{"{value}": np.zeros({literal((1, *shape))}, "float32")}}',
            "print(executor.run(program, feed=feed, fetch_list=[output])[0].shape)",
        ]
        return ['if __name__ == "__main__":', *(f"    {line}" for line in lines)]

    def _conv2d(self, op: ops.Conv2d, site: Site, inputs: list[str], output: str) -> list[str]:
        (x,) = inputs
        filters, groups = op.out_channels, op.groups
        if isinstance(op, ops.DepthwiseConv2d):
            groups = f"{x}.shape[1]"
            filters = groups if op.out_channels == 1 else f"{groups} * {_factor(op.out_channels)}"
        layer = _layer(
            "conv2d",
            x,
            num_filters=filters,
            filter_size=op.kernel_size,
            stride=unless(op.stride, 1),
            padding=unless(padding_of(op.padding), 0),
            dilation=unless(op.dilation, 1),
            groups=unless(groups, 1),
            param_attr=_attribute(site, "kernel"),
            bias_attr=_bias(op.bias, site),
        )
        return [f"{output} = {layer}"]

    _depthwise_conv2d = _conv2d

    def _batch_norm(
        self, op: ops.BatchNorm, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        if any(o.epsilon > LARGEST_EPSILON for o, _ in site.bound()):
            raise EmitError(
                f"block {site.block.kind}, layer {site.layer}: epsilon {op.epsilon}; "
                "Fluid takes at most 0.001"
            )
        layer = _layer(
            "batch_norm",
            *inputs,
            momentum=op.momentum,
            epsilon=op.epsilon,
            param_attr=_attribute(site, "gamma", ZEROS if op.zero_gamma else None),
            bias_attr=_attribute(site, "beta"),
            moving_mean_name=site.path(".mean"),
            moving_variance_name=site.path(".variance"),
        )
        return [f"{output} = {layer}"]

    def _dense(self, op: ops.Dense, site: Site, inputs: list[str], output: str) -> list[str]:
        layer = _layer(
            "fc",
            *inputs,
            size=op.out_features,
            param_attr=_attribute(site, "kernel"),
            bias_attr=_bias(op.bias, site),
        )
        return [f"{output} = {layer}"]

    def _max_pool2d(
        self, op: ops.MaxPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        (x,), bound = inputs, site.bound()
        if op.padding == ops.SAME:
            return [f"{output} = {_pool(op, site, x, op.padding, False)}"]
        counted = isinstance(op, ops.AvgPool2d) and op.count_include_pad is True
        counted = counted and any(side != 0 for side in four_sides(op.padding))
        native = all(rounds_alike(o, s) for o, s in bound)
        if op.rounding == "floor" or (native and not counted):
            return [f"{output} = {_pool(op, site, x, op.padding, counted)}"]
        over = constant((o.overhang(s) for o, s in bound), f"{site.layer}: the last window")
        if not counted:
            return [f"{output} = {_pool(op, site, x, extended(op.padding, over), False)}"]
        lacking = ((0, over[0]), (0, over[1]))
        return [
            "# only the declared padding counts, not what the last window lacks",
            f"{output} = {_layer('pad2d', x, list(four_sides(op.padding)))}",
            f"{output} = {_pool(op, site, output, lacking, False)}",
        ]

    _avg_pool2d = _max_pool2d

    def _adaptive_avg_pool2d(
        self, op: ops.AdaptiveAvgPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        size = op.output_size
        pool = _layer("adaptive_pool2d", *inputs, size, pool_type='"avg"', name=site.path())
        return [f"{output} = {pool}"]

    def _flatten(self, op: ops.Flatten, site: Site, inputs: list[str], output: str) -> list[str]:
        (x,) = inputs
        if op.order == "CHW":
            return [f"{output} = {_layer('flatten', x)}"]
        return [
            f"{output} = {_layer('transpose', x, [0, 2, 3, 1])}",
            f"{output} = {_layer('flatten', output)}",
        ]

    def _concat(self, op: ops.Concat, site: Site, inputs: list[str], output: str) -> list[str]:
        return [f"{output} = {self.merged('concat', _listed(inputs), site)}"]

    def _add(self, op: ops.Add, site: Site, inputs: list[str], output: str) -> list[str]:
        if len(inputs) > 2:
            return [f"{output} = {self.merged('sum', _listed(inputs), site)}"]
        return [f"{output} = {_layer('elementwise_add', *inputs, name=site.path())}"]

    def _channel_pad(
        self, op: ops.ChannelPad, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        around = [0, 0, op.before, op.after, 0, 0, 0, 0]
        return [f"{output} = {_layer('pad', *inputs, around)}"]

    def _zero_pad2d(
        self, op: ops.ZeroPad2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        around = list(four_sides(op.padding))
        return [f"{output} = {_layer('pad2d', *inputs, around, name=site.path())}"]

    def _dropout(self, op: ops.Dropout, site: Site, inputs: list[str], output: str) -> list[str]:
        scaling = '"upscale_in_train"'
        layer = _layer(
            "dropout", *inputs, op.rate, dropout_implementation=scaling, name=site.path()
        )
        return [f"{output} = {layer}"]

    def _identity(self, op: ops.Identity, site: Site, inputs: list[str], output: str) -> list[str]:
        return [f"{output} = {_layer('assign', *inputs)}"]


_LAYERS: dict[type[Op], tuple[str, dict[str, Any]]] = {
    ops.ReLU: ("relu", {}),
    ops.ReLU6: ("relu6", {}),
    ops.SiLU: ("swish", {}),
    ops.Sigmoid: ("sigmoid", {}),
    ops.Softmax: ("softmax", {"axis": 1}),
    ops.GlobalAvgPool2d: ("reduce_mean", {"dim": "[2, 3]"}),
    ops.Scale: ("elementwise_mul", {"axis": 0}),
}


_ACTIVATIONS = {
    ops.ReLU: "relu",
    ops.ReLU6: "relu6",
    ops.SiLU: "swish",
    ops.Sigmoid: "sigmoid",
    ops.Softmax: "softmax",
}
_TAKES_ACTIVATION = re.compile(
    r"\w+ = fluid\.layers\.(conv2d|batch_norm|fc|elementwise_add|elementwise_mul)\(.*\)$"
)


def _layer(layer: str, /, *positional: Any, **named: Any) -> str:
    values = [_listed(v) if isinstance(v, list) else v for v in positional]
    return invoke(f"fluid.layers.{layer}", *values, **named)


def _listed(values: list[Any]) -> str:
    return f"[{', '.join(map(literal, values))}]"


def _factor(size: Any) -> str:
    return f"({size})" if isinstance(size, str) and not size.isidentifier() else literal(size)


def _attribute(site: Site, parameter: str, initializer: str | None = None) -> str:
    return invoke("ParamAttr", site.path(f".{parameter}"), initializer=initializer)


def _bias(flag: Any, site: Site) -> Any:
    """Return what `bias_attr` takes: a named parameter, False for none, or a choice of them."""
    named = _attribute(site, "bias")
    if isinstance(flag, str):
        return f"{named} if {flag} else False"
    return named if flag else False


def _pool(op: ops.MaxPool2d, site: Site, x: str, padding: Any, counted: bool) -> str:
    average = isinstance(op, ops.AvgPool2d)
    ceil = op.rounding == "ceil" and padding is op.padding
    return _layer(
        "pool2d",
        x,
        pool_size=op.kernel_size,
        pool_type='"avg"' if average else '"max"',
        pool_stride=unless(op.stride, 1),
        pool_padding=unless(padding_of(padding), 0),
        ceil_mode=unless(ceil, False),
        exclusive=False if counted else None,
        name=site.path(),
    )


def emit(network: Network, taps: bool = False) -> Source:
    """Return the network as a Fluid file: a function that adds it to the default Program."""
    return write(network, FluidDialect(), taps)

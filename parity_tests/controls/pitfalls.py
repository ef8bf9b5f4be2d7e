"""The pitfalls that are planted: what goes wrong, in each panel, and where it must be found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from common.network import Network
from frontends.ladder.subjects import Fault
from parity_tests.cases import small
from parity_tests.controls.planted import (
    BIASED_TORCH,
    COARSE_KERAS,
    COARSE_PADDLE,
    COARSE_TORCH,
    MODE_KERAS,
    SWAPPED_KERAS,
    TRANSPOSED_KERAS,
    UNBIASED_KERAS,
    UNBIASED_PADDLE,
)

Edits = tuple[tuple[str, str], ...]  # (pattern, replacement) pairs, applied in turn
EVAL, TRAIN = "forward, eval", "forward, batch statistics"
STATISTICS, FLOAT32 = "running statistics", "rounding, forward (eval)"


@dataclass(frozen=True)
class Pitfall:
    """One mistake. `divergence` is what frameworks disagree on; `rung` is the first that fails,
    and its note names `where`."""

    name: str
    divergence: str
    rung: str
    where: str
    edits: dict[str, Edits]
    network: Callable[[], Network] = small.pitfalls


def plant(edits: Edits) -> Fault:
    """Return the function that changes a written text; twins without the place get a remark."""

    def change(text: str) -> str:
        for pattern, replacement in edits:
            text = re.sub(pattern, replacement, text)
        return text + "# planted\n"

    return change


def _with(helper: str) -> tuple[str, str]:
    """Return the edit that adds helpers at the end: functions find them when they run."""
    return r"\n(?=if __name__)", f"{helper.strip()}\n\n\n"


def _call(layer: str, replacement: str) -> tuple[str, str]:
    return rf"self\.{layer}\(x\)", replacement


PITFALLS = (
    Pitfall(
        "epsilon",
        "BN epsilon",
        EVAL,
        "step bn:",
        {
            "tensorflow": ((r"epsilon=[\d.e-]+", "epsilon=1e-3"),),
            "paddle": ((r"epsilon=[\d.e-]+", "epsilon=1e-3"),),
            "torch": ((r"eps=[\d.e-]+", "eps=1e-3"),),
        },
    ),
    Pitfall(
        "momentum",
        "BN momentum",
        STATISTICS,
        "bn.mean",
        {
            "tensorflow": ((r"momentum=[\d.e-]+", "momentum=0.1"),),
            "paddle": ((r"momentum=[\d.e-]+", "momentum=0.1"),),
            "torch": ((r"momentum=[\d.e-]+", "momentum=0.9"),),
        },
    ),
    Pitfall(
        "variance",
        "BN running variance",
        STATISTICS,
        "bn.variance",
        {
            "paddle": (_call("bn", "unbiased(self.bn, x)"), _with(UNBIASED_PADDLE)),
            "torch": (_call("bn", "biased(self.bn, x)"), _with(BIASED_TORCH)),
        },
    ),
    Pitfall(
        "training_at_eval",
        "train/eval flag",
        EVAL,
        "step bn:",
        {
            "tensorflow": (
                (r"layers\.BatchNormalization", "Changed"),
                _with(MODE_KERAS.format(True)),
            ),
            "paddle": (_call("bn", "(self.bn.train(), self.bn(x))[1]"),),
            "torch": (_call("bn", "self.bn.train()(x)"),),
        },
    ),
    Pitfall(
        "eval_in_training",
        "train/eval flag",
        TRAIN,
        "step bn:",
        {
            "tensorflow": (
                (r"layers\.BatchNormalization", "Changed"),
                _with(MODE_KERAS.format(False)),
            ),
            "paddle": (_call("bn", "(self.bn.eval(), self.bn(x))[1]"),),
            "torch": (_call("bn", "self.bn.eval()(x)"),),
        },
    ),
    Pitfall(
        "same_at_stride_2",
        "SAME padding at stride 2",
        EVAL,
        "step strided:",
        {
            "tensorflow": (
                (r".*ZeroPadding2D\(1\).*\n", ""),
                (r"strides=2, groups=2", 'strides=2, padding="same", groups=2'),
            ),
            "paddle": ((r"stride=2, padding=1, groups", 'stride=2, padding="SAME", groups'),),
            "torch": (
                (r"stride=2, padding=1, groups", "stride=2, groups"),
                _call("strided", "self.strided(F.pad(x, (0, 1, 0, 1)))"),
            ),
        },
    ),
    Pitfall(
        "padding_counted",
        "average pool",
        EVAL,
        "step mean:",
        {
            "tensorflow": ((r"\s*/ ops\.average_pool\(\s*counted, 2, strides=1\s*\)", ""),),
            "paddle": ((r"(?<=AvgPool2D\(2, stride=1, padding=1)", ", exclusive=False"),),
            "torch": ((r", count_include_pad=False", ""),),
        },
    ),
    Pitfall(
        "ceil_mode",
        "ceil_mode",
        "structure",
        "block tail has shape",
        {
            "tensorflow": ((r"\(0, 1\), \(0, 1\)", "(0, 0), (0, 0)"),),
            "paddle": ((r", ceil_mode=True", ""),),
            "torch": ((r", ceil_mode=True", ""),),
        },
        small.rounded,
    ),
    Pitfall(
        "zero_in_a_maximum",
        "max pool",
        EVAL,
        "step widest:",
        {
            "tensorflow": ((r'float\("-inf"\)', "0.0"),),
            "paddle": (
                _call("widest", "self.widest(nn.ZeroPad2D([1, 0, 1, 0])(x))"),
                (r", padding=\[1, 0, 1, 0\]", ""),
            ),
            "torch": ((r'float\("-inf"\)', "0.0"),),
        },
    ),
    Pitfall(
        "kernel_axes",
        "convolution kernels",
        EVAL,
        "step stem:",
        {
            "tensorflow": ((r"layers\.Conv2D(?=\(8, 3)", "Changed"), _with(SWAPPED_KERAS)),
            "paddle": (
                _call("stem", "F.conv2d(x, self.stem.weight.transpose([0, 1, 3, 2]), padding=1)"),
            ),
            "torch": (_call("stem", "F.conv2d(x, self.stem.weight.transpose(2, 3), padding=1)"),),
        },
    ),
    Pitfall(
        "transposed_square",
        "dense weights",
        EVAL,
        "step square:",
        {
            "tensorflow": (
                (r'layers\.Dense(?=\(8, name="square")', "Changed"),
                _with(TRANSPOSED_KERAS),
            ),
            "paddle": (_call("square", "F.linear(x, self.square.weight.T, self.square.bias)"),),
            "torch": (_call("square", "F.linear(x, self.square.weight.T, self.square.bias)"),),
        },
    ),
    Pitfall(
        "bias_not_added",
        "dense weights",
        EVAL,
        "step fc:",
        {
            "tensorflow": (
                (r'layers\.Dense(?=\(5, name="fc")', "Changed"),
                _with(UNBIASED_KERAS),
            ),
            "paddle": (_call("fc", "F.linear(x, self.fc.weight)"),),
            "torch": (_call("fc", "F.linear(x, self.fc.weight)"),),
        },
    ),
    Pitfall(
        "bias_not_declared",
        "dense weights",
        "stage weights",
        "fc.bias",
        {
            "tensorflow": ((r'Dense\(5, name="fc"', 'Dense(5, use_bias=False, name="fc"'),),
            "paddle": ((r"Linear\(8, 5\)", "Linear(8, 5, bias_attr=False)"),),
            "torch": ((r"Linear\(8, 5\)", "Linear(8, 5, bias=False)"),),
        },
    ),
    Pitfall(
        "flatten_order",
        "flatten",
        EVAL,
        "step flatten:",
        {
            "tensorflow": ((r".*layers\.Permute\(\(3, 1, 2\)\)\(x\)\n", ""),),
            "paddle": ((r"x\.flatten\(1\)", "x.transpose([0, 2, 3, 1]).flatten(1)"),),
            "torch": ((r"x\.flatten\(1\)", "x.permute(0, 2, 3, 1).flatten(1)"),),
        },
    ),
    Pitfall(
        "activated_twice",
        "activation in a layer call",
        EVAL,
        "step stem:",
        {
            "tensorflow": ((r'name="stem"', 'activation="relu", name="stem"'),),
            "paddle": (_call("stem", "F.relu(self.stem(x))"),),
            "torch": (_call("stem", "F.relu(self.stem(x))"),),
        },
    ),
    Pitfall(
        "relu_for_relu6",
        "activations",
        EVAL,
        "step relu6:",
        {
            "tensorflow": ((r'ReLU\(6, name="relu6"\)', 'ReLU(name="relu6")'),),
            "paddle": ((r"nn\.ReLU6\(\)", "nn.ReLU()"),),
            "torch": ((r"nn\.ReLU6\(\)", "nn.ReLU()"),),
        },
    ),
    Pitfall(
        "pad_on_one_side",
        "channel padding",
        EVAL,
        "step widen:",
        {
            "tensorflow": ((r"\(1, 1\)\)\)", "(2, 0)))"),),
            "paddle": ((r"\[0, 0, 1, 1,", "[0, 0, 2, 0,"),),
            "torch": ((r"\(0, 0, 0, 0, 1, 1\)", "(0, 0, 0, 0, 2, 0)"),),
        },
    ),
    Pitfall(
        "dilation_dropped",
        "convolution arguments",
        EVAL,
        "step dilated:",
        {
            "tensorflow": ((r", dilation_rate=2", ""),),
            "paddle": ((r"padding=2, dilation=2", "padding=1"),),
            "torch": ((r"padding=2, dilation=2", "padding=1"),),
        },
    ),
    Pitfall(
        "order_of_groups",
        "convolution arguments",
        EVAL,
        "step strided:",
        {
            "tensorflow": ((r"tf\.split\(kernel, self\.groups, -1\)", r"\g<0>[::-1]"),),
            "paddle": (_call("strided", "paddle.concat(self.strided(x).chunk(2, 1)[::-1], 1)"),),
            "torch": (_call("strided", "torch.cat(self.strided(x).chunk(2, 1)[::-1], 1)"),),
        },
    ),
    Pitfall(
        "tf32",
        "TF32 on GPU",
        FLOAT32,
        "step stem:",
        {
            "tensorflow": ((r"layers\.Conv2D(?=\(8, 3)", "Changed"), _with(COARSE_KERAS)),
            "paddle": (
                _call("stem", "F.conv2d(coarse(x), coarse(self.stem.weight), padding=1)"),
                _with(COARSE_PADDLE),
            ),
            "torch": (
                _call("stem", "F.conv2d(coarse(x), coarse(self.stem.weight), padding=1)"),
                _with(COARSE_TORCH),
            ),
        },
    ),
)

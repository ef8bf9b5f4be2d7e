"""The page of pitfalls, by symptom: what the ladder shows is from the record of what was planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reports.handbook.columns import SHORT
from reports.handbook.evidence import CONTROLS, ControlLine, Evidence
from reports.handbook.links import anchor
from reports.handbook.records import measured_on, read


class Pitfall(NamedTuple):
    """What goes wrong: its control, the symptom that a reader sees, what it is, and how to leave
    TensorFlow and how to come back without it."""

    control: str
    symptom: str
    what: str
    leaving: str
    joining: str


OTHER_OUTPUTS = "Outputs are of the right shape, and other numbers"
TRAINS_APART = "Losses part, although a first forward pass agrees"
EVALUATES_BADLY = "Training goes well, evaluation badly"
LOADS_BADLY = "A checkpoint loads, and results are wrong"
STARTS_APART = "Training starts slower, or not at all"
PITFALLS = (
    Pitfall("same_at_stride_2", OTHER_OUTPUTS, "`\"same\"` at stride 2 pads an even map by (0, 1); "
            "`padding=1` by (1, 1). Windows lie a cell apart.",
            "Pad by (0, 1) by hand: `F.pad(x, (0, 1, 0, 1))`, or `padding=\"SAME\"` in Fluid.",
            "`tf.pad` by 1 on each side, then `padding=\"valid\"`."),
    Pitfall("padding_counted", OTHER_OUTPUTS, "At the edge an average pool divides by all cells, or "
            "by those that are not padding.", "PyTorch: `count_include_pad=False`; Fluid and Paddle "
            "leave it out.", "Nothing: TensorFlow leaves it out."),
    Pitfall("largest_for_mean", OTHER_OUTPUTS, "`pool2d` of Fluid takes the maximum where nothing is said.", "`pool_type=\"avg\"`.", "A function of its own."),
    Pitfall("zero_in_a_maximum", OTHER_OUTPUTS, "Padded by hand with zeros, a max pool of negative "
            "values gives zeros.", "Let the pool pad.", "`tf.pad(…, constant_values=-inf)`."),
    Pitfall("ceil_mode", "A shape is off by one", "Pools round the shape down; some are told to "
            "round up.", "`ceil_mode=True`, where a pool of 2 had `padding=\"same\"`.",
            "`padding=\"same\"`, or a pad at the end."),
    Pitfall("flatten_order", LOADS_BADLY, "NHWC and NCHW flatten in other orders; the dense layer "
            "behind has learnt one of them.", "Transpose to NHWC before the flatten, or permute the "
            "rows of the weights.", "Transpose to NCHW before the flatten."),
    Pitfall("kernel_axes", LOADS_BADLY, "A square kernel fits with its axes swapped.",
            "`kernel.transpose(3, 2, 0, 1)`: HWIO to OIHW.", "`kernel.transpose(2, 3, 1, 0)`."),
    Pitfall("transposed_square", LOADS_BADLY, "A square dense matrix fits either way round.",
            "PyTorch has (out, in): transpose. Fluid and Paddle have TensorFlow's (in, out).",
            "Transpose what comes from PyTorch."),
    Pitfall("order_of_groups", LOADS_BADLY, "Which channels make a group: neighbours, or every "
            "n-th.", "Keep neighbours together.", "Keep neighbours together."),
    Pitfall("pad_on_one_side", OTHER_OUTPUTS, "A shortcut's channels are padded on both sides; on "
            "one side shapes agree, too.", "Count axes: PyTorch's `F.pad` begins with the last.",
            "`tf.pad` names every axis, in order."),
    Pitfall("activated_twice", OTHER_OUTPUTS, "`act=` on a convolution and on its batch norm.",
            "`act=` on the last of the two alone.", "One `tf.nn.relu`, behind the batch norm."),
    Pitfall("always_activated", OTHER_OUTPUTS, "The last convolution of a block has no activation; "
            "a helper with `act=\"relu\"` gives it one.", "Hand the activation on as an argument.",
            "Hand it on."),
    Pitfall("relu_for_relu6", OTHER_OUTPUTS, "ReLU where ReLU6 was: alike up to 6.",
            "`F.relu6`, `fluid.layers.relu6`.", "`tf.nn.relu6`."),
    Pitfall("dilation_dropped", OTHER_OUTPUTS, "Dilation has another name in each framework, and a "
            "default.", "`dilation=`.", "`dilation_rate=`."),
    Pitfall("bias_not_added", OTHER_OUTPUTS, "A bias that is loaded and not added.", "`F.linear(x, "
            "w, b)`.", "`use_bias=True`."),
    Pitfall("bias_not_declared", "A parameter is missing", "Biases are on by default everywhere; "
            "in Fluid and Paddle `bias_attr=False` takes them away.", "Leave `bias_attr` out.",
            "`use_bias=True`."),
    Pitfall("epsilon", OTHER_OUTPUTS, "Batch norm's epsilon, left out, is {bn_epsilon}.",
            "Write it: `epsilon=1e-3`, in PyTorch `eps=1e-3`.", "`epsilon=1e-5`."),
    Pitfall("momentum", EVALUATES_BADLY, "Batch norm's momentum weighs the old average, in PyTorch "
            "the new value; left out, the old one weighs {bn_momentum}.", "0.99 is PyTorch's "
            "`momentum=0.01`.", "PyTorch's 0.1 is 0.9."),
    Pitfall("variance", EVALUATES_BADLY, "The running variance of pictures is {bn_variance}.",
            "With batches of a few values a channel, scale by (n − 1) / n.", "By n / (n − 1)."),
    Pitfall("training_at_eval", EVALUATES_BADLY, "Batch norm takes the batch's statistics at "
            "evaluation.", "`clone(for_test=True)`; `.eval()`.", "`training=False`."),
    Pitfall("eval_in_training", TRAINS_APART, "Batch norm takes its running statistics in training.",
            "`is_test=False`; `.train()`.", "`training=True`."),
    Pitfall("statistics that do not move", EVALUATES_BADLY, "Running averages stay at 0 and 1.",
            "Nothing: they move by themselves.", "`tf.control_dependencies` on `UPDATE_OPS`."),
    Pitfall("evaluation while training", TRAINS_APART, "A flag that is left on evaluation, or a test "
            "program that is run in place of the one that trains.", "Run the program, not its clone; "
            "`.train()` after each evaluation.", "Two calls with `reuse=True`, one with `training=False`."),
    Pitfall("double softmax", TRAINS_APART, "Cross-entropy takes {cross_entropy_takes}: a softmax "
            "before one that takes logits acts twice, and training goes on, slowly.",
            "Fluid: `softmax_with_cross_entropy` on logits, or `cross_entropy` on probabilities.",
            "`…_with_logits` on logits; Keras `from_logits=True`."),
    Pitfall("loss summed", TRAINS_APART, "A batch's losses are reduced to {cross_entropy_reduction}; "
            "a sum is as large as the batch.", "`fluid.layers.mean` behind it.", "`tf.reduce_mean`."),
    Pitfall("epsilon at another place", TRAINS_APART, "Adam's epsilon beside the corrected or the "
            "uncorrected root: a vanishing gradient is first divided by {adam_denominator}.",
            "TensorFlow's epsilon, divided by √(1 − β₂ᵗ) at each step: a formula of one's own.",
            "Times it."),
    Pitfall("L2 in the loss and on the gradient", TRAINS_APART, "L2's gradient, in λw, is {sgd_l2}; "
            "in the loss and in the optimizer it acts twice.", "`tf.nn.l2_loss` is ½Σw²: as "
            "`L2Decay` of the same factor.", "Keras: half the factor."),
    Pitfall("L2 on batch normalization, too", TRAINS_APART, "Fluid's `regularization` acts on every "
            "parameter, gamma and beta, too.", "`ParamAttr(regularizer=…)` on kernels alone.",
            "Sum over `kernel` in the name."),
    Pitfall("L2 decoupled", TRAINS_APART, "AdamW's decay is no gradient.", "`weight_decay` of Adam "
            "for L2, AdamW for decay.", "The same."),
    Pitfall("rate within the velocity", TRAINS_APART, "Keras keeps the rate in the velocity: alike "
            "until the rate drops.", "Nothing to do.", "An optimizer of one's own."),
    Pitfall("Nesterov forgotten", TRAINS_APART, "A flag with a default.", "`use_nesterov=True`.",
            "`use_nesterov=True`, Keras `nesterov=True`."),
    Pitfall("smoothing over the other classes", TRAINS_APART, "Label smoothing spreads over all "
            "classes, or over the others.", "`label_smooth` spreads over all.", "`label_smoothing` "
            "does, too."),
    Pitfall("clipped tensor by tensor", TRAINS_APART, "Gradients are clipped by the norm of all, or "
            "each by its own.", "`GradientClipByGlobalNorm`.", "`tf.clip_by_global_norm`."),
    Pitfall("what is frozen trains", TRAINS_APART, "A frozen part that the optimizer still has.",
            "`stop_gradient`, and a parameter list.", "`var_list`."),
    Pitfall("the rate drops an epoch late", TRAINS_APART, "Boundaries count epochs from 0 or 1, or "
            "steps.", "`piecewise_decay` counts steps, and drops at its boundary: `tf.train.piecewise_constant` "
            "drops one step later.", "`piecewise_constant`: a boundary less by one."),
    Pitfall("fan", STARTS_APART, "Fan in or fan out.", "`MSRA` takes fan in.", "`mode=\"fan_in\"`."),
    Pitfall("gain", STARTS_APART, "A fresh 3×3 kernel, 64 to 64, has a deviation of {conv_kernel}.",
            "Write the initializer.", "`variance_scaling_initializer(2.0)`."),
    Pitfall("distribution", STARTS_APART, "Normal, truncated or uniform, of one deviation.",
            "`MSRA(uniform=False)`.", "`\"untruncated_normal\"`."),
    Pitfall("bias_of_zeros", STARTS_APART, "A fresh bias of a convolution has a deviation of "
            "{conv_bias}.", "PyTorch: `nn.init.zeros_`.", "Nothing: zeros."),
    Pitfall("bias_of_its_own", STARTS_APART, "Biases that start elsewhere than the specification "
            "says.", "`bias_attr=ParamAttr(initializer=…)`.", "`bias_initializer=`."),
    Pitfall("gamma", STARTS_APART, "A gamma of zero at the end of a block is in the zoo, not in "
            "the layer.", "Write it.", "`gamma_initializer=`."),
    Pitfall("one_initializer_for_all", STARTS_APART, "One seeded initializer for many kernels gives "
            "them the same values.", "No seed in the initializer.", "One initializer a layer."),
    Pitfall("tf32", OTHER_OUTPUTS, "On GPUs, matrix products may have 10 bits for a factor.",
            "Turn it off to compare.", "The same."),
)  # fmt: skip
PAGE = """# Pitfalls, by symptom

Each of these was planted into one panel of a network that was the same in all, and
[the ladder of checks](README.md#words) was asked. What it said first, and whom it accused, is below; {count} mistakes, none unseen. What {costed}
of them cost in accuracy was measured, too, on MNIST with a small network: trained so from scratch, and
with the right network's trained weights carried over into the wrong one: points of accuracy below the right
network of the same random seed, means over seeds with 95 % intervals where there are at least three; “not
shown” where the interval includes zero, or there is none ([the experiment](../{experiment}.md)). What ends in
an error is under [error messages](errors.md).

{measured}

| symptom | pitfalls |
| --- | --- |
{symptoms}

{parts}
This page is written by `triptych report handbook` from [`{record}`](../{record}), which `python -m
parity_tests.controls.recording` writes; tests plant every mistake in every panel.
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    from reports.handbook import costs  # with it comes what draws experiments: matplotlib

    record = read(evidence.reports / CONTROLS, ControlLine)
    found = costs.read_costs(evidence.reports)
    lines = {line["control"]: line for line in record.lines}
    shown = [each for each in PITFALLS if each.control in lines]
    by_symptom: dict[str, list[Pitfall]] = {}
    for each in shown:
        by_symptom.setdefault(each.symptom, []).append(each)
    ordered = [each for group in by_symptom.values() for each in group]
    return PAGE.format(
        count=len(shown),
        costed=sum(each.control in found for each in shown),
        experiment=costs.STEM,
        measured=measured_on(record.header),
        symptoms="\n".join(_symptom(name, own) for name, own in by_symptom.items()),
        parts="\n".join(
            _part(e, lines[e.control], evidence, costs.words(e.control, found)) for e in ordered
        ),
        record=CONTROLS,
    )


def _symptom(name: str, own: Sequence[Pitfall]) -> str:
    links = ", ".join(f"[{_title(each)}](#{anchor(each.control)})" for each in own)
    return f"| {name} | {links} |"


def _title(each: Pitfall) -> str:
    return each.control.replace("_", " ")


def _part(each: Pitfall, line: Mapping[str, Any], evidence: Evidence, cost: str) -> str:
    worst = f", {line['worst']:.1e} against a bound of {line['bound']:.1e}" if _has(line) else ""
    accused = ", ".join(SHORT.get(name, name) for name in line["accused"])
    return (
        f"## {each.control}\n\n**{each.symptom}.** {evidence.filled(each.what)}\n\n"
        f"- **The ladder**: rung *{line['rung']}* fails first{worst}: {_code(line['note'])} "
        f"Accused: {accused or 'none'}.\n- **Cost**: {cost}\n"
        f"- **From TensorFlow**: {each.leaving}\n- **To TensorFlow**: {each.joining}\n\n"
        f"<details><summary>As it was planted in {SHORT[line['panel']]}</summary>\n\n"
        f"```diff\n{line['text']}\n```\n\n</details>\n"
    )


def _has(line: Mapping[str, Any]) -> bool:
    return "worst" in line and "bound" in line


def _code(note: str) -> str:
    return f"`{note[:240]}`" if note else ""

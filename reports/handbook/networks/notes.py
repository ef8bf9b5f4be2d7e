"""What to mind at a step: claims, each with the probes, controls or rows that prove it.

An evidence is "probe:NAME" (data/handbook/defaults.jsonl), "control:NAME" (a planted mistake,
data/handbook/controls.jsonl), "row:NUMBER" (data/handbook/official_table.jsonl) or "case:NAME" (the
snippets of a concept, data/handbook/concepts.jsonl). A note whose
evidence is not recorded does not appear, and a test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.ops import SAME, Op
from common.recipes.recipe import Recipe

SILENT, LOUD, LOOKS = "silent", "loud", "looks"
KINDS = {
    SILENT: "runs, and gives other numbers",
    LOUD: "an error will tell you",
    LOOKS: "only looks different",
}
TF, NCHW = ("tensorflow1", "tensorflow"), ("fluid", "paddle", "torch")
TF1, FLUID, PADDLE, KERAS, TORCH = ("tensorflow1",), ("fluid",), ("paddle",), ("tensorflow",), (
    "torch",)  # fmt: skip
Group = tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """One thing to mind. It is of interest where each group of `between` has a column on screen.

    text: Markdown; {probe} stands for what the panels do by default. evidence: see above. page: a
    page of the handbook that says more. needs: of an op of the step, or of the task's recipe,
    whether it concerns it.
    """

    kind: str
    head: str
    text: str
    between: tuple[Group, ...]
    evidence: tuple[str, ...]
    page: str = ""
    needs: Callable[[Any], bool] = lambda op: True

    @property
    def anchor(self) -> str:
        """What a page calls the place where it stands first."""
        return "note-" + "-".join("".join(c if c.isalnum() else " " for c in self.head).split())


def _strided(op: Any) -> bool:
    stride, padding = getattr(op, "stride", 1), getattr(op, "padding", 0)
    return stride not in (1, (1, 1)) and padding not in (0, (0, 0))


def _padded(op: Any) -> bool:
    return getattr(op, "padding", 0) not in (0, (0, 0), SAME)


def _keeps_width(op: Any) -> bool:
    return getattr(op, "padding", 0) not in (0, (0, 0)) and not _strided(op)


def _on_logits(recipe: Any) -> bool:
    return bool(recipe.loss.on == "logits")


def _grouped(op: Any) -> bool:
    return bool(getattr(op, "groups", 1) != 1)


def _by(optimizer: str) -> Callable[[Any], bool]:
    return lambda recipe: bool(recipe.optimizer.name == optimizer)


OF_OPS: Mapping[str, tuple[Note, ...]] = {
    "conv2d": (
        Note(SILENT, "Padding", "At stride 2 TensorFlow's `\"same\"` pads an even map by (0, 1), "
             "not by (1, 1): equal shapes, other numbers.", (TF, NCHW),
             ("control:same_at_stride_2",), "pitfalls.md#same_at_stride_2", _strided),
        Note(LOOKS, "Same width", "At stride 1 an odd kernel's `\"same\"` and `padding=k // 2` are "
             "one padding.", (TF, NCHW), ("case:convolution/0",),
             "concepts.md#a-map-that-stays-as-wide", _keeps_width),
        Note(LOUD, "Layout", "Maps are NHWC and kernels HWIO in TensorFlow, NCHW and OIHW in the "
             "others: `kernel.transpose(3, 2, 0, 1)`. Square kernels with axes swapped load in "
             "silence.", (TF, NCHW), ("control:kernel_axes",), "pitfalls.md#kernel_axes"),
        Note(SILENT, "Groups", "Channels of a group lie beside each other in every file here; "
             "interleaved ones have equal shapes.", (TF, NCHW), ("control:order_of_groups",),
             "pitfalls.md#order_of_groups", _grouped),
        Note(SILENT, "Initial kernel", "A fresh 3×3 kernel, 64 to 64, has a deviation of "
             "{conv_kernel}. These files write the law where the default is another.",
             (TF + TORCH, FLUID + PADDLE + TORCH), ("probe:conv_kernel", "control:gain"),
             "pitfalls.md#gain"),
    ),
    "depthwise_conv2d": (
        Note(SILENT, "Padding", "At stride 2 TensorFlow's `\"same\"` pads an even map by (0, 1), "
             "not by (1, 1).", (TF, NCHW), ("control:same_at_stride_2",),
             "pitfalls.md#same_at_stride_2", _strided),
    ),
    "batch_norm": (
        Note(SILENT, "Momentum", "0.9 weighs the old average; PyTorch's 0.1 the new value. It is "
             "the same rule.", (TF + FLUID + PADDLE, TORCH), ("control:momentum",),
             "pitfalls.md#momentum"),
        Note(SILENT, "If left out", "Epsilon is {bn_epsilon}; the old average weighs "
             "{bn_momentum}.", (TF, NCHW), ("probe:bn_epsilon", "probe:bn_momentum",
             "control:epsilon"), "pitfalls.md#epsilon"),
        Note(SILENT, "Running variance", "Of pictures it is {bn_variance}: n / (n − 1) larger "
             "where unbiased.", (FLUID + PADDLE + KERAS, TORCH + TF1),
             ("probe:bn_variance", "control:variance"), "pitfalls.md#variance"),
        Note(SILENT, "Averages move", "In TF 1 only if `UPDATE_OPS` run with the step, and only "
             "where `training` is handed on.", (TF1, FLUID + PADDLE + KERAS + TORCH),
             ("control:statistics that do not move",), "pitfalls.md#statistics-that-do-not-move"),
        Note(SILENT, "Training or not", "Fluid: a clone of the program `for_test`. Paddle, "
             "PyTorch: `.train()`, `.eval()`. Keras: `training=`.", (TF1 + FLUID, NCHW + KERAS),
             ("control:training_at_eval", "control:eval_in_training"),
             "pitfalls.md#training_at_eval"),
    ),
    "relu": (
        Note(SILENT, "act=", "Fluid takes an activation into the layer before. On a convolution "
             "and on its batch norm it acts twice, as in the published script.", (FLUID,),
             ("control:activated_twice",), "pitfalls.md#activated_twice"),
    ),
    "dense": (
        Note(SILENT, "Weights", "(in, out) everywhere but in PyTorch, which has (out, in): a "
             "square matrix hides the mistake.", (TF + FLUID + PADDLE, TORCH),
             ("control:transposed_square",), "pitfalls.md#transposed_square"),
        Note(SILENT, "Initial weights", "Fresh weights, 256 to 128, have a deviation of "
             "{dense_kernel}; biases of a convolution {conv_bias}.", (TF + FLUID + PADDLE, TORCH),
             ("probe:dense_kernel", "probe:conv_bias", "control:bias_of_zeros"),
             "pitfalls.md#bias_of_zeros"),
    ),
    "max_pool2d": (
        Note(SILENT, "Stride", "A pool of 2 that is told no stride strides by {pool_stride}; "
             "`tf.layers` must be told.",
             (FLUID, TF + PADDLE + TORCH), ("probe:pool_stride",), "defaults.md"),
        Note(SILENT, "Zeros in a maximum", "Who pads by hand pads with −∞: a zero can be the "
             "largest.", (TF, NCHW), ("control:zero_in_a_maximum",),
             "pitfalls.md#zero_in_a_maximum", _padded),
    ),
    "avg_pool2d": (
        Note(SILENT, "Padding counted", "In an average the padding is {avg_pool_padding}.",
             (TORCH, TF + FLUID + PADDLE), ("probe:avg_pool_padding", "control:padding_counted"),
             "pitfalls.md#padding_counted", _padded),
        Note(SILENT, "Stride", "A pool of 2 that is told no stride strides by {pool_stride}; "
             "`tf.layers` must be told.",
             (FLUID, TF + PADDLE + TORCH), ("probe:pool_stride",), "defaults.md"),
    ),
    "dropout": (
        Note(SILENT, "Dropout", "In training what is kept is times {dropout_training}; at "
             "inference all is times {dropout_inference}. Fluid: "
             "`dropout_implementation=\"upscale_in_train\"`.", (FLUID, TF + PADDLE + TORCH),
             ("probe:dropout_training", "probe:dropout_inference", "row:45"), "official-table.md"),
    ),
    "add": (
        Note(LOOKS, "A sum", "`tf.add`, `elementwise_add` and `+` are the same, gradients too.",
             (TF1, FLUID), ("row:2",), "official-table.md"),
    ),
    "scale": (
        Note(LOOKS, "The gate's shape", "Fluid's `axis=0` lines the gate up from the left, the "
             "others give it two axes of 1: one product.", (FLUID, TF + PADDLE + TORCH),
             ("case:gate/0",), "concepts.md#a-gate-times-its-map"),
    ),
    "flatten": (
        Note(SILENT, "Order", "NHWC and NCHW flatten in other orders: equal shapes, and a dense "
             "layer behind it that has learnt another.", (TF, NCHW), ("control:flatten_order",),
             "pitfalls.md#flatten_order"),
    ),
    "channel_pad": (
        Note(SILENT, "Both sides", "Channels are padded on both sides; on one side shapes agree, "
             "too.", (TF, NCHW), ("control:pad_on_one_side",), "pitfalls.md#pad_on_one_side"),
        Note(LOOKS, "Order of axes", "A pair an axis in TensorFlow; numbers in the others, Fluid's "
             "from the first axis on, PyTorch's from the last.", (TF, NCHW), ("case:shortcut/0",),
             "concepts.md#two-channels-more-on-each-side"),
    ),
    "softmax": (
        Note(SILENT, "Softmax and loss", "Cross-entropy takes {cross_entropy_takes}: a softmax "
             "before one that takes logits acts twice.", (FLUID + KERAS, TF1 + PADDLE + TORCH),
             ("probe:cross_entropy_takes", "control:double softmax"),
             "pitfalls.md#double-softmax"),
    ),
}  # fmt: skip
OF_TASK: Mapping[str, tuple[Note, ...]] = {
    "loss": (
        Note(SILENT, "What the loss takes", "Cross-entropy takes {cross_entropy_takes} by "
             "default; a batch's losses are reduced to {cross_entropy_reduction}.",
             (FLUID + KERAS, TF1 + PADDLE + TORCH),
             ("probe:cross_entropy_takes", "probe:cross_entropy_reduction",
              "control:double softmax"), "pitfalls.md#double-softmax"),
        Note(LOOKS, "Labels", "A column in Fluid, a row in the others: the same mean.",
             (FLUID, TF + PADDLE + TORCH), ("case:softmax-and-loss/0",),
             "concepts.md#mean-cross-entropy-of-logits", _on_logits),
    ),
    "optimizer": (
        Note(LOOKS, "One rate", "At one rate all five take the same steps, Nesterov's, too.",
             (TF1 + KERAS, FLUID + PADDLE + TORCH), ("case:momentum/0", "case:momentum/1"),
             "concepts.md#momentum", _by("momentum")),
        Note(SILENT, "The rate in the velocity", "Keras' own velocity holds the rate: when "
             "it drops, losses part from the others'. This file brings the recipe's own.",
             (KERAS, TF1 + FLUID + PADDLE + TORCH), ("control:rate within the velocity",),
             "pitfalls.md#rate-within-the-velocity", _by("momentum")),
        Note(SILENT, "Adam's epsilon", "A vanishing gradient is first divided by "
             "{adam_denominator}.", (TF + FLUID, PADDLE + TORCH),
             ("probe:adam_denominator", "control:epsilon at another place"),
             "pitfalls.md#epsilon-at-another-place", _by("adam")),
    ),
    "step": (
        Note(SILENT, "L2", "The gradient of an L2 term of factor λ is, in λw, {sgd_l2}.",
             (KERAS, TF1 + FLUID + PADDLE + TORCH), ("probe:sgd_l2",
             "control:L2 in the loss and on the gradient"),
             "pitfalls.md#l2-in-the-loss-and-on-the-gradient", lambda r: bool(r.l2.coefficient)),
        Note(SILENT, "UPDATE_OPS", "Without the control dependency the running averages of TF 1 "
             "stay what they were.", (TF1, FLUID + PADDLE + KERAS + TORCH),
             ("control:statistics that do not move",), "pitfalls.md#statistics-that-do-not-move"),
    ),
    "evaluation": (
        Note(SILENT, "Who says so", "A clone of the program `for_test` evaluates in Fluid, a call "
             "with `training=False` in TensorFlow; Paddle and PyTorch do from `.eval()` on, until "
             "`.train()`.",
             (FLUID, TF + PADDLE + TORCH), ("control:evaluation while training",),
             "pitfalls.md#evaluation-while-training"),
    ),
}  # fmt: skip


def notes_of(ops: Sequence[Op]) -> tuple[Note, ...]:
    """Return what to mind at a step whose instances are these ops; none for a block."""
    if not ops:
        return ()
    return tuple(n for n in OF_OPS.get(ops[0].symbol, ()) if any(n.needs(each) for each in ops))


def notes_of_topic(topic: str, recipe: Recipe) -> tuple[Note, ...]:
    """Return what to mind at a topic of the task, as a recipe has it."""
    return tuple(note for note in OF_TASK.get(topic, ()) if note.needs(recipe))


def every_note() -> list[Note]:
    """Return all notes."""
    return [note for table in (OF_OPS, OF_TASK) for notes in table.values() for note in notes]


def proved(notes: Sequence[Note], known: Collection[str]) -> tuple[Note, ...]:
    """Return the notes all of whose evidence is recorded."""
    return tuple(note for note in notes if set(note.evidence) <= set(known))

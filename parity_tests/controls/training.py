"""The pitfalls of training: what ports get wrong, planted in what a panel's file trains by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from common.recipes.recipe import Loss, Optimizer, Penalty, Recipe, Schedule
from frontends.ladder.training import AFTER, FIRST_LOSS, LOSSES, RATES
from parity_tests.controls.planting import Edits, edit

ONE, _ = AFTER.values()
MOMENTUM = Recipe(Optimizer("momentum", momentum=0.9), learning_rate=0.05)
DROPPED = replace(MOMENTUM, schedule=Schedule("step", "epoch", boundaries=(30, 60)))
NESTEROV = replace(MOMENTUM, optimizer=Optimizer("momentum", momentum=0.9, nesterov=True))
DECAYED = replace(MOMENTUM, l2=Penalty(5e-3))
IN_LOSS = replace(MOMENTUM, l2=Penalty(5e-3, at="loss"))
ON_KERNELS = replace(MOMENTUM, l2=Penalty(5e-3, on="kernels"))
UNCORRECTED = Recipe(Optimizer("adam", epsilon_at="uncorrected", epsilon=1e-4), 1e-3)
CORRECTED = Recipe(Optimizer("adam", epsilon=1e-4), 1e-3)
SMOOTHED = replace(MOMENTUM, loss=Loss(smoothing=0.1))
CLIPPED = replace(MOMENTUM, clip_norm=0.5)
FREEZING = replace(MOMENTUM, frozen=("stem.*",))


@dataclass(frozen=True)
class TrainingPitfall:
    """One mistake: the recipe that is written, the first rung that fails, what its note says, and
    how each panel gets it."""

    name: str
    recipe: Recipe
    rung: str
    where: str
    cells: Mapping[str, Edits]


def _pitfall(name: str, recipe: Recipe, rung: str, where: str, **cells: Edits) -> TrainingPitfall:
    return TrainingPitfall(name, recipe, rung, where, cells)


STEP_1, BEHIND_1 = "first at step 1:", "first behind step 1:"
TRAINING_PITFALLS = (
    _pitfall(
        "double softmax",
        MOMENTUM,
        FIRST_LOSS,
        STEP_1,
        tensorflow=edit(r"labels, outputs, from", "labels, tf.nn.softmax(outputs), from"),
        paddle=edit(r"F\.cross_entropy\(outputs", "F.cross_entropy(F.softmax(outputs)"),
        torch=edit(r"F\.cross_entropy\(outputs", "F.cross_entropy(torch.softmax(outputs, 1)"),
        fluid=edit(
            r"with_cross_entropy\(outputs", "with_cross_entropy(fluid.layers.softmax(outputs)"
        ),
        tensorflow1=edit(r"logits=outputs", "logits=tf.nn.softmax(outputs)"),
    ),
    _pitfall(
        "loss summed",
        MOMENTUM,
        FIRST_LOSS,
        STEP_1,
        tensorflow=edit(r"ops\.mean\(losses", "ops.sum(losses"),
        paddle=edit(r"(F\.cross_entropy\(outputs, labels)", r'\1, reduction="sum"'),
        torch=edit(r"(F\.cross_entropy\(outputs, labels)", r'\1, reduction="sum"'),
        fluid=edit(r"layers\.mean\(losses", "layers.reduce_sum(losses"),
        tensorflow1=edit(r"reduce_mean\(losses", "reduce_sum(losses"),
    ),
    _pitfall(
        "epsilon at another place",
        UNCORRECTED,
        ONE,
        BEHIND_1,
        tensorflow=edit(r"epsilon=9\.99\d+e-05", "epsilon=3.16e-3"),
        paddle=edit(r"sqrt\(square\)", "sqrt(square / (1 - 0.999**t))"),
        torch=edit(r"sqrt\(square\)", "sqrt(square / (1 - 0.999**t))"),
        fluid=edit(r"9\.99\d+e-05", "3.16e-3"),
        tensorflow1=edit(r"np\.float64\((9\.99\d+e-05)\)", r"np.float64(3.16e-3)"),
    ),
    _pitfall(
        "L2 in the loss and on the gradient",
        IN_LOSS,
        ONE,
        BEHIND_1,
        tensorflow=edit(
            r"gradients = tape\.gradient\(loss, variables\)",
            "gradients = [g + 5e-3 * w for g, w in zip(tape.gradient(loss, variables), variables)]",
        ),
        paddle=edit(r"(Momentum\(\s*[\d.]+,\s+[\d.]+,\s+parameters)", r"\1, weight_decay=5e-3"),
        torch=edit(r"(lr=[\d.]+, momentum=[\d.]+)", r"\1, weight_decay=5e-3"),
        fluid=edit(
            r"(Momentum\(rate, [\d.]+)", r"\1, regularization=fluid.regularizer.L2Decay(5e-3)"
        ),
        tensorflow1=edit(
            r"(?=    with tf\.control_dependencies)",
            "    gradients = [g + 5e-3 * w for g, w in zip(gradients, variables)]\n",
        ),
    ),
    _pitfall(
        "L2 on batch normalization, too",
        ON_KERNELS,
        ONE,
        BEHIND_1,
        tensorflow=edit(r" if len\(w\.shape\) > 1 else g", ""),
        paddle=edit(r"if w\.ndim > 1:", "if True:"),
        torch=edit(r'\{"params": others\}', '{"params": others, "weight_decay": 5e-3}'),
        fluid=edit(r" if len\(w\.shape\) > 1 else g", ""),
        tensorflow1=edit(r" if len\(w\.shape\) > 1 else g", ""),
    ),
    _pitfall(
        "L2 decoupled",
        DECAYED,
        LOSSES,
        "first at step 3:",
        tensorflow=edit(
            r"    gradients = \[\s*g \+ [\d.]+ \* w for g, w in zip\(gradients, variables\)\s*\]\n",
            "    for w in variables:\n        w.assign_sub(rate * 0.005 * w)\n",
        ),
        paddle=edit(
            r",\s*weight_decay=paddle\.regularizer\.L2Decay\([\d.]+\)",
            "",
            r"    optimizer\.step\(\)\n",
            "    with paddle.no_grad():\n        for p in trained(network):\n"
            "            p.set_value(p - rate * 0.004999999888241291 * p)\n    optimizer.step()\n",
        ),
        torch=edit(
            r",\s+weight_decay=[\d.]+",
            "",
            r"    optimizer\.step\(\)\n",
            "    with torch.no_grad():\n        for p in trained(network):\n"
            "            p.sub_(rate * 0.004999999888241291 * p)\n    optimizer.step()\n",
        ),
        fluid=edit(
            r",\s*regularization=fluid\.regularizer\.L2Decay\([\d.]+\)",
            "",
            r"    optimizer\.apply_gradients\(params_grads\)\n",
            "    for w in parameters:\n"
            "        fluid.layers.assign(w - 0.004999999888241291 * w * rate, w)\n"
            "    optimizer.apply_gradients(params_grads)\n",
        ),
        tensorflow1=edit(
            r"    gradients = \[\s*g \+ ([\d.]+) \* w for g, w in zip\(gradients, variables\)"
            r"\s*\]\n",
            r"    with tf.control_dependencies(list(gradients)):\n"
            r"        decays = [w.assign_sub(rate * \1 * w) for w in variables]\n",
            r"with tf\.control_dependencies\(tf",
            "with tf.control_dependencies(decays + tf",
        ),
    ),
    _pitfall(
        "rate within the velocity",
        DROPPED,
        LOSSES,
        "first at step 12:",
        tensorflow=edit(
            r"\bMomentum\([\d.]+\)", "keras.optimizers.SGD(1.0, momentum=0.8999999761581421)"
        ),
        paddle=edit(
            r"return paddle\.optimizer\.Momentum\(\s*[\d.]+,\s+([\d.]+),\s+parameters,?\s*\)",
            r"return Folded(parameters, \1)",
            r"(?=\ndef create_optimizer)",
            "\nclass Folded:\n"
            "    def __init__(self, parameters, momentum):\n"
            "        self.parameters, self.momentum = parameters, momentum\n"
            "        self.velocities = [paddle.zeros_like(p) for p in parameters]\n\n"
            "    def set_lr(self, rate):\n        self.rate = rate\n\n"
            "    def clear_grad(self):\n"
            "        for p in self.parameters:\n            p.clear_gradient()\n\n"
            "    @paddle.no_grad()\n    def step(self):\n"
            "        for i, p in enumerate(self.parameters):\n"
            "            old = self.velocities[i]\n"
            "            self.velocities[i] = self.momentum * old + self.rate * p.grad\n"
            "            p.set_value(p - self.velocities[i])\n\n",
        ),
        torch=edit(
            r"    optimizer\.step\(\)\n",
            "    with torch.no_grad():\n"
            "        for p in trained(network):\n"
            "            state = optimizer.state[p]\n"
            '            velocity = state.get("folded", torch.zeros_like(p))\n'
            '            state["folded"] = 0.8999999761581421 * velocity + rate * p.grad\n'
            '            p.sub_(state["folded"])\n',
        ),
        fluid=edit(
            r"    optimizer\.apply_gradients\(params_grads\)\n",
            "    for w, g in params_grads:\n"
            "        velocity = fluid.layers.create_global_var(\n"
            "            w.shape, 0.0, w.dtype, persistable=True\n        )\n"
            "        moved = 0.8999999761581421 * velocity + g * rate\n"
            "        fluid.layers.assign(moved, velocity)\n"
            "        fluid.layers.assign(w - moved, w)\n",
        ),
        tensorflow1=edit(
            r"    return loss, optimizer\.apply_gradients\(zip\(gradients, variables\)\)",
            "    updates = []\n"
            "        for g, w in zip(gradients, variables):\n"
            "            with tf.init_scope():\n"
            "                start = tf.zeros(w.shape, w.dtype.base_dtype)\n"
            "                velocity = tf.Variable(start, trainable=False)\n"
            "            moved = 0.8999999761581421 * velocity + rate * g\n"
            "            updates += [velocity.assign(moved), w.assign_sub(moved)]\n"
            "        return loss, tf.group(updates)",
        ),
    ),
    _pitfall(
        "Nesterov forgotten",
        NESTEROV,
        ONE,
        BEHIND_1,
        tensorflow=edit(r", nesterov=True", ""),
        paddle=edit(r", use_nesterov=True", ""),
        torch=edit(r", nesterov=True", ""),
        fluid=edit(r", use_nesterov=True", ""),
        tensorflow1=edit(r", use_nesterov=True", ""),
    ),
    _pitfall(
        "evaluation while training",
        MOMENTUM,
        FIRST_LOSS,
        STEP_1,
        tensorflow=edit(r"network\(images, training=True\)", "network(images, training=False)"),
        paddle=edit(r"network\.train\(\)", "network.eval()"),
        torch=edit(r"network\.train\(\)", "network.eval()"),
        fluid=edit(r"(    return fluid\.layers\.batch_norm\()", r"\1use_global_stats=True, input="),
        tensorflow1=edit(r"training=training", "training=False"),
    ),
    _pitfall(
        "statistics that do not move",
        MOMENTUM,
        ONE,
        BEHIND_1,
        tensorflow=edit(r"momentum=0\.8\d+,\s+eps", "momentum=1.0, eps"),
        paddle=edit(r"momentum=0\.8\d+,\s+eps", "momentum=1.0, eps"),
        torch=edit(r"momentum=0\.1\d*", "momentum=0.0"),
        fluid=edit(r"momentum=0\.8\d+\b", "momentum=1.0"),
        tensorflow1=edit(r"tf\.get_collection\(tf\.GraphKeys\.UPDATE_OPS\)", "[]"),
    ),
    _pitfall(
        "smoothing over the other classes",
        SMOOTHED,
        FIRST_LOSS,
        STEP_1,
        tensorflow=edit(r"label_smoothing=[\d.]+", "label_smoothing=0.1 * 10 / 9"),
        paddle=edit(r"/ 10\b", "/ 9"),
        torch=edit(r"label_smoothing=[\d.]+", "label_smoothing=0.1 * 10 / 9"),
        fluid=edit(r"outputs\.dtype, 10\)", "outputs.dtype, 9)"),
        tensorflow1=edit(r"/ 10\b", "/ 9"),
    ),
    _pitfall(
        "clipped tensor by tensor",
        CLIPPED,
        ONE,
        BEHIND_1,
        tensorflow=edit(
            r"gradients, _ = tf\.clip_by_global_norm\(gradients, ([\d.]+)\)",
            r"gradients = [tf.clip_by_norm(g, \1) for g in gradients]",
        ),
        paddle=edit(
            r",\s*grad_clip=nn\.ClipGradByGlobalNorm\(0\.5\)",
            "",
            r"    optimizer\.step\(\)\n",
            "    for p in trained(network):\n"
            "        norm = paddle.sqrt((p.grad * p.grad).sum())\n"
            "        p.grad.set_value(p.grad * 0.5 / paddle.clip(norm, min=0.5))\n"
            "    optimizer.step()\n",
        ),
        torch=edit(
            r"        g\.mul_\(([\d.]+) / norm\.clamp\(min=[\d.]+\)\)",
            r"        g.mul_(\1 / g.norm().clamp(min=\1))",
        ),
        fluid=edit(
            r"params_grads = \[\(w, g \* scale\) for w, g in params_grads\]",
            "norms = [fluid.layers.sqrt(square) for square in squares]\n"
            "    norms = [fluid.layers.elementwise_max(norm, limit) for norm in norms]\n"
            "    params_grads = [(w, g * (limit / n)) for (w, g), n in zip(params_grads, norms)]",
        ),
        tensorflow1=edit(
            r"gradients, _ = tf\.clip_by_global_norm\(gradients, ([\d.]+)\)",
            r"gradients = [tf.clip_by_norm(g, \1) for g in gradients]",
        ),
    ),
    _pitfall(
        "what is frozen trains",
        FREEZING,
        ONE,
        "stem.",
        tensorflow=edit(r" if not v\.path\.startswith\(.*\)\]", "]"),
        paddle=edit(r" if not name\.startswith\(.*\)\]", "]"),
        torch=edit(r" if not name\.startswith\(.*\)\]", "]"),
        fluid=edit(r" and not p\.name\.startswith\(.*\)\s*\]", "]"),
        tensorflow1=edit(r" if not v\.name\.startswith\(.*\)\]", "]"),
    ),
    _pitfall(
        "the rate drops an epoch late",
        DROPPED,
        RATES,
        "first at step",
        **dict.fromkeys(
            ("tensorflow", "paddle", "torch", "fluid", "tensorflow1"),
            edit(r"epoch >= each", "epoch > each"),
        ),
    ),
)

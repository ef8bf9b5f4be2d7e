"""How a network is trained in TensorFlow 1.15, as written source."""

from __future__ import annotations

from frontends.writing.program import Program
from frontends.writing.running import main_of
from frontends.writing.updates import update

IMPORTS = ("import shutil", "import numpy as np", "import tensorflow as tf")


def own_name(layer: str, kind: str) -> str:
    """Return the name of a parameter's variable."""
    return f"{layer}/{kind}"


def _loss(program: Program) -> list[str]:
    loss, classes = program.recipe.loss, program.classes
    lines = ["def loss_of(outputs, labels):", f'    """Return the loss: {loss.words()}."""']
    if loss.on == "logits" and not loss.smoothing:
        losses = "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=outputs)"
    else:
        lines.append(f"    targets = tf.one_hot(labels, {classes}, dtype=outputs.dtype)")
        if loss.smoothing:
            said = f"(1 - {loss.smoothing!r}) * targets + {loss.smoothing!r} / {classes}"
            lines.append(f"    targets = {said}")
        losses = "tf.nn.softmax_cross_entropy_with_logits_v2(labels=targets, logits=outputs)"
        if loss.on == "probabilities":
            losses = "-tf.reduce_sum(targets * tf.log(outputs), 1)"
    return [*lines, f"    losses = {losses}", f"    return tf.reduce_{loss.reduction}(losses)"]


def _trained(program: Program) -> list[str]:
    selection = program.selection()
    lines = ["def trained():", '    """Return the variables that are trained."""']
    if selection is None:
        return [*lines, "    return tf.trainable_variables()"]
    word, names = selection
    chosen = repr(names) if len(names) > 1 else repr(names[0])
    return [
        *lines,
        "    variables = tf.trainable_variables()",
        f"    return [v for v in variables if {word}v.name.startswith({chosen})]",
    ]


def _native(program: Program) -> str | None:
    """Return the optimizer of TensorFlow with the recipe's formula, None where it has another."""
    o = program.recipe.optimizer
    if o.name == "sgd":
        return "tf.train.GradientDescentOptimizer(rate)"
    if o.name == "momentum":
        nesterov = ", use_nesterov=True" if o.nesterov else ""
        return f"tf.train.MomentumOptimizer(rate, {o.momentum!r}{nesterov})"
    if o.name == "adam" and o.epsilon_at == "uncorrected":  # powers of 0.999 want float64
        numbers = ", ".join(f"np.float64({each!r})" for each in (o.beta1, o.beta2, o.epsilon))
        return f"tf.train.AdamOptimizer(rate, {numbers})"
    if o.name == "rmsprop" and o.epsilon_at == "inside" and o.start == 1:
        return f"tf.train.RMSPropOptimizer(rate, decay={o.rho!r}, epsilon={o.epsilon!r})"
    if o.name == "adagrad" and not o.epsilon and o.start:
        return f"tf.train.AdagradOptimizer(rate, initial_accumulator_value={o.start!r})"
    return None


def _own_update(program: Program) -> list[str]:
    if _native(program) is not None:
        return []
    found = update(program.recipe.optimizer, "tf.sqrt")
    states = [
        f"{name}_before = tf.Variable(tf."
        + ("zeros(w.shape" if not start else f"fill(w.shape, tf.cast({start!r}")
        + (", w.dtype.base_dtype)" if not start else ", w.dtype.base_dtype))")
        + f", trainable=False, name=w.op.name + '/optimizer/{name}')"
        for name, start in found.states.items()
    ]
    new = f"w * {found.decay} - {found.step}" if found.decay else None
    assigned = [f"{name}_before.assign({name})" for name in found.states]
    assigned.append(f"w.assign({new})" if new else f"w.assign_sub({found.step})")
    return [
        "def apply_gradients(gradients, variables, rate):",
        '    """Return the op of a step.',
        "",
        f"    {found.doc}",
        '    """',
        "    step = tf.train.get_or_create_global_step()",
        *(["    t = tf.cast(step + 1, rate.dtype)"] if found.counts else []),
        "    updates = []",
        "    for g, w in zip(tf.tuple(gradients), variables):",
        *(f"        {line}" for line in states),
        *(f"        {line}" for line in found.lines(lambda name: f"{name}_before")),
        f"        updates += [{', '.join(assigned)}]",
        "    with tf.control_dependencies(updates):",
        "        return step.assign_add(1)",
    ]


def _step(program: Program) -> list[str]:
    recipe, native = program.recipe, _native(program)
    at_loss, at_gradient = program.penalty("loss"), program.penalty("gradient")
    only = " if len(w.shape) > 1" if program.decays_kernels else ""
    penalty = f"loss += {at_loss!r} * tf.add_n([tf.nn.l2_loss(w) for w in variables{only}])"
    clip = f"gradients, _ = tf.clip_by_global_norm(gradients, {recipe.clip_norm!r})"
    decayed = f"g + {at_gradient!r} * w" + (f"{only} else g" if only else "")
    if native:
        gradients = [
            f"optimizer = {native}",
            "gradients, variables = zip(*optimizer.compute_gradients(loss, variables))",
        ]
        applied = [
            "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):",
            "    return loss, optimizer.apply_gradients(zip(gradients, variables))",
        ]
    else:
        gradients = ["gradients = tf.gradients(loss, variables)"]
        applied = [
            "train = apply_gradients(gradients, variables, rate)",
            "return loss, tf.group(train, *tf.get_collection(tf.GraphKeys.UPDATE_OPS))",
        ]
    body = [
        "loss, variables = loss_of(outputs, labels), trained()",
        *([penalty] if at_loss else []),
        *gradients,
        *([clip] if recipe.clip_norm is not None else []),
        *(
            [f"gradients = [{decayed} for g, w in zip(gradients, variables)]"]
            if at_gradient
            else []
        ),
        *applied,
    ]
    return [
        "def train_step(outputs, labels, rate):",
        '    """Return the loss, and the op that takes a step."""',
        *(f"    {line}" for line in body),
    ]


def _metrics(program: Program) -> list[str]:
    return [
        "def metrics_of(outputs, labels):",
        '    """Return the loss of a batch, and how many of it are right."""',
        "    right = tf.equal(tf.argmax(outputs, 1), labels)",
        "    return loss_of(outputs, labels), tf.reduce_sum(tf.cast(right, tf.int32))",
    ]


_EXPORT = '''
def export(session, images, outputs, path):
    """Write the network for inference on batches of any size (SavedModel)."""
    shutil.rmtree(path + ".part", ignore_errors=True)
    tf.saved_model.simple_save(session, path + ".part", {"images": images}, {"outputs": outputs})
    shutil.rmtree(path, ignore_errors=True)
    os.rename(path + ".part", path)


def predict(path, data):
    """Return an exported network's outputs (N, K) over batches of images."""
    with tf.Session(graph=tf.Graph()) as session:
        found = tf.saved_model.loader.load(session, ["serve"], path)
        signature = found.signature_def["serving_default"]
        x, outputs = signature.inputs["images"].name, signature.outputs["outputs"].name
        feeds = ({x: images.transpose(0, 2, 3, 1)} for images in data)
        return np.concatenate([session.run(outputs, each) for each in feeds])
'''


def _export(program: Program) -> list[str]:
    return [_EXPORT.strip()]


_MAIN = '''
def main():
    """Train, validate after each epoch, save last and best, export the best."""
    options = parse()
    with tf.device("/gpu:0" if options.device == "gpu" else "/cpu:0"):
        run(options)


def run(options):
    """Train on the device that is chosen."""
{start}
    tf.set_random_seed(options.seed)
    x = tf.placeholder(tf.float32, {shape})
    y, rate = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.float32, [])
    # evaluation first: what is built later may wait for the moving averages
    inferred = {entry}(x{evaluating})
    metrics = metrics_of(inferred, y)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        outputs = {entry}(x{training})
    loss, update = train_step(outputs, y, rate)
    # epoch, done, step and best, as save_as has them
    kept = tf.Variable([0.0] * 4, trainable=False, name="progress")
    steps_per_epoch = -(-len(train[1]) // options.batch_size)
    epoch, done, step, best = 0, 0, 0, -1.0
    saver, session = tf.train.Saver(), tf.Session()
    session.run(tf.global_variables_initializer())

    def feed(images, labels):
        return {{x: images.transpose(0, 2, 3, 1), y: labels}}

    def train_on(images, labels, value):
        feeds = feed(images, labels)
        feeds[rate] = value
        return session.run([loss, update], feeds)[0]{scaled}

    def validate(found):
        total, correct, count = 0.0, 0, 0
        for images, labels in found:
            mean, right = session.run(metrics, feed(images, labels))
            total, correct, count = total + mean{times}, correct + right, count + len(labels)
        return total / count, correct / float(count)

    def save_as(name):
        session.run(kept.initializer, {{kept.initial_value: [epoch, done, step, best]}})
        saver.save(session, os.path.join(options.out, name))

    def restore(name):
        path = os.path.join(options.out, name)
        try:
            saver.restore(session, path)
        except (tf.errors.OpError, ValueError) as error:
            raise SystemExit("%s: cannot be read: %s" % (path, str(error).splitlines()[0]))
        epoch, done, step, best = session.run(kept)
        return int(epoch), int(done), int(step), best

{loop}
'''


def main(program: Program, entry: str) -> str:
    """Return the functions that train, validate, save, resume and export."""
    channels, *sizes = program.network.input_shape
    modes = any(step.op.has_modes for step in program.network.elaboration.steps)
    return main_of(
        _MAIN,
        program,
        entry,
        "session, x, inferred",
        shape=f"[None, {', '.join(map(str, [*sizes, channels]))}]",
        training=", training=True" if modes else "",
        evaluating=", training=False" if modes else "",
    )


MIXES = False  # computes in bfloat16, where it is told to
# What stands behind `learning_rate`, in this order: each gives the lines of a function, or none.
PARTS = (_loss, _trained, _own_update, _step, _metrics, _export)

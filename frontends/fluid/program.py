"""How a network is trained in Fluid 1.8, as written source."""

from __future__ import annotations

from frontends.writing.program import Program
from frontends.writing.running import main_of
from frontends.writing.updates import update

IMPORTS = ("import shutil", "import paddle.fluid as fluid")


def own_name(layer: str, kind: str) -> str:
    """Return the name of a parameter."""
    return f"{layer}.{kind}"


def _loss(program: Program) -> list[str]:
    loss, classes = program.recipe.loss, program.classes
    name = "softmax_with_cross_entropy" if loss.on == "logits" else "cross_entropy"
    lines = ["def loss_of(outputs, labels):", f'    """Return the loss: {loss.words()}."""']
    options = ""
    if loss.smoothing:
        lines += [
            f"    targets = fluid.layers.one_hot(labels, {classes})",
            "    targets = fluid.layers.cast(targets, outputs.dtype)",
            f"    smooth = fluid.layers.fill_constant([1], outputs.dtype, {loss.smoothing!r})",
            f"    smooth = smooth / fluid.layers.fill_constant([1], outputs.dtype, {classes})",
            f"    targets = targets - {loss.smoothing!r} * targets + smooth",
        ]
        options = ", soft_label=True"
    against = "targets" if loss.smoothing else "labels"
    reduced = "mean" if loss.reduction == "mean" else "reduce_sum"
    return [
        *lines,
        f"    losses = fluid.layers.{name}(outputs, {against}{options})",
        f"    return fluid.layers.{reduced}(losses)",
    ]


def _trained(program: Program) -> list[str]:
    selection = program.selection()
    lines = [
        "def trained():",
        '    """Return the parameters that are trained: statistics are not."""',
        "    parameters = fluid.default_main_program().all_parameters()",
    ]
    if selection is None:
        return [*lines, "    return [p for p in parameters if p.trainable]"]
    word, names = selection
    chosen = repr(names) if len(names) > 1 else repr(names[0])
    condition = f"p.trainable and {word}p.name.startswith({chosen})"
    return [*lines, f"    return [p for p in parameters if {condition}]"]


def _native(program: Program) -> str | None:
    """Return the optimizer of Fluid with the recipe's formula, None where it has another."""
    recipe, o, l2 = program.recipe, program.recipe.optimizer, program.penalty("gradient")
    apart = program.decays_kernels or recipe.clip_norm is not None
    decay = f", regularization=fluid.regularizer.L2Decay({l2!r})" if l2 and not apart else ""
    if o.name == "sgd":
        return f"fluid.optimizer.SGD(rate{decay})"
    if o.name == "momentum":
        nesterov = ", use_nesterov=True" if o.nesterov else ""
        return f"fluid.optimizer.Momentum(rate, {o.momentum!r}{nesterov}{decay})"
    if o.name == "adam" and o.epsilon_at == "uncorrected":
        return f"fluid.optimizer.Adam(rate, {o.beta1!r}, {o.beta2!r}, {o.epsilon!r}{decay})"
    if o.name == "adagrad" and o.epsilon_at == "outside":
        start = f"initial_accumulator_value={o.start!r}"
        return f"fluid.optimizer.Adagrad(rate, epsilon={o.epsilon!r}, {start}{decay})"
    return None


def _own_update(program: Program) -> list[str]:
    if _native(program) is not None:
        return []
    found = update(program.recipe.optimizer, "fluid.layers.sqrt")
    states = [
        line
        for name, start in found.states.items()
        for line in (
            f"{name}_before = fluid.layers.create_global_var(",
            f"    w.shape, {start!r}, w.dtype, persistable=True, name=w.name + '.optimizer.{name}'",
            ")",
        )
    ]
    new = f"w * {found.decay} - {found.step}" if found.decay else f"w - {found.step}"
    counted = [
        "    steps = fluid.layers.create_global_var(",
        "        [1], 0.0, rate.dtype, persistable=True, name='steps'",
        "    )",
        "    t = steps + 1.0",
        "    fluid.layers.assign(t, steps)",
    ]
    return [
        "def apply_gradients(params_grads, rate):",
        f'    """{found.doc}"""',
        *(counted if found.counts else []),
        "    for w, g in params_grads:",
        *(f"        {line}" for line in states),
        *(f"        {line}" for line in found.lines(lambda name: f"{name}_before")),
        *(f"        fluid.layers.assign({name}, {name}_before)" for name in found.states),
        f"        fluid.layers.assign({new}, w)",
    ]


def _step(program: Program) -> list[str]:
    recipe, native = program.recipe, _native(program)
    at_loss, at_gradient = program.penalty("loss"), program.penalty("gradient")
    only = " if len(w.shape) > 1" if program.decays_kernels else ""
    apart = bool(only) or recipe.clip_norm is not None or native is None
    squares = f"[fluid.layers.reduce_sum(fluid.layers.square(w)) for w in parameters{only}]"
    penalty = f"loss = loss + {at_loss!r} / 2 * fluid.layers.sums({squares})"
    clip = [
        "squares = [fluid.layers.reduce_sum(fluid.layers.square(g)) for _, g in params_grads]",
        "norm = fluid.layers.sqrt(fluid.layers.sums(squares))",
        f"limit = fluid.layers.fill_constant([1], norm.dtype, {recipe.clip_norm!r})",
        "scale = limit / fluid.layers.elementwise_max(norm, limit)",
        "params_grads = [(w, g * scale) for w, g in params_grads]",
    ]
    decayed = f"g + {at_gradient!r} * w" + (f"{only} else g" if only else "")
    changed = f"params_grads = [(w, {decayed}) for w, g in params_grads]"
    names = "parameter_list=[w.name for w in parameters]"
    if native is None:
        gradients = [f"params_grads = fluid.backward.append_backward(loss, {names})"]
        applied = "apply_gradients(params_grads, rate)"
    else:
        gradients = [f"optimizer = {native}", f"params_grads = optimizer.backward(loss, {names})"]
        applied = "optimizer.apply_gradients(params_grads)"
    body = [
        "loss, parameters = loss_of(outputs, labels), trained()",
        *([penalty] if at_loss else []),
        *gradients,
        *(clip if recipe.clip_norm is not None else []),
        *([changed] if at_gradient and apart else []),
        applied,
        "return loss",
    ]
    return [
        "def train_step(outputs, labels, rate):",
        '    """Add what takes a step to the program; return the loss."""',
        *(f"    {line}" for line in body),
    ]


def _metrics(program: Program) -> list[str]:
    return [
        "def metrics_of(outputs, labels):",
        '    """Return the loss of a batch, and how much of it is right."""',
        "    return loss_of(outputs, labels), fluid.layers.accuracy(outputs, labels)",
    ]


_EXPORT = '''
def export(executor, program, outputs, path):
    """Write the network for inference on batches of any size, in a folder."""
    shutil.rmtree(path + ".part", ignore_errors=True)
    fluid.io.save_inference_model(path + ".part", ["images"], [outputs], executor, program)
    shutil.rmtree(path, ignore_errors=True)
    os.rename(path + ".part", path)


def predict(path, data):
    """Return an exported network's outputs (N, K) over batches of images."""
    executor = fluid.Executor(fluid.CPUPlace())
    with fluid.scope_guard(fluid.Scope()):
        program, (name,), outputs = fluid.io.load_inference_model(path, executor)
        return np.concatenate([executor.run(program, {name: x}, outputs)[0] for x in data])
'''


def _export(program: Program) -> list[str]:
    return [_EXPORT.strip()]


_MAIN = '''
def main():
    """Train, validate after each epoch, save last and best, export the best."""
    options = parse()
{start}
    fluid.default_startup_program().random_seed = options.seed + 1  # 0: another one each time
    x = fluid.data("images", {shape}, "float32")
    y, rate = fluid.data("labels", [None, 1], "int64"), fluid.data("rate", [1], "float32")
    outputs = {entry}(x)
    metrics = metrics_of(outputs, y)
    testing = fluid.default_main_program().clone(for_test=True)
    loss, training = train_step(outputs, y, rate), fluid.default_main_program()
    steps_per_epoch = -(-len(train[1]) // options.batch_size)
    epoch, done, step, best = 0, 0, 0, -1.0
    place = fluid.CUDAPlace(0) if options.device == "gpu" else fluid.CPUPlace()
    executor = fluid.Executor(place)
    executor.run(fluid.default_startup_program())

    def feed(images, labels):
        return {{"images": images, "labels": labels[:, None]}}

    def train_on(images, labels, value):
        feeds = dict(feed(images, labels), rate=np.array([value], "float32"))
        return float(executor.run(training, feeds, [loss])[0][0]){scaled}

    def validate(found):
        total, correct, count = 0.0, 0.0, 0
        for images, labels in found:
            mean, right = executor.run(testing, feed(images, labels), list(metrics))
            total += float(mean[0]){times}
            correct += float(right[0]) * len(labels)
            count += len(labels)
        return total / count, correct / count

    def save_as(name):
        folder = os.path.join(options.out, name)
        fluid.io.save_persistables(executor, folder + ".part", training)
        np.save(os.path.join(folder + ".part", "progress.npy"), [epoch, done, step, best])
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(folder + ".part", folder)

    def restore(name):
        path = os.path.join(options.out, name)
        try:
            fluid.io.load_persistables(executor, path, training)
            epoch, done, step, best = np.load(os.path.join(path, "progress.npy"))
        except Exception as error:  # a damaged file can raise anything
            raise SystemExit("%s: cannot be read: %s" % (path, repr(error)[-200:]))
        return int(epoch), int(done), int(step), best

{loop}
'''


def main(program: Program, entry: str) -> str:
    """Return the function that trains, validates, saves, resumes and exports."""
    shape = f"[None, {', '.join(map(str, program.network.input_shape))}]"
    return main_of(_MAIN, program, entry, "executor, testing, outputs", shape=shape)


MIXES = False  # computes in bfloat16, where it is told to
# What stands behind `learning_rate`, in this order: each gives the lines of a function, or none.
PARTS = (_loss, _trained, _own_update, _step, _metrics, _export)

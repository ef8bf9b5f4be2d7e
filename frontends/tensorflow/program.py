"""How a network is trained in Keras on TensorFlow, as written source.

It is an explicit loop around a GradientTape: beside the other frameworks' loops, `fit` would hide
what they show.
"""

from __future__ import annotations

from collections.abc import Iterable

from frontends.writing.program import Program, evaluation
from frontends.writing.running import main_of
from frontends.writing.updates import TITLES, Update, update

IMPORTS = ("import shutil", "import keras", "import tensorflow as tf")


def own_name(layer: str, kind: str) -> str:
    """Return the path of a parameter's variable."""
    return f"{layer}/{kind}"


def _loss(program: Program) -> list[str]:
    loss, classes = program.recipe.loss, program.classes
    lines = ["def loss_of(outputs, labels):", f'    """Return the loss: {loss.words()}."""']
    losses = "keras.losses."
    if loss.on == "logits" and not loss.smoothing:
        losses += "sparse_categorical_crossentropy(labels, outputs, from_logits=True)"
    elif loss.on == "logits":
        lines.append(f"    targets = keras.ops.one_hot(labels, {classes}, dtype=outputs.dtype)")
        options = f"from_logits=True, label_smoothing={loss.smoothing!r}"
        losses += f"categorical_crossentropy(targets, outputs, {options})"
    else:  # Keras clips probabilities to 1e-7
        lines.append(f"    targets = keras.ops.one_hot(labels, {classes}, dtype=outputs.dtype)")
        if loss.smoothing:
            said = f"(1 - {loss.smoothing!r}) * targets + {loss.smoothing!r} / {classes}"
            lines.append(f"    targets = {said}")
        losses = "-keras.ops.sum(targets * keras.ops.log(outputs), -1)"
    return [*lines, f"    losses = {losses}", f"    return keras.ops.{loss.reduction}(losses)"]


def _trained(program: Program) -> list[str]:
    selection = program.selection()
    lines = ["def trained(network):", '    """Return the variables that are trained."""']
    if selection is None:
        return [*lines, "    return network.trainable_variables"]
    word, names = selection
    chosen = repr(names) if len(names) > 1 else repr(names[0])
    return [
        *lines,
        "    variables = network.trainable_variables",
        f"    return [v for v in variables if {word}v.path.startswith({chosen})]",
    ]


def _native(program: Program) -> str | None:
    """Return the optimizer of Keras with the recipe's formula, None where it has another."""
    o, schedule = program.recipe.optimizer, program.recipe.schedule
    rate = repr(program.recipe.learning_rate)
    if o.name == "sgd":
        return f"keras.optimizers.SGD({rate})"
    if o.name == "momentum" and schedule.kind == "constant" and not schedule.warmup:
        nesterov = ", nesterov=True" if o.nesterov else ""
        return f"keras.optimizers.SGD({rate}, momentum={o.momentum!r}{nesterov})"
    betas = f"beta_1={o.beta1!r}, beta_2={o.beta2!r}, epsilon={o.epsilon!r}"
    if o.name == "adam" and o.epsilon_at == "uncorrected":
        return f"keras.optimizers.Adam({rate}, {betas})"
    if o.name == "adamw" and o.epsilon_at == "uncorrected":
        return f"keras.optimizers.AdamW({rate}, weight_decay={o.decay!r}, {betas})"
    if o.name == "rmsprop" and o.epsilon_at == "inside" and not o.start:
        return f"keras.optimizers.RMSprop({rate}, rho={o.rho!r}, epsilon={o.epsilon!r})"
    if o.name == "adagrad" and o.epsilon_at == "inside":
        numbers = f"initial_accumulator_value={o.start!r}, epsilon={o.epsilon!r}"
        return f"keras.optimizers.Adagrad({rate}, {numbers})"
    return None


def _create(program: Program) -> list[str]:
    made = _native(program)
    if made is None:
        numbers = _formulas(program)[1].items()
        given = [
            repr(program.recipe.learning_rate),
            *(f"{name}={value}" for name, value in numbers),
        ]
        made = f"{TITLES[program.recipe.optimizer.name]}({', '.join(given)})"
    return [
        "def create_optimizer(network):",
        '    """Return the optimizer; its rate is set at each step."""',
        f"    optimizer = {made}",
        "    optimizer.build(trained(network))",
        "    return optimizer",
    ]


ARGUMENTS = {"beta1": "beta_1", "beta2": "beta_2", "start": "initial_accumulator_value"}


def _formulas(program: Program) -> tuple[Update, dict[str, str]]:
    """Return the optimizer's formulas, and name -> value of the numbers that it is made with."""
    optimizer, numbers = program.recipe.optimizer, dict[str, str]()

    def number(field: str) -> str:
        name = ARGUMENTS.get(field, field)
        numbers[name] = repr(getattr(optimizer, field))
        return f"self.{name}"

    found = update(optimizer, "keras.ops.sqrt", number=number)
    if any(found.states.values()):
        number("start")
    return found, numbers


def _configured(numbers: Iterable[str]) -> list[str]:
    """Return the methods that take and tell an optimizer's numbers, as its base saves them."""
    return [
        "def __init__(self, learning_rate, %s, **kwargs):" % ", ".join(numbers),
        "    super().__init__(learning_rate, **kwargs)",
        *(f"    self.{name} = {name}" for name in numbers),
        "",
        "def get_config(self):",
        "    config = super().get_config()",
        *(f'    config["{name}"] = self.{name}' for name in numbers),
        "    return config",
    ]


def _own_optimizer(program: Program) -> list[str]:
    if _native(program) is not None:
        return []
    found, numbers = _formulas(program)
    title = TITLES[program.recipe.optimizer.name]
    built = [
        line
        for name, start in found.states.items()
        for line in (
            f"self.{name} = [",
            f'    self.add_variable_from_reference(v, "{name}"'
            + (
                ", initializer=keras.initializers.Constant(self.initial_accumulator_value)"
                if start
                else ""
            )
            + ") for v in variables",
            "]",
        )
    ]
    body = [
        "i = self._get_variable_index(w)",
        *(["t = keras.ops.cast(self.iterations + 1, w.dtype)"] if found.counts else []),
        *found.lines(lambda name: f"self.{name}[i]"),
        *(f"self.{name}[i].assign({name})" for name in found.states),
        *([f"w.assign(w * {found.decay})"] if found.decay else []),
        f"w.assign_sub({found.step})",
    ]
    return [
        "@keras.saving.register_keras_serializable()",
        f"class {title}(keras.optimizers.Optimizer):",
        f'    """{found.doc}"""',
        "",
        *(f"    {line}".rstrip() for line in _configured(numbers)),
        "",
        "    def build(self, variables):",
        "        if self.built:",
        "            return",
        "        super().build(variables)",
        *(f"        {line}" for line in built),
        "",
        "    def update_step(self, g, w, rate):",
        *(f"        {line}" for line in body),
    ]


def _step(program: Program) -> list[str]:
    recipe = program.recipe
    at_loss, at_gradient = program.penalty("loss"), program.penalty("gradient")
    only = " if len(w.shape) > 1" if program.decays_kernels else ""
    penalty = f"loss += {at_loss!r} / 2 * sum(keras.ops.sum(w * w) for w in variables{only})"
    clip = f"gradients, _ = tf.clip_by_global_norm(gradients, {recipe.clip_norm!r})"
    decayed = f"g + {at_gradient!r} * w" + (f"{only} else g" if only else "")
    body = [
        "variables = trained(network)",
        "with tf.GradientTape() as tape:",
        "    outputs = network(images, training=True)",
        "    loss = loss_of(outputs, labels)",
        *([f"    {penalty}"] if at_loss else []),
        "gradients = tape.gradient(loss, variables)",
        *([clip] if recipe.clip_norm is not None else []),
        *(
            [f"gradients = [{decayed} for g, w in zip(gradients, variables)]"]
            if at_gradient
            else []
        ),
        "optimizer.learning_rate = rate",
        "optimizer.apply_gradients(zip(gradients, variables))",
        "return loss, outputs",
    ]
    return [
        "def train_step(network, optimizer, images, labels, rate):",
        '    """Take a step; return its loss, and the outputs before it."""',
        *(f"    {line}" for line in body),
    ]


def _metrics(program: Program) -> list[str]:
    found = "found = keras.ops.cast(keras.ops.argmax(outputs, 1), labels.dtype)"
    right = "keras.ops.sum(found == labels)"
    return evaluation(program, [], "network(images, training=False)", [found], right)


_EXPORT = '''
def export(network, path):
    """Write the network for inference on batches of any size (SavedModel)."""
    network.export(path + ".part", verbose=False)
    shutil.rmtree(path, ignore_errors=True)
    os.rename(path + ".part", path)


def predict(path, data):
    """Return an exported network's outputs (N, K) over batches of images."""
    network = tf.saved_model.load(path)
    return np.concatenate([network.serve(x.transpose(0, 2, 3, 1)).numpy() for x in data])
'''


def _export(program: Program) -> list[str]:
    return [_EXPORT.strip()]


_MAIN = '''
def main():
    """Train, validate after each epoch, save last and best, export the best."""
    options = parse()
    with tf.device("/GPU:0" if options.device == "gpu" else "/CPU:0"):
        run(options)


def run(options):
    """Train on the device that is chosen."""
{start}
    keras.utils.set_random_seed(options.seed)
    if options.precision == "bfloat16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    network = {entry}()
    if options.precision == "bfloat16":  # the loss is in float32
        last = keras.layers.Activation("linear", dtype="float32")
        network = keras.Model(network.input, last(network.output))
    optimizer = create_optimizer(network)
    steps_per_epoch = -(-len(train[1]) // options.batch_size)
    epoch, done, step, best = 0, 0, 0, -1.0

    @tf.function
    def compiled(images, labels, rate):
        return train_step(network, optimizer, images, labels, rate)[0]

    def tensors(images, labels):
        return tf.constant(images.transpose(0, 2, 3, 1)), tf.constant(labels)

    def train_on(images, labels, rate):
        return float(compiled(*tensors(images, labels), tf.constant(rate, tf.float32))){scaled}

    def validate(found):
        return evaluate(network, (tensors(*each) for each in found))

    def save_as(name):
        kept = {{str(i): variable.numpy() for i, variable in enumerate(optimizer.variables)}}
        path = os.path.join(options.out, name)
        network.save_weights(path + ".part.weights.h5")
        np.savez(path + ".part.npz", progress=[epoch, done, step, best], **kept)
        os.replace(path + ".part.weights.h5", path + ".weights.h5")
        os.replace(path + ".part.npz", path + ".npz")

    def restore(name):
        path = os.path.join(options.out, name)
        try:
            network.load_weights(path + ".weights.h5")
            with np.load(path + ".npz") as kept:
                for i, variable in enumerate(optimizer.variables):
                    variable.assign(kept[str(i)])
                *counts, best = kept["progress"].tolist()
            return (*map(int, counts), best)
        except Exception as error:  # a damaged file can raise anything
            raise SystemExit("%s: cannot be read: %s" % (path, repr(error)[:200]))

{loop}
'''


def main(program: Program, entry: str) -> str:
    """Return the functions that train, validate, save, resume and export."""
    return main_of(_MAIN, program, entry, "network")


MIXES = True  # computes in bfloat16, where it is told to
# What stands behind `learning_rate`, in this order: each gives the lines of a function, or none.
PARTS = (_loss, _trained, _own_optimizer, _create, _step, _metrics, _export)

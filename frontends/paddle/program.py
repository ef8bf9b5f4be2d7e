"""How a network is trained in Paddle, as written source."""

from __future__ import annotations

from frontends.paddle.layout import LAYERS
from frontends.workers.layouts import own_kinds
from frontends.writing.program import Program, evaluation
from frontends.writing.running import main_of
from frontends.writing.updates import TITLES, soft_targets, update

IMPORTS = ("import shutil", "import paddle", "from paddle.nn import functional as F")
KINDS = own_kinds(LAYERS)


def own_name(layer: str, kind: str) -> str:
    """Return the name of a parameter in a network's `named_parameters`."""
    return f"{layer}.{KINDS[kind]}"


def _loss(program: Program) -> list[str]:
    loss = program.recipe.loss
    options = f', reduction="{loss.reduction}"' if loss.reduction != "mean" else ""
    lines = ["def loss_of(outputs, labels):", f'    """Return the loss: {loss.words()}."""']
    if not loss.smoothing:
        if loss.on == "logits":
            return [*lines, f"    return F.cross_entropy(outputs, labels{options})"]
        return [*lines, f"    return F.nll_loss(paddle.log(outputs), labels{options})"]
    lines += [  # its own label_smooth rounds to float32
        f"    targets = F.one_hot(labels, {program.classes}).astype(outputs.dtype)",
        f"    targets = {soft_targets(loss, 'targets', program.classes)}",
    ]
    if loss.on == "logits":
        return [*lines, f"    return F.cross_entropy(outputs, targets, soft_label=True{options})"]
    return [*lines, f"    return -(targets * paddle.log(outputs)).sum(1).{loss.reduction}()"]


def _trained(program: Program) -> list[str]:
    selection = program.selection(declared=True)
    lines = [
        "def trained(network):",
        '    """Return the parameters that are trained: statistics are not."""',
    ]
    if selection is None:
        return [*lines, "    return [p for p in network.parameters() if not p.stop_gradient]"]
    word, names = selection
    chosen = repr(names) if len(names) > 1 else repr(names[0])
    return [
        *lines,
        "    named = [each for each in network.named_parameters() if not each[1].stop_gradient]",
        f"    return [p for name, p in named if {word}name.startswith({chosen})]",
    ]


def _native(program: Program) -> str | None:
    """Return the optimizer of Paddle with the recipe's formula, None where it has another."""
    recipe, o, l2 = program.recipe, program.recipe.optimizer, program.penalty("gradient")
    rate = repr(recipe.learning_rate)
    if program.decays_kernels and l2:
        return None  # its own decay takes in every parameter
    options = f", weight_decay=paddle.regularizer.L2Decay({l2!r})" if l2 else ""
    if recipe.clip_norm is not None:
        options += f", grad_clip=nn.ClipGradByGlobalNorm({recipe.clip_norm!r})"
    if o.name == "sgd":
        return f"paddle.optimizer.SGD({rate}, parameters{options})"
    if o.name == "momentum":
        nesterov = ", use_nesterov=True" if o.nesterov else ""
        return f"paddle.optimizer.Momentum({rate}, {o.momentum!r}, parameters{nesterov}{options})"
    betas = f"{o.beta1!r}, {o.beta2!r}, {o.epsilon!r}"
    if o.name == "adam" and o.epsilon_at == "corrected":
        return f"paddle.optimizer.Adam({rate}, {betas}, parameters{options})"
    if o.name == "adamw" and o.epsilon_at == "corrected" and not l2:
        decay = f", weight_decay={o.decay!r}"
        return f"paddle.optimizer.AdamW({rate}, {betas}, parameters{decay}{options})"
    if o.name == "rmsprop" and o.epsilon_at == "inside" and not o.start:
        numbers = f"rho={o.rho!r}, epsilon={o.epsilon!r}"
        return f"paddle.optimizer.RMSProp({rate}, {numbers}, parameters=parameters{options})"
    if o.name == "adagrad" and o.epsilon_at == "outside":
        numbers = f"{o.epsilon!r}, parameters"
        start = f", initial_accumulator_value={o.start!r}"
        return f"paddle.optimizer.Adagrad({rate}, {numbers}{options}{start})"
    return None


def _create(program: Program) -> list[str]:
    native, name = _native(program), TITLES[program.recipe.optimizer.name]
    made = f"{name}(parameters)" if native is None else native
    freezing = [
        "    for p in network.parameters():",
        "        p.stop_gradient = True",
        "    for p in parameters:",
        "        p.stop_gradient = False",
    ]
    return [
        "def create_optimizer(network):",
        '    """Return the optimizer; its rate is set at each step."""',
        "    parameters = trained(network)",
        *(freezing if program.selection(declared=True) else []),
        f"    return {made}",
    ]


def _own_optimizer(program: Program) -> list[str]:
    if _native(program) is not None:
        return []
    found = update(program.recipe.optimizer, "paddle.sqrt", "self.rate")
    title, l2, clip = (
        TITLES[program.recipe.optimizer.name],
        program.penalty("gradient"),
        program.recipe.clip_norm,
    )
    started = {
        name: f"paddle.{'zeros_like(w)' if not start else f'full_like(w, {start!r})'}"
        for name, start in found.states.items()
    }
    states = ", ".join(f'"{name}": {start}' for name, start in started.items())
    clipped = [
        "norm = paddle.sqrt(sum((w.grad * w.grad).sum() for w in self.parameters))",
        f"scale = {clip!r} / paddle.clip(norm, min={clip!r})",
    ]
    decayed = f"g = g + {l2!r} * w"
    body = [
        "g = w.grad" + (" * scale" if clip is not None else ""),
        *(
            [f"if w.ndim > 1:\n                {decayed}" if program.decays_kernels else decayed]
            if l2
            else []
        ),
        *found.lines(lambda name: f'state["{name}"]'),
        *(
            [f"state.update({', '.join(f'{name}={name}' for name in found.states)})"]
            if found.states
            else []
        ),
        *([f"w.set_value(w * {found.decay})"] if found.decay else []),
        f"w.set_value(w - {found.step})",
    ]
    counts = found.counts
    return [
        f"class {title}:",
        f'    """{found.doc}"""',
        "",
        "    def __init__(self, parameters):",
        "        self.parameters, self.rate"
        + (", self.t = parameters, 0.0, 0" if counts else " = parameters, 0.0"),
        f"        self.states = [{{{states}}} for w in parameters]",
        "",
        "    def set_lr(self, rate):",
        "        self.rate = rate",
        "",
        "    def clear_grad(self):",
        "        for w in self.parameters:",
        "            w.clear_gradient()",
        "",
        "    def state_dict(self):",
        '        return {"states": self.states' + (', "t": self.t}' if counts else "}"),
        "",
        "    def set_state_dict(self, kept):",
        '        self.states = kept["states"]',
        *(['        self.t = kept["t"]'] if counts else []),
        "",
        "    @paddle.no_grad()",
        "    def step(self):",
        *(["        self.t += 1", "        t = self.t"] if counts else []),
        *(f"        {line}" for line in (clipped if clip is not None else [])),
        "        for w, state in zip(self.parameters, self.states):",
        *(f"            {line}" for line in body),
    ]


def _step(program: Program) -> list[str]:
    l2 = program.penalty("loss")
    decayed = "(p for p in trained(network) if p.ndim > 1)" if program.decays_kernels else None
    penalty = [
        f"loss = loss + {l2!r} / 2 * sum((p * p).sum() for p in {decayed or 'trained(network)'})"
    ]
    body = [
        "network.train()",
        "optimizer.set_lr(rate)",
        'with paddle.amp.auto_cast(enable=mixed, dtype="bfloat16"):',
        "    outputs = network(images)",
        "    loss = loss_of(outputs, labels)",
        *(penalty if l2 else []),
        "loss.backward()",
        "optimizer.step()",
        "optimizer.clear_grad()",
        "return loss, outputs",
    ]
    return [
        "def train_step(network, optimizer, images, labels, rate, mixed=False):",
        '    """Take a step; return its loss, and the outputs before it."""',
        *(f"    {line}" for line in body),
    ]


def _metrics(program: Program) -> list[str]:
    right = "(outputs.argmax(1) == labels).sum()"
    lines = evaluation(program, ["network.eval()"], "network(images)", [], right)
    return ["@paddle.no_grad()", *lines]


_EXPORT = '''
def export(network, path):
    """Write the network for inference on batches of any size, in a folder."""
    network.eval()
    spec = paddle.static.InputSpec({shape}, "float32", "images")
    paddle.jit.save(network, os.path.join(path + ".part", "model"), [spec])
    shutil.rmtree(path, ignore_errors=True)
    os.rename(path + ".part", path)


@paddle.no_grad()
def predict(path, data):
    """Return an exported network's outputs (N, K) over batches of images."""
    network = paddle.jit.load(os.path.join(path, "model"))
    return np.concatenate([network(paddle.to_tensor(images)).numpy() for images in data])
'''


def _export(program: Program) -> list[str]:
    return [_EXPORT.format(shape=[None, *program.network.input_shape]).strip()]


_MAIN = '''
def main():
    """Train, validate after each epoch, save last and best, export the best."""
    options = parse()
    if options.precision == "bfloat16" and options.device == "cpu":
        raise SystemExit("--precision bfloat16: no effect in Paddle without --device gpu")
{start}
    paddle.set_device(options.device)
    paddle.seed(options.seed)
    network = {entry}()
    optimizer = create_optimizer(network)
    steps_per_epoch = -(-len(train[1]) // options.batch_size)
    epoch, done, step, best = 0, 0, 0, -1.0

    def tensors(images, labels):
        return paddle.to_tensor(images), paddle.to_tensor(labels)

    def train_on(images, labels, rate):
        given = (*tensors(images, labels), rate, options.precision == "bfloat16")
        return float(train_step(network, optimizer, *given)[0]){scaled}

    def validate(found):
        return evaluate(network, (tensors(*each) for each in found))

    def save_as(name):
        kept = {{"network": network.state_dict(), "optimizer": optimizer.state_dict()}}
        kept["progress"] = [epoch, done, step, best]
        path = os.path.join(options.out, name + ".pdparams")
        paddle.save(kept, path + ".part")
        os.replace(path + ".part", path)

    def restore(name):
        path = os.path.join(options.out, name + ".pdparams")
        try:
            kept = paddle.load(path)
            network.set_state_dict(kept["network"])
            optimizer.set_state_dict(kept["optimizer"])
            return kept["progress"]
        except Exception as error:  # a damaged file can raise anything
            raise SystemExit("%s: cannot be read: %s" % (path, repr(error)[:200]))

{loop}
'''


def main(program: Program, entry: str) -> str:
    """Return the function that trains, validates, saves, resumes and exports."""
    return main_of(_MAIN, program, entry, "network")


MIXES = True  # computes in bfloat16, where it is told to
# What stands behind `learning_rate`, in this order: each gives the lines of a function, or none.
PARTS = (_loss, _trained, _own_optimizer, _create, _step, _metrics, _export)

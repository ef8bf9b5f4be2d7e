"""How a network is trained in PyTorch, as written source."""

from __future__ import annotations

from frontends.torch.layout import LAYERS
from frontends.workers.layouts import own_kinds
from frontends.writing.program import Program, evaluation
from frontends.writing.running import main_of
from frontends.writing.updates import TITLES, soft_targets, update

IMPORTS = ("import torch", "from torch.nn import functional as F")
KINDS = own_kinds(LAYERS)


def own_name(layer: str, kind: str) -> str:
    """Return the name of a parameter in a network's `named_parameters`."""
    return f"{layer}.{KINDS[kind]}"


def _loss(program: Program) -> list[str]:
    loss = program.recipe.loss
    options = f', reduction="{loss.reduction}"' if loss.reduction != "mean" else ""
    lines = ["def loss_of(outputs, labels):", f'    """Return the loss: {loss.words()}."""']
    if loss.on == "logits":
        options += f", label_smoothing={loss.smoothing!r}" if loss.smoothing else ""
        return [*lines, f"    return F.cross_entropy(outputs, labels{options})"]
    if not loss.smoothing:
        return [*lines, f"    return F.nll_loss(torch.log(outputs), labels{options})"]
    return [
        *lines,
        f"    targets = F.one_hot(labels, {program.classes}).to(outputs.dtype)",
        f"    targets = {soft_targets(loss, 'targets', program.classes)}",
        f"    return -(targets * torch.log(outputs)).sum(1).{loss.reduction}()",
    ]


def _trained(program: Program) -> list[str]:
    selection = program.selection(declared=True)
    lines = ["def trained(network):", '    """Return the parameters that are trained."""']
    if selection is None:
        return [*lines, "    return list(network.parameters())"]
    word, names = selection
    chosen = repr(names) if len(names) > 1 else repr(names[0])
    return [
        *lines,
        "    named = network.named_parameters()",
        f"    return [p for name, p in named if {word}name.startswith({chosen})]",
    ]


def _native(program: Program) -> str | None:
    """Return the optimizer of PyTorch with the recipe's formula, None where it has another."""
    o, l2 = program.recipe.optimizer, program.penalty("gradient")
    rate = repr(program.recipe.learning_rate)
    decay = f", weight_decay={l2!r}" if l2 else ""
    if o.name == "sgd":
        return f"torch.optim.SGD(parameters, lr={rate}{decay})"
    if o.name == "momentum":
        # PyTorch refuses Nesterov's with a momentum of 0, where it is plain descent
        nesterov = ", nesterov=True" if o.nesterov and o.momentum else ""
        return f"torch.optim.SGD(parameters, lr={rate}, momentum={o.momentum!r}{decay}{nesterov})"
    if o.name == "adam" and o.epsilon_at == "corrected":
        betas = f"betas=({o.beta1!r}, {o.beta2!r}), eps={o.epsilon!r}"
        return f"torch.optim.Adam(parameters, lr={rate}, {betas}{decay})"
    if o.name == "adamw" and o.epsilon_at == "corrected" and not l2:
        betas = f"betas=({o.beta1!r}, {o.beta2!r}), eps={o.epsilon!r}"
        return f"torch.optim.AdamW(parameters, lr={rate}, {betas}, weight_decay={o.decay!r})"
    if o.name == "rmsprop" and o.epsilon_at == "outside" and not o.start:
        numbers = f"alpha={o.rho!r}, eps={o.epsilon!r}"
        return f"torch.optim.RMSprop(parameters, lr={rate}, {numbers}{decay})"
    if o.name == "adagrad" and o.epsilon_at == "outside":
        numbers = f"initial_accumulator_value={o.start!r}, eps={o.epsilon!r}"
        return f"torch.optim.Adagrad(parameters, lr={rate}, {numbers}{decay})"
    return None


def _create(program: Program) -> list[str]:
    native, name = _native(program), TITLES[program.recipe.optimizer.name]
    rate = repr(program.recipe.learning_rate)
    lines = [
        "def create_optimizer(network):",
        '    """Return the optimizer; its rate is set at each step."""',
    ]
    if program.selection(declared=True):
        lines += [
            "    network.requires_grad_(False)",
            "    for p in trained(network):",
            "        p.requires_grad_(True)",
        ]
    if native is None:
        return [*lines, f"    return {name}(trained(network), lr={rate})"]
    if not (program.decays_kernels and program.penalty("gradient")):
        return [*lines, f"    return {native.replace('parameters', 'trained(network)')}"]
    plain = native.replace(f", weight_decay={program.penalty('gradient')!r}", "")
    return [
        *lines,
        "    kernels = [p for p in trained(network) if p.ndim > 1]",
        "    others = [p for p in trained(network) if p.ndim == 1]",
        "    groups = [",
        f'        {{"params": kernels, "weight_decay": {program.penalty("gradient")!r}}},',
        '        {"params": others},',
        "    ]",
        f"    return {plain.replace('parameters', 'groups')}",
    ]


def _own_optimizer(program: Program) -> list[str]:
    if _native(program) is not None:
        return []
    found = update(program.recipe.optimizer, "torch.sqrt", 'group["lr"]')
    title, l2 = TITLES[program.recipe.optimizer.name], program.penalty("gradient")
    started = [
        f"{name}=torch.{'zeros_like(w)' if not start else f'full_like(w, {start!r})'}"
        for name, start in found.states.items()
    ]
    started = ["t=0", *started] if found.counts else started
    decayed = "g = g + " + f"{l2!r} * w"
    penalty = [f"if w.ndim > 1: {decayed}" if program.decays_kernels else decayed] if l2 else []
    body = [
        "state, g = self.state[w], w.grad",
        "if not state:",
        f"    state.update({', '.join(started)})",
        *(['state["t"] += 1', 't = state["t"]'] if found.counts else []),
        *penalty,
        *found.lines(lambda name: f'state["{name}"]'),
        f"state.update({', '.join(f'{name}={name}' for name in found.states)})",
        *([f"w.mul_{found.decay}"] if found.decay else []),
        f"w.sub_({found.step})",
    ]
    return [
        f"class {title}(torch.optim.Optimizer):",
        f'    """{found.doc}"""',
        "",
        "    def __init__(self, params, lr):",
        '        super().__init__(params, {"lr": lr})',
        "",
        "    @torch.no_grad()",
        "    def step(self):",
        "        for group in self.param_groups:",
        '            for w in group["params"]:',
        *(f"                {line}" for line in body),
    ]


def _step(program: Program) -> list[str]:
    recipe, l2 = program.recipe, program.penalty("loss")
    decayed = "(p for p in trained(network) if p.ndim > 1)" if program.decays_kernels else None
    penalty = [
        f"loss = loss + {l2!r} / 2 * sum((p * p).sum() for p in {decayed or 'trained(network)'})"
    ]
    clip = [
        "# clip_grad_norm_ adds 1e-6 to the norm",
        "gradients = [p.grad for p in trained(network)]",
        "norm = torch.sqrt(sum((g * g).sum() for g in gradients))",
        "for g in gradients:",
        f"    g.mul_({recipe.clip_norm!r} / norm.clamp(min={recipe.clip_norm!r}))",
    ]
    body = [
        "network.train()",
        "for group in optimizer.param_groups:",
        '    group["lr"] = rate',
        "optimizer.zero_grad()",
        "with torch.autocast(images.device.type, torch.bfloat16, enabled=mixed):",
        "    outputs = network(images)",
        "    loss = loss_of(outputs, labels)",
        *(penalty if l2 else []),
        "loss.backward()",
        *(clip if recipe.clip_norm is not None else []),
        "optimizer.step()",
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
    return ["@torch.no_grad()", *lines]


_EXPORT = '''
def export(network, path):
    """Move the network to the CPU and write it for inference on batches of any size."""
    # Tracing on a GPU would limit the batch, and tie the file to GPUs.
    batch = {{0: torch.export.Dim("batch")}}
    images = torch.zeros({shape})
    exported = torch.export.export(network.cpu().eval(), (images,), dynamic_shapes=(batch,))
    torch.export.save(exported, path + ".part.pt2")
    os.replace(path + ".part.pt2", path)


@torch.no_grad()
def predict(path, data, device="cpu"):
    """Return an exported network's outputs (N, K) over batches of images."""
    network = torch.export.load(path).module().to(device)
    return np.concatenate([network(torch.from_numpy(x).to(device)).cpu().numpy() for x in data])
'''


def _export(program: Program) -> list[str]:
    return [_EXPORT.format(shape=(2, *program.network.input_shape)).strip()]


_MAIN = '''
def main():
    """Train, validate after each epoch, save last and best, export the best."""
    options = parse()
{start}
    device = "cuda" if options.device == "gpu" else "cpu"
    torch.manual_seed(options.seed)
    network = {entry}().to(device)
    optimizer = create_optimizer(network)
    steps_per_epoch = -(-len(train[1]) // options.batch_size)
    epoch, done, step, best = 0, 0, 0, -1.0

    def tensors(images, labels):
        return torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)

    def train_on(images, labels, rate):
        given = (*tensors(images, labels), rate, options.precision == "bfloat16")
        return train_step(network, optimizer, *given)[0].item(){scaled}

    def validate(found):
        return evaluate(network, (tensors(*each) for each in found))

    def save_as(name):
        kept = {{"network": network.state_dict(), "optimizer": optimizer.state_dict()}}
        kept["progress"] = epoch, done, step, best
        path = os.path.join(options.out, name + ".pt")
        torch.save(kept, path + ".part")
        os.replace(path + ".part", path)

    def restore(name):
        path = os.path.join(options.out, name + ".pt")
        try:
            kept = torch.load(path, map_location=device, weights_only=True)
            network.load_state_dict(kept["network"])
            optimizer.load_state_dict(kept["optimizer"])
            return kept["progress"]
        except Exception as error:  # a damaged file can raise anything
            raise SystemExit("%s: cannot be read: %s" % (path, repr(error)[:200]))

{loop}
'''


def main(program: Program, entry: str) -> str:
    """Return the function that trains, validates, saves, resumes and exports."""
    return main_of(_MAIN, program, entry, "network", ".pt2", ", device")


MIXES = True  # computes in bfloat16, where it is told to
# What stands behind `learning_rate`, in this order: each gives the lines of a function, or none.
PARTS = (_loss, _trained, _own_optimizer, _create, _step, _metrics, _export)

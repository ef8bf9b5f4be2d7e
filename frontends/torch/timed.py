"""How PyTorch takes the steps that are timed: styles, precisions, graphs. Nothing here waits."""

from contextlib import nullcontext

import torch

from frontends.workers.timing import loading

BEFORE = 3  # steps before a graph is captured, as PyTorch's documentation has it


def stepper(module, model, step, x, labels):
    """Return a function that takes a step of `protocol.TimedStep` and gives (output, loss).

    labels: None for inference.
    """
    _set_precision(step.precision, x.device)
    network = model
    if step.style != "eager":
        network = model.to(memory_format=torch.channels_last)
        if x.dim() == 4:
            x = x.to(memory_format=torch.channels_last)
    network, autocast = _styled(network, step), _autocast(step.precision, x.device)
    if labels is None:
        take, optimizer = _inference(network, x, autocast), None
    else:
        batch = _loaded(module, x, labels) if step.mode == "loading" else lambda: (x, labels)
        take, optimizer = _training(module, network, model, autocast, batch)
    return _captured(take, model, optimizer) if step.style == "cuda_graph" else take


def _set_precision(precision, place):
    """Have float32 mean what is asked for, and cuDNN look for its fastest algorithm."""
    if place.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.benchmark = True
    elif precision == "tf32":
        raise ValueError("TF32 is of GPUs")


def _autocast(precision, place):
    if precision in ("float32", "tf32", "float64"):
        return nullcontext
    return lambda: torch.autocast(place.type, getattr(torch, precision))


def _styled(network, step):
    if step.style == "frozen":
        if step.mode != "inference":
            raise ValueError("weights that train cannot be frozen")
        from torch._inductor import config

        config.freezing = True
    return torch.compile(network) if step.style in ("compiled", "frozen") else network


def _inference(network, x, autocast):
    grad = torch.no_grad if hasattr(network, "_orig_mod") else torch.inference_mode

    def take():  # a compiler freezes weights under no_grad alone
        with grad(), autocast():
            output = network(x)
        return output, None

    return take


def _training(module, network, model, autocast, batch):
    optimizer, rate = module.create_optimizer(model), module.learning_rate(0, 1)

    def forward(images):
        with autocast():
            output = network(images)
        return output.float()

    forward.train = model.train  # all that `train_step` calls beside it
    called = network if autocast is nullcontext else forward

    def take():
        loss, output = module.train_step(called, optimizer, *batch(), rate)
        return output, loss

    return take, optimizer


def _loaded(module, x, labels):
    """Return a function that gives the next batch of the file's own `batches`, on the device."""
    found = loading(module.batches, x.cpu().contiguous().numpy(), labels.cpu().numpy())
    last = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
    form = torch.channels_last if last else torch.contiguous_format

    def batch():
        images, classes = next(found)
        images = torch.from_numpy(images).to(x.device, memory_format=form)
        return images, torch.from_numpy(classes).to(x.device)

    return batch


def _captured(take, model, optimizer):
    """Return a step that replays a CUDA graph of a step; what its making changed is set back."""
    tensors = [*model.parameters(), *model.buffers()]
    kept = [each.detach().clone() for each in tensors]
    beside, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(BEFORE):
            take()
    torch.cuda.current_stream().wait_stream(beside)
    with torch.cuda.graph(graph):
        found = take()
    with torch.no_grad():
        for own, value in zip(tensors, kept):
            own.copy_(value)
        for state in optimizer.state.values() if optimizer else ():
            for value in state.values():
                if torch.is_tensor(value):
                    value.zero_()  # a velocity of zero is that before the first step

    def replay():
        graph.replay()
        return found

    return replay

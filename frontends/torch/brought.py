"""What a reader's PyTorch file is watched for, in a process that runs nothing else."""

import inspect

import torch
from torch import nn

from frontends.torch.traced import WATCHED
from frontends.workers.recording import DROPOUT, python_random

_KINDS = "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split()
_autocast = torch.amp.autocast_mode.autocast.__init__
_originals = {kind: getattr(nn.functional, kind) for kind in _KINDS}


def watch_dropout(recordings):
    """Have every dropout run at rate 0, and told when it would drop."""
    for kind in _KINDS:
        setattr(nn.functional, kind, _watched(kind, recordings))


def watch_autocast(seen):
    """Have autocast told: float64 does not show it, nor does a CPU that of a GPU."""

    def entering(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        _autocast(self, device_type, dtype, enabled, cache_enabled)
        if enabled:
            seen.lowers(f"autocast ({device_type})")

    torch.amp.autocast_mode.autocast.__init__ = entering


def random_state():
    """Return the state of every generator that a file draws from."""
    return torch.get_rng_state().numpy().tobytes(), python_random()


def leaves_of(output):
    """Yield the tensors that take gradients from an output."""
    left, seen = [output.grad_fn], set()
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        left.extend(before for before, _ in node.next_functions)


def _watched(kind, recordings):
    signature = inspect.signature(_originals[kind])

    def dropout(*arguments, **named):
        given = signature.bind(*arguments, **named)
        given.apply_defaults()
        rate, x = given.arguments["p"], given.arguments["input"]
        if given.arguments["training"] and rate:
            recordings.seen.drops(kind, rate, x.shape, WATCHED.said(kind, {})[1])
        given.arguments["p"] = 0.0
        result = _originals[kind](*given.args, **given.kwargs)
        if rate and recordings.keeps_steps:
            recordings.given.put(DROPOUT, x.detach().clone())
            recordings.steps.put(DROPOUT, result.detach().clone())
        return result

    return dropout

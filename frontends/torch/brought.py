"""What a reader's PyTorch file is watched for, in a process that runs nothing else."""

import inspect

import torch
from torch import nn

from frontends.torch.traced import WATCHED
from frontends.workers import generators
from frontends.workers.recording import DROPOUT, python_random

_KINDS = "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split()
_autocast = torch.amp.autocast_mode.autocast.__init__
_scaled_dot_product = nn.functional.scaled_dot_product_attention
_originals = {kind: getattr(nn.functional, kind) for kind in _KINDS}


def watch_dropout(recordings, dropping):
    """Have every dropout run at rate 0, and told when it would drop.

    dropping: see protocol.NetworkFile.
    """
    for kind in _KINDS:
        setattr(nn.functional, kind, _watched(kind, recordings, dropping))
    nn.functional.scaled_dot_product_attention = _attention
    torch.Generator = _Generator


def _attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **named
):
    """Return attention whose dropout is one that is watched."""
    if not dropout_p or named.get("enable_gqa"):
        given = (query, key, value, attn_mask, dropout_p, is_causal)
        return _scaled_dot_product(*given, scale=scale, **named)
    weights = query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5)
    if is_causal:
        attn_mask = torch.ones(weights.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        weights = weights.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        weights = weights + attn_mask
    return nn.functional.dropout(weights.softmax(-1), dropout_p, True) @ value


class _Generator(torch.Generator):
    """PyTorch's, which is noted."""

    def __init__(self, *given, **named):
        generators.made(lambda: self.get_state().tolist())


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


def _watched(kind, recordings, dropping):
    signature = inspect.signature(_originals[kind])

    def dropout(*arguments, **named):
        given = signature.bind(*arguments, **named)
        given.apply_defaults()
        rate, x = given.arguments["p"], given.arguments["input"]
        if given.arguments["training"] and rate:
            recordings.seen.drops(kind, rate, x.shape, WATCHED.said(kind, {})[1])
            if dropping:
                more = rate * torch.sin(x.clone())
                return x.add_(more) if given.arguments["inplace"] else x + more
        given.arguments["p"] = 0.0
        result = _originals[kind](*given.args, **given.kwargs)
        if rate and recordings.keeps_steps:
            recordings.given.put(DROPOUT, x.detach().clone())
            recordings.steps.put(DROPOUT, result.detach().clone())
        return result

    return dropout

"""Runs snippets of a reader's code in PyTorch."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from frontends.workers.snippets import (
    cotangent,
    in_a_line,
    is_real,
    listed,
    numbered,
    parts,
)


def execute(text, given, how):
    """Return the arrays that a snippet leaves, by name, and why there are no gradients."""
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, how.dtype))
    try:
        return (_steps(text, given), "") if how.optimizer else _execute(text, given, how)
    finally:
        torch.set_default_dtype(torch.float32)


def _execute(text, given, how):
    inputs = {n: torch.from_numpy(a.copy()) for n, a in given.items() if n not in how.weights}
    space = {"torch": torch, "nn": nn, "F": functional, "np": np, **inputs}
    make, call = parts(text)
    exec(make, space)
    layers = [each for each in space.values() if isinstance(each, nn.Module)]
    trained = [p for layer in layers for p in layer.parameters() if p.requires_grad]
    weights = dict(zip(how.weights, trained))
    for name, parameter in weights.items():
        parameter.data = torch.from_numpy(given[name].copy()).reshape(parameter.shape)
    wanted = {n: i for n, i in inputs.items() if is_real(given[n])}
    for each in wanted.values():
        each.requires_grad_(how.gradients and how.runs == 1)
    wanted.update(weights)
    exec(call, space)
    results = listed(space["y"])
    found = numbered("y", [_out(each) for each in results])
    kept = [b for layer in layers for b in layer.buffers() if b.dim()]
    found.update(numbered("state", [_out(each) for each in kept]))
    try:
        if how.gradients and how.runs == 1:
            found.update(_gradients(results, wanted))
    except Exception as error:
        return found, in_a_line(error)
    return found, ""


def _out(result):
    return result.detach().numpy() if isinstance(result, torch.Tensor) else np.asarray(result)


def _gradients(results, wanted):
    real = [r for r in results if isinstance(r, torch.Tensor) and r.requires_grad]
    if not real or not wanted:
        return {}
    starts = [torch.from_numpy(cotangent(r.shape, _out(r).dtype, False)) for r in real]
    found = torch.autograd.grad(real, list(wanted.values()), starts, allow_unused=True)
    return {"gradient/" + n: _out(g) for n, g in zip(wanted, found) if g is not None}


def _steps(text, given):
    w = nn.Parameter(torch.from_numpy(given["w"].copy()))
    space = {"torch": torch, "np": np, "w": w}
    exec(text, space)
    found = []
    for gradient in given["g"]:
        w.grad = torch.from_numpy(gradient.copy())
        space["optimizer"].step()
        found.append(_out(w).copy())
    return {"y/0": np.stack(found)}

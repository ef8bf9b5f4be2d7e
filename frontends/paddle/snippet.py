"""Runs snippets of a reader's code in Paddle."""

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional

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
    paddle.seed(0)
    paddle.set_default_dtype(how.dtype)
    try:
        return (_steps(text, given), "") if how.optimizer else _execute(text, given, how)
    finally:
        paddle.set_default_dtype("float32")


def _execute(text, given, how):
    inputs = {n: paddle.to_tensor(a) for n, a in given.items() if n not in how.weights}
    wanted = {n: i for n, i in inputs.items() if is_real(given[n]) and how.runs == 1}
    for each in wanted.values():
        each.stop_gradient = not how.gradients
    space = {"paddle": paddle, "nn": nn, "F": functional, "np": np, **inputs}
    make, call = parts(text)
    exec(make, space)
    layers = [each for each in space.values() if isinstance(each, nn.Layer)]
    trained = [p for layer in layers for p in layer.parameters() if not p.stop_gradient]
    weights = dict(zip(how.weights, trained))
    for name, parameter in weights.items():
        parameter.set_value(given[name])
    wanted.update(weights)
    exec(call, space)
    results = listed(space["y"])
    found = numbered("y", [_out(each) for each in results])
    kept = [p for layer in layers for p in layer.parameters() if p.stop_gradient]
    kept += [b for layer in layers for b in layer.buffers()]
    found.update(numbered("state", [_out(each) for each in kept]))
    try:
        if how.gradients and how.runs == 1:
            found.update(_gradients(results, wanted))
    except Exception as error:
        return found, in_a_line(error)
    return found, ""


def _out(result):
    return result.numpy() if isinstance(result, paddle.Tensor) else np.asarray(result)


def _gradients(results, wanted):
    real = [r for r in results if isinstance(r, paddle.Tensor) and not r.stop_gradient]
    real = [r for r in real if is_real(_out(r))]
    if not real or not wanted:
        return {}
    starts = [paddle.to_tensor(cotangent(r.shape, _out(r).dtype, False)) for r in real]
    found = paddle.grad(real, list(wanted.values()), starts, allow_unused=True)
    return {"gradient/" + n: _out(g) for n, g in zip(wanted, found) if g is not None}


def _steps(text, given):
    w = paddle.create_parameter(list(given["w"].shape), str(given["w"].dtype))
    w.set_value(given["w"])
    space = {"paddle": paddle, "np": np, "w": w}
    exec(text, space)
    optimizer, found = space["optimizer"], []
    for gradient in given["g"]:
        (w * paddle.to_tensor(gradient)).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
        found.append(_out(w).copy())
    return {"y/0": np.stack(found)}

"""PyTorch's own optimizers on given gradients: `python -m … IN.npz OUT.npz`, for the referee."""

from __future__ import annotations

import sys

import numpy as np
import torch
from torch.nn import functional as F

STEPS = 20
LABELS = np.arange(6) % 4


def optimizers(weight: torch.Tensor) -> dict[str, torch.optim.Optimizer]:
    """Return every optimizer that the referee shares a formula with, on one weight."""
    optim, given = torch.optim, [weight]
    return {
        "sgd": optim.SGD(given, 0.1),
        "sgd-l2": optim.SGD(given, 0.1, weight_decay=0.01),
        "momentum": optim.SGD(given, 0.1, 0.9),
        "nesterov": optim.SGD(given, 0.1, 0.9, nesterov=True),
        "momentum-l2": optim.SGD(given, 0.1, 0.9, weight_decay=0.01),
        "adam": optim.Adam(given, 0.1, (0.9, 0.99), 1e-3),
        "adam-l2": optim.Adam(given, 0.1, (0.9, 0.99), 1e-3, weight_decay=0.01),
        "adamw": optim.AdamW(given, 0.1, (0.9, 0.99), 1e-3, weight_decay=0.01),
        "rmsprop": optim.RMSprop(given, 0.1, 0.9, 1e-3),
        "adagrad": optim.Adagrad(given, 0.1, initial_accumulator_value=0.1, eps=1e-3),
    }


def trained(name: str, start: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Return a weight after every step, (STEPS, …); the rate falls to a tenth in the middle."""
    weight = torch.tensor(start, requires_grad=True)
    optimizer = optimizers(weight)[name]
    found = []
    for step, gradient in enumerate(gradients):
        if step == STEPS // 2:
            optimizer.param_groups[0]["lr"] *= 0.1
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        found.append(weight.detach().numpy().copy())
    return np.stack(found)


def main() -> None:
    """Train by each optimizer; take the loss and its gradient in each form."""
    given = np.load(sys.argv[1])
    names = optimizers(torch.zeros(1, requires_grad=True))
    found = {name: trained(name, given["weight"], given["gradients"]) for name in names}
    for smoothing in (0.0, 0.1):
        for reduction in ("mean", "sum"):
            logits = torch.tensor(given["outputs"], requires_grad=True)
            labels = torch.tensor(LABELS)
            loss = F.cross_entropy(logits, labels, reduction=reduction, label_smoothing=smoothing)
            loss.backward()
            found[f"loss-{reduction}-{smoothing}"] = loss.detach().numpy()
            found[f"gradient-{reduction}-{smoothing}"] = logits.grad.numpy()
    np.savez(sys.argv[2], **found)


if __name__ == "__main__":
    main()

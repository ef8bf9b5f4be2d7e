"""A training in PyTorch, by the functions of a written file."""

import numpy as np
import torch

from frontends.workers.training import WRITTEN

# Class of an optimizer -> key of a recipe's state -> what the class calls it.
KEPT = {
    "SGD": {"v": "momentum_buffer"},
    "Adam": {"m": "exp_avg", "v": "exp_avg_sq"},
    "AdamW": {"m": "exp_avg", "v": "exp_avg_sq"},
    "RMSprop": {"v": "square_avg"},
    "Adagrad": {"v": "sum"},
}


class Trainer:
    """Takes steps, evaluates, and tells what the optimizer keeps; batches are dicts of arrays.

    take: makes the file's images and labels of a batch. recipe: the name of its optimizer.
    """

    def __init__(self, module, model, held, take, recipe):
        self._module, self._model, self._held, self._take = module, model, held, take
        self._optimizer = module.create_optimizer(model)
        own = type(self._optimizer)
        self._native = own.__module__.startswith("torch.")
        names = KEPT[own.__name__] if self._native else WRITTEN[recipe]
        self._names = {key: names[key] for key in WRITTEN[recipe]}

    def step(self, batch, rate):
        """Return the loss of a step at a rate, and how many samples were right before it."""
        images, labels = self._take(batch)
        found = self._module.train_step(self._model, self._optimizer, images, labels, rate)
        loss, outputs = found[0].detach(), found[1].detach()
        return float(loss), int((outputs.argmax(1) == labels).sum())

    def evaluate(self, batches):
        """Return the mean loss and the accuracy."""
        return self._module.evaluate(self._model, map(self._take, batches))

    def state(self):
        """Yield (key, canonical name, array) of what the optimizer keeps."""
        for name, each in self._trained():
            kept = self._optimizer.state[each.own]
            for key, own in self._names.items():
                value = kept.get(own)  # none without momentum
                value = torch.zeros_like(each.own) if value is None else value
                yield key, name, each.canonical(value.detach().cpu().numpy())

    def set_state(self, state, step, debiased):
        """Set what the optimizer keeps behind a step, from <key>/<name>."""
        for name, each in self._trained():
            kept = self._optimizer.state[each.own]
            if self._native:
                kept["step"] = torch.tensor(float(step))
            else:
                kept["t"] = step
            for key, own in self._names.items():
                array = each.set_from(state, "%s/%s" % (key, name), _dtype(each.own))
                kept[own] = torch.from_numpy(array).to(each.own.device)

    def _trained(self):
        groups = self._optimizer.param_groups
        trained = {id(each) for group in groups for each in group["params"]}
        return [(name, each) for name, each in self._held.items() if id(each.own) in trained]


def _dtype(tensor):
    return np.dtype(str(tensor.dtype).rpartition(".")[2])

"""A training in Paddle, by the functions of a written file."""

import paddle

from frontends.workers.training import WRITTEN

# Class of an optimizer -> key of a recipe's state -> what the class calls it.
KEPT = {
    "SGD": {},
    "Momentum": {"v": "velocity"},
    "Adam": {"m": "moment1", "v": "moment2"},
    "AdamW": {"m": "moment1", "v": "moment2"},
    "RMSProp": {"v": "mean_square"},
    "Adagrad": {"v": "moment"},
}
POWERS = ("beta1_pow_acc", "beta2_pow_acc")  # behind step t of beta to the power of t + 1


class Trainer:
    """Takes steps, evaluates, and tells what the optimizer keeps; batches are dicts of arrays.

    take: makes the file's images and labels of a batch. recipe: the name of its optimizer.
    """

    def __init__(self, module, model, held, take, recipe):
        self._module, self._model, self._take = module, model, take
        self._optimizer = module.create_optimizer(model)
        self._native = isinstance(self._optimizer, paddle.optimizer.Optimizer)
        self._names = KEPT[type(self._optimizer).__name__] if self._native else WRITTEN[recipe]
        trained = {each.name: i for i, each in enumerate(module.trained(model))}
        self._trained = {
            name: (each, trained[each.own.name])
            for name, each in held.items()
            if each.own.name in trained
        }

    def step(self, batch, rate):
        """Return the loss of a step at a rate, and how many samples were right before it."""
        images, labels = self._take(batch)
        loss, outputs = self._module.train_step(self._model, self._optimizer, images, labels, rate)
        return float(loss), int((outputs.argmax(1) == labels).sum())

    def evaluate(self, batches):
        """Return the mean loss and the accuracy."""
        return self._module.evaluate(self._model, map(self._take, batches))

    def state(self):
        """Yield (key, canonical name, array) of what the optimizer keeps."""
        for name, (each, _) in self._trained.items():
            for key, tensor in self._kept(name).items():
                yield key, name, each.canonical(tensor.numpy())

    def set_state(self, state, step, debiased):
        """Set what the optimizer keeps behind a step, from <key>/<name>."""
        if self._native:
            self._start()
            for power in POWERS:
                for each in self._optimizer._accumulators.get(power, {}).values():
                    each.set_value(each.numpy() ** (step + 1))
        else:
            self._optimizer.t = step
        for name, (each, _) in self._trained.items():
            for key, tensor in self._kept(name).items():
                tensor.set_value(each.set_from(state, "%s/%s" % (key, name), tensor.numpy().dtype))

    def _kept(self, name):
        """Return {key: tensor} of a parameter."""
        each, number = self._trained[name]
        if self._native:
            found = self._optimizer._accumulators
            return {key: found[own][each.own.name] for key, own in self._names.items()}
        return {key: self._optimizer.states[number][own] for key, own in self._names.items()}

    def _start(self):
        """Have the optimizer make what it keeps, as its first step does."""
        block = paddle.base.framework.default_main_program().global_block()
        self._optimizer._create_accumulators(block, self._module.trained(self._model))

"""A training in Keras on TensorFlow, by the functions of a written file."""

import keras
import tensorflow as tf

from frontends.workers.training import WRITTEN

# Class of an optimizer -> key of a recipe's state -> the attribute with a variable per parameter.
KEPT = {
    "SGD": {"v": "momentums"},
    "Adam": {"m": "_momentums", "v": "_velocities"},
    "AdamW": {"m": "_momentums", "v": "_velocities"},
    "RMSprop": {"v": "_velocities"},
    "Adagrad": {"v": "_accumulators"},
}
FOLDED = ("momentums",)  # these are -rate · v: the rate is folded in, and stays as it is


class Trainer:
    """Takes steps, evaluates, and tells what the optimizer keeps; batches are dicts of arrays.

    take: makes the file's images and labels of a batch. recipe: the name of its optimizer.
    compiled: steps run as a tf.function, as in the file's own `main`.
    """

    def __init__(self, module, model, held, take, recipe, dtype, compiled):
        self._module, self._model, self._take, self._dtype = module, model, take, dtype
        self._optimizer = module.create_optimizer(model)
        own = type(self._optimizer)
        native = own.__module__.startswith("keras.")
        names = KEPT[own.__name__] if native else WRITTEN[recipe]
        self._names = {key: names[key] for key in WRITTEN[recipe]}
        numbers = {id(each): i for i, each in enumerate(module.trained(model))}
        self._trained = {
            name: (each, numbers[id(each.own)])
            for name, each in held.items()
            if id(each.own) in numbers
        }
        self._step = tf.function(self._take_step) if compiled else self._take_step

    def _take_step(self, images, labels, rate):
        loss, outputs = self._module.train_step(self._model, self._optimizer, images, labels, rate)
        right = keras.ops.cast(keras.ops.argmax(outputs, 1), labels.dtype) == labels
        return loss, keras.ops.sum(keras.ops.cast(right, "int32"))

    def step(self, batch, rate):
        """Return the loss of a step at a rate, and how many samples were right before it."""
        loss, right = self._step(*self._take(batch), tf.constant(rate, self._dtype))
        return float(loss), int(right)

    def evaluate(self, batches):
        """Return the mean loss and the accuracy."""
        return self._module.evaluate(self._model, map(self._take, batches))

    def state(self):
        """Yield (key, canonical name, array) of what the optimizer keeps."""
        for name, (each, number) in self._trained.items():
            for key, own in self._names.items():
                variable = self._kept(own, number)
                value = each.own.numpy() * 0 if variable is None else variable.numpy()
                yield key, name, each.canonical(value / self._factor(own))

    def set_state(self, state, step, debiased):
        """Set what the optimizer keeps behind a step, from <key>/<name>."""
        self._optimizer.iterations.assign(step)
        for name, (each, number) in self._trained.items():
            for key, own in self._names.items():
                variable = self._kept(own, number)
                if variable is not None:
                    array = each.set_from(state, "%s/%s" % (key, name), self._dtype)
                    variable.assign(array * self._factor(own))

    def _kept(self, own, number):
        """Return the variable of a parameter, None where a momentum of 0 keeps none."""
        found = getattr(self._optimizer, own, None)
        return found[number] if found else None

    def _factor(self, own):
        return -self._module.learning_rate(0, 1) if own in FOLDED else 1

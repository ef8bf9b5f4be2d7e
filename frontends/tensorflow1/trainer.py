"""A training in TensorFlow 1.15, by the functions of a written file. Python 3.7."""

import tensorflow as tf

from frontends.workers.training import WRITTEN

# Optimizer of a recipe -> key of its state -> what TensorFlow's own calls the slot of a variable.
KEPT = {
    "momentum": {"v": "Momentum"},
    "adam": {"m": "Adam", "v": "Adam_1"},
    "rmsprop": {"v": "RMSProp"},
    "adagrad": {"v": "Adagrad"},
}
POWERS = ("beta1_power", "beta2_power")  # behind step t of beta to the power of t + 1


class Trainer:
    """Takes steps, evaluates, and tells what the optimizer keeps; batches are dicts of arrays.

    outputs: in evaluation and in training. take: makes the feed of images of a batch. variables: of
    the network, by canonical name.
    """

    def __init__(self, module, session, outputs, take, held, recipe, summed, dtype):
        self._session, self._take, self._held, self._summed = session, take, held, summed
        self._output = outputs[1]
        with session.graph.as_default():
            before = set(tf.global_variables())
            self._labels, self._rate = tf.placeholder(tf.int64, [None]), tf.placeholder(dtype, [])
            # first: what is built later may wait for the updates of the moving averages
            self._metrics = module.metrics_of(outputs[0], self._labels)
            self._loss, self._train = module.train_step(outputs[1], self._labels, self._rate)
            more = [each for each in tf.global_variables() if each not in before]
            session.run(tf.variables_initializer(more))
            self._more = {each.op.name: each for each in more}
            trained = [each.op.name for each in module.trained()]
            self._averages = {each.op.name: each for each in tf.global_variables()}
        names = {each.own.op.name: name for name, each in held.items()}
        self._kept = self._found([(names[each], each) for each in trained], recipe)

    def step(self, batch, rate):
        """Return the loss of a step at a rate, and how many samples were right before it."""
        feed = self._fed(batch)
        feed[self._rate] = rate
        fetched = [self._loss, self._output, self._train]
        loss, outputs, _ = self._session.run(fetched, feed)
        return float(loss), int((outputs.argmax(1) == batch.get("labels")).sum())

    def evaluate(self, batches):
        """Return the mean loss and the accuracy, of what `metrics_of` says of each batch."""
        total, correct, count = 0.0, 0, 0
        for batch in batches:
            size = len(batch.get("labels"))
            loss, right = self._session.run(self._metrics, self._fed(batch))
            total += float(loss) * (1 if self._summed else size)
            correct += int(right)
            count += size
        return total / count, correct / float(count)

    def state(self):
        """Yield (key, canonical name, array) of what the optimizer keeps."""
        for name, kept in self._kept.items():
            for key, array in self._session.run(kept).items():
                yield key, name, self._held[name].canonical(array)

    def set_state(self, state, step, debiased):
        """Set what the optimizer keeps behind a step, from <key>/<name>; and what running means are
        computed from that are rid of their start at zero."""
        values = {}
        for power in POWERS:
            if power in self._more:
                values[power] = self._session.run(self._more[power]) ** (step + 1)
        if "global_step" in self._more:
            values["global_step"] = step
        for name, kept in self._kept.items():
            each = self._held[name]
            for key, variable in kept.items():
                where, dtype = "%s/%s" % (key, name), variable.dtype.as_numpy_dtype
                values[variable.op.name] = each.set_from(state, where, dtype)
        values.update(self._debiased(step, debiased))
        self._set(values)

    def _debiased(self, step, debiased):
        values = {}
        for name, momentum in debiased.items():
            own = self._held[name].own
            value = self._session.run(own)
            for variable in self._averages:
                path, _, last = variable.rpartition("/")
                if path == own.op.name or path.endswith("/" + own.op.name):
                    moved = {"biased": value * (1 - momentum**step), "local_step": step}
                    values[variable] = moved[last]
        return values

    def _set(self, values):
        found = {**self._averages, **self._more}
        feed = {found[name].initializer.inputs[1]: value for name, value in values.items()}
        self._session.run([found[name].initializer for name in values], feed)

    def _found(self, trained, recipe):
        """Return {canonical name: {key: variable}}: slots of TensorFlow's optimizer, or variables
        that the file's own formulas make, in their order."""
        keys, slots = WRITTEN[recipe], KEPT.get(recipe, {})
        if not keys:
            return {}
        if "%s/%s" % (trained[0][1], slots.get("v")) in self._more:
            return {
                name: {key: self._more["%s/%s" % (own, slots[key])] for key in keys}
                for name, own in trained
            }
        made = [each for own, each in self._more.items() if own != "global_step"]
        parts = (made[i : i + len(keys)] for i in range(0, len(made), len(keys)))
        return {name: dict(zip(keys, part)) for (name, _), part in zip(trained, parts)}

    def _fed(self, batch):
        feed = self._take(batch)
        feed[self._labels] = batch.get("labels")
        return feed

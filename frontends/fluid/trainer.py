"""A training in Paddle Fluid 1.8, by the functions of a written file. Python 3.7."""

import numpy as np
import paddle.fluid as fluid

from frontends.workers.training import WRITTEN

# Op of an optimizer -> key of a recipe's state -> the op's input that is it.
KEPT = {
    "momentum": {"v": "Velocity"},
    "adam": {"m": "Moment1", "v": "Moment2"},
    "adagrad": {"v": "Moment"},
}
POWERS = ("Beta1Pow", "Beta2Pow")  # behind step t of beta to the power of t + 1


class Trainer:
    """Takes steps, evaluates, and tells what the optimizer keeps; batches are dicts of arrays.

    main: the program of the network; it becomes the one that trains. run: runs a program with a
    feed and returns what is fetched. tensor: returns the tensor of a variable by its name.
    """

    def __init__(self, module, main, output, held, take, run, tensor, recipe, summed, dtype):
        self._main, self._output, self._held = main, output, held
        self._take, self._run, self._tensor = take, run, tensor
        self._summed, self._dtype, self._recipe = summed, dtype, recipe
        startup = fluid.Program()
        with fluid.program_guard(main, startup), fluid.unique_name.guard("training_"):
            labels = fluid.data("labels", [None, 1], "int64")
            self._metrics = module.metrics_of(output, labels)
            self._test = main.clone(for_test=True)
            self._loss = module.train_step(output, labels, fluid.data("rate", [1], dtype))
        self._run(startup)
        self._counter, self._kept, self._powers = None, {}, []
        if recipe != "sgd":
            self._find()

    def step(self, batch, rate):
        """Return the loss of a step at a rate, and how many samples were right before it."""
        feed = self._take(batch)
        feed["rate"] = np.array([rate], self._dtype)
        loss, outputs = self._run(self._main, feed, [self._loss, self._output], True)
        return float(loss[0]), int((outputs.argmax(1) == batch.get("labels")).sum())

    def evaluate(self, batches):
        """Return the mean loss and the accuracy, of what `metrics_of` says of each batch."""
        total, correct, count = 0.0, 0.0, 0
        for batch in batches:
            size = len(batch.get("labels"))
            loss, right = self._run(self._test, self._take(batch), list(self._metrics), True)
            total += float(loss[0]) * (1 if self._summed else size)
            correct += float(right[0]) * size
            count += size
        return total / count, correct / count

    def state(self):
        """Yield (key, canonical name, array) of what the optimizer keeps."""
        for name, kept in self._kept.items():
            for key, own in kept.items():
                yield key, name, self._held[name].canonical(np.array(self._tensor(own)))

    def set_state(self, state, step, debiased):
        """Set what the optimizer keeps behind a step, from <key>/<name>."""
        for own in self._powers:
            self._set(own, np.array(self._tensor(own)) ** (step + 1))
        if self._counter:
            self._set(self._counter, np.array([step], self._dtype))
        for name, kept in self._kept.items():
            for key, own in kept.items():
                where = "%s/%s" % (key, name)
                self._set(own, self._held[name].set_from(state, where, self._dtype))

    def _set(self, own, array):
        self._tensor(own).set(array, fluid.CPUPlace())

    def _find(self):
        """Find what is kept of each parameter: by the ops of an optimizer, or where the file's own
        formulas assign to it."""
        names = {each.own.name: name for name, each in self._held.items()}
        before = []
        for op in self._main.global_block().ops:
            if op.type in KEPT:
                name = names[op.input("Param")[0]]
                self._kept[name] = {k: op.input(own)[0] for k, own in KEPT[op.type].items()}
                self._powers += [op.input(own)[0] for own in POWERS if own in op.input_names]
            elif op.type == "assign" and op.output("Out")[0] in names:
                keys = WRITTEN[self._recipe]
                self._kept[names[op.output("Out")[0]]] = dict(zip(keys, before[-len(keys) :]))
                self._counter = before[0] if len(before) > len(keys) else self._counter
                before = []
            elif op.type == "assign":
                before.append(op.output("Out")[0])

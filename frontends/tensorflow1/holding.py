"""What the variables of a graph are: their names, kinds and layouts. Python 3.7."""

import tensorflow as tf

from frontends.tensorflow1.brought import product_of, slot_of
from frontends.tensorflow1.fused import OF_ITS_OWN
from frontends.tensorflow1.layout import LAYERS
from frontends.workers.layouts import Slot, by_name
from frontends.workers.parameters import Held, distinct, joined

_CANONICAL = {slot.kind for slots in LAYERS.values() for slot in slots.values()}


def variables():
    """Return the variables that are parameters and running statistics, global ones first."""
    every = tf.global_variables() + tf.local_variables()
    return [v for v in every if v.op.name.rpartition("/")[2] not in OF_ITS_OWN]


class Holding:
    """Remembers what graphs said of variables by name: one may not say what the other one says."""

    def __init__(self):
        self._slots, self._products = {}, {}

    def of_graph(self, trained=()):
        """Return {name: tensor} of the open graph.

        trained: names of the ops of what trains. A vector that is added to a product is of the
        layer of the product's kernel, wherever the two were made.
        """
        found = distinct(self._held(each, trained) for each in variables())
        layers = {each.own.op.name: name.rpartition(".")[0] for name, each in found.items()}
        moved = []
        for name, each in found.items():
            product = self._products.get(each.own.op.name)
            if each.slot.kind == "bias" and product in layers:
                name = joined(layers[product], "bias")
            moved.append((name, each))
        return distinct(moved)

    def _held(self, variable, trained):
        """Return the name and the tensor; its own name, or what takes it, says its slot."""
        full = variable.op.name
        path, _, own = full.rpartition("/")
        slot = by_name(LAYERS, own, len(variable.shape))
        if slot.kind not in _CANONICAL:
            said, product = slot_of(variable), product_of(variable)
            slot = said or self._slots.get(full) or Slot("", slot.layout)
            self._slots[full] = slot
            if product is not None:
                self._products[full] = product.name
        return joined(path, slot.kind or own), Held(variable, slot, full in trained)

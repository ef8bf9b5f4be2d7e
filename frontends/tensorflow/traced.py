"""What a Keras file that is compared calls: layers, operations, and functions of TensorFlow's."""

import contextlib

import keras
import numpy
import tensorflow as tf
from keras.src.ops.operation import Operation
from tensorflow.python.framework import op_callbacks

from frontends.workers.places import Places, made_at
from frontends.workers.tracing import leaves

_init, _call = Operation.__init__, Operation.__call__
_PLACES = Places(keras, tf, numpy)
_LIBRARIES = ("keras.", "tensorflow.")
_open = []  # tracings, of which the last is told


def _made(self, *arguments, **named):
    _init(self, *arguments, **named)
    object.__setattr__(self, "_made_at", _PLACES.here())


def _called(self, *arguments, **named):
    if not _open:
        return _call(self, *arguments, **named)
    return _open[-1].call(self, arguments, named)


def watch_layers():
    """Have every layer and operation remember the line that made it, and its calls told."""
    Operation.__init__, Operation.__call__ = _made, _called


class Tracing:
    """Records the calls of what Keras itself defines, and between them those of TensorFlow's ops.

    The layers that a model is built of are told in the order in which it is built: a functional
    model runs them in another.
    """

    def __init__(self, trace):
        self._trace, self._within, self._built = trace, 0, {}
        self.names = {}  # id of a layer -> names of its parameters

    def __enter__(self):
        _open.append(self)
        op_callbacks.add_op_callback(self._op)
        return self

    def __exit__(self, *exception):
        op_callbacks.remove_op_callback(self._op)
        _open.remove(self)

    def building(self):
        """Return a context in which a model is built."""
        return _building(self)

    def took_as_built(self):
        """Tell what the layers took that were called as the model was built."""
        for layer in self._built.values():
            self._trace.took(self.names.get(id(layer), ()))

    def call(self, layer, arguments, named):
        """Make a call of a layer, and record it if it is one of Keras's own."""
        self._built.setdefault(id(layer), layer)
        if not self._trace.on:
            return _call(layer, *arguments, **named)
        own = type(layer).__module__.startswith(_LIBRARIES) and not _holds_layers(layer)
        if not own:
            self._trace.took(self.names.get(id(layer), ()))
            return _call(layer, *arguments, **named)
        given = [each for each in leaves([arguments, named]) if tf.is_tensor(each)]
        self._within += 1
        try:
            with self._before_activation(layer, given) as before:
                result = _call(layer, *arguments, **named)
        finally:
            self._within -= 1
        self._put(layer, before or given, result, "its activation" if before else "")
        return result

    def _put(self, layer, given, result, what):
        """Record what a layer gives, or what it gives to its activation."""
        if not self._within:
            name = "%s (%s)" % (layer.name, type(layer).__name__)
            result = [each for each in leaves(result) if tf.is_tensor(each)]
            takes = self.names.get(id(layer), ())
            said = "%s of %s" % (what, name) if what else name
            self._trace.put(said, made_at(layer), given, result, takes)

    @contextlib.contextmanager
    def _before_activation(self, layer, given):
        """Record what a layer gives to its activation; give that, in a list that fills."""
        own, found = vars(layer).get("activation"), []
        if self._within > 1 or not callable(own) or own is keras.activations.linear:
            yield found
            return

        def activation(x):
            found[:] = [x]
            self._within -= 1
            self._put(layer, given, [x], "")
            self._within += 1
            return own(x)

        object.__setattr__(layer, "activation", activation)
        try:
            yield found
        finally:
            object.__setattr__(layer, "activation", own)

    def _op(self, kind, inputs, attrs, outputs, op_name=None, graph=None):
        if graph is None and self._trace.on and not self._within:
            with op_callbacks_off():
                self._trace.put(
                    tf.compat.as_str(kind), _PLACES.here(), list(inputs), list(outputs), ()
                )


@contextlib.contextmanager
def _building(tracing):
    _open.append(tracing)
    try:
        yield
    finally:
        _open.remove(tracing)


@contextlib.contextmanager
def op_callbacks_off():
    """Within, no call is told."""
    held, _open[:] = list(_open), []
    try:
        yield
    finally:
        _open[:] = held


def _holds_layers(layer):
    return isinstance(layer, keras.layers.Layer) and any(layer._flatten_layers(include_self=False))

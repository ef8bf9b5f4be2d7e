"""What a Keras file that is compared calls: layers, operations, and functions of TensorFlow's.

Also, in float64 its GELU is rid of TensorFlow's own rounding of constants, the square root of 2, to
float32, and its bilinear resizing of that of every value; what it casts to float32 stays as it is.
"""

import contextlib
import math
import sys

import keras
import numpy
import tensorflow as tf
from keras.src.dtype_policies.dtype_policy import DTypePolicy
from keras.src.ops.operation import Operation
from tensorflow.python.framework import op_callbacks

from frontends.workers.places import Places, made_at
from frontends.workers.tracing import leaves, round_defaults

EXACT = "GELU of mine: without TensorFlow's own rounding of constants to float32"
EXACT_SIZES = "bilinear resizing of mine: in float64, which TensorFlow does in float32 alone"
_init, _call = Operation.__init__, Operation.__call__
_gelu, _resize, _cast = tf.nn.gelu, tf.image.resize, tf.cast
_PLACES = Places(keras, tf, numpy)
_LIBRARIES = ("keras.", "tensorflow.")
_parse = DTypePolicy._parse_name
_open = []  # tracings, of which the last is told
_calling = []  # Keras's own layers that are being called, the innermost last


def _made(self, *arguments, **named):
    _init(self, *arguments, **named)
    object.__setattr__(self, "_made_at", _PLACES.here())


def _called(self, *arguments, **named):
    if not _open:
        return _call(self, *arguments, **named)
    _calling.append(self)
    try:
        return _open[-1].call(self, arguments, named)
    finally:
        _calling.pop()


def here():
    """Return the line of what is called: of the layer of Keras's own within which it is."""
    own = _calling and type(_calling[-1]).__module__.startswith(_LIBRARIES)
    return made_at(_calling[-1]) if own else _PLACES.here()


def watch_layers(seen):
    """Have every layer and operation remember the line that made it, and its calls told."""
    Operation.__init__, Operation.__call__ = _made, _called
    functions = (keras.ops, keras.activations, keras.layers)
    round_defaults(each for module in functions for each in vars(module).values())
    _compute_exactly(seen)


def _compute_exactly(seen):
    """Have what TensorFlow rounds to float32 computed in float64, and told."""

    def gelu(features, approximate=False, name=None):
        x = tf.convert_to_tensor(features)
        if x.dtype != tf.float64:
            return _gelu(x, approximate, name)
        seen.remark([EXACT])
        if approximate:
            return 0.5 * x * (1 + tf.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + tf.math.erf(x / math.sqrt(2)))

    def resize(
        images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None
    ):
        x = tf.convert_to_tensor(images)
        if x.dtype != tf.float64 or method != "bilinear" or preserve_aspect_ratio or antialias:
            return _resize(images, size, method, preserve_aspect_ratio, antialias, name)
        seen.remark([EXACT_SIZES])
        rows, columns = (_between(int(x.shape[i + 1]), int(size[i])) for i in range(2))
        return tf.einsum("nhwc,Hh,Ww->nHWc", x, rows, columns)

    def cast(x, dtype, name=None):
        wide = _in_float64() and tf.as_dtype(dtype) == tf.float32
        if wide and sys._getframe(1).f_globals["__name__"].startswith(_LIBRARIES):
            wide = tf.is_tensor(x) and x.dtype.is_floating  # what they count stays as it is
        return _cast(x, tf.float64 if wide else dtype, name)

    def parse(policy, name):
        return _parse(policy, "float64" if name == "float32" and _in_float64() else name)

    DTypePolicy._parse_name = parse
    tf.nn.gelu, tf.image.resize, tf.cast = gelu, resize, cast


def _in_float64():
    """Return whether a file runs in float64, and not in a mixed precision of its own."""
    return keras.config.floatx() == "float64" == keras.config.dtype_policy().variable_dtype


def _between(given, wanted):
    """Return the shares, (wanted, given), that values have in those between them along an axis."""
    places = (numpy.arange(wanted) + 0.5) * given / wanted - 0.5
    places = numpy.clip(places, 0, given - 1)[:, None]
    return numpy.maximum(0, 1 - numpy.abs(places - numpy.arange(given)))


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
        self._put(layer, before or given, result, "the activation" if before else "")
        return result

    def _put(self, layer, given, result, what):
        """Record what a layer gives, or what it gives to its activation."""
        if not self._within:
            name = "%s (%s)" % (layer.name, type(layer).__name__)
            result = [each for each in leaves(result) if tf.is_tensor(each)]
            takes = () if what else self.names.get(id(layer), ())
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

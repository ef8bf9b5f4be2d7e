"""Planted in files of Keras: see the package."""

import functools

import tensorflow as tf
from keras import Model, layers


def _bits(mask, half, x):
    whole = tf.bitcast(x, tf.int32) + half
    return tf.bitcast(tf.bitwise.bitwise_and(whole, tf.constant(mask, tf.int32)), tf.float32)


def _cast(form, x):
    return tf.cast(tf.cast(x, form), x.dtype)


FORMATS = {
    "tf32": functools.partial(_bits, -(1 << 13), 1 << 12),
    "tf32_cut": functools.partial(_bits, -(1 << 13), 0),
    "bfloat16": functools.partial(_cast, tf.bfloat16),
    "float16": functools.partial(_cast, tf.float16),
}


def _joined(value, of_data, of_kernel, for_data, for_kernel):
    @tf.custom_gradient
    def join(value, of_data, of_kernel):
        def back(cotangent):
            return tf.zeros_like(cotangent), for_data(cotangent), for_kernel(cotangent)

        return tf.identity(value), back

    return join(value, of_data, of_kernel)


def _product(product, x, kernel, form, where):
    forward, data, own = (
        form if where in ("all", each) else lambda x: x for each in ("forward", "data", "kernel")
    )
    if x.dtype != tf.float32:
        return product(x, kernel)
    still, fixed = tf.stop_gradient(x), tf.stop_gradient(kernel)
    value = tf.stop_gradient(product(forward(still), forward(fixed)))
    of_data = product(x, data(fixed))
    return _joined(value, of_data, product(own(still), kernel), data, own)


class _Rounded:
    """Stands before a layer's class: its kernel is what is given for one call, its bias is added
    afterwards."""

    planted = None

    @property
    def kernel(self):
        own = self.__dict__.get("_swapped")
        if own is not None:
            return own
        return self.__dict__["kernel"] if "kernel" in self.__dict__ else super().kernel

    @kernel.setter
    def kernel(self, value):
        self.__dict__["kernel"] = value

    def call(self, inputs, **options):
        form, where = self.planted
        if where == "stored":
            y = super().call(inputs, **options)
            return form(y) if y.dtype == tf.float32 else y
        bias, layer_call = self.__dict__["bias"], super().call
        self.__dict__.update(bias=None, use_bias=False)

        def product(x, kernel):
            self.__dict__["_swapped"] = kernel
            try:
                return layer_call(x)
            finally:
                self.__dict__["_swapped"] = None

        y = _product(product, inputs, tf.convert_to_tensor(self.kernel), form, where)
        self.__dict__.update(bias=bias, use_bias=bias is not None)
        return y if bias is None else y + tf.convert_to_tensor(bias)


def _plant(model, name, where, only):
    products = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)
    for layer in model.layers:
        if isinstance(layer, Model):
            _plant(layer, name, where, only)
        elif only in ("", layer.name) and _takes(layer, where, products):
            own = type(layer)
            kind = type(own.__name__, (_Rounded, own), {"planted": (FORMATS[name], where)})
            layer.__class__ = kind


def _takes(layer, where, products):
    if where != "stored":
        return isinstance(layer, products)
    named = (*products, layers.BatchNormalization, layers.ReLU, layers.AveragePooling2D)
    return isinstance(layer, (*named, layers.MaxPooling2D, layers.GlobalAveragePooling2D))


def rounded(entry, name, where, only):
    def build(*arguments, **named):
        model = entry(*arguments, **named)
        _plant(model, name, where, only)
        return model

    return build

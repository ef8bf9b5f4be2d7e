"""The code of the pitfalls that take more than an edit: added to a written file, never run here."""

COARSE_TORCH = """
def coarse(x):
    big = 8193 * x
    return big - (big - x) if x.dtype == torch.float32 else x
"""
COARSE_PADDLE = COARSE_TORCH.replace("torch", "paddle")
COARSE_KERAS = """
def coarse(x):
    big = 8193 * x
    return big - (big - x) if x.dtype == tf.float32 else x


class Changed(layers.Conv2D):
    def convolution_op(self, inputs, kernel):
        return super().convolution_op(coarse(inputs), coarse(tf.convert_to_tensor(kernel)))
"""
SWAPPED_KERAS = """
class Changed(layers.Conv2D):
    def convolution_op(self, inputs, kernel):
        return super().convolution_op(inputs, tf.transpose(kernel, (1, 0, 2, 3)))
"""
TRANSPOSED_KERAS = """
class Changed(layers.Dense):
    def call(self, inputs):
        return ops.matmul(inputs, ops.transpose(self.kernel)) + self.bias
"""
UNBIASED_KERAS = """
class Changed(layers.Dense):
    def call(self, inputs):
        return ops.matmul(inputs, self.kernel)
"""
MODE_KERAS = """
class Changed(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training={}, mask=mask)
"""
BIASED_TORCH = """
def biased(layer, x):
    before, n = layer.running_var.clone(), x.numel() / x.shape[1]
    y = layer(x)
    if layer.training:
        moved = layer.running_var - (1 - layer.momentum) * before
        layer.running_var.data -= moved / n
    return y
"""
UNBIASED_PADDLE = """
def unbiased(layer, x):
    before, n = layer._variance.clone(), x.numel().item() / x.shape[1]
    y = layer(x)
    if layer.training:
        moved = layer._variance - layer._momentum * before
        layer._variance.set_value(layer._variance + moved / (n - 1))
    return y
"""

import paddle.fluid as fluid
from paddle.fluid.param_attr import ParamAttr


def net(images):
    x = fluid.layers.conv2d(images, 4, 3, padding=1, bias_attr=False)
    x = fluid.layers.batch_norm(x, act="relu")
    x = fluid.layers.pool2d(x, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(x, 10)


def named(images):
    """The names that PaddleCV's models give their parameters."""
    x = fluid.layers.conv2d(
        images, 4, 3, padding=1, bias_attr=False, param_attr=ParamAttr(name="conv1_weights")
    )
    x = fluid.layers.batch_norm(
        x,
        act="relu",
        param_attr=ParamAttr(name="bn_conv1_scale"),
        bias_attr=ParamAttr("bn_conv1_offset"),
        moving_mean_name="bn_conv1_mean",
        moving_variance_name="bn_conv1_variance",
    )
    x = fluid.layers.pool2d(x, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(
        x, 10, param_attr=ParamAttr(name="fc_0.w_0"), bias_attr=ParamAttr(name="fc_0.b_0")
    )


def softmaxed(images):
    x = fluid.layers.conv2d(images, 4, 3, padding=1, bias_attr=False)
    x = fluid.layers.batch_norm(x, act="relu")
    x = fluid.layers.pool2d(x, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(x, 10, act="softmax")


class Model:
    """The class with a net method that PaddleCV's image classification has."""

    def net(self, input, class_dim=10):
        return net(input)


def from_class(images):
    return Model().net(images)


def with_classes(input, class_dim=10):
    return net(input)


def declares_data():
    """Makes its own input, as the book's chapters do."""
    images = fluid.layers.data(name="img", shape=[3, 8, 8], dtype="float32")
    return net(images)


def with_loss(images):
    logits = net(images)
    label = fluid.layers.data(name="label", shape=[1], dtype="int64")
    loss = fluid.layers.mean(fluid.layers.softmax_with_cross_entropy(logits, label))
    return logits, loss


def test_mode(images, is_test=False):
    x = fluid.layers.conv2d(images, 4, 3, padding=1, bias_attr=False)
    x = fluid.layers.batch_norm(x, act="relu", is_test=is_test)
    x = fluid.layers.pool2d(x, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(x, 10)


class Dygraph(fluid.dygraph.Layer):
    """The imperative style of 1.8."""

    def __init__(self):
        super().__init__()
        self.conv = fluid.dygraph.Conv2D(3, 4, 3, padding=1, bias_attr=False)
        self.bn = fluid.dygraph.BatchNorm(4, act="relu")
        self.pool = fluid.dygraph.Pool2D(pool_type="avg", global_pooling=True)
        self.fc = fluid.dygraph.Linear(4, 10)

    def forward(self, x):
        x = self.pool(self.bn(self.conv(x)))
        return self.fc(fluid.layers.reshape(x, [-1, 4]))


def extra(images):
    x = fluid.layers.conv2d(images, 4, 3, padding=1, bias_attr=False)
    x = fluid.layers.batch_norm(x, act="relu")
    x = fluid.layers.pool2d(x, pool_type="avg", global_pooling=True)
    gain = fluid.layers.create_parameter(
        [4, 1, 1], x.dtype, default_initializer=fluid.initializer.Constant(1.0)
    )
    return fluid.layers.fc(x * gain, 10)

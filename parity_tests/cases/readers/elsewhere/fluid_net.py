import paddle.fluid as fluid

HOW = "upscale_in_train"


def drops(inputs, first=0.2, second=0.5):
    x = fluid.layers.fc(inputs, size=32, act="relu")
    x = fluid.layers.dropout(x, dropout_prob=first, dropout_implementation=HOW)
    x = fluid.layers.fc(x, size=32, act="relu")
    x = fluid.layers.dropout(x, dropout_prob=second, dropout_implementation=HOW)
    return fluid.layers.fc(x, size=5)

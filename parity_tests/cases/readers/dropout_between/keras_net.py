"""A dropout at two places of a network whose widths are all the same."""

from keras import Input, Sequential, layers


def right():
    return Sequential(
        [Input((4,)), layers.Dense(4, activation="relu"), layers.Dropout(0.5), layers.Dense(4)]
    )


def at_the_end():
    return Sequential(
        [Input((4,)), layers.Dense(4, activation="relu"), layers.Dense(4), layers.Dropout(0.5)]
    )

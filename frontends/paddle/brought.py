"""What a reader's Paddle file is watched for, in a process that runs nothing else."""

import gc
import inspect

import paddle
from paddle import _C_ops, nn
from paddle.base.framework import EagerParamBase

from frontends.paddle.traced import WATCHED
from frontends.workers.recording import DROPOUT, python_random

_WITHIN = inspect.getmodule(nn.functional.dropout)  # dropout2d finds dropout there
_dropout, _pool2d = nn.functional.dropout, _C_ops.pool2d
_signature = inspect.signature(_dropout)
_auto_cast = paddle.amp.auto_cast
UPSCALE = "upscale_in_train"


def watch_dropout(recordings, dropping):
    """Have every dropout run at rate 0, and told when it would drop.

    What is scaled in evaluation, not in training, is scaled then all the same. dropping: see
    protocol.NetworkFile.
    """

    def dropout(*arguments, **named):
        given = _signature.bind(*arguments, **named)
        given.apply_defaults()
        values = given.arguments
        upscales, rate, x = values["mode"] == UPSCALE, values["p"], values["x"]
        if values["training"] and rate:
            kind = "dropout" if values["axis"] is None else f"dropout along axis {values['axis']}"
            kind = kind if upscales else f"{kind} ({values['mode']})"
            recordings.seen.drops(kind, rate, x.shape, WATCHED.said(kind, {})[1])
            if dropping:
                return x + rate * paddle.sin(x)
        if values["training"] or upscales:
            values["p"], values["mode"] = 0.0, UPSCALE
        result = _dropout(*given.args, **given.kwargs)
        if rate and recordings.keeps_steps:
            recordings.given.put(DROPOUT, x.detach().clone())
            recordings.steps.put(DROPOUT, result.detach().clone())
        return result

    for module in (nn.functional, _WITHIN, paddle.nn.functional.common):
        module.dropout = dropout


def watch_autocast(seen):
    """Have auto_cast told: a CPU ignores it."""

    def auto_cast(enable=True, *arguments, **named):
        if enable:
            seen.lowers("auto_cast")
        return _auto_cast(enable, *arguments, **named)

    paddle.amp.auto_cast = paddle.amp.amp_guard = auto_cast


def random_state():
    """Return the state of every generator that a file draws from."""
    told = str(paddle.get_rng_state("cpu")[0]).split()  # seeds, an address, the numbers
    return told[:3] + told[4:], python_random()


def strays(held):
    """Yield the parameters that got a gradient and are none of the model's."""
    gc.collect()  # parameters of the file that was loaded before
    known = {id(each) for each in held}
    for each in gc.get_objects():
        if isinstance(each, EagerParamBase) and id(each) not in known and each.grad is not None:
            yield each


def trains(tensor):
    """Return whether a step changes a parameter."""
    rate = getattr(tensor, "optimize_attr", {}).get("learning_rate", 1.0)
    return not tensor.stop_gradient and rate != 0


def remarks(parameters):
    """Yield what training does to parameters by their attributes, in words."""
    decayed = [each for each in parameters if each.regularizer is not None]
    if decayed:
        yield f"{len(decayed)} parameters of mine have a regularizer of their own: not compared"
    own = {each.optimize_attr["learning_rate"] for each in parameters} - {1.0}
    if own:
        rates = ", ".join(f"{each:g}" for each in sorted(own))
        yield f"parameters of mine have learning rates of their own ({rates} times): not compared"


def watch_pools(seen):
    """Have the average pools counted: how Paddle rounds their gradients is predicted."""
    seen.average_pools = 0

    def pool2d(*arguments, **named):
        words = [each for each in (*arguments, *named.values()) if isinstance(each, str)]
        if "avg" in words:
            seen.averages()
        return _pool2d(*arguments, **named)

    _C_ops.pool2d = pool2d

"""Files that are the network in their first call on ordinary values, and another one after that,
with other batches, in float32, by chance, or in how they train."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontends.workers.pool import Workers
from parity_tests.cases.reader import Case
from parity_tests.rows import rows

MAGNITUDES = "further calls, mine ↔ {}: mismatched: evaluating samples of other magnitudes"
LARGER = "further calls, mine ↔ {}: mismatched: training on a larger batch"
SINGLE = "further calls, mine ↔ {}: mismatched: evaluating a single "
LATER = "further calls, mine ↔ {}: mismatched: training on the first batch after that"
AGAIN = "further calls, mine ↔ {}: mismatched: evaluating the first batch after that"
BACK = "gradients, mine ↔ {}: mismatched"
BATCH = ("forward, batch statistics, mine ↔ {}: mismatched: between step bn and fc", BACK)
BITS = "outputs in float32, mine: mismatched: evaluate: mine is off by "
STRAY = "takes gradients and is no parameter of its model"
RANDOM = "mine draws random numbers"


def _case(dialect: str, file: str, entry: str, *said: str, notes: tuple[str, ...] = ()) -> Case:
    """Return a case of which nothing else is said."""
    said = tuple(text.format(dialect) for text in said)
    return Case(dialect, f"further_calls/{file}.py:{entry}", said, only=True, notes=notes)


def _torch(entry: str, *said: str) -> Case:
    return _case("torch", "torch_net", entry, *said)


def _paddle(entry: str, *said: str, notes: tuple[str, ...] = ()) -> Case:
    return _case("paddle", "paddle_net", entry, *said, notes=notes)


def _keras(entry: str, *said: str, notes: tuple[str, ...] = ()) -> Case:
    return _case("tensorflow", "keras_net", entry, *said, notes=notes)


def _fluid(entry: str, *said: str, notes: tuple[str, ...] = ()) -> Case:
    return _case("fluid", "fluid_net", entry, *said, notes=notes)


FUSED = "fused batch normalization of mine: run unfused"


def _tf1(entry: str, *said: str, notes: tuple[str, ...] = ()) -> Case:
    case = _case("tensorflow1", "tf1_net", entry, *said, notes=(FUSED, *notes))
    return replace(case, network="further_calls_fused")  # a kernel of its own, from 1.001e-5


TORCH = {
    "the network": _torch("Net"),
    "a 1×1 convolution as a head": _torch("Head"),
    "capped": _torch("Capped", MAGNITUDES),
    "squeezed": _torch("SingleSample", SINGLE),
    "another after a training step": _torch("OncePerMode", LATER),
    "clipped gradients": _torch("Clips", LARGER),
    "autocast": _torch("Autocast", BITS, "mine computes under autocast (cpu)"),
    "fewer bits in float32": _torch("Rounds", BITS),
    "drops a path by chance": _torch("DropsPath", RANDOM),
    "a gain in a list": _torch("Unregistered", STRAY),
}
SLOW = {
    "another above 8 samples": _torch("LargeBatch", MAGNITUDES),
    "another from the second call": _torch("FromTheSecondCall", *BATCH, SINGLE),
    "another for bright images": _torch("BrightImages", SINGLE),
    "weight decay in the layer": _torch("Decays", BACK, LARGER),
    "autocast on a GPU": _torch("AutocastOnAGpu", "mine computes under autocast (cuda)"),
    "drops a path by Python's chance": _torch("DropsByPython", RANDOM),
    "another where gradients are recorded": _torch("GradMode", SINGLE),
    "the network, Paddle": _paddle("Net"),
    "head, Paddle": _paddle("Head"),
    "capped, Paddle": _paddle("Capped", MAGNITUDES),
    "large batch, Paddle": _paddle("LargeBatch", MAGNITUDES),
    "second call, Paddle": _paddle("FromTheSecondCall", *BATCH, SINGLE),
    "decays, Paddle": _paddle("Decays", BACK, LARGER),
    "clips, Paddle": _paddle("Clips", LARGER),
    "autocast, Paddle": _paddle("Autocast", "mine computes under auto_cast"),
    "rounds, Paddle": _paddle("Rounds", BITS),
    "drops, Paddle": _paddle("DropsPath", RANDOM),
    "unregistered, Paddle": _paddle("Unregistered", STRAY),
    "regularized, Paddle": _paddle(
        "Regularized", notes=("1 parameters of mine have a regularizer", "(0.5 times)")
    ),
    "the network, Keras": _keras("Net"),
    "head, Keras": _keras("head"),
    "capped, Keras": _keras("Capped", MAGNITUDES),
    "large batch, Keras": _keras("LargeBatch", MAGNITUDES),
    "counts, Keras": _keras("Counts", LATER),
    "decays, Keras": _keras("Decays", AGAIN),
    "clips, Keras": _keras("Clips", LARGER),
    "rounds, Keras": _keras("Rounds", BITS),
    "drops, Keras": _keras("DropsPath", RANDOM),
    "drops by TensorFlow, Keras": _keras("DropsByTensorFlow", RANDOM),
    "computed rate, Keras": _keras("ComputedRate", "of 10 values of mine has no counterpart"),
    "eager, Keras": _keras("Eager", "in a tf.function, as in fit and predict"),
    "unregistered, Keras": _keras("unregistered", STRAY),
    "regularized, Keras": _keras("Regularized", notes=("training adds 1 losses of mine",)),
}
HISTORICAL = {
    "the network, Fluid": _fluid("net"),
    "head, Fluid": _fluid("head"),
    "capped, Fluid": _fluid("capped", MAGNITUDES),
    "rounds, Fluid": _fluid("rounds", BITS),
    "draws, Fluid": _fluid("draws", RANDOM),
    "grows, Fluid": Case(
        "fluid",
        "further_calls/fluid_net.py:grows",
        ("gain (1,) (not trained) of mine has no counterpart", "forward, eval", "further calls"),
    ),
    "clips, Fluid": _fluid("clips", "mine clips the gradient of batch_norm_0.tmp_"),
    "regularized, Fluid": _fluid("regularized", notes=("1 parameters of mine have a regularizer",)),
    "the network, TensorFlow 1": _tf1("net"),
    "fused by hand, TensorFlow 1": _tf1("by_hand"),
    "capped, TensorFlow 1": _tf1("capped", MAGNITUDES),
    "large batch, TensorFlow 1": _tf1("large_batch", MAGNITUDES),
    "rounds, TensorFlow 1": _tf1("rounds", BITS),
    "drops, TensorFlow 1": _tf1("drops_path", RANDOM),
    "computed rate, TensorFlow 1": _tf1(
        "computed_rate",
        "of 10 values of mine has no counterpart",
        "of 10 values of mine drops in evaluation, too",
    ),
    "a local gain, TensorFlow 1": _tf1("local_gain", "gain (4,) of mine has no counterpart"),
    "regularized, TensorFlow 1": _tf1("regularized", notes=("training adds 1 losses of mine",)),
}


@rows("case", TORCH)
def test_torch(case: Case, workers: Workers) -> None:
    case.check(workers)


@pytest.mark.complete
@rows("case", SLOW)
def test_the_others(case: Case, workers: Workers) -> None:
    case.check(workers)


@pytest.mark.complete
@rows("case", HISTORICAL)
def test_historical_frameworks(case: Case, workers: Workers) -> None:
    case.check(workers)

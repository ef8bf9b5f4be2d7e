"""Fluid's tutorial on transfer learning as programs for real Fluid 1.8, on MNIST.

The text of `PROGRAM` is run by Fluid's interpreter, beside the written files of the network with
its head (`network.py`) and without (`features.py`). What it says stands in its own words: the calls
are the tutorial's, from `paddle.batch` to `fluid.io.load_params`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.networks.trials import transfer_resnet
from frontends.workers.environments import interpreter
from frontends.workers.outcomes import CRASHED, NOT_INSTALLED, TIMED_OUT, Outcome, WorkerError
from frontends.workers.process import environment
from frontends.writing.emit import emit

PROGRAM = '''
import json
import os
import random
import shutil
import sys

import numpy as np
import paddle
import paddle.fluid as fluid

import features
import network

CLASSES, BATCH = 5, 64


def reader(data, name):
    def samples():
        with np.load(os.path.join(data, name + ".npz")) as arrays:
            images, labels = arrays["images"], arrays["labels"]
        for image, label in zip(images, labels):
            yield image, int(label)

    return samples


def endless(data):
    shuffled = paddle.reader.shuffle(reader(data, "train"), 1000)
    while True:
        for batch in paddle.batch(shuffled, batch_size=BATCH)():
            yield batch


def prepared(images, label):
    place = fluid.CPUPlace()
    executor = fluid.Executor(place)
    executor.run(fluid.default_startup_program())
    return executor, fluid.DataFeeder(place=place, feed_list=[images, label])


def losses(model, label):
    cost = fluid.layers.mean(fluid.layers.cross_entropy(input=model, label=label))
    return cost, fluid.layers.accuracy(input=model, label=label)


def inputs():
    image = fluid.layers.data(name="image", shape=[1, 28, 28], dtype="float32")
    return image, fluid.layers.data(name="label", shape=[1], dtype="int64")


def trained(executor, feeder, data, steps, fetched):
    found = []
    for _, batch in zip(range(steps), endless(data)):
        cost, _ = executor.run(
            fluid.default_main_program(), feed=feeder.feed(batch), fetch_list=fetched
        )
        found.append(float(cost[0]))
    return found


def values(executor, names):
    scope = fluid.global_scope()
    return {name: np.array(scope.find_var(name).get_tensor()) for name in names}


def names_of(program, wanted):
    return [each.name for each in program.list_vars() if wanted(each)]


def tested(executor, feeder, program, data, fetched):
    total, right, count = 0.0, 0.0, 0
    for batch in paddle.batch(reader(data, "test"), batch_size=BATCH)():
        cost, accuracy = executor.run(program, feed=feeder.feed(batch), fetch_list=fetched)
        total += float(cost[0]) * len(batch)
        right += float(accuracy[0]) * len(batch)
        count += len(batch)
    return total / count, right / count


def saved(executor, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    fluid.io.save_params(executor=executor, dirname=folder)


def official(data, out, steps):
    """Train the network that stands for the official one, and save it."""
    image, label = inputs()
    cost, accuracy = losses(network.resnet(image), label)
    testing = fluid.default_main_program().clone(for_test=True)
    fluid.optimizer.AdamOptimizer(learning_rate=1e-3).minimize(cost)
    executor, feeder = prepared(image, label)
    found = trained(executor, feeder, data, steps, [cost, accuracy])
    saved(executor, out)
    _, right = tested(executor, feeder, testing, data, [cost, accuracy])
    return {"losses": found, "accuracy": right}


def pretrain_model(data, models, out, steps):
    """The tutorial's first stage: load what exists by name, train a new classifier."""
    image, label = inputs()
    pool = features.resnet(image)
    pool.stop_gradient = True
    base_model_program = fluid.default_main_program().clone()
    model = fluid.layers.fc(input=pool, size=CLASSES, act="softmax")
    cost, accuracy = losses(model, label)
    fluid.optimizer.AdamOptimizer(learning_rate=1e-3).minimize(cost)
    executor, feeder = prepared(image, label)
    lines = []

    def if_exist(var):
        path = os.path.join(models, var.name)
        exist = os.path.exists(path)
        if exist:
            lines.append("Load model: models/%s" % var.name)
        return exist

    fluid.io.load_vars(
        executor=executor, dirname=models, predicate=if_exist, main_program=base_model_program
    )
    before = str(fluid.default_main_program())
    fluid.transpiler.memory_optimize(fluid.default_main_program(), print_log=False)
    unchanged = str(fluid.default_main_program()) == before
    kind = fluid.framework.Parameter
    parameter = names_of(base_model_program, lambda each: isinstance(each, kind))
    frozen = [each for each in parameter if not each.endswith(("_mean", "_variance"))]
    statistics = [each for each in parameter if each.endswith(("_mean", "_variance"))]
    start = values(executor, parameter)
    found = trained(executor, feeder, data, steps, [cost, accuracy])
    end = values(executor, parameter)
    drift = max(
        float(np.abs(end[n] - start[n]).max() / np.abs(start[n]).max()) for n in statistics
    )
    saved(executor, out)
    return {
        "losses": found,
        "lines": lines,
        "frozen": [n for n in frozen if not np.array_equal(start[n], end[n])],
        "kept": len(frozen),
        "drift": drift,
        "memory_optimize": unchanged,
    }


def train(data, pretrained, steps):
    """The tutorial's second stage: load all, train the whole, test, infer on one picture."""
    image, label = inputs()
    model = network.resnet(image)
    cost, accuracy = losses(model, label)
    test_program = fluid.default_main_program().clone(for_test=True)
    fluid.optimizer.AdamOptimizer(learning_rate=1e-3).minimize(cost)
    executor, feeder = prepared(image, label)
    fluid.io.load_params(executor=executor, dirname=pretrained, main_program=test_program)
    before = tested(executor, feeder, test_program, data, [cost, accuracy])
    found = trained(executor, feeder, data, steps, [cost, accuracy])
    after = tested(executor, feeder, test_program, data, [cost, accuracy])
    picture = next(reader(data, "test")())
    (given,) = executor.run(test_program, feed=feeder.feed([picture]), fetch_list=[model])
    return {
        "losses": found,
        "before": list(before),
        "after": list(after),
        "probabilities": [float(each) for each in given[0]],
        "label": picture[1],
    }


def alone(stage, *given):
    with fluid.program_guard(fluid.Program(), fluid.Program()), fluid.unique_name.guard():
        fluid.default_startup_program().random_seed = 1
        with fluid.scope_guard(fluid.Scope()):
            return stage(*given)


def main():
    first, second, models, out, steps, result = sys.argv[1:]
    random.seed(0)  # by which paddle.reader.shuffle draws
    found = {
        "official": alone(official, first, models, int(steps)),
        "pretrain_model": alone(pretrain_model, second, models, out, int(steps)),
        "train": alone(train, second, out, int(steps)),
    }
    with open(result, "w") as stream:
        json.dump(found, stream)


main()
'''


def run(
    folder: Path, data: Sequence[str], steps: int, threads: int | None, timeout: float
) -> tuple[dict[str, Any], Path, Path]:
    """Run the tutorial in real Fluid; return what its stages tell, and the folders that it saved:
    of the network that stands for the official one, and of the first stage.

    data: the folders of both sets of digits. Raises WorkerError.
    """
    folder.mkdir()
    for name, head in {"network": True, "features": False}.items():
        text = emit(replace(transfer_resnet(head), name="resnet"), "fluid").text
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    (folder / "tutorial.py").write_text(PROGRAM, encoding="utf-8")
    models, out, result = folder / "models", folder / "pretrain_model", folder / "result.json"
    command = [
        _python(), "tutorial.py", *data, str(models), str(out), str(steps), str(result),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment("cpu", threads), capture_output=True, text=True,
            timeout=timeout * 10, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _stopped(TIMED_OUT, f"no end within {timeout * 10:.0f} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise _stopped(CRASHED, f"exit code {done.returncode}; it said last: {last}")
    return json.loads(result.read_text(encoding="utf-8")), models, out


def _python() -> str:
    try:
        return interpreter("fluid")
    except TriptychError as error:
        raise _stopped(NOT_INSTALLED, str(error)) from None


def _stopped(kind: str, message: str) -> WorkerError:
    return WorkerError(Outcome("fluid", kind, "tutorial", message))

"""How a file that trains reads data and runs: numpy and the standard library, alike everywhere.

The text keeps to what Python 2.7's successors of 2019 took, as the historical files are read by it.
"""

from __future__ import annotations

from common.network import Network
from common.recipes.recipe import Recipe
from frontends.writing.program import Program

_CIFAR = '''
class PlainUnpickler(pickle.Unpickler):
    """Reads arrays; nothing else that a file brings is made or run."""

    KNOWN = {
        "_reconstruct": np.zeros(0).__reduce__()[0],
        "ndarray": np.ndarray,
        "dtype": np.dtype,
        "encode": lambda text, encoding: text.encode(encoding),
    }

    def find_class(self, module, name):
        """Return what arrays are made with."""
        if module.split(".")[0] in ("numpy", "_codecs") and name in self.KNOWN:
            return self.KNOWN[name]
        raise pickle.UnpicklingError("%s.%s is not expected" % (module, name))


def decode(path, training):
    """Return images (N, 3, 32, 32) and labels (N,) of cifar-10-python.tar.gz.

    Channels are normalized by mean and deviation of the split that is read.
    """
    wanted = "data_batch" if training else "test_batch"
    images, labels = [], []
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda each: each.name):
            if os.path.basename(member.name).startswith(wanted):
                stream = archive.extractfile(member)
                batch = PlainUnpickler(stream, encoding="bytes").load()
                images.append(batch[b"data"].reshape(-1, 3, 32, 32))
                labels.extend(batch[b"labels"])
    if not images:
        raise ValueError("no %s in it" % wanted)
    images = np.concatenate(images).astype("float32")
    mean = images.mean((0, 2, 3), "float64", keepdims=True)
    square = (images**2).mean((0, 2, 3), "float64", keepdims=True)
    images -= mean
    images /= np.sqrt(square - mean**2)
    return images, np.array(labels, "int64")
'''
_MNIST = '''
def decode(path, training):
    """Return images (N, 1, 28, 28) in [0, 1] and labels (N,) of MNIST."""
    prefix = "train" if training else "t10k"
    with gzip.open(os.path.join(path, prefix + "-images-idx3-ubyte.gz")) as stream:
        images = np.frombuffer(stream.read(), "uint8", offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(os.path.join(path, prefix + "-labels-idx1-ubyte.gz")) as stream:
        labels = np.frombuffer(stream.read(), "uint8", offset=8)
    return images.astype("float32") / 255, labels.astype("int64")
'''
_ARRAYS = '''
def decode(path, training):
    """Return images {shape} and labels (N,) of an .npz file."""
    with np.load(os.path.join(path, "train.npz" if training else "test.npz")) as arrays:
        return np.asarray(arrays["images"], "float32"), np.asarray(arrays["labels"], "int64")
'''
_READ = '''
def read(path, training):
    """Return images (N, {sizes}) and labels (N,) that fit the network."""
    try:
        images, labels = decode(path, training)
    except Exception as error:  # a damaged file can raise anything
        raise SystemExit("%s: cannot be read: %s: %s" % (path, type(error).__name__, error))
    if images.shape[1:] != {shape} or labels.shape != images.shape[:1]:
        raise SystemExit("%s: images %s, labels %s" % (path, images.shape, labels.shape))
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= {classes}:
        raise SystemExit("%s: labels are not those of {classes} classes, from 0 on" % path)
    return images, labels
'''
_BATCHES = '''
def batches(data, size, seed=None):
    """Yield (images, labels) of up to `size` samples, in a seed's order."""
    images, labels = data
    order = np.arange(len(labels))
    if seed is not None:
        np.random.RandomState(seed).shuffle(order)
    for start in range(0, len(labels), size):
        chosen = order[start : start + size]
        yield images[chosen], labels[chosen]
'''
_PARSE = '''
def parse():
    """Return what the command line says."""
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", required=True, default=argparse.SUPPRESS, help="{data}")
    parser.add_argument("--out", default="checkpoints", help="a folder for checkpoints")
    parser.add_argument("--epochs", type=int, default={epochs}, help="passes over the data")
    parser.add_argument("--steps", type=int, default={steps}, help="at most, 0: no limit")
    parser.add_argument("--batch-size", type=int, default={batch}, help="samples a step")
    parser.add_argument("--eval-batch-size", type=int, default={evaluated},
                        help="samples at once where nothing is trained")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu",
                        help="to run on"){precision}
    parser.add_argument("--seed", type=int, default=0, help="of what the network starts from")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    options = parser.parse_args()
    if min(options.batch_size, options.eval_batch_size) < 1:
        parser.error("--batch-size and --eval-batch-size: expected at least 1")
    return options
'''
_FOLDER = '''
def make_folder(path):
    """Make a folder for checkpoints; end where nothing can be written to it."""
    try:
        if not os.path.isdir(path):
            os.makedirs(path)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise SystemExit("--out: %s" % error)
'''
EVALUATED = 256  # samples at once, or the recipe's batch where that is more
# How every main starts: what is wrong with the data is told before a network is built, and leaves
# no folder.
START = """
    train, test = read(options.data, True), read(options.data, False)
    make_folder(options.out)
"""
_PRECISION = """
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32",
                        help="of products; parameters are float32")"""
# What every main does; `train_on`, `validate`, `save_as` and `restore` are of the framework.
LOOP = """
    if options.resume:
        epoch, done, step, best = restore("last")
    while epoch < options.epochs and not (options.steps and step >= options.steps):
        total, count, found = 0.0, 0, batches(train, options.batch_size, {order})
        for images, labels in itertools.islice(found, done, None):
            if options.steps and step >= options.steps:
                break
            total += train_on(images, labels, learning_rate(step, steps_per_epoch)) * len(labels)
            count += len(labels)
            step, done = step + 1, done + 1
        validation, accuracy = validate(batches(test, options.eval_batch_size))
        said = (epoch + 1, total / max(count, 1), validation, accuracy)
        print("epoch %d: loss{penalty} %.4f, validation loss %.4f, accuracy %.4f" % said)
        if done >= steps_per_epoch:  # else it goes on when it is resumed
            epoch, done = epoch + 1, 0
        is_best, best = accuracy > best, max(accuracy, best)
        save_as("last")
        if is_best:
            save_as("best")
        print("%s: saved as last%s" % (options.out, " and best" if is_best else ""))
    if best < 0:  # no epoch was run
        return
    restore("best")
    path = os.path.join(options.out, "inference{suffix}")
    print("exporting the best network to %s" % path)
    export({exported}, path)
    images = (each[0] for each in batches(test, options.eval_batch_size))
    outputs = predict(path, images{where})
    print("%s: accuracy %.4f" % (path, (outputs.argmax(1) == test[1]).mean()))
"""


def imports(network: Network, recipe: Recipe) -> tuple[str, ...]:
    """Return what of the standard library, and numpy, a file that trains imports."""
    wanted = ["import argparse", "import itertools", "import os", "import tempfile"]
    wanted += ["import math"] if recipe.schedule.kind == "cosine" else []
    if network.input_shape == (3, 32, 32):
        wanted += ["import pickle", "import tarfile"]
    if network.input_shape == (1, 28, 28):
        wanted += ["import gzip"]
    return (*sorted(wanted), "import numpy as np")


def reading(network: Network, recipe: Recipe, mixes: bool) -> list[str]:
    """Return the functions that read data and the command line; mixes: the program can compute in
    bfloat16."""
    data = "a folder with train.npz and test.npz, of images and labels"
    sizes = ", ".join(map(str, network.input_shape))
    text = _ARRAYS.format(shape=f"(N, {sizes})")
    if network.input_shape == (3, 32, 32):
        data, text = "cifar-10-python.tar.gz", _CIFAR
    if network.input_shape == (1, 28, 28):
        data, text = "a folder with MNIST's four files, gzipped, directly in it", _MNIST
    numbers = {
        "epochs": recipe.epochs,
        "steps": recipe.steps,
        "batch": recipe.batch,
        "evaluated": max(recipe.batch, EVALUATED),
    }
    classes = network.elaboration.output[0]
    read = _READ.format(shape=network.input_shape, sizes=sizes, classes=classes)
    parse = _PARSE.format(data=data, precision=_PRECISION if mixes else "", **numbers)
    texts = (text, read, _BATCHES, parse, _FOLDER)
    return [each.strip() for each in texts]


def main_of(
    template: str,
    program: Program,
    entry: str,
    exported: str,
    suffix: str = "",
    where: str = "",
    **more: str,
) -> str:
    """Return the function that trains, validates, saves, resumes and exports.

    template: a framework's own, with {scaled} where the loss of a batch becomes a mean, and {times}
    where it becomes a sum. exported: what `export` is given before the path, which ends in the
    suffix. where: what `predict` is given behind the images. more: what else is in braces.
    """
    mean = program.recipe.loss.reduction == "mean"
    order = "seed=epoch" if program.recipe.shuffle else "seed=None"
    return template.format(
        entry=entry,
        start=START.strip("\n"),
        scaled="" if mean else " / len(labels)",
        times=" * len(labels)" if mean else "",
        loop=LOOP.format(
            order=order,
            exported=exported,
            suffix=suffix,
            where=where,
            penalty=" with L2" if program.penalty("loss") else "",
        ).strip("\n"),
        **more,
    ).strip()

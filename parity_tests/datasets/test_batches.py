"""Batches: those of the written programs bit for bit, and the same from a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.datasets import load
from common.datasets.ahead import ROOT, Feed, Order
from common.datasets.batches import Batches, Digest
from common.datasets.dataset import Split
from common.errors import TriptychError
from common.networks import load as load_network
from common.recipes.named import RECIPES
from frontends.writing.emit import emit
from parity_tests.cases import data

SHAPE = (2, 3, 4)


PROGRAMS = {
    name: data.reading(emit(load_network(name), "torch", recipe=RECIPES["rir"]).text)
    for name in ("resnet50", "se_resnext_cifar", "se_resnext_mnist")
}


def _split(count: int, seed: int = 0) -> Split:
    numbers = np.random.default_rng(seed)
    images = numbers.normal(size=(count, *SHAPE)).astype(np.float32)
    return Split(images.transpose(0, 2, 3, 1), numbers.integers(0, 5, count))


def _folder(folder: Path, train: int = 50, test: int = 13) -> str:
    for name, count in {"train": train, "test": test}.items():
        split = _split(count, seed=count)
        images = np.ascontiguousarray(np.asarray(split.images).transpose(0, 3, 1, 2))
        np.savez(folder / f"{name}.npz", images=images, labels=split.labels)
    return str(folder)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 17), st.integers(0, 5), st.booleans())
def test_the_batches_are_those_of_the_written_program(
    count: int, size: int, epoch: int, shuffle: bool
) -> None:
    split = _split(count)
    whole = np.asarray(split.images).transpose(0, 3, 1, 2), split.labels
    theirs = Digest()
    for images, labels in PROGRAMS["resnet50"]["batches"](whole, size, epoch if shuffle else None):
        theirs.update(images, labels)
    ours, lengths = Digest(), []
    batches = Batches(split, SHAPE, size, epoch, shuffle=shuffle)
    for images, labels in batches:
        assert images.dtype == np.float32 and labels.dtype == np.int64
        assert images.flags.c_contiguous and images.shape[1:] == SHAPE
        ours.update(images, labels)
        lengths.append(len(labels))
    assert ours.value == theirs.value
    assert len(lengths) == len(batches) and sum(lengths) == count


def _arrays(folder: Path) -> Path:
    numbers = np.random.default_rng(0)
    folder.mkdir()
    for name, count in {"train": 20, "test": 5}.items():
        images = numbers.normal(size=(count, 3, 224, 224)).astype(np.float32)
        np.savez(folder / f"{name}.npz", images=images, labels=numbers.integers(0, 9, count))
    return folder


def _original(folder: Path) -> Path:
    batches = {name: data.python_2(batch) for name, batch in data.cifar_batches().items()}
    return data.cifar_archive(folder.with_suffix(".tar.gz"), batches)


@pytest.mark.parametrize(
    ("network", "write"),
    [
        ("se_resnext_mnist", lambda folder: data.mnist_folder(folder, train=700)),
        ("se_resnext_cifar", lambda folder: data.cifar_archive(folder.with_suffix(".tar.gz"))),
        ("se_resnext_cifar", _original),
        ("resnet50", _arrays),
    ],
)
def test_what_is_read_is_what_the_written_program_reads(
    network: str, write: Callable[[Path], Path], tmp_path: Path
) -> None:
    """Batch by batch, bit for bit: training data in two epochs' orders, test data in their own."""
    path, program = write(tmp_path / "data"), PROGRAMS[network]
    shape, found = load_network(network).input_shape, load(str(path))
    for split, training, epochs in ((found.train, True, (0, 3)), (found.test, False, (None,))):
        whole = program["read"](str(path), training)
        for epoch in epochs:
            theirs = list(program["batches"](whole, 6, epoch))
            ours = list(Batches(split, shape, 6, epoch or 0, shuffle=training))
            assert len(ours) == len(theirs)
            for (images, labels), (others, theirs_too) in zip(ours, theirs):
                assert images.tobytes() == others.tobytes() and others.dtype == np.float32
                assert labels.tobytes() == theirs_too.tobytes()


def test_another_seed_is_another_order_of_the_same_samples() -> None:
    split = _split(30)
    firsts = [next(iter(Batches(split, SHAPE, 30, 1, seed))) for seed in (0, 1, 2)]
    sums = {images.sum(dtype=np.float64).round(6) for images, _ in firsts}
    orders = {tuple(labels) for _, labels in firsts}
    assert len(sums) == 1 and len(orders) == 3


def test_a_digest_is_of_every_number_and_their_order() -> None:
    split = _split(12)

    def digest(batches: Any, start: str = "") -> str:
        found = Digest(start)
        for images, labels in batches:
            found.update(images, labels)
        return found.value

    whole = digest(Batches(split, SHAPE, 4))
    begun = digest([next(iter(Batches(split, SHAPE, 4)))])
    assert digest(Batches(split, SHAPE, 4, first=1), begun) == whole
    first, second, last = Batches(split, SHAPE, 4)
    assert digest([first, second, last]) == whole != digest([second, first, last])
    others = [digest(Batches(split, SHAPE, size, epoch)) for size, epoch in ((4, 1), (6, 0))]
    images, labels = next(iter(Batches(split, SHAPE, 12)))
    others.append(digest([(images, labels)]))
    images[-1, -1, -1, -1] = np.nextafter(images[-1, -1, -1, -1], np.float32(9))
    others.append(digest([(images, labels)]))
    others.append(digest([(images, labels[::-1])]))
    assert len({whole, *others}) == 6


def test_a_feed_gives_the_same_batches(tmp_path: Path) -> None:
    path = _folder(tmp_path)
    found = load(path)
    with Feed(Order(path, SHAPE, 5, 8)) as feed:
        for epoch in (0, 1):
            given = list(feed.train(epoch))
            expected = list(Batches(found.train, SHAPE, 8, epoch))
            assert [len(labels) for _, labels in given] == [8] * 6 + [2]
            for ours, theirs in zip(given, expected, strict=True):
                np.testing.assert_array_equal(ours[0], theirs[0])
                np.testing.assert_array_equal(ours[1], theirs[1])
        assert sum(len(labels) for _, labels in feed.test()) == 13
        some = feed.train(2)  # and is not taken to its end
        next(some)
        rest = list(feed.train(2, first=5))
        expected = list(Batches(found.train, SHAPE, 8, 2, first=5))
        assert [x.tobytes() for x, _ in rest] == [x.tobytes() for x, _ in expected]
        with pytest.raises(TriptychError, match="other batches were asked for"):
            next(some)


def test_a_path_is_that_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of a feed stands in another folder."""
    _folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    with Feed(Order(".", SHAPE, 5, 8)) as feed:
        assert len(list(feed.test())) == 2
    said, kept = "kept/mnist: holds no mnist", Order("mnist", (1, 28, 28), 10, 8, "kept")
    with Feed(kept) as feed, pytest.raises(TriptychError, match=f"{tmp_path}/{said}"):
        next(feed.test())


def test_what_a_feed_cannot_do_is_one_line(tmp_path: Path) -> None:
    path = _folder(tmp_path)
    orders = {
        "neither a file or folder": Order("nosuch", SHAPE, 5, 8),
        r"label 4 of image \d+; expected 0 to 2": Order(path, SHAPE, 3, 8),
        r"images of shape \(2, 3, 4\); the network takes \(1, 3, 4\)": Order(path, (1, 3, 4), 5, 8),
    }
    for said, order in orders.items():
        with Feed(order) as feed, pytest.raises(TriptychError, match=said) as caught:
            next(feed.train(0))
        assert "\n" not in str(caught.value)


def test_a_feed_that_is_killed_says_so(tmp_path: Path) -> None:
    with Feed(Order(_folder(tmp_path), SHAPE, 5, 8)) as feed:
        os.kill(feed.pid, signal.SIGKILL)
        with pytest.raises(TriptychError, match="ended, exit code -9"):
            list(feed.train(0))


PARENT = """
import signal, sys, time
from common.datasets.ahead import ROOT, Feed, Order
from common.errors import run_command
def main():
    with Feed(Order(sys.argv[1], (2, 3, 4), 5, 1)) as feed:
        exec(sys.argv[2])
        print(feed.pid, flush=True)
        time.sleep(60)
    return 0
run_command(main, "parent")
"""


SOME, ALL = "some = feed.train(0); next(some)", "list(feed.train(0))"


@pytest.mark.parametrize(
    ("number", "taken"),
    [(signal.SIGINT, SOME), (signal.SIGTERM, SOME), (signal.SIGKILL, SOME), (signal.SIGKILL, ALL)],
)
def test_nothing_is_left_however_the_parent_ends(
    number: signal.Signals, taken: str, tmp_path: Path
) -> None:
    """Batches are waiting that nobody takes, or nothing is asked for."""
    command = [sys.executable, "-c", PARENT, _folder(tmp_path, train=5_000), taken]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None and parent.stderr is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(number)
        said = parent.stderr.read().decode()
    ends = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < ends, "the process that makes batches is still there"
        time.sleep(0.02)
    assert "Traceback" not in said

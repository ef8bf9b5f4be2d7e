"""Data sets in the formats of the originals: what is read, and what is refused, in one line."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.datasets import Dataset, cifar10, load
from common.datasets.batches import Batches
from common.datasets.matlab import read_mat
from common.errors import TriptychError
from parity_tests.cases import data
from parity_tests.rows import rows

SHAPE = (3, 32, 32)


def _pictures(folder: Path) -> Path:
    for number, place in enumerate(("train/b", "train/a", "train/a", "val/a", "val/b")):
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / f"{number}.png").write_bytes(data.picture(50 + number, 41, number))
    return folder


def _arrays(folder: Path, **changed: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name in ("train", "test"):
        held = {"images": np.ones((4, 3, 32, 32)), "labels": np.arange(4)} | changed
        np.savez(folder / f"{name}.npz", **{k: v for k, v in held.items() if v is not None})
    return folder


def _unpacked(folder: Path) -> Path:
    (folder / "cifar-10-batches-py").mkdir(parents=True)
    for name, batch in data.cifar_batches().items():
        (folder / "cifar-10-batches-py" / name).write_bytes(pickle.dumps(batch, 2))
    return folder


WRITTEN: dict[str, tuple[Callable[[Path], Path], int, int, int]] = {
    "MNIST's files": (data.mnist_folder, 30, 7, 10),
    "CIFAR's archive": (
        lambda folder: data.cifar_archive(folder.with_suffix(".tar.gz")),
        20,
        10,
        10,
    ),
    "CIFAR's folder": (_unpacked, 20, 10, 10),
    "flowers": (data.flowers_folder, 3, 4, 102),
    "flowers, unpacked": (lambda folder: data.flowers_folder(folder, packed=False), 3, 4, 102),
    "folders of images": (_pictures, 3, 2, 2),
    "arrays": (_arrays, 4, 4, 4),
}


def _loaded(folder: Path, name: str) -> Dataset:
    return load(str(WRITTEN[name][0](folder / "some")))


@rows("name", {name: name for name in WRITTEN})
def test_a_path_says_what_it_holds(name: str, tmp_path: Path) -> None:
    found, (_, train, test, classes) = _loaded(tmp_path, name), WRITTEN[name]
    assert (len(found.train), len(found.test), len(found.classes)) == (train, test, classes)
    shape = (1, 28, 28) if "MNIST" in name else SHAPE
    for split in (found.train, found.test):
        images, labels = next(iter(Batches(split, shape, 100, shuffle=False)))
        assert images.shape == (len(split), *shape) and np.isfinite(images).all()
        np.testing.assert_array_equal(labels, split.labels)


def test_the_bytes_of_cifar_are_those_of_the_archive(tmp_path: Path) -> None:
    batches = data.cifar_batches()
    turned = dict(reversed(batches.items()))  # the order is that of the names
    found = load(str(data.cifar_archive(tmp_path / "c.tar.gz", turned)))
    planes = np.concatenate([batches[f"data_batch_{i}"][b"data"] for i in range(1, 6)])
    images = np.asarray(found.train.images)
    np.testing.assert_array_equal(images[7, 1, 2], planes[7].reshape(3, 32, 32)[:, 1, 2])
    np.testing.assert_array_equal(images.transpose(0, 3, 1, 2).reshape(20, -1), planes)


def test_flowers_have_the_labels_of_their_numbers(tmp_path: Path) -> None:
    """Paddle's reader trains on the official test split; blue is first, and nothing is divided."""
    data.flowers_folder(tmp_path / "flowers102")
    found, paddle = (load(name, str(tmp_path)) for name in ("flowers102", "flowers102-paddle"))
    assert found.train.labels.tolist() == [76, 0, 101]
    assert found.test.labels.tolist() == [8, 49, 1, 49]
    assert paddle.train.labels.tolist() == found.test.labels.tolist()
    assert paddle.test.labels.tolist() == found.train.labels.tolist()
    ours, _ = next(iter(Batches(found.train, (3, 8, 8), 3, shuffle=False)))
    theirs, _ = next(iter(Batches(paddle.test, (3, 8, 8), 3, shuffle=False)))
    pixels = ours[:, ::-1] * np.reshape([57.375, 57.12, 58.395], (3, 1, 1))
    pixels += np.reshape([103.53, 116.28, 123.675], (3, 1, 1))
    np.testing.assert_allclose(
        theirs, pixels - np.reshape([103.94, 116.78, 123.68], (3, 1, 1)), atol=1e-3
    )


def _cifar(**changed: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        batches: dict[str, Any] = data.cifar_batches()
        for name, new in changed.items():
            batches[name] = new if isinstance(new, bytes) else batches[name] | new
        kept = {name: batch for name, batch in batches.items() if batch != b""}
        return data.cifar_archive(folder / "cifar.tar.gz", kept)

    return write


def _half(write: Callable[[Path], Path], name: str = "") -> Callable[[Path], Path]:
    def cut(folder: Path) -> Path:
        path = write(folder)
        file = path / name if name else path
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        return path

    return cut


def _without(write: Callable[[Path], Path], name: str) -> Callable[[Path], Path]:
    def remove(folder: Path) -> Path:
        path = write(folder)
        (path / name).unlink()
        return path

    return remove


def _with(write: Callable[[Path], Path], name: str, text: bytes) -> Callable[[Path], Path]:
    def replace(folder: Path) -> Path:
        path = write(folder)
        (path / name).write_bytes(text)
        return path

    return replace


class Hostile:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch was_run",)


_SHORT = np.zeros((3, 3072), np.uint8)
REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no batches": (_cifar(test_batch=b""), r"cifar\.tar\.gz: holds no test_batch"),
    "half an archive": (_half(_cifar()), r"cifar\.tar\.gz: cannot be read at cifar-10"),
    "half a batch": (
        _cifar(data_batch_3=pickle.dumps(data.cifar_batches()["data_batch_3"], 2)[:-500]),
        "data_batch_3: cannot be read: ",
    ),
    "a batch that runs": (
        _cifar(data_batch_2={b"batch_label": Hostile()}),
        r"data_batch_2: cannot be read: holds posix\.system, which is no array",
    ),
    "too few images": (_cifar(data_batch_4={b"data": _SHORT}), "data_batch_4: 3 images, 4 labels"),
    "other images": (
        _cifar(test_batch={b"data": np.zeros((10, 3072))}),
        r"test_batch: data: float64 of shape \(10, 3072\); expected uint8",
    ),
    "an eleventh class": (
        _cifar(data_batch_5={b"labels": [1, 10, 2, 3]}), "data_batch_5: label 10; expected 0 to 9",
    ),
    "half of MNIST": (
        _half(data.mnist_folder, "train-images-idx3-ubyte.gz"),
        r"train-images-idx3-ubyte\.gz: cannot be read",
    ),
    "MNIST without labels": (
        _without(data.mnist_folder, "t10k-labels-idx1-ubyte.gz"),
        r"t10k-labels-idx1-ubyte\.gz: cannot be read",
    ),
    "a label of MNIST": (
        _with(data.mnist_folder, "t10k-labels-idx1-ubyte.gz",
              gzip.compress(data.idx(np.array([1, 2, 3, 4, 5, 6, 10], np.uint8)))),
        r"t10k-labels-idx1-ubyte\.gz: label 10 of image 6; expected 0 to 9",
    ),
    "images as labels": (
        _with(data.mnist_folder, "train-labels-idx1-ubyte.gz",
              gzip.compress(data.idx(np.zeros((30, 2, 2), np.uint8)))),
        r"train-labels-idx1-ubyte\.gz: uint8 of shape \(30, 2, 2\); expected whole numbers",
    ),
    "no labels of flowers": (
        _without(data.flowers_folder, "imagelabels.mat"), r"imagelabels\.mat: cannot be read",
    ),
    "half of the sets": (_half(data.flowers_folder, "setid.mat"), r"setid\.mat: cannot be read"),
    "a set too few": (
        _with(data.flowers_folder, "setid.mat", data.mat(trnid=[1, 2, 3])),
        r"setid\.mat: holds no whole numbers tstid, but trnid",
    ),
    "a set of other images": (
        _with(data.flowers_folder, "setid.mat", data.mat(trnid=[1], tstid=[10])),
        r"setid\.mat: tstid: expected 1 to 9",
    ),
    "a flower too many": (
        _with(data.flowers_folder, "imagelabels.mat", data.mat(labels=[1, 103, 2])),
        r"imagelabels\.mat: label 103 of image 2; expected 1 to 102",
    ),
    "half of the flowers": (_half(data.flowers_folder, "102flowers.tgz"), r"flowers\.tgz: can"),
    "a class of the test alone": (
        lambda folder: _with(_pictures, "val/b/x.png", b"")(folder).joinpath("train/b").rename(
            folder / "train/c").parents[1],
        "val/b: no class of train: a, c",
    ),
    "no test": (
        lambda folder: _pictures(folder).joinpath("val").rename(folder / "else").parent,
        "holds neither test nor val",
    ),
    "no array of labels": (
        lambda folder: _arrays(folder, labels=None), r"train\.npz: holds no labels, but images",
    ),
    "labels that are none": (
        lambda folder: _arrays(folder, labels=np.ones(4)), r"train\.npz: labels: float64 of shape",
    ),
    "a negative label": (
        lambda folder: _arrays(folder, labels=np.array([0, 1, -1, 2])),
        r"train\.npz: label -1 of image 2; expected 0 to 2",
    ),
    "objects": (
        lambda folder: _arrays(folder, images=np.array([None] * 4)), r"train\.npz: cannot be read",
    ),
    "an image that is no number": (
        lambda folder: _arrays(folder, images=np.full((4, 3, 8, 8), np.nan, np.float32)),
        r"train\.npz: images: not all numbers are finite",
    ),
    "half of the arrays": (_half(_arrays, "test.npz"), r"test\.npz: cannot be read"),
    "nothing": (lambda folder: folder, "no data set: expected the files of MNIST"),
}  # fmt: skip


@rows("write, said", REFUSED)
def test_what_is_damaged_is_one_line(
    write: Callable[[Path], Path], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some").mkdir()
    path = write(tmp_path / "some")
    with pytest.raises(TriptychError, match=said) as caught:
        load(str(path))
    assert "\n" not in str(caught.value) and not (tmp_path / "was_run").exists()


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    folder = _pictures(tmp_path)
    (folder / "train/a/1.png").write_bytes(data.picture(50, 41, 1)[:-900])
    with pytest.raises(TriptychError, match=r"train/a/1\.png: cannot be decoded"):
        list(Batches(load(str(folder)).train, SHAPE, 2))
    found = load(str(data.flowers_folder(tmp_path / "flowers")))
    data.tar(tmp_path / "flowers/102flowers.tgz", {"jpg/image_00001.jpg": b"no"})
    found = load(str(tmp_path / "flowers"))
    with pytest.raises(TriptychError, match=r"image_00001\.jpg: cannot be decoded: no image file$"):
        list(Batches(found.train, SHAPE, 1, shuffle=False))


def test_the_genuine_ones_are_told(tmp_path: Path) -> None:
    """By name, a data set is the published one, or an error."""
    (tmp_path / "cifar10").mkdir()
    data.cifar_archive(tmp_path / "cifar10" / "cifar-10-python.tar.gz")
    data.mnist_folder(tmp_path / "mnist")
    for name, said in {
        "cifar10": "data_batch_1: MD5 is not c99c",
        "mnist": "MD5 is not 6bbc",
    }.items():
        with pytest.raises(TriptychError, match=said):
            load(name, str(tmp_path))


def test_the_genuine_one_has_as_many_of_each_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cifar10").mkdir()
    batches = data.cifar_batches()
    data.cifar_archive(tmp_path / "cifar10" / "cifar-10-python.tar.gz", batches)
    known = {name: hashlib.md5(pickle.dumps(each, 2)).hexdigest() for name, each in batches.items()}
    monkeypatch.setattr(cifar10, "BATCHES", known)
    with pytest.raises(TriptychError, match="of the classes; expected"):
        load("cifar10", str(tmp_path))


def test_a_large_file_is_no_mat(tmp_path: Path) -> None:
    folder = data.flowers_folder(tmp_path / "flowers")
    path = folder / "setid.mat"
    path.write_bytes(path.read_bytes() + bytes(1 << 16))
    with pytest.raises(TriptychError, match=r"setid\.mat: cannot be read: expected at most 65,536"):
        load(str(folder))


def test_a_data_set_is_not_the_folder_of_data_sets(tmp_path: Path) -> None:
    folder = data.mnist_folder(tmp_path / "mnist")
    with pytest.raises(TriptychError, match="the folder above it as --data-dir"):
        load("mnist", str(folder))


def test_bytes_that_change_are_read_or_refused(tmp_path: Path) -> None:
    """Whatever byte is another one, a data set is read, or one line says what is wrong with it."""
    numbers = np.random.default_rng(0)
    flowers = data.flowers_folder(tmp_path / "flowers", packed=False)
    few = {b"data": np.zeros((1, 3072), np.uint8), b"labels": [1], b"filenames": [b"some.png"]}
    folder = _unpacked(tmp_path / "cifar") / "cifar-10-batches-py"
    texts = {folder / "test_batch": pickle.dumps(few, 2)}
    texts |= {
        flowers / name: (flowers / name).read_bytes() for name in ("setid.mat", "imagelabels.mat")
    }
    for path, text in texts.items():
        places = [at for at in range(len(text)) if text[at : at + 4] != bytes(4)]
        for _ in range(100):
            changed = bytearray(text)
            changed[numbers.choice(places)] = numbers.integers(256)
            path.write_bytes(changed)
            try:
                load(str(folder.parent if "cifar" in str(path) else flowers))
            except TriptychError as error:
                assert path.name in str(error) and "\n" not in str(error)
        path.write_bytes(text)


def test_matrices_are_read_by_columns(tmp_path: Path) -> None:
    text = data.mat(packed=False, some=[1, 2, 3, 4, 5, 6])
    shape = text.index(np.array([1, 6], "<i4").tobytes())
    turned = text[:shape] + np.array([2, 3], "<i4").tobytes() + text[shape + 8 :]
    (tmp_path / "some.mat").write_bytes(turned)
    assert read_mat(tmp_path / "some.mat")["some"].tolist() == [[1, 3, 5], [2, 4, 6]]

"""Augmentation: what each part does, drawn from a seed, the same for whoever asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.datasets import Scaling, Split
from common.datasets.ahead import Feed, Order
from common.datasets.augment import (
    AUGMENTATIONS,
    NONE,
    RIR,
    Augmentation,
    augmented,
    generator,
    load_augmentation,
    mixed,
)
from common.datasets.batches import Batches
from common.errors import TriptychError
from parity_tests.cases import data
from parity_tests.rows import rows

SIZE = (32, 32)


def _image(height: int = 32, width: int = 32, channels: int = 3) -> NDArray[np.uint8]:
    numbers = np.random.default_rng(height)
    return numbers.integers(0, 256, (height, width, channels), dtype=np.uint8)


def _many(how: Augmentation, image: NDArray[np.uint8], count: int = 200) -> NDArray[np.uint8]:
    return np.stack([augmented(image, SIZE, how, generator(0, 0, i)) for i in range(count)])


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(AUGMENTATIONS)),
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from([1, 3]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_every_image_gets_the_size_of_the_network(
    name: str, height: int, width: int, channels: int, size: tuple[int, int]
) -> None:
    image, how = _image(height, width, channels), AUGMENTATIONS[name]
    found = [augmented(image, size, how, generator(1, 2, 3)) for _ in range(2)]
    assert found[0].shape == (*size, channels) and found[0].dtype == np.uint8
    np.testing.assert_array_equal(found[0], found[1])


def test_flip_crop_gives_parts_of_the_padded_image() -> None:
    image = _image()
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)))
    parts = np.lib.stride_tricks.sliding_window_view(padded, (32, 32, 3))[:, :, 0]
    places: set[tuple[bool, int, int]] = set()
    for found in _many(AUGMENTATIONS["flip_crop"], image):
        for flipped in (False, True):
            seen = found[:, ::-1] if flipped else found
            where = np.argwhere((parts == seen).all((2, 3, 4)))
            places |= {(flipped, int(top), int(left)) for top, left in where}
    flips, tops, lefts = (set(each) for each in zip(*places))
    assert flips == {False, True} and tops == set(range(9)) and lefts == set(range(9))


def test_jitter_changes_brightness_contrast_and_saturation_within_bounds() -> None:
    gray = np.full((32, 32, 3), 100, np.uint8)  # of which contrast and saturation change nothing
    levels = _many(Augmentation(jitter=0.2), gray)
    assert (levels == levels[:, :1, :1, :1]).all()
    assert 80 <= levels.min() < 84 and 116 < levels.max() <= 120
    halves = np.concatenate([gray[:16], gray[16:] + 100])
    contrasts = np.ptp(_many(Augmentation(jitter=0.2), halves), (1, 2, 3)) / 100.0
    assert 0.63 < contrasts.min() < 0.8 and 1.2 < contrasts.max() < 1.45


def test_crops_have_the_stated_area() -> None:
    """Of an image of which each pixel says where it is, the parts are read off."""
    rows_, columns = np.mgrid[0:200, 0:200].astype(np.uint8)
    places = np.stack([rows_, columns, rows_], 2)
    found = _many(Augmentation(crop=0.6), places).astype(int)
    heights = (found[:, -1, 16, 0] - found[:, 0, 16, 0]) * 32 / 31
    widths = (found[:, 16, -1, 1] - found[:, 16, 0, 1]) * 32 / 31
    areas, ratios = heights * widths / 200**2, widths / heights
    assert 0.57 < areas.min() < 0.66 and 0.9 < areas.max() < 1.03
    assert 0.73 < ratios.min() < 0.8 and 1.25 < ratios.max() < 1.37


def test_rotations_turn_both_ways_and_no_further() -> None:
    line = np.zeros((201, 201, 1), np.uint8)
    line[98:103] = 255
    angles = []
    for index in range(100):
        found = augmented(line, (201, 201), Augmentation(rotation=20.0), generator(0, 0, index))
        ys, xs = np.nonzero(found[:, 60:141, 0])
        angles.append(np.degrees(np.arctan(np.polyfit(xs, ys, 1)[0])))
    assert -20.5 < min(angles) < -17 and 17 < max(angles) < 20.5


def test_a_mixed_image_is_more_of_itself_than_of_its_neighbour() -> None:
    images = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (0, 200)] * 100)
    levels = mixed(images, 1.5, generator(0, 0, 0))[:, 0, 0, 0].astype(int)
    assert set(levels[::2]) - {0} and levels[::2].max() <= 100 <= levels[1::2].min()
    assert (mixed(images[:1], 1.5, generator(0)) >= images[:1].astype(int) - 1).all()


def test_what_the_source_mixed_is_nothing() -> None:
    """PaddleX's MixupImage hands back what is no pair of samples as it came."""
    assert RIR.mixup == 0 and AUGMENTATIONS["rir_mixup"] == replace(RIR, mixup=1.5)


@rows("name", {name: name for name in AUGMENTATIONS})
def test_a_sample_is_drawn_for_itself(name: str) -> None:
    """Whichever batch it is in, and whatever came before, an image of an epoch is the same."""
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    split = Split(images, np.arange(20), Scaling())
    how = replace(AUGMENTATIONS[name], mixup=0.0)

    def epoch(**options: Any) -> dict[int, bytes]:
        chosen: dict[str, Any] = {"size": 8, "augmentation": how} | options
        batches = Batches(split, (3, 32, 32), **chosen)
        return {int(y): x.tobytes() for xs, ys in batches for x, y in zip(xs, ys)}

    whole = epoch()
    assert epoch(size=5) == whole == epoch(shuffle=False)
    assert epoch(first=2).items() <= whole.items() and len(epoch(first=2)) == 4
    others = [epoch(epoch=1), epoch(seed=1)]
    assert all((other == whole) == (name == "none") for other in others)


def test_a_network_is_tested_without_what_is_drawn() -> None:
    testing = AUGMENTATIONS["rir_mixup"].testing()
    assert testing == Augmentation(mean=RIR.mean, deviation=RIR.deviation, stretch=True)
    assert NONE.testing() == NONE and not testing.draws and RIR.draws
    image = _image()[None]
    split = Split(image, np.zeros(1, np.int64), Scaling((9.0,), (9.0,)))
    found, _ = next(iter(Batches(split, (3, 32, 32), 1, augmentation=testing)))
    expected = (image[0] / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    np.testing.assert_allclose(found[0].transpose(1, 2, 0), expected, atol=1e-6)


def test_a_feed_augments_what_is_trained_on_alone(tmp_path: Path) -> None:
    path = str(data.cifar_archive(tmp_path / "cifar.tar.gz"))
    trained = []
    for _ in range(2):
        with Feed(Order(path, (3, 32, 32), 10, 6, seed=3, augmentation=RIR)) as feed:
            batches = list(feed.train(1))
            assert [len(labels) for _, labels in batches] == [6, 6, 6, 2]
            trained.append([images.tobytes() for images, _ in batches])
            tested = [images for images, _ in feed.test()]
    with Feed(Order(path, (3, 32, 32), 10, 6, augmentation=RIR.testing())) as feed:
        again = [images for images, _ in feed.test()]
    np.testing.assert_array_equal(np.concatenate(tested), np.concatenate(again))
    assert trained[0] == trained[1]


def test_numbers_that_are_no_bytes_are_not_augmented() -> None:
    split = Split(np.ones((4, 32, 32, 3), np.float32), np.arange(4))
    with pytest.raises(TriptychError, match="float32; only bytes can be augmented"):
        Batches(split, (3, 32, 32), 2, augmentation=RIR)
    with pytest.raises(TriptychError, match=r"images of shape \(3, 32, 32\); the network takes"):
        Batches(split, (3, 28, 28), 2)
    gray = Split(np.zeros((4, 28, 28, 1), np.uint8), np.arange(4))
    with pytest.raises(TriptychError, match=r"augmentation\.mean has 3 channels; the network 1"):
        Batches(gray, (1, 28, 28), 2, augmentation=RIR)


WRONG: dict[str, Any] = {
    "unknown augmentation 'rird'; available: none, flip_crop, rir": "rird",
    "some.json: augmentation: missing fields [], unknown fields ['flips']": {"flips": 1.0},
    "some.json: augmentation.flip 2.0, expected a number from 0 to 1": {"flip": 2.0},
    "augmentation.crop -0.1, expected": {"crop": -0.1},
    "augmentation.pad: 1.5, expected int": {"pad": 1.5},
    "augmentation.deviation (0.0,), expected above 0": {"mean": [1.0], "deviation": [0.0]},
    "expected as many means as deviations": {"mean": [1.0]},
}


@rows("said, given", {said: (said, given) for said, given in WRONG.items()})
def test_an_augmentation_that_means_nothing_is_refused(
    said: str, given: Any, tmp_path: Path
) -> None:
    path = tmp_path / "some.json"
    path.write_text(json.dumps(given))
    with pytest.raises(TriptychError) as caught:
        load_augmentation(given if isinstance(given, str) else str(path))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_an_augmentation_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(
        '{"crop": 0.5, "flip": 1, "mean": [1, 2, 3], "deviation": [1, 1, 1]}'
    )
    found = load_augmentation(str(tmp_path / "some.json"))
    assert found == Augmentation(crop=0.5, flip=1.0, mean=(1.0, 2.0, 3.0), deviation=(1.0,) * 3)

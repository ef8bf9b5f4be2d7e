"""What is done to images before a network sees them: frozen data, drawn from a seed.

A draw belongs to a sample: of the same seed and epoch it is the same whatever came before it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from common.datasets.dataset import Scaling
from common.errors import SpecificationError, choose
from common.files import read_text
from common.limits import MOST_JSON
from common.typed import construct

Random = np.random.Generator
SHORT = 8 / 7  # of the network's size: how long the short side of a picture is, before a crop
RATIOS = (3 / 4, 4 / 3)  # of width to height
MOST = {  # field -> the largest it may be
    "resize": 4096, "jitter": 1, "crop": 1, "pad": 1024, "flip": 1, "rotation": 180, "mixup": 100,
}  # fmt: skip
_ENHANCERS: tuple[Callable[[Image.Image], Any], ...] = (
    ImageEnhance.Brightness,
    ImageEnhance.Contrast,
    ImageEnhance.Color,
)


@dataclass(frozen=True)
class Augmentation:
    """What is done to a training image, in this order; zeros do nothing.

    resize: stretched to so many pixels a side. jitter: brightness, contrast and saturation, in an
    order drawn, each times 1 ± up to this. crop: least share of the area that is cropped, at most
    all of it, and stretched to the network's size. pad: black pixels on every side, before a crop
    of the network's size; a picture of its own size is brought near the network's instead. flip:
    how often left and right change places. rotation: up to so many degrees either way, black
    behind. mixup: a; an image becomes f · itself + (1 - f) · its neighbour in the batch, in bytes
    rounded down, with f or 1 - f, the larger, of Beta(a, a): the label is that of the larger share.
    mean, deviation: the scaling, of bytes, instead of the data set's own. stretch: images of
    another size are stretched to the network's, also where it is tested. Raises SpecificationError.
    """

    resize: int = 0
    jitter: float = 0.0
    crop: float = 0.0
    pad: int = 0
    flip: float = 0.0
    rotation: float = 0.0
    mixup: float = 0.0
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    stretch: bool = False

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not 0 <= value <= most:
                expected = f"a number from 0 to {most:g}"
                raise SpecificationError(f"augmentation.{name} {value!r}, expected {expected}")
        if not all(0 < each < math.inf for each in self.deviation):
            raise SpecificationError(f"augmentation.deviation {self.deviation}, expected above 0")
        if len(self.mean) != len(self.deviation):
            raise SpecificationError("augmentation: expected as many means as deviations")

    @property
    def draws(self) -> bool:
        """Whether it is more than a scaling."""
        return self != self.testing()

    def testing(self) -> Augmentation:
        """Return what is left of it when a network is tested: nothing that is drawn."""
        return Augmentation(mean=self.mean, deviation=self.deviation, stretch=self.stretch)

    def scaling(self, own: Callable[[], Scaling]) -> Scaling:
        """Return the scaling, which is the data set's own unless it says another."""
        return Scaling(self.mean, self.deviation) if self.mean else own()


NONE = Augmentation()
FLIP_CROP = Augmentation(pad=4, flip=0.5)  # as images of CIFAR always were
# The transforms of the RiR source. Its MixupImage is given one image at a time, and PaddleX's
# hands back what is no pair as it came: nothing was mixed. `rir_mixup` does what was meant, with
# PaddleX's formula and its default of 1.5.
RIR = Augmentation(
    resize=40,
    jitter=0.2,
    crop=0.6,
    flip=0.5,
    rotation=20.0,
    mean=(123.675, 116.28, 103.53),  # ImageNet's
    deviation=(58.395, 57.12, 57.375),
    stretch=True,
)
AUGMENTATIONS = {
    "none": NONE,
    "flip_crop": FLIP_CROP,
    "rir": RIR,
    "rir_mixup": replace(RIR, mixup=1.5),
}


def load_augmentation(reference: str) -> Augmentation:
    """Return an augmentation by its name or from FILE.json. Raises TriptychError."""
    if not reference.endswith(".json"):
        return AUGMENTATIONS[choose("augmentation", reference, AUGMENTATIONS)]
    text = read_text(reference, MOST_JSON)
    try:
        data = json.loads(text)
        found: Augmentation = construct(Augmentation, data, "augmentation", defaults=True)
        return found
    except (SpecificationError, ValueError, RecursionError) as error:
        raise SpecificationError(f"{reference}: {error}"[:600]) from None


def generator(*numbers: int) -> Random:
    """Return the random numbers of a seed, an epoch and a sample, or what else has numbers."""
    return np.random.default_rng(numbers)


def augmented(
    image: NDArray[np.uint8], size: tuple[int, int], how: Augmentation, random: Random
) -> NDArray[np.uint8]:
    """Return an image (H, W, C) of 1 or 3 channels as (*size, C)."""
    found = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    if how.resize:
        found = _stretched(found, (how.resize, how.resize))
    if how.jitter:
        found = _jittered(found, how.jitter, random)
    if how.crop:
        found = _cropped_and_stretched(found, size, how.crop, random)
    if how.pad:
        found = _cropped(found, size, how.pad, random)
    if how.flip and random.random() < how.flip:
        found = found.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if how.rotation:
        found = found.rotate((2 * random.random() - 1) * how.rotation)
    found = _stretched(found, size) if how.stretch else _fitted(found, size)
    return np.asarray(found).reshape(*size, -1)


def mixed(images: NDArray[np.uint8], a: float, random: Random) -> NDArray[np.uint8]:
    """Return the images of a batch, each mixed with the one before it; see Augmentation.mixup."""
    share = random.beta(a, a, len(images)).astype(np.float32)
    share = np.maximum(share, 1 - share)[:, None, None, None]
    other = np.roll(images, 1, 0).astype(np.float32)
    return (images * share + other * (1 - share)).astype(np.uint8)


def _stretched(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    height, width = size
    if image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.BILINEAR)


def _near(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a picture a little larger than `size`, its sides as they were to each other."""
    scale = SHORT * max(size[1] / image.width, size[0] / image.height)
    return _stretched(image, (round(image.height * scale), round(image.width * scale)))


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the middle of a picture."""
    height, width = size
    if image.size == (width, height):
        return image
    image = _near(image, size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _jittered(image: Image.Image, most: float, random: Random) -> Image.Image:
    for each in random.permutation(len(_ENHANCERS)):
        image = _ENHANCERS[each](image).enhance(1 + most * (2 * random.random() - 1))
    return image


def _cropped_and_stretched(
    image: Image.Image, size: tuple[int, int], least: float, random: Random
) -> Image.Image:
    """Return a part of random area, sides and place; after ten that fit not, the whole."""
    width, height = image.size
    for _ in range(10):
        area = width * height * (least + (1 - least) * random.random())
        low, high = np.log(RATIOS)
        ratio = np.exp(low + (high - low) * random.random())
        w, h = round(float(np.sqrt(area * ratio))), round(float(np.sqrt(area / ratio)))
        if 0 < w <= width and 0 < h <= height:
            left, top = int(random.integers(width - w + 1)), int(random.integers(height - h + 1))
            box = (left, top, left + w, top + h)
            return image.resize((size[1], size[0]), Image.Resampling.BILINEAR, box)
    return _stretched(image, size)


def _cropped(image: Image.Image, size: tuple[int, int], pad: int, random: Random) -> Image.Image:
    """Return a part of the network's size: of a padded image, or of a picture brought near it."""
    height, width = size
    if image.size != (width, height):
        image, pad = _near(image, size), 0
    left = int(random.integers(image.width + 2 * pad - width + 1)) - pad
    top = int(random.integers(image.height + 2 * pad - height + 1)) - pad
    return image.crop((left, top, left + width, top + height))  # black beyond its edge

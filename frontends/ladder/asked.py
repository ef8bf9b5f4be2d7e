"""What is asked of a comparison of files, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from common.datasets.augment import NONE, augmented, generator
from common.datasets.pictures import SCALING, Pictures
from common.errors import TriptychError
from common.recipes.recipe import Recipe
from common.text import one_line
from frontends.ladder.files import FileReference

MANY, FEW, SMALL = 16, 4, 64 * 64  # samples of small maps and of larger ones; what small is

STRETCHED = replace(NONE, stretch=True)
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")


@dataclass(frozen=True)
class Asked:
    """What is asked of a comparison.

    shape: of the inputs, without the batch, channels first; None to find it. inputs: a batch of
    one's own. weights: of the first file, as its framework's weights files name and lay them out.
    names: {name in the first: name in the other}. recipe: by which they also train.
    """

    shape: tuple[int, ...] | None = None
    inputs: Any = None
    weights: Mapping[str, Any] | None = None
    names: Mapping[str, str] | None = None
    batch: int | None = None
    seed: int = 0
    timeout: float = 600
    recipe: Recipe | None = None


def titles(references: list[FileReference]) -> list[str]:
    """Return what the subjects are called: by file and entry, with the framework or a number where
    two would be called alike."""
    found: list[str] = []
    plain = Counter(each.title for each in references)
    for each in references:
        name = each.title if plain[each.title] == 1 else f"{each.title}@{each.framework}"
        number = sum(known.partition("#")[0] == name for known in found)
        found.append(f"{name}#{number + 1}" if number else name)
    return found


def batch_for(shape: tuple[int, ...], wanted: int | None) -> int:
    """Return how many samples are drawn: small maps are many, so that a BN sees enough values."""
    if wanted is not None:
        return wanted
    return MANY if prod(shape[1:]) <= SMALL else FEW


def shape_of(text: str) -> tuple[int, ...]:
    """Return a shape that is said as 3,32,32. Raises TriptychError."""
    parts = text.replace("x", ",").split(",")
    if not all(part.strip().isdecimal() and int(part) for part in parts):
        raise TriptychError(f"--input-shape {text}: expected sizes such as 3,32,32, channels first")
    return tuple(int(part) for part in parts)


def read_inputs(path: str, shape: tuple[int, ...] | None) -> Any:
    """Return a batch of one's own from a .npy file, or an image, as float64.

    An image is stretched to a shape that is stated, and scaled by ImageNet's mean and deviation.
    Raises TriptychError.
    """
    if Path(path).suffix.lower() in IMAGES:
        return _read_image(path, shape)
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise TriptychError(f"--input {path}: {one_line(str(error))}") from None
    if not isinstance(array, np.ndarray) or array.ndim < 2 or array.dtype.kind not in "fiu":
        raise TriptychError(
            f"--input {path}: expected numbers of shape (N, …), as numpy.save writes"
        )
    if shape is not None and array.shape[1:] != shape:
        if array.ndim == 4 and (array.shape[3], *array.shape[1:3]) == shape:
            array = array.transpose(0, 3, 1, 2)
        else:
            raise TriptychError(f"--input {path}: {array.shape[1:]}, expected {shape}")
    return np.ascontiguousarray(array, np.float64)


def _read_image(path: str, shape: tuple[int, ...] | None) -> Any:
    if not Path(path).is_file():
        raise TriptychError(f"--input {path}: no such file")
    image = Pictures((path,))[0]
    if shape is not None:
        if len(shape) != 3 or shape[0] != 3:
            raise TriptychError(f"--input {path}: an image is (3, H, W), expected {shape}")
        image = augmented(image, (shape[1], shape[2]), STRETCHED, generator(0))
    return SCALING.apply(image[None]).astype(np.float64)

"""What is asked of a comparison of files, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from common import machine
from common.datasets.augment import NONE, augmented, generator
from common.datasets.pictures import SCALING, Pictures
from common.errors import TriptychError
from common.files import read_array
from common.limits import MOST_VALUES
from common.recipes.recipe import Recipe
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

    def __post_init__(self) -> None:
        """Raise a TriptychError for inputs without a sample or number, or that no memory holds."""
        if self.inputs is not None:
            _check_samples(self.inputs)
        elif self.shape is not None:
            batch, there = batch_for(self.shape, self.batch), machine.memory()
            needed = 8 * batch * prod(self.shape)  # float64
            if there is not None and needed > there:
                raise TriptychError(
                    f"{batch} samples of shape {self.shape} take {machine.sized(needed)}; this "
                    f"machine has {machine.sized(there)}"
                )


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
    parts = [part.strip() for part in text.replace("x", ",").split(",")]
    if not all(part.isdecimal() and part.strip("0") for part in parts):
        raise TriptychError(f"--input-shape {text}: expected sizes such as 3,32,32, channels first")
    if max(map(len, parts)) > len(str(MOST_VALUES)) or prod(map(int, parts)) > MOST_VALUES:
        raise TriptychError(
            f"--input-shape {text[:60]}: at most {MOST_VALUES:,} values can be in a sample"
        )
    return tuple(int(part) for part in parts)


def _check_samples(inputs: Any, where: str = "") -> None:
    """Raise a TriptychError for a batch of nothing, on which any two networks agree, and for NaN,
    on which none do."""
    if not inputs.size:
        raise TriptychError(
            f"{where}inputs of shape {inputs.shape} hold no sample; expected (N, …) with N > 0"
        )
    if not np.isfinite(inputs).all():
        raise TriptychError(f"{where}inputs hold NaN or infinity, which prove nothing")


def read_inputs(path: str, shape: tuple[int, ...] | None) -> Any:
    """Return a batch of one's own from a .npy file, or an image, as float64.

    An image is stretched to a shape that is stated, and scaled by ImageNet's mean and deviation.
    Raises TriptychError.
    """
    if Path(path).suffix.lower() in IMAGES:
        return _read_image(path, shape)
    try:
        array = read_array(Path(path))
    except TriptychError as error:
        raise TriptychError(f"--input {error}") from None
    if not isinstance(array, np.ndarray) or array.ndim < 2 or array.dtype.kind not in "fiu":
        raise TriptychError(
            f"--input {path}: expected numbers of shape (N, …), as numpy.save writes"
        )
    _check_samples(array, f"--input {path}: ")
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

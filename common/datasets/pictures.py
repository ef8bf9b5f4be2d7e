"""Image files, decoded when they are asked for."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from common.datasets.dataset import Scaling
from common.errors import TriptychError
from common.text import one_line

# ImageNet's, of bytes.
SCALING = Scaling((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


@dataclass(frozen=True)
class Pictures:
    """Images of files; `read` gives the bytes of each, by default those of the file."""

    files: tuple[str, ...]
    read: Callable[[str], bytes] = lambda name: Path(name).read_bytes()

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Return an image (H, W, 3), RGB. Raises TriptychError with the name of its file."""
        name = self.files[index]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # Pillow's, of what is damaged or far too large
                with Image.open(io.BytesIO(self.read(name))) as image:
                    return np.asarray(image.convert("RGB"))
        except UnidentifiedImageError:  # its own words name an object in memory
            raise TriptychError(f"{name}: cannot be decoded: no image file") from None
        except Exception as error:  # files that are damaged raise whatever they like
            raise TriptychError(
                f"{name}: cannot be decoded: {one_line(str(error))[:300]}"
            ) from None

"""Numbers of MATLAB's files, `.mat`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import TriptychError
from common.text import one_line

_MOST = 1 << 16  # bytes of a file: packed a thousandfold it fits the memory


def read_mat(path: Path) -> dict[str, NDArray[Any]]:
    """Return name -> matrix. Raises TriptychError for what is damaged or no such file."""
    from scipy.io import loadmat  # slow to load, and for this alone

    try:
        if path.stat().st_size > _MOST:
            raise ValueError(f"expected at most {_MOST:,} bytes")
        found = loadmat(path)
    except Exception as error:  # files that are damaged raise whatever they like
        said = one_line(str(error))[:300] or type(error).__name__
        raise TriptychError(f"{path}: cannot be read: {said}") from None
    return {name: each for name, each in found.items() if isinstance(each, np.ndarray)}

"""Which interpreter runs which framework."""

from __future__ import annotations

import os
import sys


def interpreter(framework: str) -> str:
    """Return the Python of a framework; `TRIPTYCH_<FRAMEWORK>_PYTHON` names another one."""
    return os.environ.get(f"TRIPTYCH_{framework.upper()}_PYTHON", sys.executable)

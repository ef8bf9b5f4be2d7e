"""Call a network function of a reader's file: `python -m common.networks.called FILE NAME OUT`.

To the open file of descriptor OUT goes "network" and its JSON, or "error" and one line.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.network import Network
from common.parsing import LONGEST
from common.serialize import to_json
from common.signals import end_with_parent
from common.text import one_line


def answer(path: str, function: str) -> str:
    """Return what a function of a file gives, whatever it does but end the program."""
    try:
        found = getattr(_executed(path), function, None)
        if not callable(found):
            return "error\nno such function in the file"
        network = found()
        if not isinstance(network, Network):
            return f"error\ngave {type(network).__name__}, not a Network"
        return f"network\n{to_json(network)}"
    except BaseException as error:  # SystemExit too
        return f"error\n{_told(error)}"


def _told(error: BaseException) -> str:
    """Return an error in one line, whatever its own text does."""
    name = "" if isinstance(error, TriptychError) else f"{type(error).__name__}: "
    try:
        return f"{name}{one_line(str(error))[:LONGEST]}"
    except BaseException:
        return type(error).__name__


def _executed(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"network_of_{Path(path).stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    end_with_parent()
    given = answer(sys.argv[1], sys.argv[2]).encode("utf-8", "replace")
    with os.fdopen(int(sys.argv[3]), "wb") as stream:
        stream.write(given)
    os._exit(0)  # whatever else the file has running

"""Which line of a reader's made a layer or a call: the innermost that is neither the framework's
nor ours. Python 3.7.
"""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import contextlib
import linecache
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Tuple, cast

ROOT = Path(__file__).resolve().parents[2]
_OURS = tuple(str(ROOT / each) + os.sep for each in ("frontends", "common"))
_PYTHON = str(Path(contextlib.__file__).parent) + os.sep
Place = Tuple[str, str]  # file and line, and its text
NOWHERE = "", ""


class Places:
    """Finds lines of a reader's; packages: folders of those whose lines are none."""

    def __init__(self, *packages: Any) -> None:
        found = [str(Path(each.__file__).parent) + os.sep for each in packages]
        self._left_out = (*found, *_OURS)

    def here(self) -> Place:
        """Return the line that led here."""
        frame = sys._getframe(1)  # type: Any
        while frame is not None:
            name = frame.f_code.co_filename
            if self.is_reader_s(name):
                return _place(name, frame.f_lineno)
            frame = frame.f_back
        return NOWHERE

    def of_lines(self, lines: Iterable[Tuple[str, int]]) -> Place:
        """Return the last reader's line among (file, number)."""
        for name, number in reversed(list(lines)):
            if self.is_reader_s(name):
                return _place(name, number)
        return NOWHERE

    def is_reader_s(self, name: str) -> bool:
        """Return whether a file is a reader's, or of a library that they use."""
        if not name.endswith(".py") or name.startswith(self._left_out):
            return False
        return "site-packages" in name or not name.startswith(_PYTHON)


def _place(name: str, number: int) -> Place:
    return "%s:%d" % (Path(name).name, number), linecache.getline(name, number).strip()


class Layers:
    """Has every layer of a framework remember the line that made it, and knows which are called.

    base: the class of its layers, library: the name of its package.
    """

    def __init__(self, base: Any, library: str, places: Places) -> None:
        self._base, self._library, self._places = base, library + ".", places
        self._init, self._call = base.__init__, base.__call__
        self._open: List[Any] = []

    def watch(self) -> None:
        """Begin; to begin twice is to begin once."""
        init, call, begun, places = self._init, self._call, self._open, self._places

        def made(layer: Any, *arguments: Any, **named: Any) -> None:
            init(layer, *arguments, **named)
            object.__setattr__(layer, "_made_at", places.here())

        def called(layer: Any, *arguments: Any, **named: Any) -> Any:
            begun.append(layer)
            try:
                return call(layer, *arguments, **named)
            finally:
                begun.pop()

        self._base.__init__, self._base.__call__ = made, called

    def said(self, function: str, paths: Mapping[int, str]) -> Tuple[str, Place]:
        """Return what to call a call of a function, and its line: those of the layer within which
        it is, if the framework has that layer itself. paths: id of a layer -> its path."""
        layer = self._open[-1] if self._open else None
        if layer is None or not type(layer).__module__.startswith(self._library):
            return function, self._places.here()
        path, kind = paths.get(id(layer), ""), type(layer).__name__
        return "%s (%s)" % (path, kind) if path else kind, made_at(layer)


def made_at(layer: Any) -> Place:
    """Return the line that made a layer."""
    return cast(Place, getattr(layer, "_made_at", NOWHERE))


def places_of(layers: Iterable[Any], held: Mapping[str, Any]) -> Dict[str, str]:
    """Return {parameter: line that made its layer} of layers that keep their tensors in
    `_parameters` and `_buffers`. held: name -> what is held."""
    found: Dict[int, str] = {}
    for layer in layers:
        place = ": ".join(filter(None, made_at(layer)))
        for own in {**layer._parameters, **layer._buffers}.values():
            found[id(own)] = place
    return {name: found.get(id(each.own), "") for name, each in held.items()}

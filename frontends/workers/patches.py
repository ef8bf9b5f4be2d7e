"""What a reader's file changes of its framework: told, and put back for the next file.

Python 3.7.
"""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import functools
import sys
from typing import Any, Dict, Iterator, List, Tuple

# Where people find a framework's functions and layers, by its name in frontends.frameworks.
NAMESPACES = {
    "torch": ("torch", "torch.nn", "torch.nn.functional"),
    "paddle": ("paddle", "paddle.nn", "paddle.nn.functional"),
    "tensorflow": ("tensorflow", "tensorflow.nn", "keras", "keras.layers", "keras.ops"),
    "fluid": ("paddle.fluid", "paddle.fluid.layers"),
    "tensorflow1": ("tensorflow", "tensorflow.nn", "tensorflow.layers"),
}
KINDS = (staticmethod, classmethod, property)
_NEW = object()  # the value of what a class did not have


class Framework:
    """What a framework's namespaces and their classes hold, as it was when it was remembered."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held: List[Tuple[str, Any, Dict[str, Any]]] = []

    def remember(self) -> None:
        """Remember it as it is now."""
        found = dict(_holders(NAMESPACES[self._name]))
        self._held = [(path, holder, _functions(holder)) for path, holder in found.items()]

    def changes(self) -> List[str]:
        """Return the names of what is no longer what it was."""
        return ["%s.%s" % (path, name) for path, _, name, _ in self._changed()]

    def put_back(self) -> None:
        """Make it what it was."""
        for _, holder, name, value in list(self._changed()):
            if value is _NEW:
                delattr(holder, name)
            else:
                setattr(holder, name, value)

    def _changed(self) -> Iterator[Tuple[str, Any, str, Any]]:
        """Yield (name of what holds it, that, its own name, the value that it had)."""
        for path, holder, known in self._held:
            now = vars(holder)
            for name, value in known.items():
                if now.get(name) is not value:
                    yield path, holder, name, value
            for name in _functions(holder) if isinstance(holder, type) else ():
                if name not in known:
                    yield path, holder, name, _NEW


def _holders(namespaces: Tuple[str, ...]) -> Iterator[Tuple[str, Any]]:
    """Yield the modules of namespaces and the classes in them, with those that they extend."""
    for path in namespaces:
        root, _, rest = path.partition(".")
        module = functools.reduce(getattr, rest.split(".") if rest else [], sys.modules[root])
        module = vars(module).get("_tfmw_wrapped_module", module)  # of TensorFlow 1.15
        yield path, module
        for value in list(vars(module).values()):
            for each in value.__mro__ if isinstance(value, type) else ():
                if str(each.__module__).partition(".")[0] in (root, "tensorflow_core"):
                    yield "%s.%s" % (each.__module__, each.__qualname__), each


def _functions(holder: Any) -> Dict[str, Any]:
    found = list(vars(holder).items())
    return {name: value for name, value in found if callable(value) or isinstance(value, KINDS)}

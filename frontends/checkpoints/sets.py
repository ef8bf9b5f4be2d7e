"""Which weights of a file are read, and what stands beside them: a training program keeps an
average of its weights, an optimizer's state and counters in the same file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from common.text import one_line
from frontends.checkpoints.stored import FileError

# Where training programs keep the weights themselves.
WRAPPERS = ("state_dict", "model_state_dict", "model", "network", "net")
MOST_TOLD = 8
# An optimizer's state may be tensors by names, too.
_OTHERS = re.compile(r"(?i).*(optim|sched|scaler|momentum|adam|sgd).*|opt")


@dataclass
class Sets:
    """What is asked of a file that may hold several sets of weights, and what a reader found.

    key: of the set that is wanted, "" for the only one, or the network's own. taken: of the one
    that was read, "" where the file is it. others: of the further ones; beside: of what is no
    weights. framework: whose library wrote it, where that shows.
    """

    key: str = ""
    taken: str = ""
    others: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    framework: str = ""

    def weights(self, state: Any, is_tensor: Callable[[Any], bool]) -> dict[str, Any]:
        """Return the weights of what a file holds, and note what is beside. Raises FileError."""
        if not isinstance(state, dict):
            raise FileError(f"holds {type(state).__name__}, expected names with arrays")
        found = [key for key, each in state.items() if _is_set(key, each, is_tensor)]
        if any(map(is_tensor, state.values())):  # else a tensor's own state is taken for a set
            found = [key for key in found if key in WRAPPERS]
        taken = self._chosen(state, found)
        if taken is None:
            return _named(state)
        self.taken = taken
        self.others = [_told(key) for key in found if key != taken]
        self.beside = [_told(key) for key in state if key != taken and key not in found]
        return _named(state[taken])

    def _chosen(self, state: dict[Any, Any], found: list[str]) -> str | None:
        """Return the key of the weights, None where they are what the file holds itself."""
        if self.key:
            if not isinstance(state.get(self.key), dict):
                known = _listed(map(_told, found)) or "none, the file is one set itself"
                raise FileError(f"has no weights under --key {_told(self.key)}; available: {known}")
            return self.key
        own = [key for key in found if key in WRAPPERS]
        if len(found) > 1 and len(own) != 1:
            raise FileError(
                f"holds {len(found)} sets of weights, {_listed(map(_told, found))}: which? "
                f"`convert --key {_told(found[0])}` takes that one"
            )
        empty = [key for key in WRAPPERS if isinstance(state.get(key), dict)]
        return next(iter([*own, *found, *(empty if len(empty) == 1 else ())]), None)

    def lines(self) -> list[str]:
        """Return which set was read and what was left out beside it, in lines."""
        found = []
        if self.others:
            found.append(
                f"read: the weights under {self.taken}; left out: those under "
                f"{_listed(self.others)}, which `convert --key` takes"
            )
        if self.beside:
            found.append(f"left out beside {self.taken}, as no weights: {_listed(self.beside)}")
        return found

    def check(self) -> None:
        """Raise a FileError where a set is wanted of a format that holds but one."""
        if self.key and self.taken != self.key:
            raise FileError(
                f"has no weights under --key {_told(self.key)}: what torch.save and paddle.save "
                "write may hold several sets, no other format"
            )


def _is_set(key: Any, state: Any, is_tensor: Callable[[Any], bool]) -> bool:
    named = isinstance(key, str) and isinstance(state, dict) and not _OTHERS.fullmatch(key)
    return named and any(map(is_tensor, state.values()))


def _named(state: Any) -> dict[str, Any]:
    if not all(isinstance(name, str) for name in state):
        raise FileError(f"holds {type(state).__name__}, expected names with arrays")
    found: dict[str, Any] = state
    return found


def _told(key: Any) -> str:
    return one_line(str(key))[:100]


def _listed(keys: Iterable[str]) -> str:
    names = list(keys)
    return ", ".join([*names[:MOST_TOLD], *(["…"] if len(names) > MOST_TOLD else [])])

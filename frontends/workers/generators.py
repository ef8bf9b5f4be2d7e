"""The generators of random numbers that a reader's file makes of its own, whose states tell whether
they are drawn from. Python 3.7."""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

import random
from typing import Any, Callable, List

import numpy as np

_states: List[Callable[[], Any]] = []  # of what was made since the file was loaded


def made(state: Callable[[], Any]) -> None:
    """Note a generator; state: returns its state, which compares."""
    _states.append(state)


def states() -> List[str]:
    """Return the states of all that were made."""
    return [repr(each()) for each in _states]


def forget() -> None:
    """Forget what was made: another file is loaded."""
    del _states[:]


class _OfPython(random.Random):
    """Python's own, which is noted."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        made(self.getstate)


class _OfNumpy(np.random.RandomState):
    """numpy's older one, which is noted."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        made(lambda: plain(self.get_state()))


def watch() -> None:
    """Have what Python and numpy make from now on noted."""
    if random.Random is not _OfPython:
        setattr(random, "Random", _OfPython)  # noqa: B010
        setattr(np.random, "RandomState", _OfNumpy)  # noqa: B010
        if hasattr(np.random, "default_rng"):
            setattr(np.random, "default_rng", _noted(np.random.default_rng))  # noqa: B010


def _noted(make: Callable[..., Any]) -> Callable[..., Any]:
    def default_rng(seed: Any = None) -> Any:
        found = make(seed)
        made(lambda: plain(found.bit_generator.state))
        return found

    return default_rng


def plain(state: Any) -> Any:
    """Return a state in a form that compares."""
    if isinstance(state, dict):
        return {key: plain(each) for key, each in state.items()}
    if isinstance(state, tuple):
        return [plain(each) for each in state]
    return state.tolist() if isinstance(state, np.ndarray) else state

"""How many steps a panel's turn takes: about two seconds of the slowest."""

from __future__ import annotations

from collections.abc import Sequence

TURN_S = 2.0
MOST = 200  # steps of a turn


class Turns:
    """Where turns end; end: the last step of all, most: steps of a turn at most."""

    def __init__(self, steps_per_epoch: int, end: int, most: int) -> None:
        self._spe, self._end, self._most = steps_per_epoch, end, min(MOST, most)
        self._size, self._slowest = 1, 0.0

    def stop(self, step: int, ahead: Sequence[int]) -> int:
        """Return where the turn of a panel at `step` ends: where the next panel is, or at an end of
        an epoch. ahead: where the panels are that are further."""
        if not ahead and self._slowest:  # a new round
            faster = self._slowest < TURN_S / 2 and self._size < self._most
            self._size = self._size * 2 if faster else self._size
            self._size = max(1, self._size // 2) if self._slowest > 2 * TURN_S else self._size
            self._size, self._slowest = min(self._size, self._most), 0.0
        return min((step // self._spe + 1) * self._spe, self._end, step + self._size, *ahead)

    def took(self, seconds: float) -> None:
        """Note how long a turn was."""
        self._slowest = max(self._slowest, seconds)

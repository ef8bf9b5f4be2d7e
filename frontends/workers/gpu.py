"""Which frameworks see a GPU here."""

from __future__ import annotations

from collections.abc import Iterable

from common.errors import TriptychError
from frontends.frameworks import TABLE
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Memory


def sees_gpu(framework: str) -> bool:
    """Return whether a framework's build sees a GPU; one that does not start sees none."""
    with Workers("gpu") as workers:
        try:
            return workers.request(framework, Memory(), 60).peak_device is not None
        except WorkerError:
            return False


def check_device(device: str, frameworks: Iterable[str]) -> None:
    """Raise a TriptychError that names the panels that see no GPU, where one is asked for."""
    asked = list(frameworks) if device == "gpu" else []
    without = [name for name in asked if TABLE[name].historical or not sees_gpu(name)]
    if without:
        others = ",".join(name for name in asked if name not in without)
        do = f"--framework {others} has the others" if others else "--device cpu trains them"
        raise TriptychError(f"--device gpu: {', '.join(without)} see no GPU here; {do}")

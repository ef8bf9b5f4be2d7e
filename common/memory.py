"""How much memory and temporary space a job takes, before it is taken."""

from __future__ import annotations

import math

from common import machine
from common.errors import TriptychError
from common.network import Network

RECORDED = 3 * 4  # bytes of a value: float32 results of two modes, and a cotangent


def check_memory(network: Network, batch: int) -> None:
    """Raise a TriptychError for a network that cannot fit: its activations and parameters alone,
    in float64, exceed the memory."""
    values, parameters = _numbers(network)
    there, needed = machine.memory(), 8 * (batch * values + parameters)
    if there is not None and needed > there:
        raise TriptychError(
            f"{network.name} with --batch-size {batch} takes {machine.sized(needed)} a panel, or "
            f"more; this machine has {machine.sized(there)}"
        )


def check_room(network: Network, batch: int, panels: int) -> None:
    """Raise a TriptychError where what is kept at once does not fit: float64 gradients and fresh
    values of all panels, and then what some of them record of every step."""
    values, parameters = _numbers(network)
    recorded = min(panels, machine.cores()) * (RECORDED * batch * values + 4 * parameters)
    needed = 8 * parameters + max(panels * (8 + 4) * parameters, recorded)
    temporary = machine.temporary()
    if temporary and needed > temporary[1]:
        raise TriptychError(
            f"{network.name} takes about {machine.sized(needed)} of temporary files; "
            f"{temporary[0]} has {machine.sized(temporary[1])}; TMPDIR names another folder"
        )


def _numbers(network: Network) -> tuple[int, int]:
    """Return how many values a sample has on its way, and how many parameters there are."""
    made = network.elaboration
    values = math.prod(network.input_shape) + sum(math.prod(step.output) for step in made.steps)
    return values, sum(each.size for each in made.parameters.values())

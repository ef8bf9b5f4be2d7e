"""How much memory a job takes, before it is taken."""

from __future__ import annotations

import math

from common import machine
from common.errors import TriptychError
from common.network import Network


def check_memory(network: Network, batch: int) -> None:
    """Raise a TriptychError for a network that cannot fit: its activations and parameters alone,
    in float64, exceed the memory."""
    there, made = machine.memory(), network.elaboration
    values = math.prod(network.input_shape) + sum(math.prod(step.output) for step in made.steps)
    numbers = batch * values + sum(each.size for each in made.parameters.values())
    if there is not None and 8 * numbers > there:
        raise TriptychError(
            f"{network.name} with --batch-size {batch} takes {machine.in_gib(8 * numbers)} a "
            f"panel, or more; this machine has {machine.in_gib(there)}"
        )

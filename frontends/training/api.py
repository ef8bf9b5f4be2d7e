"""Training from Python: one call, as `triptych train` has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.network import Network
from common.recipes.recipe import Recipe
from frontends.frameworks import MODERN
from frontends.training.experiment import Experiment, bounded
from frontends.training.run import Run, Trained


def train(
    network: Network,
    recipe: Recipe,
    data: str,
    out: str | Path,
    panels: Sequence[str] = MODERN,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    source: str | Path | None = None,
    proves: bool = True,
    quiet: bool = True,
    **options: Any,
) -> Trained:
    """Train a network in several panels, into the new folder `out`; return what became of them.

    data: a name or a path. epochs, steps: None: the recipe's. source: a checkpoint of a training,
    of any panel, that all go on from. proves: panels climb the ladder first. options: further
    fields of `frontends.training.experiment.Experiment`: seed, precision, data_dir … Raises
    TriptychError, one line, for what does not go together.
    """
    experiment = Experiment(network, bounded(recipe, epochs, steps), data, tuple(panels), **options)
    begun = Path(source) if source is not None else None
    run = Run(experiment, Path(out), source=begun, proves=proves, quiet=quiet)
    return run.train()

"""Where a panel's training begins: at weights drawn by the laws, or at a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common import weights
from common.errors import TriptychError
from common.files import folder_for
from common.recipes.recipe import STATE
from frontends.checkpoints import hub
from frontends.checkpoints.convert import read
from frontends.checkpoints.hub import Checkpoint
from frontends.training.experiment import Experiment
from frontends.workers.arrays import write_arrays

BEGINNING = "beginning.safetensors"


@dataclass(frozen=True)
class Start:
    """The files that a panel begins with (protocol.Begin), the steps that were taken, and the
    digest of their batches; source: the checkpoint that it is, "" for drawn weights."""

    weights: Path | None
    state: Path | None = None
    step: int = 0
    digest: str = ""
    source: str = ""


def drawn(experiment: Experiment, folder: Path) -> Start:
    """Return the start of all panels: weights from the seed, or those of each file."""
    path = folder / "initial.npz"
    write_arrays(path, initial(experiment))
    return Start(None if experiment.own_initialization else path)


def initial(experiment: Experiment) -> dict[str, Any]:
    """Return the weights that the specification's laws draw from the seed."""
    found: dict[str, Any] = dict(weights.initial(experiment.run_network, experiment.seed))
    return found


def checkpoint_of(path: Path) -> Checkpoint:
    """Return a checkpoint of ours, recipe and all. Raises TriptychError, one line."""
    if not path.is_file():
        raise TriptychError(f"{path}: no such file; expected a checkpoint of `triptych train`")
    found = read(path).checkpoint
    if found.recipe is None:
        raise TriptychError(f"{path}: says no recipe; expected a checkpoint of `triptych train`")
    if STATE[found.recipe.optimizer.name] and found.step and not found.state:
        raise TriptychError(f"{path}: has no state of the optimizer behind step {found.step}")
    return found


def continued(experiment: Experiment, path: Path, folder: Path, name: str) -> Start:
    """Return the start at a checkpoint, as files in a folder; the digest is for others to say.

    Raises TriptychError where it is one of another network or recipe.
    """
    found = checkpoint_of(path)
    check_same(experiment, found, path)
    weights_file, state_file = folder / f"{name}_weights.npz", folder / f"{name}_state.npz"
    write_arrays(weights_file, found.weights)
    state: dict[str, Any] = {
        f"{key}/{own}": array for key, kept in found.state.items() for own, array in kept.items()
    }
    write_arrays(state_file, state)
    return Start(weights_file, state_file, found.step, source=path.name)


def source_of(experiment: Experiment, path: Path) -> Checkpoint:
    """Return the checkpoint that a training begins at. Raises TriptychError where it is of another
    network or recipe, or leaves no step to take."""
    found, end = checkpoint_of(path), experiment.end
    check_same(experiment, found, path)
    if found.step >= end:
        raise TriptychError(
            f"{path}: is of step {found.step:,}, and the training ends at step {end:,}: --epochs "
            "or --steps says how far it goes on"
        )
    return found


def beginning(folder: Path, given: Checkpoint | None) -> Path | None:
    """Return where the folder of a training's checkpoints keeps the one that it begins at, given
    or there, for panels that begin later; None if it has none. Raises TriptychError."""
    path = folder / BEGINNING
    if given is not None:
        hub.write(folder_for(str(folder)) / BEGINNING, given)
    return path if path.is_file() else None


def check_same(experiment: Experiment, found: Checkpoint, path: Path) -> None:
    """Raise a TriptychError unless a checkpoint is of the network, and its optimizer's state of the
    recipe."""
    if found.network != experiment.network:
        raise TriptychError(
            f"{path}: a checkpoint of {found.network.name} as another specification than that of "
            f"{experiment.network.name}"
        )
    recipe, own = experiment.recipe, found.recipe
    if own is None or (own.optimizer, own.frozen) != (recipe.optimizer, recipe.frozen):
        said = own.words() if own else "no recipe"
        raise TriptychError(f"{path}: trained by {said}; expected {recipe.words()}")


def distance(one: dict[str, Any], other: dict[str, Any], names: list[str]) -> tuple[float, str]:
    """Return how far weights are apart, |one - other| / |other| over some parameters, and the one
    that is furthest by the same measure."""
    apart = {n: float(np.sum((one[n].astype(float) - other[n]) ** 2)) for n in names}
    size = {n: float(np.sum(other[n].astype(float) ** 2)) for n in names}
    worst = max(names, key=lambda n: apart[n] / (size[n] or 1.0))
    return float(np.sqrt(sum(apart.values()) / (sum(size.values()) or 1.0))), worst

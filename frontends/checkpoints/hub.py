"""The hub of all formats: safetensors under canonical names, the network and its recipe inside.

A parameter bears its canonical name, in the canonical layout. What an optimizer keeps of one is
`optimizer/<key>/<canonical name>`, with the keys of `common.recipes.recipe.STATE`: the state that
`common.recipes.reference` defines, whatever a framework's own is. Beside the tensors stand, as
texts, "network" and "recipe" in JSON, and "step", how many updates were made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from common.errors import SpecificationError, TriptychError
from common.files import write_bytes
from common.limits import MOST_JSON
from common.network import Network
from common.recipes.recipe import STATE, Recipe
from common.recipes.reference import is_frozen
from common.recipes.serialize import from_json as recipe_from_json
from common.recipes.serialize import to_json as recipe_to_json
from common.serialize import from_json, to_json
from frontends.checkpoints import plain
from frontends.checkpoints.naming import few
from frontends.checkpoints.stored import Array, Arrays

FORMAT = "triptych checkpoint 1"
PREFIX = "optimizer/"
State = Mapping[str, Mapping[str, Array]]


@dataclass(frozen=True)
class Checkpoint:
    """What a training has come to.

    weights: every parameter by canonical name. recipe: how it is trained, None if it is not said.
    state: key of the optimizer's -> canonical name -> array of the parameter's shape; empty before
    the first update, and where it is not known. step: updates that were made.
    """

    network: Network
    weights: Arrays
    recipe: Recipe | None = None
    state: State = field(default_factory=dict)
    step: int = 0

    def tensors(self) -> Arrays:
        """Return every tensor by its name in the file."""
        found = dict(self.weights)
        for key, arrays in self.state.items():
            found |= {f"{PREFIX}{key}/{name}": array for name, array in arrays.items()}
        return found

    def check(self, where: str) -> None:
        """Raise a TriptychError, one line opened by `where`, for what is missing, extra, of
        another shape or of a type that is no float32 or float64."""
        shapes = {name: p.shape for name, p in self.network.elaboration.parameters.items()}
        wanted = dict(shapes)
        if self.state:
            wanted |= {f"{PREFIX}{n}": shapes[n.partition("/")[2]] for n in self._state_names()}
        given = self.tensors()
        missing, extra = set(wanted) - set(given), set(given) - set(wanted)
        if missing or extra:
            raise TriptychError(
                f"{where}: not a checkpoint of {self.network.name}: it lacks {few(missing)} and "
                f"has {few(extra)} too many"
            )
        for name, array in given.items():
            if array.shape != wanted[name]:
                raise TriptychError(
                    f"{where}: {name} has shape {array.shape}, expected {wanted[name]}"
                )
            if array.dtype not in (np.float32, np.float64):
                raise TriptychError(
                    f"{where}: {name} holds {array.dtype}; expected float32 or float64"
                )

    def _state_names(self) -> list[str]:
        """Return <key>/<canonical name> of all that the recipe's optimizer keeps."""
        if self.recipe is None:
            return []
        trained = [
            name
            for name, each in self.network.elaboration.parameters.items()
            if each.trainable and each.used and not is_frozen(self.recipe, name)
        ]
        return [f"{key}/{n}" for key in STATE[self.recipe.optimizer.name] for n in trained]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside and rename it. Raises TriptychError; then nothing is written."""
    checkpoint.check(str(path))
    notes = {"format": FORMAT, "network": to_json(checkpoint.network)}
    if checkpoint.recipe is not None:
        notes["recipe"] = recipe_to_json(checkpoint.recipe)
    if checkpoint.step:
        notes["step"] = str(checkpoint.step)
    tensors = {n: np.ascontiguousarray(a) for n, a in checkpoint.tensors().items()}
    write_bytes(path, save(tensors, notes))


@dataclass(frozen=True)
class Notes:
    """The texts of a checkpoint: its network, its recipe if it says one, and its step."""

    network: Network
    recipe: Recipe | None
    step: int

    def checkpoint(self, tensors: Mapping[str, Array], where: str) -> Checkpoint:
        """Return the checkpoint of these notes with its tensors. Raises TriptychError."""
        weights: Arrays = {}
        state: dict[str, Arrays] = {}
        for name, array in tensors.items():
            key, _, own = name.removeprefix(PREFIX).partition("/")
            target = state.setdefault(key, {}) if name.startswith(PREFIX) else weights
            target[own if name.startswith(PREFIX) else name] = array
        found = Checkpoint(self.network, weights, self.recipe, state, self.step)
        found.check(where)
        return found


def notes(path: Path) -> Notes | None:
    """Return the notes of a file, None of one that is no checkpoint of ours. Raises TriptychError
    for notes that are broken, FileError for what is no safetensors file."""
    found = plain.metadata(path)
    if found.get("format") != FORMAT:
        return None
    step = found.get("step", "0")
    if not (step.isascii() and step.isdecimal() and len(step) < 16):
        raise TriptychError(f"{path}: step {step[:40]!r} is no count")
    if "network" not in found or len(found["network"]) > MOST_JSON:
        raise TriptychError(f"{path}: no network inside, or one of over {MOST_JSON:,} bytes")
    try:
        recipe = recipe_from_json(found["recipe"], "recipe") if "recipe" in found else None
        return Notes(from_json(found["network"], "network"), recipe, int(step))
    except SpecificationError as error:
        raise TriptychError(f"{path}: {error}") from None

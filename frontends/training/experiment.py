"""What is trained, by what, on what and where: checked before anything runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from common.counting import macs, trainable
from common.datasets import Dataset, load
from common.datasets.ahead import Order
from common.datasets.augment import NONE, Augmentation
from common.datasets.batches import Batches
from common.environment import commit, machine
from common.environment import load as machine_load
from common.errors import choose
from common.memory import check_memory
from common.network import Network
from common.ops import BatchNorm
from common.recipes.recipe import Recipe
from common.recipes.serialize import float32_exact as float32_exact_recipe
from common.recipes.serialize import to_json as recipe_to_json
from common.serialize import to_json
from common.transform import float32_exact
from frontends.frameworks import TABLE
from frontends.writing.program import check_fit

SCHEMA = 1
PRECISIONS = ("float32", "float64")
UNIT = 2.0**-24  # what a rounding to float32 may be off by
TESTED_AT_ONCE = 256  # samples of a batch that is evaluated, where the recipe's are fewer


def bounded(recipe: Recipe, epochs: int | None, steps: int | None) -> Recipe:
    """Return a recipe with other bounds, None: as they are; epochs alone are taken whole."""
    if steps is None:
        steps = recipe.steps if epochs is None else 0
    return replace(recipe, epochs=recipe.epochs if epochs is None else epochs, steps=steps)


@dataclass(frozen=True)
class Experiment:
    """A training that panels have in common.

    recipe: with the epochs, the steps (0: all of the epochs) and the batch that are trained. data:
    a name or a path, as `common.datasets.load` takes it. own_initialization: each file draws its
    own weights. device, threads: of the workers. timeout: seconds until a panel that gives no sign
    is given up. save_s: seconds between checkpoints within an epoch. augmentation: of the images
    that are trained on. Raises TriptychError, one line, for what does not go together.
    """

    network: Network
    recipe: Recipe
    data: str
    panels: tuple[str, ...]
    data_dir: str = ""
    precision: str = "float32"
    seed: int = 0
    own_initialization: bool = False
    device: str = "cpu"
    threads: int | None = None
    timeout: float = 600.0
    save_s: float = 60.0
    augmentation: Augmentation = NONE
    dataset: Dataset = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        choose("precision", self.precision, PRECISIONS)
        for panel in self.panels:
            choose("framework", panel, TABLE)
        check_fit(self.network, self.recipe)
        check_memory(self.network, self.recipe.batch)
        object.__setattr__(self, "dataset", load(self.data, self.data_dir or None))
        for split in (self.dataset.train, self.dataset.test):
            split.check(self.classes)
            how = self.augmentation if split is self.dataset.train else self.augmentation.testing()
            Batches(split, self.network.input_shape, self.recipe.batch, augmentation=how)

    @property
    def classes(self) -> int:
        """How many classes the network tells apart."""
        return int(self.network.elaboration.output[0])

    @property
    def steps_per_epoch(self) -> int:
        """The batches of an epoch; the last may have fewer samples."""
        return -(-len(self.dataset.train) // self.recipe.batch)

    @property
    def end(self) -> int:
        """How many steps are taken in all."""
        every = self.recipe.epochs * self.steps_per_epoch
        return min(every, self.recipe.steps or every)

    @property
    def tested_at_once(self) -> int:
        """The samples of a batch that is evaluated."""
        return max(self.recipe.batch, TESTED_AT_ONCE)

    @cached_property
    def run_network(self) -> Network:
        """The network as panels run it: real numbers at their float32 values, alike in all."""
        found: Network = float32_exact(self.network)
        return found

    @cached_property
    def run_recipe(self) -> Recipe:
        """The recipe as panels follow it, real numbers at their float32 values."""
        found: Recipe = float32_exact_recipe(self.recipe)
        return found

    def order(self) -> Order:
        """Return what the process that makes batches is asked for."""
        return Order(
            self.data,
            self.network.input_shape,
            self.classes,
            self.recipe.batch,
            self.data_dir,
            self.seed,
            self.recipe.shuffle,
            self.augmentation,
        )

    def debiased(self) -> dict[str, float]:
        """Return the running means that are rid of their start at zero, with their momentum."""
        steps = self.run_network.elaboration.steps
        return {
            f"{step.layer}.mean": float(step.op.momentum)
            for step in steps
            if isinstance(step.op, BatchNorm) and step.op.zero_debias
        }

    def until(self, epochs: int | None, steps: int | None) -> Experiment:
        """Return the experiment with other bounds; see `bounded`. Raises TriptychError."""
        return replace(self, recipe=bounded(self.recipe, epochs, steps))

    def record(self) -> dict[str, Any]:
        """Return the fields of the record that opens a training (reports.training.schema)."""
        network = self.network
        return {
            "schema": SCHEMA,
            "network": network.name,
            "title": " ".join((network.title or network.name).split()),
            "parameters": trainable(network),
            "macs": macs(network),
            "input_shape": list(network.input_shape),
            "specification": to_json(network),
            "recipe": recipe_to_json(self.recipe),
            "recipe_words": self.recipe.words(),
            "data": self.data_record(),
            "batch": self.recipe.batch,
            "steps_per_epoch": self.steps_per_epoch,
            "end": self.end,
            "precision": self.precision,
            "seed": self.seed,
            "own_initialization": self.own_initialization,
            "panels": {name: panel_words(name) for name in self.panels},
            "rounding": UNIT * len(network.elaboration.steps),
            "rounding_words": f"a rounding of 2⁻²⁴ in each of {len(network.elaboration.steps)} "
            "steps of the network",
            "draws": any(
                step.op.has_modes and not isinstance(step.op, BatchNorm)
                for step in network.elaboration.steps
            ),
            "evaluation_batch": self.tested_at_once,
            **self.place(),
        }

    def data_record(self) -> dict[str, Any]:
        """Return what is trained on, by name, not by where it lies."""
        data, augmentation = self.dataset, {}
        if self.augmentation != NONE:
            given = {n: each for n, each in asdict(self.augmentation).items() if each}
            augmentation = {"augmentation": json.dumps(given)}
        return {
            "name": Path(self.data).name or data.name,
            "train": len(data.train),
            "test": len(data.test),
            "classes": len(data.classes),
            **augmentation,
        }

    def place(self) -> dict[str, Any]:
        """Return where and with what it is run now."""
        return {
            "commit": commit(),
            "machine": machine(),
            "load_before": machine_load(),
            "threads": self.threads,
            "device": self.device,
        }


def panel_words(name: str) -> Mapping[str, str]:
    """Return how pages show a panel."""
    return {"label": TABLE[name].label, "colour": TABLE[name].colour}

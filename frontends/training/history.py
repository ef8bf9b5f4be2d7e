"""What a training's folder says of it: its settings, and what was recorded so far."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from common.datasets.augment import Augmentation
from common.datasets.loading import absolute
from common.errors import SpecificationError, TriptychError
from common.files import read_text, write_text
from common.limits import MOST_JSON
from common.recipes.serialize import from_json as recipe_from_json
from common.recipes.serialize import to_json as recipe_to_json
from common.records import read_records
from common.serialize import from_json, to_json
from common.typed import construct
from frontends.training.experiment import Experiment

RECORDS, SETTINGS, CHECKPOINTS = "records.jsonl", "settings.json", "checkpoints"
PLAIN = (
    "data", "data_dir", "precision", "seed", "own_initialization", "device", "threads", "timeout",
    "save_s",
)  # fmt: skip


def write_settings(folder: Path, experiment: Experiment) -> None:
    """Write what a training goes on by, from whichever folder; panels that it had stay its own.

    Raises TriptychError.
    """
    found: dict[str, Any] = {name: getattr(experiment, name) for name in PLAIN}
    found["data"], found["data_dir"] = absolute(experiment.data, experiment.data_dir)
    found["network"] = to_json(experiment.network)
    found["recipe"] = recipe_to_json(experiment.recipe)
    had = read_settings(folder).panels if (folder / SETTINGS).is_file() else ()
    found["panels"] = list(dict.fromkeys((*had, *experiment.panels)))
    found["augmentation"] = asdict(experiment.augmentation)
    write_text(folder / SETTINGS, json.dumps(found, indent=1) + "\n")


def read_settings(folder: Path, **changed: Any) -> Experiment:
    """Return the experiment of a folder, with what is changed in it. Raises TriptychError."""
    path = folder / SETTINGS
    if not path.is_file():
        raise TriptychError(f"{folder}: holds no {SETTINGS}; expected the folder of a training")
    try:
        found = json.loads(read_text(str(path), 2 * MOST_JSON))
        plain = {name: found[name] for name in PLAIN} | {"panels": tuple(found["panels"])} | changed
        network, recipe = from_json(found["network"]), recipe_from_json(found["recipe"])
        augmentation = construct(Augmentation, found["augmentation"], "augmentation")
        return Experiment(network, recipe, **plain, augmentation=augmentation)
    except (KeyError, TypeError, ValueError, SpecificationError) as error:
        raise TriptychError(f"{path}: no settings of a training: {error}") from None


@dataclass
class History:
    """What was recorded: the first record; per panel, the digest behind every recorded step,
    (step, accuracy) of every validation, and the step of the last checkpoint."""

    header: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    validations: dict[str, list[tuple[int, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    kept: dict[str, int] = field(default_factory=dict)

    def best(self, panel: str, step: int) -> float:
        """Return the best accuracy of a panel up to a step, -1 before any."""
        return max((a for at, a in self.validations[panel] if at <= step), default=-1.0)

    def check(self, experiment: Experiment, folder: Path) -> None:
        """Raise a TriptychError, one line, where an experiment is not what was begun."""
        before, now = self.header.get("data"), experiment.data_record()
        if before not in (None, now):
            raise TriptychError(f"the data are {now}; the training began on {before}")
        taken = max((max(steps, default=0) for steps in self.digests.values()), default=0)
        if experiment.end < taken:
            raise TriptychError(
                f"{folder}: {taken:,} steps are recorded; --epochs or --steps ends it at "
                f"{experiment.end:,}"
            )

    def _take(self, record: dict[str, Any]) -> None:
        kind = record.get("kind")
        try:
            if not self.header:
                if kind != "training":
                    raise ValueError("expected a training record")
                self.header = record
            elif kind == "losses":
                stop = record["first"] + len(record["losses"])
                self.digests[record["panel"]][stop] = record["digest"]
            elif kind == "checkpoint":
                self.kept[record["panel"]] = record["step"]
            elif kind == "validation":
                self.validations[record["panel"]].append((record["step"], record["accuracy"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a record of a training: {error}") from None


def history(folder: Path) -> History:
    """Return what the records of a folder say. Raises TriptychError, one line."""
    found = History()
    read_records(folder / RECORDS, found._take)
    if not found.header:
        raise TriptychError(f"{folder / RECORDS}: no complete record in it")
    return found

"""Transfer learning in two stages, with Fluid's names, in real Fluid and every other panel."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np

from common import weights as weights_of
from common.datasets.batches import Batches
from common.experiments import TRANSFER, Scale
from common.network import Network
from common.networks.fluid_names import official_names
from common.networks.trials import folded, folded_weights, transfer_resnet
from common.ops import BatchNorm
from common.recipes.reference import is_frozen
from frontends.checkpoints import convert
from frontends.checkpoints.formats import FORMATS
from frontends.checkpoints.hub import Checkpoint
from reports.experiments import tutorial
from reports.experiments.lab import Course, Lab
from reports.schema import Count, Ratio, Text, Whole
from reports.training.schema import Digest, Share
from reports.validation import Sized

SOURCE = "source/fluid"
FIRST, SECOND = "classifier", "whole"
CHUNK = 25  # steps that a panel takes at a time
Losses = Annotated[list[float], Sized(1, 100_000)]
# Format of a panel's own files, and what ends their names.
OWN = {
    "torch": ("torch", ".pth"),
    "paddle": ("paddle", ".pdparams"),
    "tensorflow": ("keras", ".weights.h5"),
    "fluid": ("fluid", ""),
    "tensorflow1": ("tensorflow1", ".ckpt"),
}


class Tested(TypedDict):
    """Loss and accuracy on the test samples."""

    loss: float
    accuracy: Share


class Tutorial(TypedDict):
    """What the tutorial's program told in real Fluid. lines: those of “Load model: …”. moved: names
    of frozen parameters that changed. drift: of statistics, of their largest value."""

    official: Share  # accuracy of the network that stands for the official one
    first: Losses
    lines: list[Text]
    kept: Count
    moved: list[Text]
    drift: Ratio
    memory_optimize_changes_nothing: bool
    second: Losses
    before: Tested
    after: Tested
    probabilities: list[Share]
    label: Whole


class First(TypedDict):
    """The first stage in a panel: a new classifier on frozen layers. same: kernels, gammas and
    betas that are bit for bit what they were, of so many."""

    losses: Losses
    same: Whole
    of: Count
    drift: Ratio
    after: Tested


class Panel(TypedDict):
    """Both stages in a panel. loaded: variables found by name, and those left to start anew. first:
    with statistics that drift, as in the source; still: with statistics that do not. through: the
    format that was saved and loaded in between, and whether every bit came back. scratch: the
    second stage's training from drawn weights. from_fluid: the second stage from the folder that
    real Fluid saved. source: SHA-256 of what real Fluid saved; a session that goes on has it train
    anew, and another build of it may round otherwise."""

    source: Digest
    loaded: Count
    anew: list[Text]
    first: First
    still: First
    through: Text
    bits: bool
    before: Tested
    second: Losses
    after: Tested
    scratch: Losses
    scratch_after: Tested
    from_fluid_before: Tested
    from_fluid: Losses
    from_fluid_after: Tested
    probabilities: list[Share]
    label: Whole
    versions: dict[str, Text]


def plan(scale: Scale) -> list[str]:
    """Return the parts: the tutorial in real Fluid, then all stages in each panel."""
    return [SOURCE, *(f"panel/{panel}" for panel in scale.panels)]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Run the tutorial, or both stages in a panel."""
    if part == SOURCE:
        return _source(lab)[0]
    return _panel(lab, part.partition("/")[2])


def _source(lab: Lab) -> tuple[dict[str, Any], Path, Path]:
    """Return what the tutorial told, and its folders; it runs once in a session."""
    if SOURCE not in lab.kept:
        folders = [lab.data(TRANSFER.stages[name].labels)[0] for name in ("official", SECOND)]
        told, models, out = tutorial.run(
            lab.path("tutorial"), folders, lab.scale.steps, lab.threads, lab.timeout
        )
        first, second = told["pretrain_model"], told["train"]
        values = {
            "official": told["official"]["accuracy"],
            "first": first["losses"],
            "lines": first["lines"],
            "kept": first["kept"],
            "moved": first["frozen"],
            "drift": first["drift"],
            "memory_optimize_changes_nothing": first["memory_optimize"],
            "second": second["losses"],
            "before": dict(zip(("loss", "accuracy"), second["before"])),
            "after": dict(zip(("loss", "accuracy"), second["after"])),
            "probabilities": second["probabilities"],
            "label": second["label"],
        }
        lab.kept[SOURCE] = values, models, out
    found: tuple[dict[str, Any], Path, Path] = lab.kept[SOURCE]
    return found


def _panel(lab: Lab, panel: str) -> dict[str, Any]:
    network = transfer_resnet()
    _, models, out = _source(lab)
    official, saved = (convert.read(each, network).checkpoint.weights for each in (models, out))
    kept = {name: each for name, each in official.items() if not name.startswith("fc.")}
    start = {**weights_of.initial(network, seed=1), **kept}
    first, trained = _first(lab, panel, network, start)
    still, _ = _first(lab, panel, folded(network), folded_weights(network, start))
    through, loaded = _through(lab, panel, network, trained)
    second, course = _second(lab, panel, network, loaded)
    probabilities, picture = _infer(lab, panel, course)
    drawn, _ = _second(lab, panel, network, weights_of.initial(network, seed=2))
    fluid, _ = _second(lab, panel, network, saved)
    return {
        "source": _digest(official, saved),
        "loaded": len(kept),
        "anew": [official_names(network)[name] for name in official if name.startswith("fc.")],
        "first": first,
        "still": still,
        "through": through,
        "bits": all(np.array_equal(trained[name], loaded[name]) for name in trained),
        "before": second["before"],
        "second": second["losses"],
        "after": second["after"],
        "scratch": drawn["losses"],
        "scratch_after": drawn["after"],
        "from_fluid_before": fluid["before"],
        "from_fluid": fluid["losses"],
        "from_fluid_after": fluid["after"],
        "probabilities": probabilities,
        "label": picture,
        "versions": course.versions,
    }


def _digest(*given: Mapping[str, Any]) -> str:
    found = sha256()
    for weights in given:
        for name, each in sorted(weights.items()):
            found.update(name.encode() + np.ascontiguousarray(each).tobytes())
    return found.hexdigest()


def _first(
    lab: Lab, panel: str, network: Network, start: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train a new classifier; return what became of the rest, and all weights."""
    stage = TRANSFER.stages[FIRST]
    course = Course(lab, panel, network, stage, weights=start)
    before = course.weights()
    losses = _steps(course, lab.scale.steps)
    after = course.weights()
    parameters = network.elaboration.parameters.values()
    frozen = [p.name for p in parameters if p.trainable and is_frozen(stage.recipe, p.name)]
    same = sum(np.array_equal(before[name], after[name]) for name in frozen)
    drift = [
        float(np.abs(after[name] - before[name]).max() / np.abs(before[name]).max())
        for name in before
        if isinstance(network.elaboration.parameters[name].op, BatchNorm)
        and not network.elaboration.parameters[name].trainable
    ]
    told = {"losses": losses, "same": same, "of": len(frozen), "drift": max(drift, default=0.0)}
    return told | {"after": _tested(course)}, after


def _second(
    lab: Lab, panel: str, network: Network, start: Mapping[str, Any]
) -> tuple[dict[str, Any], Course]:
    """Train the whole; return what it came to, and the training."""
    course = Course(lab, panel, network, TRANSFER.stages[SECOND], weights=start)
    before = _tested(course)
    losses = _steps(course, lab.scale.steps)
    return {"before": before, "losses": losses, "after": _tested(course)}, course


def _steps(course: Course, steps: int) -> list[float]:
    found: list[float] = []
    while len(found) < steps:
        found += course.step(min(CHUNK, steps - len(found))).losses
    return found


def _tested(course: Course) -> dict[str, float]:
    found = course.evaluate()
    return {"loss": found.loss, "accuracy": found.accuracy}


def _through(
    lab: Lab, panel: str, network: Network, trained: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Save weights in a panel's own format and load them again; return both."""
    name, ending = OWN[panel]
    path = lab.path(f"first{ending}")
    convert.write(path, FORMATS[name], Checkpoint(network, dict(trained)))
    return name, dict(convert.read(path, network).checkpoint.weights)


def _infer(lab: Lab, panel: str, course: Course) -> tuple[list[float], int]:
    """Return the probability of each class for the first test picture, and its label; it ends the
    training."""
    network = course.made.network
    batches = Batches(course.dataset.test, network.input_shape, 1, shuffle=False)
    images, labels = next(iter(batches))
    given = lab.outputs(panel, network, course.weights(), images)
    return [float(each) for each in given[0]], int(labels[0])


KINDS = {"source": Tutorial, "panel": Panel}

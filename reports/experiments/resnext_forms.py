"""ResNeXt's three forms: equal while training, what each costs, and cardinality against width."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any, TypedDict

from common import weights as weights_of
from common.counting import macs, trainable
from common.datasets.batches import Batches
from common.experiments import RESNEXT_FORMS, Scale
from common.networks.resnext import FORMS, convert_weights
from common.networks.trials import form
from frontends.training.start import distance
from frontends.workers.arrays import write_arrays
from frontends.workers.protocol import ArrayFiles, Memory, NetworkFile, Prepare, Steps, TimedStep
from frontends.writing.emit import emit
from reports.experiments.lab import Course, Lab
from reports.schema import Count, Ratio
from reports.training.schema import Share
from reports.validation import Sized

STAGE = RESNEXT_FORMS.stages["training"]
EQUAL_STEPS = 20
TIMED_BATCH, TIMED_S = 32, 5.0
PATHS = 8  # of the three forms
# Cardinality and depth of a path, at about as many parameters: 1 × 27 has 46,000.
WIDTHS = ((1, 27), (2, 18), (4, 11), (8, 6), (16, 3), (32, 2))
Distances = Annotated[list[Ratio], Sized(1, 100_000)]


class Equal(TypedDict):
    """The forms trained in one panel, in float64, from the same weights: the distance of each
    form's parameters from the grouped form's behind each step."""

    distances: dict[str, Distances]
    losses: dict[str, list[float]]


class Speed(TypedDict):
    """Steps of a training in one panel and form: seconds of each behind the first two, seconds of
    building and of the first step, and the peak of the process's memory in bytes."""

    steps: Annotated[list[Ratio], Sized(1, 100_000)]
    build: Ratio
    first: Ratio
    memory: Count
    batch: Count


class Width(TypedDict):
    """A network of so many paths, trained."""

    parameters: Count
    macs: Count
    losses: Distances
    loss: float
    accuracy: Share


def plan(scale: Scale) -> list[str]:
    """Return the parts."""
    widths = product(scale.seeds, WIDTHS)
    return [
        *(f"equal/{panel}" for panel in scale.panels),
        *(f"speed/{panel}/{name}" for panel, name in product(scale.panels, FORMS)),
        *(f"width/{cardinality}/{depth}/{seed}" for seed, (cardinality, depth) in widths),
    ]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Run a part."""
    kind, *words = part.split("/")
    if kind == "equal":
        return _equal(lab, words[0])
    if kind == "speed":
        return _speed(lab, words[0], words[1])
    cardinality, depth, seed = map(int, words)
    return _width(lab, cardinality, depth, seed)


def _equal(lab: Lab, panel: str) -> dict[str, Any]:
    """Train all forms from one set of weights; hold them against the grouped form."""
    grouped = form("grouped")
    start = weights_of.initial(grouped)
    parameters = grouped.elaboration.parameters.values()
    names = [each.name for each in parameters if each.trainable]
    found: dict[str, list[dict[str, Any]]] = {}
    losses: dict[str, list[float]] = {}
    for name in FORMS:
        given = convert_weights(start, name, PATHS)
        course = Course(lab, panel, form(name), STAGE, precision="float64", weights=given)
        losses[name], found[name] = [], []
        for _ in range(min(EQUAL_STEPS, lab.scale.steps)):
            losses[name] += course.step().losses
            found[name].append(convert_weights(course.weights(), "grouped", PATHS))
    apart = {
        name: [distance(mine, other, names)[0] for mine, other in zip(each, found["grouped"])]
        for name, each in found.items()
    }
    return {"distances": apart, "losses": losses}


def _speed(lab: Lab, panel: str, name: str) -> dict[str, Any]:
    """Time training steps of a form, in a process of its own."""
    network = form(name)
    source = emit(network, panel, recipe=STAGE.recipe)
    file = lab.path(f"{name}.py")
    file.write_text(source.text, encoding="utf-8")
    weights, inputs, results = (str(lab.path(f"{each}.npz")) for each in ("w", "x", "y"))
    split = lab.data()[1].train
    images, labels = next(iter(Batches(split, network.input_shape, TIMED_BATCH)))
    write_arrays(weights, weights_of.initial(network))
    write_arrays(inputs, {"input": images, "labels": labels})
    written = NetworkFile(
        str(file), source.entry, network.input_shape, "float32", lab.device,
        official_names={**source.names, **source.own.parameters},
    )  # fmt: skip
    style = "graph" if panel in ("tensorflow", "fluid", "tensorflow1") else "eager"
    prepare = Prepare(written, ArrayFiles(weights, inputs, results), TimedStep("training", style))
    lane = f"{name} timed"
    try:
        prepared = lab.workers.request(panel, prepare, lab.timeout, lane)
        seconds = lab.workers.request(panel, Steps(5, TIMED_S), lab.timeout, lane).seconds
        memory = lab.workers.request(panel, Memory(), lab.timeout, lane)
    finally:
        lab.workers.end(panel, lane)
    return {
        "steps": [round(each, 5) for each in seconds],
        "build": round(prepared.build_s, 3),
        "first": round(prepared.first_step_s, 3),
        "memory": memory.peak_rss,
        "batch": TIMED_BATCH,
    }


def _width(lab: Lab, cardinality: int, depth: int, seed: int) -> dict[str, Any]:
    panel = "torch" if "torch" in lab.scale.panels else lab.scale.panels[0]
    network = form("grouped", cardinality, depth)
    course = Course(lab, panel, network, STAGE, seed=seed)
    losses = [loss for _ in range(lab.scale.steps) for loss in course.step().losses]
    tested = course.evaluate()
    return {
        "parameters": trainable(network),
        "macs": macs(network),
        "losses": losses,
        "loss": tested.loss,
        "accuracy": tested.accuracy,
    }


KINDS = {"equal": Equal, "speed": Speed, "width": Width}

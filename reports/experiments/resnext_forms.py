"""ResNeXt's three forms: equal while training, what each costs, and cardinality against width."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Annotated, Any, TypedDict

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common import weights as weights_of
from common.counting import macs, trainable
from common.datasets.batches import Batches
from common.experiments import RESNEXT_FORMS, Scale
from common.networks import load
from common.networks.resnext import FORMS, convert_weights
from common.networks.trials import form
from frontends.training.start import distance
from frontends.workers.arrays import write_arrays
from frontends.workers.protocol import ArrayFiles, Memory, NetworkFile, Prepare, Steps, TimedStep
from frontends.writing.emit import emit
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme, interval
from reports.experiments.lab import Course, Lab
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.study import FALSE, HOLDS, OPEN, Findings, Study, Verdict
from reports.schema import Count, Ratio
from reports.training.schema import Share
from reports.validation import Sized

STAGE = RESNEXT_FORMS.stages["training"]
EQUAL_STEPS, BOUND = 20, 1e-9
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


def find(record: Record) -> Findings:
    """Return what the parts show."""
    equal = {panel: values for (panel,), values in record.of("equal").items()}
    speed, width = record.of("speed"), record.of("width")
    drawings = [_apart(equal) if equal else None, _widths(width) if width else None]
    tables = []
    if speed:
        tables.append(("What a form costs", _costs(speed)))
    if width:
        tables.append(("Cardinality against width", _width_table(width)))
    return Findings(
        _summary(equal),
        (_equality(equal), _third(speed), _cheaper(), _cardinality(width)),
        tuple(each for each in drawings if each is not None),
        tuple(tables),
        HOW,
    )


HOW = (
    "equality: 20 steps in float64 from the same weights, which are converted between the forms",
    f"cost: steps of a training on one batch of {TIMED_BATCH}, of at least {TIMED_S:.0f} s, in a "
    "process of its own for each form; **a rough measurement on a machine that does other things "
    "as well**, to be compared within a panel at most",
    "cardinality against width: one panel, grouped form, about as many parameters each",
)


def _worst(equal: Mapping[str, Any]) -> float:
    every = [own for each in equal.values() for own in each["distances"].values()]
    return float(np.max(every))


def _summary(equal: Mapping[str, Any]) -> str:
    if not equal:
        return "Nothing was run yet."
    steps = max(len(own) for each in equal.values() for own in each["losses"].values())
    return (
        f"Over {steps} steps in float64 the parameters of the three forms are at most "
        f"{_worst(equal):.1e} apart, in {', '.join(map(label, equal))}."
    )


def _equality(equal: Mapping[str, Any]) -> Verdict:
    if not equal:
        return Verdict("equal", OPEN, "was not run")
    worst = _worst(equal)
    word = HOLDS if worst <= BOUND else FALSE
    return Verdict("equal", word, f"parameters at most {worst:.1e} apart, allowed {BOUND:.0e}")


def _median(each: Mapping[str, Any]) -> float:
    return float(np.median(each["steps"]))


def _third(speed: Mapping[tuple[str, ...], Any]) -> Verdict:
    panels = list(dict.fromkeys(panel for panel, _ in speed))
    whole = [panel for panel in panels if all((panel, name) in speed for name in FORMS)]
    if not whole:
        return Verdict("third", OPEN, "was not run")
    medians = {p: {name: _median(speed[p, name]) for name in FORMS} for p in whole}
    fastest = {p: min(each, key=each.__getitem__) for p, each in medians.items()}
    factors = {p: _median(speed[p, "summed"]) / _median(speed[p, "grouped"]) for p in whole}
    said = ", ".join(f"{label(p)} {each:.1f}" for p, each in factors.items())
    word = "with reason" if set(fastest.values()) == {"grouped"} else "not everywhere with reason"
    slow = [label(p) for p in whole if fastest[p] != "grouped"]
    return Verdict(
        "third",
        word,
        f"a step of the summed form takes so many times one of the grouped form: {said}"
        + (f"; the grouped form is not the fastest in {', '.join(slow)}" if slow else ""),
    )


def _cheaper() -> Verdict:
    block = load("se_resnet50_tensorpack")
    sizes = {n: p.shape for n, p in block.elaboration.parameters.items() if n.endswith("kernel")}
    pairs = [
        (sizes[name], sizes[name.replace("reduce", "expand")])
        for name in sizes
        if ".reduce." in name and name.replace("reduce", "expand") in sizes
    ]
    if not pairs:
        return Verdict("cheaper", HOLDS, "2C²/r parameters against C²: fewer for every r above 2")
    two = sum(math.prod(one) + math.prod(other) for one, other in pairs)
    one = sum(shape[1] ** 2 for shape, _ in pairs)
    return Verdict(
        "cheaper",
        HOLDS,
        f"2C²/r weights against C²: in the SE-ResNet-50 of the notes {two:,} against {one:,}",
    )


def _cardinality(width: Mapping[tuple[str, ...], Any]) -> Verdict:
    by_paths: dict[int, list[float]] = {}
    for (cardinality, _, _), each in width.items():
        by_paths.setdefault(int(cardinality), []).append(each["loss"])
    if len(by_paths) < 2:
        return Verdict("cardinality", OPEN, "was not run")
    found = {paths: interval(each) for paths, each in sorted(by_paths.items())}
    best, one = min(found, key=lambda paths: found[paths].mean), found[min(found)]
    said = "; ".join(f"{paths} paths {each}" for paths, each in found.items())
    high = found[best].high
    clear = high is not None and one.low is not None and high < one.low
    word = HOLDS if clear and best > 1 else "not shown"
    return Verdict("cardinality", word, f"loss on the test samples, a short training: {said}")


def _costs(speed: Mapping[tuple[str, ...], Any]) -> str:
    rows = [
        (
            label(panel),
            name,
            f"{1e3 * _median(each):.1f}",
            f"{1e3 * min(each['steps']):.1f}–{1e3 * max(each['steps']):.1f}",
            f"{each['batch'] / _median(each):,.0f}",
            f"{each['build'] + each['first']:.1f}",
            f"{each['memory'] / 1e6:,.0f}",
        )
        for (panel, name), each in speed.items()
    ]
    headers = (
        "panel", "paths", "ms/step (median)", "fastest–slowest", "images/s", "first step (s)",
        "memory (MB)",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _width_table(width: Mapping[tuple[str, ...], Any]) -> str:
    rows = []
    for cardinality, depth in WIDTHS:
        own = [e for (c, d, _), e in width.items() if (c, d) == (str(cardinality), str(depth))]
        if own:
            loss = interval([each["loss"] for each in own])
            right = interval([100 * each["accuracy"] for each in own])
            rows.append((
                f"{cardinality} × {depth}", f"{own[0]['parameters']:,}",
                f"{own[0]['macs'] / 1e6:.1f} M", str(loss), str(right),
            ))  # fmt: skip
    headers = ("paths × depth", "parameters", "multiply-adds", "test loss", "accuracy, %")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _apart(equal: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(2)
        for axes, name in zip(row, ("summed", "concatenated")):
            for number, (panel, each) in enumerate(equal.items()):
                found = np.array(each["distances"][name])
                found[found == 0] = np.nan
                steps, how = np.arange(1, len(found) + 1), theme.series(number)
                axes.plot(steps, found, linewidth=1.3, label=label(panel), **how)
            axes.set_yscale("log")
            drawing.label(
                axes, f"{name} against grouped", "step", "parameters apart, |w − w′|/|w′|"
            )
        row[0].legend(fontsize=7)
        return drawn

    return Drawing(
        "equal",
        "Distance of the parameters of the other forms from the grouped form's, on a log axis",
        "float64, the same weights and batches: rounding, and no more.",
        draw,
    )


def _widths(width: Mapping[tuple[str, ...], Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=5.5)
        paths = sorted({int(cardinality) for cardinality, _, _ in width})
        found = [
            interval([e["loss"] for (c, _, _), e in width.items() if int(c) == each])
            for each in paths
        ]
        low = [each.mean - (each.low if each.low is not None else each.mean) for each in found]
        means = [each.mean for each in found]
        axes.errorbar(paths, means, yerr=low, capsize=3, linestyle="none", **theme.marks(0))
        axes.set_xscale("log", base=2)
        axes.set_xticks(paths, [str(each) for each in paths])
        drawing.label(
            axes, "at about as many parameters", "paths", "loss on the test samples (nats)"
        )
        return drawn

    return Drawing(
        "widths",
        "Test loss over the number of paths, at about as many parameters",
        "Mean over the seeds with its 95 % interval.",
        draw,
    )


STUDY = Study(RESNEXT_FORMS, plan, run, {"equal": Equal, "speed": Speed, "width": Width}, find)

"""SE-ResNeXt in several panels: how far they part, by what the published pair parts, and SE before
and behind the addition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Annotated, Any, TypedDict

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common import weights as weights_of
from common.datasets.batches import Batches
from common.experiments import SE_RESNEXT_PAIR, Scale, Stage
from common.network import Network
from common.networks.se_resnext import se_resnext_mnist
from common.networks.trials import DIFFERENCES, GATES, gated, published
from common.recipes import reference
from common.recipes.named import SE_RESNEXT_FLUID
from common.recipes.recipe import Loss, Recipe
from frontends.ladder.reference import Reference
from frontends.training.start import distance
from frontends.workers.outcomes import WorkerError
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme, interval
from reports.experiments.lab import Course, Lab
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.study import FALSE, HOLDS, OPEN, Findings, Study, Verdict
from reports.schema import Ratio, Text
from reports.validation import Sized

PRECISIONS = ("float64", "float32")
STAGE = SE_RESNEXT_PAIR.stages["training"]
SAMPLES = 16  # of the batch whose gradients are looked at
Losses = Annotated[list[float], Sized(1, 100_000)]
Distances = Annotated[list[Ratio], Sized(1, 100_000)]
Parts = Mapping[tuple[str, ...], Any]

# What the TensorFlow file's recipe has and the Fluid file's has not.
RECIPES = {
    "nesterov": "Nesterov's momentum",
    "l2": "L2 of 5e-4 in the loss, not of 1e-4 in the optimizer",
    "rate": "the rate divided by 10 at epochs 30, 60 and 90, not constant",
}
WHOLE = {
    "whole": "all of these: the pair as published",
    "whole from one start": "all of these, but from the same initial weights",
}
ALL_DIFFERENCES = {**DIFFERENCES, **RECIPES, **WHOLE}
ROUNDING = {"float32": "nothing but float32 in place of float64"}


class Together(TypedDict):
    """A panel's training beside that of the first: its losses, the distance of its parameters
    behind each step, |w − w′| / |w′|; why a panel could not train, "" if it could."""

    losses: list[float]
    distances: list[Ratio]
    why: Text


class Pair(TypedDict):
    """Trainings from the same weights on the same batches; first: the panel that is w′."""

    first: Text
    panels: dict[str, Together]


class Difference(TypedDict):
    """A training of the published Fluid network with one of TensorFlow's ways, in one panel."""

    losses: Losses
    distances: Distances
    numbers: Ratio  # parameters that both have
    panel: Text


class Gradients(TypedDict):
    """Norms of the gradient of the loss with respect to the result of every block, from the input
    on; and of the results. start: at drawn weights."""

    gradients: Distances
    results: Distances
    loss: float


class Learning(TypedDict):
    """A training with gates at one place."""

    losses: Losses
    accuracy: Ratio


def plan(scale: Scale) -> list[str]:
    """Return the parts."""
    return [
        *(f"pair/{precision}" for precision in PRECISIONS),
        *(f"difference/{name}" for name in (*ROUNDING, *ALL_DIFFERENCES)),
        *(f"gradients/{where}/{seed}" for seed, where in product(scale.seeds, GATES)),
        *(f"learning/{where}/{seed}" for seed, where in product(scale.seeds, GATES)),
    ]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Run a part."""
    kind, *words = part.split("/")
    if kind == "pair":
        return _pair(lab, words[0])
    if kind == "difference":
        return _difference(lab, words[0])
    where, seed = words[0], int(words[1])
    return _gradients(lab, where, seed) if kind == "gradients" else _learning(lab, where, seed)


def _trained(course: Course, steps: int) -> tuple[list[float], list[dict[str, Any]]]:
    """Take steps; return their losses, and the weights behind each."""
    losses: list[float] = []
    found = []
    for _ in range(steps):
        losses += course.step().losses
        found.append(course.weights())
    return losses, found


def _names(network: Network) -> list[str]:
    parameters = network.elaboration.parameters.values()
    return [each.name for each in parameters if each.trainable and each.used]


def _pair(lab: Lab, precision: str) -> dict[str, Any]:
    """Train the repaired network in every panel."""
    network, first = se_resnext_mnist(), ""
    names, panels, one = _names(network), dict[str, Any](), list[dict[str, Any]]()
    for panel in lab.scale.panels:
        try:
            course = Course(lab, panel, network, STAGE, precision=precision)
            losses, found = _trained(course, lab.scale.steps)
        except WorkerError as error:
            panels[panel] = {"losses": [], "distances": [], "why": str(error.outcome)}
            continue
        first, one = (first, one) if first else (panel, found)
        apart = [distance(mine, other, names)[0] for mine, other in zip(found, one)]
        panels[panel] = {"losses": losses, "distances": apart, "why": ""}
    return {"first": first, "panels": panels}


def variant(name: str) -> tuple[Network, Recipe]:
    """Return the published Fluid network and its recipe, with one of TensorFlow's ways, or all."""
    chosen = frozenset(DIFFERENCES if name in WHOLE else {name} & set(DIFFERENCES))
    recipe, tensorflow = replace(SE_RESNEXT_FLUID, batch=STAGE.recipe.batch), STAGE.recipe
    if "loss" in chosen:
        recipe = replace(recipe, loss=Loss())
    if name in ("nesterov", *WHOLE):
        recipe = replace(recipe, optimizer=tensorflow.optimizer)
    if name in ("l2", *WHOLE):
        recipe = replace(recipe, l2=tensorflow.l2)
    if name in ("rate", *WHOLE):
        recipe = replace(recipe, schedule=tensorflow.schedule)
    return published(chosen), recipe


def _difference(lab: Lab, name: str) -> dict[str, Any]:
    """Train a variant, and hold it against the published Fluid network, which starts the same but
    for what the variant says of initial weights."""
    panel = "torch" if "torch" in lab.scale.panels else lab.scale.panels[0]
    own, one = _published(lab, panel)
    network, recipe = variant(name)
    redrawn = name in ("initialization", "whole")
    drawn = weights_of.initial(network) if redrawn else weights_of.initial(own)
    start = {n: each for n, each in drawn.items() if n in network.elaboration.parameters}
    precision = "float32" if name in ROUNDING else "float64"
    course = Course(lab, panel, network, Stage(recipe), precision=precision, weights=start)
    losses, found = _trained(course, lab.scale.steps)
    common = [n for n in _names(network) if n in own.elaboration.parameters]
    apart = [distance(mine, other, common)[0] for mine, other in zip(found, one)]
    size = sum(int(np.prod(network.elaboration.parameters[n].shape)) for n in common)
    return {"losses": losses, "distances": apart, "numbers": size, "panel": panel}


def _published(lab: Lab, panel: str) -> tuple[Network, list[dict[str, Any]]]:
    """Return the published Fluid network and its weights behind each step, in float64."""
    network, recipe = variant("")
    if "published" not in lab.kept:
        start = weights_of.initial(network)
        course = Course(lab, panel, network, Stage(recipe), precision="float64", weights=start)
        lab.kept["published"] = _trained(course, lab.scale.steps)[1]
    return network, lab.kept["published"]


def _gradients(lab: Lab, where: str, seed: int) -> dict[str, Any]:
    """Return the gradients by depth at drawn weights, in numpy and float64."""
    network = gated(where)
    split = lab.data()[1].train
    images, labels = next(iter(Batches(split, network.input_shape, SAMPLES, seed=seed)))
    values = weights_of.initial(network, seed)
    found = Reference(network, values, images.astype(float), training=True)
    loss, cotangent = reference.loss_and_gradient(STAGE.recipe.loss, found.results[-1], labels)
    norms = {path: float(np.linalg.norm(g)) for path, g in found.cotangents(cotangent).items()}
    results = {s.path: float(np.linalg.norm(r)) for s, r in zip(found.steps, found.results)}
    ends = [path for path in norms if path.startswith("stage") and path.count(".") == 2]
    ends = [each.path for each in found.steps if each.path in ends and each.path.endswith(".relu")]
    return {
        "gradients": [norms[path] for path in ends],
        "results": [results[path] for path in ends],
        "loss": loss,
    }


def _learning(lab: Lab, where: str, seed: int) -> dict[str, Any]:
    """Train with gates at one place, in one panel."""
    panel = "torch" if "torch" in lab.scale.panels else lab.scale.panels[0]
    course = Course(lab, panel, gated(where), STAGE, seed=seed)
    losses = [loss for _ in range(lab.scale.steps) for loss in course.step().losses]
    return {"losses": losses, "accuracy": course.evaluate().accuracy}


def find(record: Record) -> Findings:
    """Return what the parts show."""
    pairs = {precision: values for (precision,), values in record.of("pair").items()}
    differences = {name: values for (name,), values in record.of("difference").items()}
    gradients, learning = record.of("gradients"), record.of("learning")
    drawings = [
        _losses(pairs) if pairs else None,
        _distances(pairs) if pairs else None,
        _apart(differences) if differences else None,
        _depth(gradients) if gradients else None,
    ]
    tables = []
    if pairs:
        tables.append(("How far panels part", _pair_table(pairs)))
    if differences:
        tables.append(("The published pair, one difference at a time", _differences(differences)))
    if learning:
        tables.append(("SE before and behind the addition, trained", _learned(learning)))
    return Findings(
        _summary(pairs, differences),
        (_identical(differences), _vanish(gradients, learning)),
        tuple(each for each in drawings if each is not None),
        tuple(tables),
        HOW,
    )


HOW = (
    "the repaired pair is `se_resnext_mnist` in every panel, from the same weights, on the same "
    "batches; the published pair is the article's, cut to three blocks of 8 paths of depth 8, one "
    "channel in: the Fluid network and recipe, and the same with one of TensorFlow's ways at a "
    "time, all in PyTorch, so that nothing but the difference is in between",
    "batches are those of one epoch: that the TensorFlow file shuffles once, and tests on its "
    "training data, changes no step of it, and is not in the table",
    "gradients by depth: a batch of 16 at drawn weights, numpy in float64, twelve blocks",
)


def _summary(pairs: Mapping[str, Any], differences: Mapping[str, Any]) -> str:
    parts = []
    for precision, each in pairs.items():
        ends = [
            p["distances"][-1]
            for n, p in each["panels"].items()
            if n != each["first"] and p["losses"]
        ]
        if ends:
            steps = max(len(p["losses"]) for p in each["panels"].values())
            parts.append(f"in {precision} at most {max(ends):.1e} behind {steps} steps")
    text = f"The repaired panels' parameters part: {', '.join(parts)}." if parts else ""
    if "whole from one start" in differences:
        one = differences["whole from one start"]["distances"]
        text += (
            f" The published pair, begun at the same weights, is {one[0]:.1e} apart behind the "
            f"first step and {one[-1]:.1e} behind step {len(one)}."
        )
    return text.strip() or "Nothing was run yet."


def _identical(differences: Mapping[str, Any]) -> Verdict:
    if not differences:
        return Verdict("identical", OPEN, "was not run")
    rounding = differences.get("float32", {"distances": [0.0]})["distances"][-1]
    beyond = {
        name: each["distances"][-1]
        for name, each in differences.items()
        if name in DIFFERENCES and each["distances"][-1] > 10 * rounding
    }
    said = ", ".join(
        f"{name} {each:.1e}" for name, each in sorted(beyond.items(), key=lambda e: -e[1])
    )
    return Verdict(
        "identical",
        FALSE if beyond else OPEN,
        "of seven differences in the network, these take the parameters further apart than ten "
        f"times what float32 does ({rounding:.1e}): {said or 'none'}",
    )


def _first_to_last(gradients: Parts, where: str, relative: bool) -> list[float]:
    """Return the gradient at the first block over that at the last one, of each seed; relative: the
    gradients times the norms of the results, what a change by a share of these makes of the loss.
    """
    found = []
    for (place, _), each in gradients.items():
        norms, results = each["gradients"], each["results"]
        ratio = norms[0] / norms[-1]
        if place == where:
            found.append(ratio * results[0] / results[-1] if relative else ratio)
    return found


def _mean_ratios(gradients: Parts, relative: bool) -> dict[str, float]:
    """Return the geometric means of these ratios, by where the gates are."""
    found = {where: _first_to_last(gradients, where, relative) for where in GATES}
    return {where: float(np.exp(np.mean(np.log(each)))) for where, each in found.items() if each}


def _vanish(gradients: Parts, learning: Parts) -> Verdict:
    means, shares = (_mean_ratios(gradients, relative) for relative in (False, True))
    if not {"before", "after"} <= means.keys():
        return Verdict("gradients", OPEN, "was not run")
    said, relative = (
        ", ".join(f"{GATES[where]} {each:.2g}" for where, each in found.items())
        for found in (means, shares)
    )
    own = {w: [e["accuracy"] for (place, _), e in learning.items() if place == w] for w in GATES}
    learned = ", ".join(
        f"{GATES[w]} {100 * float(np.mean(each)):.1f} %" for w, each in own.items() if each
    )
    vanishes = means["after"] < 0.1 * means["before"]
    return Verdict(
        "gradients",
        HOLDS if vanishes else FALSE,
        f"norm of the gradient at the first of twelve blocks over that at the last, at drawn "
        f"weights: {said}; times the norms of the results: {relative}. Batch normalization in the "
        "branches divides by what the gates leave of the trunk, and hands back as much more. "
        f"Accuracy behind the short training: {learned or 'not run'}",
    )


def _pair_table(pairs: Mapping[str, Any]) -> str:
    rows = []
    for precision, each in pairs.items():
        for name, panel in each["panels"].items():
            if panel["why"]:
                rows.append((precision, label(name), panel["why"], "", ""))
                continue
            first = "–" if name == each["first"] else f"{panel['distances'][0]:.1e}"
            last = "–" if name == each["first"] else f"{panel['distances'][-1]:.1e}"
            rows.append((precision, label(name), f"{panel['losses'][-1]:.6f}", first, last))
    headers = ("precision", "panel", "last loss", "apart behind step 1", "behind the last")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _differences(differences: Mapping[str, Any]) -> str:
    words = {**ROUNDING, **ALL_DIFFERENCES}
    ordered = sorted(differences, key=lambda name: -differences[name]["distances"][-1])
    rows = [
        (
            name,
            words[name],
            f"{differences[name]['distances'][0]:.1e}",
            f"{differences[name]['distances'][-1]:.1e}",
            f"{differences[name]['losses'][0]:.5f}",
            f"{differences[name]['losses'][-1]:.5f}",
        )
        for name in ordered
    ]
    headers = (
        "difference", "what", "parameters apart behind step 1", "behind the last", "first loss",
        "last loss",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _learned(learning: Parts) -> str:
    rows = []
    for where, title in GATES.items():
        own = [each for (place, _), each in learning.items() if place == where]
        if own:
            last = interval([float(np.mean(each["losses"][-10:])) for each in own])
            right = interval([100 * each["accuracy"] for each in own])
            rows.append((title, str(last), str(right)))
    headers = ("gates", "training loss, last 10 steps", "accuracy on the test samples, %")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _losses(pairs: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(len(pairs))
        for axes, (precision, each) in zip(row, pairs.items()):
            for number, (name, panel) in enumerate(each["panels"].items()):
                if panel["losses"]:
                    steps = np.arange(1, len(panel["losses"]) + 1)
                    how = theme.series(number)
                    axes.plot(steps, panel["losses"], linewidth=1.3, label=label(name), **how)
            drawing.label(axes, f"the repaired network, {precision}", "step", "loss (nats)")
        row[0].legend(fontsize=7)
        return drawn

    return Drawing(
        "losses",
        "Training loss of the repaired network in every panel, one over the other",
        "Curves that agree lie on one another: the same weights and batches. A training of a whole "
        "epoch in five panels is among the trainings of these reports.",
        draw,
    )


def _distances(pairs: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(len(pairs))
        for axes, (precision, each) in zip(row, pairs.items()):
            for number, (name, panel) in enumerate(each["panels"].items()):
                if panel["losses"] and name != each["first"]:
                    _log(axes, panel["distances"], theme.series(number), label(name))
            said = f"parameters apart from {label(each['first'])}'s" if each["first"] else ""
            drawing.label(
                axes, f"the repaired network, {precision}", "step", f"{said}, |w − w′|/|w′|"
            )
            axes.set_yscale("log")
            if axes.lines:
                axes.legend(fontsize=7)
        return drawn

    return Drawing(
        "distances",
        "Distance of the parameters of the repaired panels behind each step, on a log axis",
        "Rounding begins it, training magnifies it: in float64 from 1e-16, in float32 from 1e-7.",
        draw,
    )


def _log(axes: Any, distances: Sequence[float], how: Mapping[str, Any], name: str) -> None:
    found = np.array(distances, float)
    found[found == 0] = np.nan
    axes.plot(np.arange(1, len(found) + 1), found, linewidth=1.3, label=name, **how)


def _apart(differences: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=7.5, height=4.2)
        ordered = sorted(differences, key=lambda name: -differences[name]["distances"][-1])
        for number, name in enumerate(ordered):
            how = theme.series(number) | {"marker": drawing.MARKERS[number // 6]}
            _log(
                axes, differences[name]["distances"], how | {"markevery": 5, "markersize": 3}, name
            )
        drawing.label(
            axes, "the published pair, one difference at a time", "step",
            "parameters apart from Fluid's, |w − w′|/|w′|",
        )  # fmt: skip
        axes.set_yscale("log")
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
        return drawn

    return Drawing(
        "differences",
        "Distance of the parameters by each difference of the published pair, on a log axis",
        "PyTorch in float64; the legend is in the order of the last step. Differences that change "
        "no number of the training have no line.",
        draw,
    )


def _depth(gradients: Parts) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(2)
        titles = {
            "gradients": "gradient of the loss by a block's result",
            "results": "the block's result",
        }
        for axes, (key, title) in zip(row, titles.items()):
            for number, (where, said) in enumerate(GATES.items()):
                own = [each[key] for (place, _), each in gradients.items() if place == where]
                if own:
                    blocks = np.arange(1, len(own[0]) + 1)
                    drawing.band(axes, blocks, np.log10(own), theme.series(number), said)
            drawing.label(axes, f"norm of {title}", "block, from the input on", "log10 of the norm")
        row[0].legend(fontsize=7)
        return drawn

    return Drawing(
        "gradients",
        "Norms of gradients and results by depth: SE before and behind the addition, and no SE",
        "At drawn weights: mean over the seeds, with its 95 % interval.",
        draw,
    )


STUDY = Study(
    SE_RESNEXT_PAIR,
    plan,
    run,
    {"pair": Pair, "difference": Difference, "gradients": Gradients, "learning": Learning},
    find,
)

"""Transfer learning in two stages, with Fluid's names, in real Fluid and every other panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

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
from reports.experiments import drawing, tutorial
from reports.experiments.drawing import Drawing, Theme
from reports.experiments.lab import Course, Lab
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.study import FALSE, HOLDS, OPEN, Findings, Study, Verdict
from reports.schema import Count, Ratio, Text, Whole
from reports.training.schema import Share
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
    real Fluid saved."""

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
    official = convert.read(models, network).checkpoint.weights
    kept = {name: each for name, each in official.items() if not name.startswith("fc.")}
    start = {**weights_of.initial(network, seed=1), **kept}
    first, trained = _first(lab, panel, network, start)
    still, _ = _first(lab, panel, folded(network), folded_weights(network, start))
    through, loaded = _through(lab, panel, network, trained)
    second, course = _second(lab, panel, network, loaded)
    probabilities, picture = _infer(lab, panel, course)
    drawn, _ = _second(lab, panel, network, weights_of.initial(network, seed=2))
    fluid, _ = _second(lab, panel, network, convert.read(out, network).checkpoint.weights)
    return {
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


def find(record: Record) -> Findings:
    """Return what the stages show."""
    panels = {name: values for (name,), values in record.of("panel").items()}
    source = next(iter(record.of("source").values()), None)
    if not (panels or source):
        return Findings("Nothing was run yet.")
    said = [
        f"{label(name)} {100 * each['after']['accuracy']:.1f} %" for name, each in panels.items()
    ]
    summary = f"Accuracy on digits 5 to 9 behind both stages: {', '.join(said)}."
    if source:
        summary += (
            f" The tutorial's program in real Fluid: {100 * source['after']['accuracy']:.1f} %."
        )
    drawings = (_curves(panels, source),) if panels else ()
    tables = [("Every panel", _table(panels))] if panels else []
    if source:
        tables.append(("The first stage's lines in real Fluid", _lines(source["lines"])))
    return Findings(summary, tuple(_verdicts(panels, source)), drawings, tuple(tables), HOW)


HOW = (
    "network: a ResNet of four bottlenecks whose variables bear the names of Fluid's ResNet-50, "
    "`res2a_branch2a_weights` …, for one channel; Flowers-102 and the pretrained ResNet-50 are not "
    "at hand",
    "the tutorial's programs, `pretrain_model.py` and `train.py`, were run in real Fluid 1.8.5 by "
    "their own calls, on these data; the network that stands for the official one was trained "
    "there on digits 0 to 4 and saved by `fluid.io.save_params`",
    "all panels begin at that folder, and once more at the folder that the first stage of the "
    "tutorial saved",
    "statistics that stay: the frozen layers as in inference, their batch normalizations folded "
    "into the convolutions",
    "one picture: the first test picture, a probability of each class",
)


def _verdicts(panels: Mapping[str, Any], source: Any) -> list[Verdict]:
    found = []
    if source:
        count = len(source["lines"])
        found.append(
            Verdict(
                "names",
                HOLDS,
                f"real Fluid loaded {count} variables by name, all but the classifier's; by the "
                f"same names so did {', '.join(map(label, panels)) or 'no other panel'}",
            )
        )
        unchanged = source["memory_optimize_changes_nothing"]
        word = "does nothing" if unchanged else HOLDS
        said = "in 1.8.5 it leaves the program as it is"
        found.append(Verdict("memory", word, said if unchanged else "it changes the program"))
    found.append(_frozen(panels, source))
    if panels:
        found += [_converges(panels), _second_stage(panels)]
    return found


def _frozen(panels: Mapping[str, Any], source: Any) -> Verdict:
    lines = [f"{label(n)} {p['first']['same']} of {p['first']['of']}" for n, p in panels.items()]
    whole = all(p["first"]["same"] == p["first"]["of"] for p in panels.values())
    drifts = [p["first"]["drift"] for p in panels.values()]
    if source:
        same = source["kept"] - len(source["moved"])
        lines.append(f"the tutorial in real Fluid {same} of {source['kept']}")
        whole, drifts = whole and not source["moved"], [*drifts, source["drift"]]
    if not lines:
        return Verdict("frozen", OPEN, "was not run")
    return Verdict(
        "frozen",
        "holds for what trains; statistics drift" if whole else FALSE,
        f"kernels, gammas and betas that stay bit for bit: {', '.join(lines)}; running statistics "
        f"move by up to {max(drifts):.1f} of their largest value, as the layers still run in "
        "training mode",
    )


def _converges(panels: Mapping[str, Any]) -> Verdict:
    gains = {
        name: (_early(each["second"]), _early(each["scratch"])) for name, each in panels.items()
    }
    better = all(one < other for one, other in gains.values())
    said = "; ".join(f"{label(n)} {one:.3f}, {other:.3f}" for n, (one, other) in gains.items())
    return Verdict(
        "converges",
        HOLDS if better else FALSE,
        "mean loss of the first 20 steps of the second stage, behind the first stage and from "
        f"drawn weights: {said}",
    )


def _early(losses: Sequence[float]) -> float:
    return float(np.mean(losses[:20]))


def _second_stage(panels: Mapping[str, Any]) -> Verdict:
    starts = {n: p["from_fluid_before"]["loss"] for n, p in panels.items()}
    spread = max(starts.values()) - min(starts.values())
    bits = all(each["bits"] for each in panels.values())
    return Verdict(
        "second",
        HOLDS if bits and spread < 1e-4 else FALSE,
        f"the folder of the first stage, saved by real Fluid, starts the second stage in "
        f"{', '.join(map(label, panels))}: test losses before its first step agree within "
        f"{spread:.1e}; through each panel's own files every bit came back: "
        f"{'yes' if bits else 'no'}",
    )


def _table(panels: Mapping[str, Any]) -> str:
    rows = [
        (
            label(name),
            f"{each['loaded']}",
            f"{_percent(each['first']['after'])}, drift {each['first']['drift']:.2f}",
            _percent(each["still"]["after"]),
            each["through"],
            f"{_percent(each['before'])} → {_percent(each['after'])}",
            f"{_percent(each['from_fluid_before'])} → {_percent(each['from_fluid_after'])}",
            _percent(each["scratch_after"]),
            _picture(each),
        )
        for name, each in panels.items()
    ]
    headers = (
        "panel", "loaded by name", "classifier, statistics drift", "statistics stay", "saved as",
        "whole", "whole, from Fluid's folder", "from drawn weights", "one picture",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _percent(tested: Mapping[str, float]) -> str:
    return f"{100 * tested['accuracy']:.1f} %"


def _picture(each: Mapping[str, Any]) -> str:
    """Return what is said of the one picture; labels are those of digits 5 to 9."""
    best = int(np.argmax(each["probabilities"]))
    return f"{best + 5} by {each['probabilities'][best]:.3f}, it is {each['label'] + 5}"


def _lines(lines: Sequence[str]) -> str:
    shown = "\n".join([*sorted(lines)[:4], "…", *sorted(lines)[-2:]])
    return f"{len(lines)} lines:\n\n```\n{shown}\n```"


def _curves(panels: Mapping[str, Any], source: Any) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(3)
        keys = ("first", "second", "from_fluid")
        titles = (
            "a new classifier, the rest frozen",
            "the whole",
            "the whole, from Fluid's folder",
        )
        for axes, key, title in zip(row, keys, titles):
            for number, (name, each) in enumerate(panels.items()):
                losses = each[key]["losses"] if key == "first" else each[key]
                axes.plot(_smooth(losses), linewidth=1.3, label=label(name), **theme.series(number))
            if key != "first":
                for name, each in list(panels.items())[:1]:
                    axes.plot(
                        _smooth(each["scratch"]), color=theme.text, linewidth=0.8,
                        label=f"{label(name)}, from drawn weights",
                    )  # fmt: skip
            axes.set_yscale("log")
            drawing.label(axes, title, "step", "training loss (nats), mean of 10 steps")
        row[1].legend(fontsize=7)
        return drawn

    return Drawing(
        "losses",
        "Training loss of both stages in every panel",
        "Same weights and batches in every panel; curves that agree lie on one another.",
        draw,
    )


def _smooth(values: Sequence[float]) -> Any:
    width = min(10, len(values))
    return np.convolve(values, np.full(width, 1 / width), "valid")


STUDY = Study(TRANSFER, plan, run, {"source": Tutorial, "panel": Panel}, find)

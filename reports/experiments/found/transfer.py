"""What transfer learning in two stages shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.study import FALSE, HOLDS, OPEN, UNSHOWN, Findings, Verdict


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
    lower = sum(one < other for one, other in gains.values())
    said = "; ".join(f"{label(n)} {one:.3f}, {other:.3f}" for n, (one, other) in gains.items())
    return Verdict(
        "converges",
        UNSHOWN,
        "one seed, which has no interval: panels start at the same weights and see the same "
        "batches, and are no further chances. Mean loss of the first 20 steps of the second "
        f"stage, behind the first stage and from drawn weights, lower in {lower} of "
        f"{len(gains)} panels: {said}",
    )


def _early(losses: Sequence[float]) -> float:
    return float(np.mean(losses[:20]))


def _second_stage(panels: Mapping[str, Any]) -> Verdict:
    begun: dict[str, list[float]] = {}  # by what real Fluid saved
    for each in panels.values():
        begun.setdefault(each["source"], []).append(each["from_fluid_before"]["loss"])
    spread = max(max(losses) - min(losses) for losses in begun.values())
    again = " (by what Fluid saved; it trained once a session)" if len(begun) > 1 else ""
    bits = all(each["bits"] for each in panels.values())
    return Verdict(
        "second",
        HOLDS if bits and spread < 1e-4 else FALSE,
        f"the folder of the first stage, saved by real Fluid, starts the second stage in "
        f"{', '.join(map(label, panels))}: test losses before its first step agree within "
        f"{spread:.1e}{again}; through each panel's own files every bit came back: "
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

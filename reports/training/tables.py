"""A training's figures as a table, and as what is said of them."""

from __future__ import annotations

import math

from tabulate import tabulate

from reports.records import COMPLETE
from reports.tables import significant
from reports.training.records import Panel, Training

HEADERS = (
    "panel",
    "steps",
    "loss, last steps",
    "loss, test",
    "accuracy, test",
    "best",
    "images/s",
    "parameters apart",
)
ALIGN = ("left", *["right"] * (len(HEADERS) - 1))
LAST = 100  # steps whose mean loss is the last one
THRESHOLDS = (1e-4, 1e-2)


def table(training: Training, style: str) -> str:
    """Return the table of all panels, in one of tabulate's styles."""
    rows = [_cells(training, panel) for panel in training.panels.values()]
    return tabulate(rows, HEADERS, tablefmt=style, disable_numparse=True, colalign=ALIGN)


def _cells(training: Training, panel: Panel) -> list[str]:
    steps = sorted(panel.losses)[-LAST:]
    last, best, distance = panel.last, panel.best, _distance(training, panel)
    mean = sum(panel.losses[step] for step in steps) / len(steps) if steps else math.nan
    return [
        panel.label,
        f"{panel.steps:,}" if steps else (panel.outcome or {"outcome": "–"})["outcome"],
        f"{mean:.4f}" if steps else "",
        "" if last is None or last["loss"] is None else f"{last['loss']:.4f}",
        "" if last is None else f"{100 * last['accuracy']:.2f} %",
        "" if best is None else f"{100 * best:.2f} %",
        "" if panel.speed is None else significant(panel.speed),
        distance,
    ]


def _distance(training: Training, panel: Panel) -> str:
    if not panel.distances:
        return "–" if panel is training.first else ""
    return f"{panel.distances[max(panel.distances)]['distance']:.1e}"


def parted(training: Training) -> list[str]:
    """Return, a line per panel, from which step on its losses part from the first panel's."""
    first, bound = training.first, training.header["rounding"]
    lines = []
    for panel in training.panels.values():
        if first is None or panel is first or not panel.losses:
            continue
        steps = {each: training.apart(panel, each) for each in (bound, *THRESHOLDS)}
        start = _relative(panel, first)
        said = "; ".join(_beyond(each, step) for each, step in list(steps.items())[1:])
        apart = steps[bound]
        word = f"from step {apart:,} on" if apart else "never"
        lines.append(
            f"{panel.label}: beyond rounding ({bound:.1e}) {word}; {said}; "
            f"at the first step {start} apart"
        )
    return lines


def _relative(panel: Panel, first: Panel) -> str:
    common = sorted(panel.losses.keys() & first.losses.keys())
    if not common:
        return "not compared"
    one, other = panel.losses[common[0]], first.losses[common[0]]
    return f"{abs(one - other) / (abs(other) or 1.0):.1e}"


def _beyond(threshold: float, step: int | None) -> str:
    return f"by {threshold:g} {f'at step {step:,}' if step else 'never'}"


def crossed(training: Training, style: str) -> str:
    """Return the accuracy of each panel's weights in every panel, as a table; "" if none were."""
    names = [n for n in training.panels if any(n == panel for panel, _ in training.crossed)]
    rows = []
    for source, panel in training.panels.items():
        cells = [training.crossed.get((name, source)) for name in names]
        if any(cells):
            said = [f"{100 * each['accuracy']:.2f} %" if each else "" for each in cells]
            rows.append([panel.label, *said])
    headers = ("weights of", *(f"in {training.panels[name].label}" for name in names))
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True) if rows else ""


def differing(training: Training) -> int:
    """Return how many test samples, at most, panels judge differently by the same weights."""
    most = 0
    for source in training.panels:
        own = [each for (_, name), each in training.crossed.items() if name == source]
        right = [round(each["accuracy"] * each["samples"]) for each in own]
        most = max([most, max(right, default=0) - min(right, default=0)])
    return most


def reasons(training: Training) -> list[str]:
    """Return, a line each, why panels did not come to the end."""
    lines = []
    for panel in training.panels.values():
        outcome = panel.outcome
        if outcome is not None and not panel.trained:
            stage = f" at stage {outcome['stage']}" if outcome["stage"] else ""
            said = f": {outcome['message']}" if outcome["message"] else ""
            lines.append(f"{panel.label}: {outcome['outcome']}{stage}{said}")
    return lines


def text(training: Training) -> str:
    """Return what a training prints at its end."""
    header = training.header
    lines = [
        f"{header['title']} on {header['data']['name']}, batch {header['batch']}, "
        f"{header['precision']}; {header['recipe_words']}",
        "",
        table(training, "simple"),
        "",
        *parted(training),
        *reasons(training),
    ]
    if not training.same_batches():
        lines.append("panels were NOT given the same batches")
    if training.state != COMPLETE:
        lines.append(f"the training was {training.state}: --resume goes on with it")
    return "\n".join(lines)

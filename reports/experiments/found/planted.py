"""What each difference of the published pair does when it is planted into the repaired network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from tabulate import tabulate

from reports.experiments.drawing import shares
from reports.experiments.found.lost import percent
from reports.experiments.page import label
from reports.experiments.planted import LONGER, PLANTED, RATE, RIGHT

Parts = Mapping[tuple[str, ...], Any]
TITLE = "One difference at a time, planted into the repaired network"
HOW = (
    "planted, one at a time: the repaired network is the article's pair, cut as above, with the "
    "mistakes of neither file; what one of them has is put in its place, and both are written for "
    "Fluid 1.8.5 and TensorFlow 1.15 and trained there from one random seed on the same batches, "
    f"at a rate of {RATE:g}, because at the files' own 0.1 so short a training learns nothing; "
    "outputs are those of the test samples with the repaired network's trained weights, "
    "probabilities where a network ends in a softmax; the drops of the rate, from epoch 30 on, "
    "change nothing in so short a training and are not in the table"
)


def planted_table(parts: Parts) -> str:
    """Return what each difference does in each panel, as a Markdown table; parts: by difference,
    panel and seed."""
    panels = dict.fromkeys(panel for _, panel, _ in parts)
    rows = [_row(name, panel, parts) for name in PLANTED for panel in panels]
    steps = max((len(each["losses"]) for each in parts.values()), default=0)
    headers = (
        "planted", "what", "of", "in", "outputs apart", "accuracy, weights carried over",
        f"losses apart within {steps // LONGER} steps", f"accuracy, trained {steps} steps so",
    )  # fmt: skip
    return tabulate(list(filter(None, rows)), headers, tablefmt="github", disable_numparse=True)


def _row(name: str, panel: str, parts: Parts) -> tuple[str, ...]:
    """Return the row of a difference in a panel, () where it was not run beside the right one."""
    what, whose = PLANTED[name]
    pairs = [
        (each, parts[RIGHT, panel, seed])
        for (own, where, seed), each in parts.items()
        if (own, where) == (name, panel) and (RIGHT, panel, seed) in parts
    ]
    if not pairs:
        return ()
    return (
        name,
        what,
        label(whose) if whose else "",
        label(panel),
        f"{np.mean([wrong['apart'] for wrong, _ in pairs]):.1e}",
        percent(shares([wrong["carried"] for wrong, _ in pairs])),
        f"{max(_losses_apart(*pair) for pair in pairs):.1e}",
        percent(shares([wrong["accuracy"] for wrong, _ in pairs])),
    )


def _losses_apart(wrong: Any, right: Any) -> float:
    """Return the largest difference of losses within the steps of the experiment."""
    steps = len(wrong["losses"]) // LONGER
    return float(np.abs(np.subtract(wrong["losses"], right["losses"]))[:steps].max())

"""What is planted acts, in one place each; what it costs is counted against the right network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from common import weights
from common.differences import structural_differences
from common.experiments import PITFALLS, SE_RESNEXT_PAIR
from common.networks.blocks import CONV_BN
from common.networks.pitfalls import CHANGES, pitfalls
from common.networks.se_resnext import network, residual_block
from frontends.frameworks import HISTORICAL, TABLE
from frontends.ladder.reference import Reference
from frontends.workers.pool import Workers
from parity_tests.rows import rows
from reports.experiments import planted
from reports.experiments.found.lost import BETTER, COSTS, lost, said, word
from reports.experiments.found.pitfalls import costs
from reports.experiments.found.planted import planted_table
from reports.experiments.lab import Lab
from reports.experiments.mistakes import MISTAKES, NOT_RUN, Mistake, key
from reports.experiments.pitfalls import plan
from reports.experiments.records import Part, Record
from reports.experiments.studies import STUDIES
from reports.experiments.study import UNSHOWN
from reports.handbook import costs as handbook
from reports.handbook.pitfalls_page import PITFALLS as SHOWN


def _made(parts: dict[str, Any], tmp_path: Path) -> Record:
    record = Record(tmp_path / "none.jsonl")
    rest = {"kind": "part", "seconds": 1.0, "load": None}
    record.parts = {n: cast(Part, rest | {"part": n, "values": v}) for n, v in parts.items()}
    return record


# What is planted


def test_every_pitfall_of_the_handbook_is_planted_or_says_why_not() -> None:
    assert sorted([*MISTAKES, *NOT_RUN]) == sorted(each.control for each in SHOWN)
    assert CHANGES.keys() <= MISTAKES.keys() and len({*map(key, MISTAKES)}) == len(MISTAKES)


@rows("name", {name: name for name in CHANGES})
def test_a_change_is_one_of_structure(name: str) -> None:
    assert structural_differences(pitfalls(), pitfalls(CHANGES[name]))


@rows("mistake", MISTAKES)
def test_a_mistake_is_in_one_place(mistake: Mistake) -> None:
    places = (mistake.layers, mistake.recipe, mistake.start, mistake.behind, mistake.by_image)
    assert sum(map(bool, places)) + (mistake.carry is not dict) == 1
    assert bool(mistake.why) == (not (mistake.trains and mistake.carries))
    assert mistake.recipe != PITFALLS.stages[mistake.stage].recipe


def _outputs(mistake: Mistake, values: dict[str, Any], x: Any) -> Any:
    return Reference(pitfalls(mistake.layers), values, x, mistake.by_image).results[-1]


ACTS = {n: m for n, m in MISTAKES.items() if m.carries or not m.trains or m.behind}


@rows("mistake", ACTS)
def test_carried_over_it_acts(mistake: Mistake) -> None:
    """Whichever figure is of weights that were trained without it."""
    values = {n: np.asarray(a) for n, a in weights.probe(pitfalls()).items()}
    values["bn.gamma"] = values["bn.gamma"] * 8  # over ReLU6's cap
    x = np.abs(weights.inputs(pitfalls(), 2))
    right = _outputs(Mistake(), values, x)
    wrong = _outputs(mistake, (mistake.behind or mistake.carry)(values), x)
    assert np.abs(wrong - right).max() > 1e-6 * np.abs(right).max()


def test_one_stream_draws_what_others_begin_with() -> None:
    start = MISTAKES["one_initializer_for_all"].start
    assert start is not None
    values = start(pitfalls(), 0)
    one, other = (values[f"{name}.kernel"].ravel() for name in ("dilated", "strided"))
    same = one[: len(other)] / np.std(one) - other / np.std(other)
    assert abs(float(np.corrcoef(one[: len(other)], other)[0, 1])) > 0.999 and same.std() < 0.1


# What it costs

RIGHT = {"loss": 0.5, "accuracy": 0.95}
WRONG = {"trained": 0.9, "carried": 0.45, "diverged": ""}


def test_costs_are_against_the_right_network_of_the_seed(tmp_path: Path) -> None:
    record = _made(
        {
            "right/momentum/torch/0": RIGHT,
            "right/momentum/torch/1": RIGHT | {"accuracy": 0.97},
            "wrong/epsilon/torch/0": WRONG,
            "wrong/epsilon/torch/1": WRONG | {"trained": 0.92},
            "wrong/momentum/torch/1": WRONG | {"carried": None},
            "wrong/momentum/torch/2": WRONG,
            "wrong/loss summed/torch/0": WRONG
            | {"trained": None, "carried": None, "diverged": "step 7"},
        },
        tmp_path,
    )
    found = costs(record)
    (epsilon,) = found["epsilon"]
    lost = {name: share.lost for name, share in epsilon.figures.items()}
    assert lost["trained"] and lost["trained"].mean == pytest.approx(5)
    assert lost["carried"] and lost["carried"].mean == pytest.approx(51)
    (momentum,) = found["momentum"]  # of seed 2 there is nothing right to hold it against
    assert set(momentum.figures) == {"trained"} and momentum.right.mean == pytest.approx(97)
    assert said(found["loss summed"][0].figures["trained"]) == "diverged in 1 of 1 seeds"
    assert handbook.words("epsilon", found).startswith(
        "points of accuracy lost: trained so from scratch 5.0, not shown; weights carried over"
    )
    shown = STUDIES["pitfalls"].find(record)
    assert "0 of 2 pitfalls are shown" in shown.summary and "loss summed" in str(shown.tables)
    assert "Some seeds diverged: loss summed." in shown.summary


# Accuracies of the wrong network in three seeds, in percent, of the right one 80, 82 and 84.
EVIDENCE: dict[str, tuple[tuple[float, ...], str]] = {
    "costs": ((70, 73, 74), COSTS),
    "costs little, and always": ((79.5, 81.4, 83.5), COSTS),
    "costs much in the mean alone": ((80, 40, 84), UNSHOWN),
    "better": ((85, 87.1, 89), BETTER),
    "two seeds": ((70, 72), UNSHOWN),
}


@rows("wrong, what", EVIDENCE)
def test_a_cost_is_shown_by_its_interval(
    wrong: tuple[float, ...], what: str, tmp_path: Path
) -> None:
    """In the summary, in the tables and in the handbook: by the paired difference."""
    parts: dict[str, dict[str, Any]] = {}
    for seed, (good, bad) in enumerate(zip((80, 82, 84), wrong)):
        parts[f"right/momentum/torch/{seed}"] = RIGHT | {"accuracy": good / 100}
        parts[f"wrong/gain/torch/{seed}"] = WRONG | {"trained": bad / 100, "carried": None}
    record = _made(parts, tmp_path)
    found = costs(record)
    points = found["gain"][0].figures["trained"].lost
    assert points is not None and word(points) == what
    summary = STUDIES["pitfalls"].find(record).summary
    assert f"{int(what == COSTS)} of 1 pitfalls are shown to cost" in summary
    assert f"a cost of {int(what == UNSHOWN)} is not shown" in summary
    assert ("better than the right network: gain." in summary) == (what == BETTER)
    assert lost(points) in handbook.words("gain", found)
    assert lost(points).endswith(what) == (what != COSTS)


def test_every_pitfall_has_a_line_on_its_cost() -> None:
    assert handbook.words("tf32", {}).startswith("not run, because it needs a GPU")
    assert handbook.words("epsilon", {}) == "not run yet."


def test_a_plan_begins_with_the_right_trainings() -> None:
    parts = plan(PITFALLS.quick)
    assert [each.split("/")[1] for each in parts[:3]] == list(PITFALLS.stages)
    assert len(parts) == len(PITFALLS.stages) + len(MISTAKES)


# The published pair, one difference at a time


def test_the_repaired_network_is_the_family_s() -> None:
    """But for what is cut: three blocks of 8 paths of depth 8, written out."""
    family = network(
        "published_mnist", "the article's pair for MNIST", residual_block("concatenated", depth=8),
        CONV_BN, input_shape=(1, 28, 28), num_blocks=1, width=32,
    )  # fmt: skip
    assert not structural_differences(family, planted.variant(planted.RIGHT)[0])


@rows("name", {name: name for name in planted.PLANTED if name != planted.RIGHT})
def test_a_planted_difference_is_one_of_network_or_recipe(name: str) -> None:
    right, wrong = planted.variant(planted.RIGHT), planted.variant(name)
    assert right != wrong
    differing = sum(a != b for a, b in zip(right, wrong))
    assert differing == (2 if name in ("loss", "fluid file") else 1)


def test_differences_are_planted_where_they_can_be_written() -> None:
    scale = STUDIES["se_resnext_pair"].experiment.full
    parts = list(planted.plan(scale))
    assert {each.split("/")[2] for each in parts} == set(HISTORICAL)
    debiased = {each.split("/")[2] for each in parts if "/debias/" in each}
    assert debiased == {panel for panel in HISTORICAL if TABLE[panel].zero_debias}


def test_losses_are_held_against_the_repaired_network_of_the_seed() -> None:
    one = {"losses": [3.0] * 16, "accuracy": 0.8, "apart": 0.0, "carried": 0.8}
    other = one | {"losses": [3.0, 2.5, *[9.0] * 14], "carried": 0.5, "apart": 0.25}
    text = planted_table({("none", "fluid", "0"): one, ("bias", "fluid", "0"): other,
                          ("bias", "fluid", "1"): other})  # fmt: skip
    row = next(line for line in text.splitlines() if "| bias" in line)
    assert "2.5e-01" in row and "5.0e-01" in row and "50.0 %" in row and "9" not in row


@pytest.mark.complete
def test_a_difference_is_planted_in_a_panel(tmp_path: Path, workers: Workers) -> None:
    """In one that is at hand everywhere: the weights are the repaired network's."""
    scale = replace(SE_RESNEXT_PAIR.quick, steps=1, samples=64, tests=20)
    lab = Lab(SE_RESNEXT_PAIR, scale, workers, tmp_path, threads=1)
    right = planted.run(lab, planted.RIGHT, "torch", 0)
    assert right["apart"] == 0 and right["carried"] == right["accuracy"]
    wrong = planted.run(lab, "epsilon", "torch", 0)
    assert 0 < wrong["apart"] < 1 and 0 < abs(wrong["losses"][0] - right["losses"][0]) < 0.1
    assert len(wrong["losses"]) == planted.LONGER

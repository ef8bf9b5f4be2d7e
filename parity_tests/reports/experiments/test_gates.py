"""What is said of ResNet and SE-ResNet: by seed, by panel, of their maps, and of chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parity_tests.rows import rows
from reports.experiments.drawing import LIGHT
from reports.experiments.found.resnet_or_se import _better, _by_class, _spread, _wider, find
from reports.experiments.found.resnet_or_se_drawn import Curves, _maps, by_seed
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.study import FALSE, HOLDS, OPEN, UNSHOWN

Apart = dict[str, tuple[float, ...]]  # panel -> SE-ResNet's loss less ResNet's of each seed


def _pair(panel: str, seed: int, plain: float, gated: float) -> dict[tuple[str, ...], Any]:
    """Return the runs of both networks: their losses, and the measures of their maps."""
    return {
        (panel, name, str(seed)): {
            "tests": [x],
            "loss": x,
            "accuracy": 0.5,
            "maps": {"explained": [x, x], "between": [x, x], "silent": 0.0},
        }
        for name, x in (("resnet", plain), ("se_resnet", gated))
    }


def _curves(apart: Apart) -> Curves:
    return {
        key: run
        for panel, found in apart.items()
        for seed, less in enumerate(found)
        for key, run in _pair(panel, seed, 10.0, 10.0 + less).items()
    }


LOW = (-3.0, -3.1, -2.9)
BETTER: dict[str, tuple[Apart, str]] = {
    "lower": ({"torch": LOW}, HOLDS),
    "higher": ({"torch": (3.0, 3.1, 2.9)}, FALSE),
    "either": ({"torch": (-0.5, 0.4, 0.6)}, UNSHOWN),
    "one seed": ({"torch": (-0.5,)}, UNSHOWN),
    "one seed in three panels": (dict.fromkeys(("torch", "paddle", "fluid"), (-0.5,)), UNSHOWN),
    "panels that show nothing, seeds that do": (
        {"torch": (-5.0, 3.0, -5.0), "paddle": (3.0, -5.1, 2.9)}, HOLDS,
    ),
    "a panel that shows nothing": ({"torch": LOW, "paddle": (0.5, -0.4, 0.1)}, HOLDS),
    "a panel of one seed": ({"torch": LOW, "paddle": (2.9,)}, UNSHOWN),
    "a panel that contradicts": ({"torch": LOW, "paddle": (0.5, 0.51, 0.49)}, UNSHOWN),
    "a panel that contradicts what is higher": (
        {"torch": (3.0, 3.1, 2.9), "paddle": (-0.5, -0.51, -0.49)}, UNSHOWN,
    ),
}  # fmt: skip


@rows("apart, word", BETTER)
def test_what_is_said_of_gates(apart: Apart, word: str) -> None:
    verdict = _better(_curves(apart), list(apart))
    assert verdict.word == word
    order = [verdict.evidence.index(said) for said in ("by seed", *map(label, apart))]
    assert order == sorted(order)


def test_no_pair_is_open() -> None:
    assert _better({}, ["torch"]).word == OPEN


def test_the_value_by_seed_is_a_mean_over_panels() -> None:
    evidence = _better(_curves({"torch": (-1.0, -3.0), "paddle": (-3.0,)}), ["torch", "paddle"])
    assert "by seed, mean over panels, -2.5 (" in evidence.evidence
    assert "2 values), lower in 2 of 2" in evidence.evidence


def test_panels_of_one_seed_are_no_further_chances() -> None:
    """Two seeds in three panels each are two values."""
    curves = {
        key: run
        for panel in ("torch", "paddle", "fluid")
        for seed, value in {0: 1.0, 1: 3.0}.items()
        for key, run in _pair(panel, seed, value, value).items()
    }
    assert by_seed(curves, "resnet", lambda maps: maps["between"][0]) == [1.0, 3.0]


def test_chance_is_told_within_seeds_and_between() -> None:
    """Within: pooled over seeds 0 and 1, √((2 + 8) / 2); between the means -2, -4 and -9: √13."""
    apart = {"torch": (-1.0, -2.0, -9.0), "paddle": (-3.0, -6.0)}
    ((_, said),) = _spread(_curves(apart), list(apart))
    assert "over 2 seeds: 2.2361; between the seeds' means, over 3: 3.6056" in said
    assert "0.6 times as far apart" in said and "| 2      | 1 " in said
    assert _spread(_curves({"torch": (-1.0, -2.0)}), ["torch"]) == ()


CLASSES = {
    "both depend": (0.7, 0.8, FALSE),
    "neither": (0.05, 0.06, FALSE),
    "gated alone": (0.05, 0.8, HOLDS),
}


@rows("plain, gated, word", CLASSES)
def test_maps_depend_on_the_class(plain: float, gated: float, word: str) -> None:
    verdict = _by_class(_pair("torch", 0, plain, gated))
    assert verdict.word == word
    assert "by seed, mean over panels" in verdict.evidence and "more than 0.1" in verdict.evidence


WIDTHS: dict[str, tuple[tuple[float, ...], str]] = {
    "wider": ((1.0, 1.1, 0.9), HOLDS),
    "narrower": ((-1.0, -1.1, -0.9), FALSE),
    "either": ((-1.0, 1.0, 0.5), UNSHOWN),
    "one seed": ((1.0,), UNSHOWN),
}


@rows("apart, word", WIDTHS)
def test_maps_are_wider(apart: tuple[float, ...], word: str) -> None:
    verdict = _wider(_curves({"torch": apart}))
    assert verdict.word == word and "by seed, mean over panels" in verdict.evidence


def test_maps_of_one_run_are_drawn_on_one_scale() -> None:
    """Both networks' of one panel and seed: of the first panel those of one network alone are
    there."""
    curves = _curves({"torch": (0.0,), "paddle": (5.0,)})
    for key in (("torch", "resnet", "0"), *(("paddle", n, "0") for n in ("resnet", "se_resnet"))):
        curves[key]["maps"]["means"] = [[0.0, key[1] == "resnet"]] * 10
    drawn = _maps(curves)
    assert drawn is not None and f"{label('paddle')}, seed 0" in drawn.caption
    above, others, below, beside = (axes.get_ylim() for axes in drawn.draw(LIGHT).axes)
    assert above == others and below == beside and below[1] > 15


def test_rules_stand_on_the_page(tmp_path: Path) -> None:
    record = Record(tmp_path / "none.jsonl")
    for key, run in _curves({"torch": (0.0,)}).items():
        part = f"curve/{'/'.join(key)}"
        record.parts[part] = {
            "kind": "part", "part": part, "seconds": 1.0, "load": None, "values": run
        }  # fmt: skip
    how = "\n".join(find(record).how)
    assert "interval by seed lies below zero" in how and "more than 0.1" in how

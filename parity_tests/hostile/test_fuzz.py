"""A few hundred mutated inputs of every kind; `python -m parity_tests.hostile.fuzz` tries more."""

from __future__ import annotations

from parity_tests.hostile.fuzz import fuzz


def test_specifications() -> None:
    counts, wrong = fuzz(200, 0, ["specifications"])
    assert not wrong
    assert counts["accepted"] > 30  # those that are refused at once show little


def test_recipes() -> None:
    counts, wrong = fuzz(60, 0, ["recipes"])
    assert not wrong
    assert counts["accepted"] > 5


def test_command_lines() -> None:
    counts, wrong = fuzz(40, 0, ["command lines"])
    assert not wrong
    assert counts["accepted"] > 0


def test_options() -> None:
    counts, wrong = fuzz(200, 0, ["options"])
    assert not wrong
    assert counts["accepted"] > 5


def test_records() -> None:
    counts, wrong = fuzz(60, 0, ["records"])
    assert not wrong
    assert counts["accepted"] > 0


def test_checkpoints() -> None:
    counts, wrong = fuzz(6, 0, ["checkpoints"])
    assert not wrong and counts["refused"] == 6

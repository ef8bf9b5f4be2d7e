"""Verifications of the handbook's networks, as they are recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

from reports.handbook import records
from reports.schema import Moment, Ratio, Text, Whole

RECORD = "data/handbook/proofs.jsonl"


class _Rung(TypedDict):
    rung: Text
    checks: Whole  # pairs or panels
    pairs: bool
    outcome: Text


class RungLine(_Rung, total=False):
    """A rung of the ladder: how many checks, and the worst of them."""

    worst: Ratio
    bound: Ratio
    between: Text
    note: Text


class _Proof(TypedDict):
    network: Text
    panels: list[Text]
    versions: records.Versions
    measured: Moment
    batch: Whole
    verdict: Text
    proved: bool
    seconds: Ratio
    rungs: list[RungLine]


class ProofLine(_Proof, total=False):
    """What a verification of a network found. commit: of the code that ran."""

    commit: Text
    worst: Ratio  # float64 difference of any pair


def recorded(path: Path) -> dict[str, Any]:
    """Return network -> its line. Raises TriptychError for a record that cannot be read."""
    if not path.exists():
        return {}
    return {line["network"]: line for line in records.read(path, ProofLine).lines}

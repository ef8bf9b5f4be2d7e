"""Verifications of the handbook's networks, as they are recorded."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, TypedDict

from common.network import Network
from common.networks import available, load
from common.serialize import to_json
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
    specification: Text
    panels: list[Text]
    versions: records.Versions
    measured: Moment
    batch: Whole
    verdict: Text
    proved: bool
    seconds: Ratio
    rungs: list[RungLine]


class ProofLine(_Proof, total=False):
    """What a verification of a network found. specification: see `specification`. commit: of the
    code that ran."""

    commit: Text
    worst: Ratio  # float64 difference of any pair


def specification(network: Network) -> str:
    """Return the SHA-256 of a network's specification, as JSON."""
    return sha256(to_json(network).encode()).hexdigest()


def recorded(path: Path) -> dict[str, Any]:
    """Return network -> its line; what was verified of a network as it no longer is, is no proof.

    Raises TriptychError for a record that cannot be read.
    """
    if not path.exists():
        return {}
    lines = records.read(path, ProofLine).lines
    return {each["network"]: each for each in lines if _is_as_it_was(each)}


def _is_as_it_was(line: Any) -> bool:
    name = line["network"]
    return name in available() and line["specification"] == specification(load(name))

"""The catalogue of small networks: ops one by one, ops in rows, and wirings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from common.network import Network
from parity_tests.cases import op_networks, op_rows, wirings

OPS = op_rows.ROWS  # one op and setting each
COMBINED = op_networks.NETWORKS  # many ops each: little to run, and every op is there
WIRINGS = wirings.ROWS
NETWORKS: dict[str, Network] = {**OPS, **COMBINED, **WIRINGS}


def symbols(networks: Iterable[Network]) -> set[str]:
    """Return the ops that networks hold."""
    return {step.op.symbol for network in networks for step in network.elaboration.steps}


def values(networks: Iterable[Network]) -> dict[tuple[str, str], set[Any]]:
    """Return the values that each field of each op takes, by the op's symbol and the field."""
    found: dict[tuple[str, str], set[Any]] = {}
    for network in networks:
        for step in network.elaboration.steps:
            for each in fields(step.op):
                key = step.op.symbol, each.name
                found.setdefault(key, set()).add(getattr(step.op, each.name))
    return found

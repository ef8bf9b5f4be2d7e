"""The catalogue of small networks: it misses nothing, and the panels agree on all of it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from common.network import Network
from common.ops import OPS
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from parity_tests.cases import catalogue
from parity_tests.rows import rows

TIGHT = 1e-12  # measured: at most 2e-14
LOOSE = {"nearly_constant": 1e-10}  # a variance far below what rounds off the running one
SIZES = {"rows": 57, "combined": 10, "wirings": 18}


def test_names_are_unique() -> None:
    parts = (catalogue.OPS, catalogue.COMBINED, catalogue.WIRINGS)
    assert [len(part) for part in parts] == list(SIZES.values())
    assert len(catalogue.NETWORKS) == sum(SIZES.values())


def test_every_op_is_here() -> None:
    assert catalogue.symbols(catalogue.OPS.values()) | {"add", "concat", "scale"} == set(OPS)
    assert catalogue.symbols(catalogue.COMBINED.values()) == set(OPS)


def test_every_field_has_another_value_somewhere() -> None:
    """What frameworks disagree on is seen in more than one form."""
    found = catalogue.values(catalogue.NETWORKS.values())
    declared = {(symbol, each.name) for symbol, op in OPS.items() for each in fields(op)}
    assert set(found) == declared
    single = {key for key, values in found.items() if len(values) < 2}
    single -= {key for key in single if key[1].endswith("_initializer")}  # test_initialization.py
    assert single == {("depthwise_conv2d", "groups")}  # one a channel, by its meaning


@rows("network", catalogue.COMBINED)
def test_every_op_agrees(network: Network, workers: Workers) -> None:
    report = verify(network, list(MODERN), workers=workers)
    assert report.passed, report.text()
    assert report.worst_float64 < 1e-10


@pytest.mark.complete
@rows("name", {name: name for name in catalogue.NETWORKS})
def test_all_panels_agree(name: str, workers: Workers) -> None:
    network = catalogue.NETWORKS[name]
    report = verify(network, list(FRAMEWORKS), workers=workers, rounding=False)
    assert report.passed, report.text()
    assert report.worst_float64 < LOOSE.get(name, TIGHT), report.text()

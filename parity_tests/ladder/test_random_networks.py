"""Random networks: the panels agree on them, and a disagreement is found and made small."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from common.network import Network
from common.networks import load
from common.ops import OPS
from common.serialize import from_json, to_json
from common.weights import probe
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.random_networks import disagreement, search
from parity_tests.search.drawing import networks

COUNT = 4


def test_the_panels_agree(workers: Workers) -> None:
    met, found = search(list(MODERN), COUNT, 3, workers, None)
    assert found is None, found
    assert met["networks"] == COUNT
    assert len(met) > len(OPS) / 3  # many ops are among so few networks already


@settings(
    max_examples=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(networks())
def test_every_network_is_valid(network: Network) -> None:
    """It comes back from JSON as it was, it has weights, and every dialect writes it."""
    again = from_json(to_json(network), "random")
    assert again == network and to_json(again) == to_json(network)
    steps = network.elaboration.steps
    assert [step.path for step in again.elaboration.steps] == [step.path for step in steps]
    assert set(probe(network)) == set(network.elaboration.parameters)
    for dialect in FRAMEWORKS:
        compile(emit(network, dialect).text, dialect, "exec")


def _plant(text: str) -> str:
    """Another activation in the place of ReLU; every text is changed."""
    return text.replace("nn.ReLU()", "nn.LeakyReLU(0.01)") + "# planted\n"


@pytest.mark.complete
def test_a_disagreement_shrinks_to_a_file_that_verify_takes(
    workers: Workers, tmp_path: Path
) -> None:
    panels, faults = ["paddle", "torch"], {"paddle": _plant}
    _met, found = search(panels, 50, 0, workers, tmp_path, faults)
    assert found is not None and "forward, eval" in found
    (path,) = tmp_path.iterdir()
    network = load(str(path))
    ops = [step.op.symbol for step in network.elaboration.steps]
    assert ops == ["relu"], ops
    assert disagreement(network, panels, workers, faults)
    assert verify(network, panels, workers=workers).passed

"""What experiments measure by: identities, folded statistics, variants, means and shares."""

from __future__ import annotations

import numpy as np
import pytest

from common import weights
from common.differences import structural_differences
from common.networks.trials import (
    DIFFERENCES,
    TRIALS,
    folded,
    folded_weights,
    gated,
    headless,
    published,
    transfer_resnet,
)
from frontends.ladder.reference import Reference
from parity_tests.rows import rows
from reports.experiments.drawing import DARK, LIGHT, Theme, interval, shares
from reports.experiments.found.resnet_or_se_drawn import ewma
from reports.experiments.found.transfer import _second_stage
from reports.experiments.identities import IDENTITIES, Identity
from reports.experiments.resnet_or_se import told
from reports.experiments.se_resnext_pair import ALL_DIFFERENCES, ROUNDING, variant
from reports.experiments.study import FALSE, HOLDS

SPOILT = {"plain": "to_res.kernel", "residual": "to_tran.kernel"}


@rows("identity", IDENTITIES)
def test_a_block_without_a_stream_is_a_simpler_one(identity: Identity) -> None:
    assert max(identity.apart()) <= 1e-12


@rows("name", {name: name for name in IDENTITIES})
def test_a_stream_that_is_not_zero_is_seen(name: str) -> None:
    assert min(IDENTITIES[name].apart(SPOILT[name])) > 0.1


def _differs(epsilon: float) -> float:
    """Return how far the folded network is from the other in inference, of the largest output."""
    network = transfer_resnet()
    values = weights.probe(network)
    x = np.abs(weights.inputs(network, 2))
    other, own = folded(network), folded_weights(network, values)
    own["stem.conv.bias"] = own["stem.conv.bias"] + epsilon
    one = Reference(network, values, x, training=False).results[-1]
    two = Reference(other, own, x, training=False).results[-1]
    return float(np.abs(one - two).max() / np.abs(one).max())


def test_folded_is_the_same_in_inference() -> None:
    assert _differs(0.0) < 1e-12 < _differs(1e-3)


@rows("name", {name: name for name in DIFFERENCES})
def test_a_difference_is_one_of_structure(name: str) -> None:
    assert structural_differences(published(), published(frozenset({name})))


def test_a_variant_differs_in_network_or_recipe() -> None:
    fluid = variant("")
    assert all(variant(name) == fluid for name in ROUNDING)
    assert all(variant(name) != fluid for name in ALL_DIFFERENCES)
    assert variant("whole") == variant("whole from one start")


def test_gates_stand_where_they_are_said_to() -> None:
    """Behind the addition, the gate scales the sum."""
    order = {
        where: [s.layer for s in gated(where).elaboration.steps if s.layer.startswith("stage1.0.")]
        for where in ("before", "after", "none")
    }
    adds = {where: names.index("stage1.0.add") for where, names in order.items()}
    assert order["before"].index("stage1.0.se.scale") < adds["before"]
    assert order["after"].index("stage1.0.se.scale") > adds["after"]
    assert "stage1.0.se.scale" not in order["none"]


@rows("name", {name: name for name in ("resnet", "se_resnet")})
def test_a_headless_network_gives_the_maps(name: str) -> None:
    assert headless(TRIALS[name](), "avgpool").elaboration.output == (2048,)


def test_the_smoothed_curve_is_pandas_s() -> None:
    """ewm(span=3, adjust=False): y = (x + y before) / 2."""
    assert ewma([4.0, 0.0, 8.0], 3).tolist() == [4.0, 2.0, 5.0]


def test_shares_between_classes() -> None:
    """Maps: the class itself, nothing of it, and zero throughout."""
    labels = np.repeat([0, 1], 50)
    maps = np.stack([labels, np.tile([0.0, 1.0], 50), np.zeros(100)], 1)
    found = told(maps, labels, means=True)
    assert found["explained"] == [1.0, 0.0, 0.0] and found["between"] == [0.5, 0.0, 0.0]
    assert found["silent"] == pytest.approx(1 / 3)
    assert found["means"] == [[0.0, 0.5, 0.0], [1.0, 0.5, 0.0]]


def test_intervals_are_student_s() -> None:
    """Of 1, 2, 3: 2 ± 4.303 · 1 / √3, by any table of t with two degrees of freedom."""
    found = interval([1.0, 2.0, 3.0])
    assert found.low == pytest.approx(2 - 4.30265 / 3**0.5, abs=1e-4)
    assert "one value" in str(interval([1.0]))
    assert (shares([0.1, 0.9]).low, shares([0.1, 0.9]).high) == (0, 100)
    with pytest.raises(ValueError, match="no values"):
        interval([])


@rows("theme", {"light": LIGHT, "dark": DARK})
def test_ten_lines_are_told_apart(theme: Theme) -> None:
    """As many as there are digits: no two of one colour and one dash."""
    assert len({str(theme.series(number)) for number in range(10)}) == 10


@rows("sources, word", {"of one network": ("aa", FALSE), "of two networks": ("ab", HOLDS)})
def test_only_panels_that_began_at_one_network_are_compared(sources: str, word: str) -> None:
    begun = zip(("torch", "paddle"), sources, (0.2, 0.3))
    panels = {
        name: {"source": source, "from_fluid_before": {"loss": loss}, "bits": True}
        for name, source, loss in begun
    }
    assert _second_stage(panels).word == word

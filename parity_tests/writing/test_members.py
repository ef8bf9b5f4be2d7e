"""Members of a family that a file has functions for: what their arguments make is the member."""

from __future__ import annotations

import re

from common.networks import available, load
from frontends.writing.emit import emit
from parity_tests.rows import rows

FAMILIES = {name: load(name) for name in available() if load(name).members}
KERAS = "resnet50_keras"  # keras.applications' ResNet101 is none of the catalogue


@rows("name", {name: name for name in FAMILIES if name != KERAS})
def test_arguments_make_the_member(name: str) -> None:
    network = FAMILIES[name]
    for member in network.members:
        made = network.with_arguments(**dict(member.arguments)).elaboration
        assert made.steps == load(member.name).elaboration.steps
        assert made.parameters == load(member.name).elaboration.parameters


def test_keras_applications_has_three() -> None:
    found = {member.name: dict(member.arguments) for member in FAMILIES[KERAS].members}
    assert found == {
        "resnet50": {"num_blocks": (3, 4, 6, 3)},
        "resnet101": {"num_blocks": (3, 4, 23, 3)},
        "resnet152": {"num_blocks": (3, 8, 36, 3)},
    }


@rows("dialect", {dialect: dialect for dialect in ("tensorflow", "fluid", "tensorflow1")})
def test_a_function_each(dialect: str) -> None:
    """Behind the network's own, with its arguments; a file that is alone has none."""
    text = emit(load("resnet50"), dialect).text
    assert re.findall(r"^def (resnet\d+)\(", text, re.M) == ["resnet50", "resnet101", "resnet152"]
    assert "num_blocks=(3, 8, 36, 3), **kwargs)" in text
    assert "**kwargs" not in emit(load("rir18"), dialect).text

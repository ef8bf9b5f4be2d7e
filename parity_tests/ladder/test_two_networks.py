"""Two networks against each other: what differs is named, and what is the same is the same."""

from __future__ import annotations

from common.network import Network
from common.networks import load
from common.ops import Conv2d, GlobalAvgPool2d
from common.spec import Block, Layer
from frontends.ladder.verify import verify_against

LAYERS: dict[str, Layer] = {"a": Conv2d(4, 1), "b": Conv2d(4, 1), "pool": GlobalAvgPool2d()}


def _network(name: str, pooled: str, returned: str = "v") -> Network:
    wiring = ["y = a(x)", "z = b(y)", f"v = pool({pooled})"]
    root = Block("root", layers=LAYERS, wiring=wiring, outputs=[returned])
    return Network(name, root, (3, 5, 5))


def test_a_network_is_itself() -> None:
    report, differences = verify_against(_network("one", "z"), _network("two", "z"), ["torch"])
    assert report.proved and not differences, report.text()


def test_other_wiring_of_the_same_steps_is_placed() -> None:
    report, _ = verify_against(_network("one", "z"), _network("two", "y"), ["torch"])
    assert not report.passed and "first at step pool" in report.rows[0].note, report.text()


def test_another_value_returned_is_told() -> None:
    """Every step is the same, and so are their results: the output is another step's."""
    layers: dict[str, Layer] = {"a": Conv2d(4, 1), "b": Conv2d(4, 1)}
    one, two = (
        Network(
            name,
            Block("root", layers=layers, wiring=["y = a(x)", "z = b(x)"], outputs=[value]),
            (3, 5, 5),
        )
        for name, value in {"one": "y", "two": "z"}.items()
    )
    report, differences = verify_against(one, two, ["torch"])
    assert not differences  # shapes and steps are alike
    assert not report.passed and "no step differs, the output does" in report.rows[0].note


def test_the_published_pair_differs_at_the_stem() -> None:
    published = (load("se_resnext_published_fluid"), load("se_resnext_published_tensorflow"))
    small = [each.with_arguments(num_blocks=1) for each in published]
    report, differences = verify_against(small[0], small[1], ["torch"])
    assert "first at step stem" in report.rows[0].note or "stem.act" in report.rows[0].note
    assert differences

"""Two networks against each other: what differs is named, and what is the same is the same."""

from __future__ import annotations

from common.network import Network
from common.networks import load
from common.ops import BatchNorm, Conv2d, Dropout, GlobalAvgPool2d, ReLU
from common.spec import Block, Layer
from frontends.ladder.verify import verify_against
from parity_tests.rows import rows

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


PLAIN: dict[str, Layer] = {"a": Conv2d(4, 1), "bn": BatchNorm(), "relu": ReLU()}
OTHERWISE: dict[str, tuple[dict[str, Layer], str]] = {
    "momentum": ({"bn": BatchNorm(momentum=0.99)}, "step bn: momentum 0.9 and 0.99"),
    "dropout": ({"dropout": Dropout(0.5)}, "step dropout: "),
    "a rectifier twice": ({"again": ReLU()}, "step again: "),
}


@rows("layers, told", OTHERWISE)
def test_what_no_value_shows_is_no_same_network(layers: dict[str, Layer], told: str) -> None:
    """Every step gives the same in both, and the verdict, in words too, is that they differ."""
    one, two = (
        Network("net", Block("root", layers={**PLAIN, **more}), (3, 5, 5)) for more in ({}, layers)
    )
    report, differences = verify_against(one, two, ["torch"])
    assert report.rows[0].passed and differences
    assert not report.proved and "NOT proved the same" in report.text(), report.text()
    assert told in report.rows[-1].note


def test_the_published_pair_differs_at_the_stem() -> None:
    published = (load("se_resnext_published_fluid"), load("se_resnext_published_tensorflow"))
    small = [each.with_arguments(num_blocks=1) for each in published]
    report, differences = verify_against(small[0], small[1], ["torch"])
    first = "step stem.act is only in se_resnext_published_fluid"
    said = [f"forward, step by step, torch: mismatched: {first}"]
    said += ["structure, se_resnext_published_tensorflow: mismatched: 240 differences, the first: "]
    said[-1] += "step stem.act: (relu()) is only in the first"
    assert [line for line in report.text().splitlines() if "mismatched: " in line] == said
    assert {
        "step stem.bn: epsilon 1e-5 and 0.001",
        "step stage2.0.split.0.transform.conv: padding 1 and ((0, 1), (0, 1))",
        "step softmax: (softmax()) is only in the first",
        "initialization stem.conv.kernel: normal of variance 2 / fan in and uniform of variance "
        "1 / fan avg",
        "trainable parameters: 1,300,218 and 1,299,648",
    } <= set(map(str, differences))

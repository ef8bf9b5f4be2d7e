"""Every network: the ladder, its written files at full size, and what its sources say of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from common import weights
from common.compare import difference
from common.counting import trainable
from common.differences import grouped, structural_differences
from common.errors import TriptychError
from common.network import Network
from common.networks import available, load
from common.networks.fluid_names import PADDLE_MODELS, official_names
from common.networks.published import FIGURES
from common.networks.resnet import basic_block, imagenet
from common.networks.resnext import FORMS, convert_weights, resnext_block
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.runs import Job, Runs
from frontends.ladder.two_networks import TwoNetworks
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.workers.protocol import Describe, NetworkFile, Shape
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.cases.reductions import REDUCTIONS, reduced
from parity_tests.growth import gradient_growth
from parity_tests.rows import rows, sampled, sooner

BOUND = 1e-12
# The forms sum in different orders, so they are not one computation: 1.04e-12 was met.
FORMS_BOUND = 1e-11
CHEAPEST = ("resnext29_32x4d", "resnet18", "rir18", "batchflow_se_resnet")
PUBLISHED = ("se_resnext_published_fluid", "se_resnext_published_tensorflow")


def _climb(
    network: Network, panels: Sequence[str], workers: Workers, rounding: bool = True
) -> None:
    report = verify(network, list(panels), workers=workers, rounding=rounding)
    assert report.passed, report.text()
    assert report.worst_float64 < BOUND, report.text()
    pairs = {row.panels for row in report.rows if row.rung == "gradients"}
    assert len(pairs) == len(panels) * (len(panels) - 1) // 2


@rows("panel", {panel: panel for panel in ("torch", "paddle")})
def test_a_fault_in_a_flat_file_is_told_by_the_paths_of_the_specification(
    panel: str, workers: Workers
) -> None:
    """bn2 of the written block is conv2.bn of the specification's."""

    def plant(text: str) -> str:
        return re.sub(r"(self\.bn2 = [^)]*eps(ilon)?=)[^,)]+", r"\g<1>1e-3", text, count=1)

    report = verify(
        reduced("resnet18"), ["torch", "paddle"], faults={panel: plant}, rounding=False,
        workers=workers,
    )  # fmt: skip
    failed = [row for row in report.rows if not row.passed]
    assert failed and failed[0].note.startswith("first at step layer1.0.conv2.bn: "), report.text()


def test_every_network_has_its_reduction() -> None:
    assert list(REDUCTIONS) == available()
    for name in available():
        kinds = set(load(name).blocks())
        assert {each.block.kind for each in reduced(name).elaboration.blocks} == kinds, name


@pytest.mark.complete
@rows("name", {name: name for name in (*CHEAPEST, "se_resnext_published_fluid")})
def test_gradients_magnify_no_rounding(name: str) -> None:
    assert gradient_growth(reduced(name)) < 60  # measured: 2.5 to 30


@rows("name", {name: name for name in ("rir18", "resnext29_32x4d")})
def test_three_panels(name: str, workers: Workers) -> None:
    _climb(reduced(name), MODERN, workers)


# Of each family one; the rungs of float32 take as long as all others.
OF_FAMILIES = (
    "se_resnext_mnist", "se_resnext_published_tensorflow", "resnext_block_concatenated",
    "resnext29_32x4d", "resnet50_keras", "rir18", "batchflow_se_resnet",
)  # fmt: skip


@pytest.mark.complete
@rows("name", {name: name for name in available()})
def test_five_panels(name: str, workers: Workers) -> None:
    """All ten pairs in float64, and of each family every rung."""
    _climb(reduced(name), FRAMEWORKS, workers, rounding=name in OF_FAMILIES)


@pytest.mark.exhaustive
@rows("name", {name: name for name in available() if name not in OF_FAMILIES})
def test_every_rung_in_five_panels(name: str, workers: Workers) -> None:
    _climb(reduced(name), FRAMEWORKS, workers)


SOME = available()[::4]
AT_FULL_SIZE = {
    n: pytest.param(n, marks=pytest.mark.complete if n in SOME else pytest.mark.exhaustive)
    for n in available()
}


@rows("name", AT_FULL_SIZE)
@rows("panel", {panel: panel for panel in ("torch", "paddle")})
def test_written_file_at_full_size(panel: str, name: str, workers: Workers, tmp_path: Path) -> None:
    """Its parameters are those of the specification, by name, shape and so by number."""
    network = load(name)
    text = emit(network, panel).text
    assert _parameters(panel, text, network, workers, tmp_path) == _specified(network)


@rows("panel", {panel: panel for panel in ("torch", "paddle")})
def test_written_file_takes_other_repeats(panel: str, workers: Workers, tmp_path: Path) -> None:
    """One block a stage is written with the shortcut that further blocks have not."""
    network = load("batchflow_resnet")
    text = emit(network, panel).text
    stated = "num_blocks: tuple[int, ...] = (1, 1, 1, 1)"
    assert stated in text
    longer = text.replace(stated, "num_blocks: tuple[int, ...] = (3, 4, 6, 3)")
    network = load("batchflow_resnet50")
    assert _parameters(panel, longer, network, workers, tmp_path) == _specified(network)


def _parameters(
    panel: str, text: str, network: Network, workers: Workers, folder: Path
) -> dict[str, Shape]:
    """Return what a written file declares, by name, with shapes; nothing is run."""
    path = folder / "written.py"
    path.write_text(text, encoding="utf-8")
    source = emit(network, panel)
    names = {**source.names, **source.own.parameters}
    file = NetworkFile(
        str(path), source.entry, network.input_shape, "float32", official_names=names
    )
    return workers.request(panel, Describe(file)).shapes


def _specified(network: Network) -> dict[str, Shape]:
    return {p.name: p.shape for p in network.elaboration.parameters.values()}


@rows("panel", sooner({panel: panel for panel in MODERN}, ("torch",)))
def test_the_three_forms_are_equal(panel: str, workers: Workers, tmp_path: Path) -> None:
    """Within a panel and across panels: each form against the grouped one in PyTorch."""
    own = weights.probe(resnext_block("grouped"))
    first = _outputs("grouped", own, "torch", workers, tmp_path / "reference")
    for form in FORMS:
        converted = convert_weights(own, form, cardinality=32)
        found = _outputs(form, converted, panel, workers, tmp_path / form)
        for name, array in found.items():
            assert difference(first[name], array).relative < FORMS_BOUND, (form, name)


def _outputs(
    form: str, values: weights.Weights, panel: str, workers: Workers, folder: Path
) -> weights.Weights:
    """Return the outputs, the gradient of the input, and of γ and β behind the paths' sum."""
    folder.mkdir()
    result = Runs(resnext_block(form), [], workers, folder, 2, values=values).run(Job(panel))
    last = "bn" if form == "summed" else "transition.bn"
    names = {name: f"train/gradient/{name}" for name in ("input", f"{last}.gamma", f"{last}.beta")}
    with result.read() as arrays:
        found = {name.removeprefix("transition."): arrays.get(key) for name, key in names.items()}
        return found | {mode: arrays.get(f"{mode}/output") for mode in ("evaluate", "train")}


@pytest.mark.complete
def test_published_pair_parts_behind_the_first_convolution(
    workers: Workers, tmp_path: Path
) -> None:
    left, right = map(load, PUBLISHED)
    row = TwoNetworks(left, right, batch=2, seed=0).compare("torch", workers, tmp_path)
    assert not row.passed
    assert row.note == "step stem.act is only in se_resnext_published_fluid"


@pytest.mark.complete
def test_first_different_step(workers: Workers, tmp_path: Path) -> None:
    left, right = load("resnet50"), load("resnet50_keras")
    left, right = (each.with_arguments(**REDUCTIONS["resnet50_keras"]) for each in (left, right))
    for name, pair, note in [
        ("other", (left, right), "first at step stem.conv: "),
        ("equal", (left, left), ""),
    ]:
        (tmp_path / name).mkdir()
        row = TwoNetworks(*pair, batch=2, seed=0).compare("torch", workers, tmp_path / name)
        assert row.note.startswith(note) and row.passed == (not note), row


# What the two published files differ in: every line of theirs, those of a kind folded into one.
DIFFERENCES = """\
step stem.act: (relu()) is only in the first
step stem.bn: epsilon 1e-5 and 0.001
step stem.bn: zero_debias False and True
step stage1.0.split.0.reduce.act and 71 like it, to stage3.2.split.7.reduce.act: (relu()) is only \
in the first
step stage1.0.split.0.reduce.bn and 71 like it, to stage3.2.split.7.reduce.bn: epsilon 1e-5 and \
0.001
step stage1.0.split.0.reduce.bn and 71 like it, to stage3.2.split.7.reduce.bn: zero_debias False \
and True
step stage1.0.split.0.transform.act and 71 like it, to stage3.2.split.7.transform.act: (relu()) \
is only in the first
step stage1.0.split.0.transform.bn and 71 like it, to stage3.2.split.7.transform.bn: epsilon 1e-5 \
and 0.001
step stage1.0.split.0.transform.bn and 71 like it, to stage3.2.split.7.transform.bn: zero_debias \
False and True
step stage1.0.transition.act and 8 like it, to stage3.2.transition.act: (relu()) is only in the \
first
step stage1.0.transition.bn and 8 like it, to stage3.2.transition.bn: epsilon 1e-5 and 0.001
step stage1.0.transition.bn and 8 like it, to stage3.2.transition.bn: zero_debias False and True
step stage1.0.se.reduce and 8 like it, to stage3.2.se.reduce: bias True and False
step stage1.0.se.expand and 8 like it, to stage3.2.se.expand: bias True and False
step stage2.0.split.0.transform.conv and 15 like it, to stage3.0.split.7.transform.conv: padding \
1 and ((0, 1), (0, 1))
step fc: bias True and False
step softmax: (softmax()) is only in the first
parameter stage1.0.se.reduce.bias and 2 like it, to stage1.2.se.reduce.bias: (16,) is only in the \
first
parameter stage1.0.se.expand.bias and 2 like it, to stage1.2.se.expand.bias: (64,) is only in the \
first
parameter stage2.0.se.reduce.bias and 2 like it, to stage2.2.se.reduce.bias: (32,) is only in the \
first
parameter stage2.0.se.expand.bias and 2 like it, to stage2.2.se.expand.bias: (128,) is only in \
the first
parameter stage3.0.se.reduce.bias and 2 like it, to stage3.2.se.reduce.bias: (64,) is only in the \
first
parameter stage3.0.se.expand.bias and 2 like it, to stage3.2.se.expand.bias: (256,) is only in \
the first
parameter fc.bias: (10,) is only in the first
trainable parameters: 4,088,410 and 4,086,720
initialization stem.conv.kernel and 153 like it, to stage3.2.transition.conv.kernel: normal of \
variance 2 / fan in and uniform of variance 1 / fan avg
"""


def test_every_structural_difference_of_the_published_pair() -> None:
    lines = structural_differences(*map(load, PUBLISHED))
    assert "\n".join(grouped(lines)) + "\n" == DIFFERENCES


# "Total Params" and "Total Flops" that the source of RiR prints, at batch 128.
PADDLE_FLOPS = {
    name: tuple(f.value for f in FIGURES if f.network == name) for name in ("rir18", "resnet18_rir")
}


def _count(name: str, batch: int, folder: Path) -> tuple[int, int]:
    """Return Paddle's parameters and FLOPs of the written file."""
    source = emit(load(name), "paddle")
    (folder / "written.py").write_text(source.text, encoding="utf-8")
    said = alone("paddle", folder, "paddle_count.py", source.entry, str(batch))
    return int(re.findall(r"Total Params: (\d+)", said)[0]), int(said.split()[-1])


@rows("name", {name: name for name in PADDLE_FLOPS})
def test_paddle_counts_the_written_file(name: str, tmp_path: Path) -> None:
    parameters, flops = PADDLE_FLOPS[name]
    assert _count(name, 1, tmp_path) == (parameters, flops // 128)  # FLOPs are linear in the batch


@rows("name", sampled({name: name for name in PADDLE_FLOPS}, ("rir18",)))
def test_paddle_counts_the_published_figures(name: str, tmp_path: Path) -> None:
    assert _count(name, 128, tmp_path) == PADDLE_FLOPS[name]


def test_basic_blocks_are_gated_by_argument() -> None:
    block = basic_block(reduction=16)
    network = imagenet("se_resnet18", "SE-ResNet-18", block, 18, kind="se_resnet")
    assert trainable(network) == 11_778_592  # 11,689,512 of ResNet-18, and the gates


def test_official_names_are_written_for_deeper_networks_and_for_no_others() -> None:
    text = emit(replace(load("resnet101"), naming=PADDLE_MODELS), "fluid").text
    assert 'name="res4b%d" % i' in text and 'name="res5" + chr(ord("a") + i)' in text
    for network, message in [
        (replace(load("resnet50"), naming="another"), "unknown naming 'another'"),
        (replace(load("se_resnet50"), naming=PADDLE_MODELS), "has no official name"),
    ]:
        with pytest.raises(TriptychError, match=message):
            emit(network, "fluid")


FLUID_BYTES = {"resnet50_fluid": 102_447_613, "resnet50_fluid_flowers": 95_087_603}


@pytest.mark.complete
@rows("name, total", {name: (name, total) for name, total in FLUID_BYTES.items()})
def test_fluid_saves_the_official_variables(name: str, total: int, tmp_path: Path) -> None:
    network = load(name)
    (tmp_path / "written.py").write_text(emit(network, "fluid").text, encoding="utf-8")
    files = ast.literal_eval(alone("fluid", tmp_path, "fluid_save.py"))
    assert set(files) == set(official_names(network).values())
    assert len(files) == 267
    assert sum(files.values()) == total
    assert files["conv1_weights"] == 37_662

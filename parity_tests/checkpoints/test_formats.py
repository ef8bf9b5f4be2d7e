"""Every format both ways: what we write is read back, and what a framework itself wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common import weights
from common.compare import difference
from common.network import Network
from common.networks import available, load
from frontends.checkpoints.convert import convert, read, tensors, write
from frontends.checkpoints.formats import FORMATS, wanted
from frontends.checkpoints.hub import Checkpoint
from frontends.checkpoints.stored import Array
from frontends.convert import main
from frontends.frameworks import FRAMEWORKS
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.cases.everyday.mobilenet import mobilenet_v2
from parity_tests.cases.reductions import reduced
from parity_tests.checkpoints import mutations
from parity_tests.rows import rows

ALONE = {
    "safetensors": "b.safetensors",
    "fluid": "b",
    "fluid-combined": "c",
    "tensorflow1": "b.ckpt",
}
BY_FRAMEWORKS = {
    "torch": "b.pt",
    "paddle": "b.pdparams",
    "tensorflow2": "b.index",
    "keras weights": "b.weights.h5",
    "keras archive": "b.keras",
    "keras legacy": "b.h5",
}
COMPLETE = pytest.mark.complete


def _given(network: Network) -> Checkpoint:
    numbers = {name: a.astype("float32") for name, a in weights.probe(network).items()}
    return Checkpoint(network, numbers)


def _round(network: Network, form: str, name: str, folder: Path) -> None:
    """Hub to a format and back: the same bytes of every tensor that the format has a place for."""
    given = _given(network)
    hub, there, back = folder / "a.safetensors", folder / name, folder / "back.safetensors"
    write(hub, FORMATS["safetensors"], given)
    convert(hub, there, FORMATS[form])
    found, _ = convert(there, back, FORMATS["safetensors"], network)
    again = read(back).checkpoint.weights
    assert set(again) == set(given.weights)
    for parameter, array in given.weights.items():
        if parameter not in found.added:
            assert again[parameter].dtype == array.dtype, parameter
            assert again[parameter].tobytes() == array.tobytes(), parameter
    unused = {n for n, p in network.elaboration.parameters.items() if not p.used}
    assert set(found.added) <= unused


MOBILENET = "mobilenet_v2"  # depthwise kernels
SOON = {
    ("resnet50_fluid", "fluid"),
    ("rir18", "tensorflow1"),
    (MOBILENET, "tensorflow1"),
}
MANY = ("se_resnext_cifar", "resnet50_fluid", "rir18", MOBILENET)


def _when(network: str, form: str) -> list[pytest.MarkDecorator]:
    """Some are in the default run, more in the long half, the catalogue is by hand."""
    if (network, form) in SOON:
        return []
    forms = [*ALONE, *BY_FRAMEWORKS]
    chosen = network in MANY and (forms.index(form) + MANY.index(network)) % 2 == 0
    return [COMPLETE if chosen else pytest.mark.exhaustive]


ROUNDS = {
    f"{network}-{form}": pytest.param(network, form.split()[0], file, marks=_when(network, form))
    for forms, networks in (
        (ALONE, [*available(), MOBILENET]),
        (BY_FRAMEWORKS, MANY),
    )
    for network in networks
    for form, file in forms.items()
}


@rows("network, form, name", ROUNDS)
def test_there_and_back(network: str, form: str, name: str, tmp_path: Path) -> None:
    _round(mobilenet_v2(32) if network == MOBILENET else reduced(network), form, name, tmp_path)


# Framework -> what it writes itself, and what we write for it; formats by their endings.
THEIRS = {
    "torch": ("theirs.pt", "wrapped.pt", "old.pth"),
    "paddle": ("theirs.pdparams",),
    "tensorflow": ("theirs.weights.h5", "theirs.keras", "theirs.h5", "theirs2-1"),
    "tensorflow1": ("theirs-7", "theirs-7.index"),
}
OURS = {
    "torch": {"ours.pt": "torch"},
    "paddle": {"ours.pdparams": "paddle"},
    "tensorflow": {
        "ours.weights.h5": "keras",
        "ours.keras": "keras",
        "ours.h5": "keras",
        "ours2": "tensorflow2",
    },
    "tensorflow1": {"ours.ckpt": "tensorflow1"},
}
SMALL = {
    "gates and groups": load("se_resnext_mnist").with_arguments(num_blocks=1),
    "residual": reduced("resnet50"),
}
PAIRS = {
    f"{framework}-{name}": pytest.param(
        framework,
        network,
        marks=[] if (framework, name) == ("tensorflow1", "gates and groups") else [COMPLETE],
    )
    for framework in THEIRS
    for name, network in SMALL.items()
}


@rows("framework, network", PAIRS)
def test_what_a_framework_wrote_goes_through_the_hub_and_back(
    framework: str, network: Network, tmp_path: Path
) -> None:
    """It loads there again, strictly, and gives the same outputs in float64."""
    network = replace(network, input_shape=(network.input_shape[0], 28, 28))
    source = emit(network, framework)
    (tmp_path / "written.py").write_text(source.text, encoding="utf-8")
    np.save(tmp_path / "input.npy", weights.inputs(network, 2))
    program = f"saves_{framework}.py"
    alone(framework, tmp_path, program, "save", source.entry)
    found = [read(tmp_path / name, network) for name in THEIRS[framework]]
    for other in found:
        assert not other.added
        for name, array in found[0].checkpoint.weights.items():
            assert array.dtype == np.float64
            assert np.array_equal(other.checkpoint.weights[name], array), name
    write(tmp_path / "hub.safetensors", FORMATS["safetensors"], found[0].checkpoint)
    for name, form in OURS[framework].items():
        convert(tmp_path / "hub.safetensors", tmp_path / name, FORMATS[form])
    alone(framework, tmp_path, program, "load", source.entry)
    theirs, ours = (np.load(tmp_path / f"{todo}.npy") for todo in ("save", "load"))
    assert difference(ours, theirs).relative < 1e-12
    assert theirs.std() > 0


def test_every_framework_has_formats_both_ways() -> None:
    tried = {*THEIRS, "fluid"}  # in test_fluid
    assert tried == set(FRAMEWORKS)
    written = {form for each in OURS.values() for form in each.values()}
    assert written | {"safetensors", "fluid", "fluid-combined"} == set(FORMATS)


def _at(path: str, offset: int, count: int) -> Array:
    with Path(path).open("rb") as stream:
        stream.seek(offset)
        return np.frombuffer(stream.read(4 * count), "<f4")


PLACES = {
    **{form: [] for form in ("safetensors", "tensorflow1", "fluid", "fluid-combined")},
    **{form: [COMPLETE] for form in mutations.FILES if form not in ALONE},
}


@rows("form", {form: pytest.param(form, marks=marks) for form, marks in PLACES.items()})
def test_a_weight_is_read_from_the_byte_that_the_list_says(form: str, tmp_path: Path) -> None:
    network = mutations.network()
    path = mutations.made(form, tmp_path)
    _, found, _ = tensors(path, network)
    places = {each["canonical"]: each for each in found if each["canonical"]}
    assert set(places) == set(network.elaboration.parameters)
    for name in ("fc.bias", "bn.mean", "conv.bias"):  # of one axis: alike in every layout
        place = places[name]
        count = network.elaboration.parameters[name].size
        assert place["nbytes"] == 4 * count and place["dtype"] == "float32"
        numbers = _at(place["file"], place["offset"], count)
        assert np.array_equal(numbers, weights.probe(network)[name].astype("float32")), name


def test_the_list_is_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = mutations.made("fluid", tmp_path)
    assert main([str(path), "--list"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("fluid: 8 tensors, ")
    assert [line.split() for line in text.splitlines() if line.startswith("fc_offset")] == [
        ["fc_offset", "float32", "3", "24", "12", "fc_offset"]
    ]


ENDINGS = {
    "a.safetensors": "safetensors",
    "a.pth": "torch",
    "a.pt": "torch",
    "a.pdparams": "paddle",
    "a.weights.h5": "keras",
    "a.h5": "keras",
    "a.keras": "keras",
    "model.ckpt": "tensorflow1",
    "model.index": "tensorflow1",
}


@rows("name, form", {name: (name, form) for name, form in ENDINGS.items()})
def test_an_ending_says_the_format(name: str, form: str) -> None:
    assert wanted(name, None).name == form

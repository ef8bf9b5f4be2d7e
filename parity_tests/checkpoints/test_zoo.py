"""Weights that torchvision and paddle.vision save load into the written files, by the frameworks'
own loaders and with no conversion, and give the zoo's own outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common import weights
from common.compare import difference
from common.networks import load
from frontends.checkpoints.libraries import LIBRARIES
from frontends.checkpoints.naming import from_canonical
from frontends.checkpoints.naming import library as naming_of
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.checkpoints import libraries
from parity_tests.rows import rows

BOUND = 1e-10
RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d")
MEMBERS = {"torchvision": (*RESNETS, "resnext101_32x8d"), "paddle.vision": RESNETS}
ROWS = {
    f"{library}-{name}": (library, name) for library, names in MEMBERS.items() for name in names
}
LONGER = ("torchvision-resnet50", "paddle.vision-resnet50", "torchvision-resnext50_32x4d")
SHORT = ("torchvision-resnet18",)  # in the default run


def _check(
    library: str, name: str, folder: Path, change: Callable[[str], str] = lambda text: text
) -> None:
    network = replace(load(name), input_shape=(3, 64, 64))
    given = from_canonical(naming_of(library), network, weights.probe(network))
    given["input"] = weights.inputs(network, 2)
    theirs = libraries.run(library, name, given, folder, save=True)["output"]
    panel = LIBRARIES[library].framework
    source = emit(network, panel)
    (folder / "written.py").write_text(change(source.text), encoding="utf-8")
    np.save(folder / "input.npy", given["input"])
    alone(panel, folder, f"{panel}_zoo.py", source.entry)
    ours = np.load(folder / "output.npy")
    assert ours.dtype == np.float64 and ours.std() > 0
    assert difference(ours, theirs).relative < BOUND


@rows("library, name", {key: ROWS[key] for key in SHORT})
def test_weights_of(library: str, name: str, tmp_path: Path) -> None:
    _check(library, name, tmp_path)


@pytest.mark.complete
@rows("library, name", {key: ROWS[key] for key in LONGER})
def test_weights_of_more(library: str, name: str, tmp_path: Path) -> None:
    _check(library, name, tmp_path)


@pytest.mark.exhaustive
@rows("library, name", {key: row for key, row in ROWS.items() if key not in SHORT + LONGER})
def test_weights_of_every_member(library: str, name: str, tmp_path: Path) -> None:
    _check(library, name, tmp_path)


FAULTS: dict[str, tuple[str, str, str]] = {
    "another name": ("self.bn2", "self.norm2", "bn2"),
    "a layer too many": (
        "self.maxpool = ",
        "self.more = nn.Linear(1, 1)\n        self.maxpool = ",
        "more",
    ),
}


@pytest.mark.complete
@rows(
    "library, fault",
    {f"{key}-{name}": (key, name) for key in MEMBERS for name in FAULTS},
)
def test_a_fault_is_seen(library: str, fault: str, tmp_path: Path) -> None:
    place, mistake, told = FAULTS[fault]
    with pytest.raises(AssertionError, match=told):
        _check(library, "resnet18", tmp_path, lambda text: text.replace(place, mistake))


@rows("library, name", ROWS)
def test_the_table_of_the_library_has_the_names_that_are_written(library: str, name: str) -> None:
    network = load(name).with_arguments(num_blocks=(2, 1, 1, 1))
    own = {
        canonical: name
        for name, canonical in emit(network, LIBRARIES[library].framework).own.parameters.items()
    }
    table = LIBRARIES[library]
    for canonical, theirs in naming_of(library).names(network).items():
        path, _, kind = own.get(canonical, canonical).rpartition(".")
        assert theirs == path + table.kinds[kind], canonical

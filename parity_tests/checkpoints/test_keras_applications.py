"""Files that keras.applications saved load into the written ResNet-50 by Keras' own loader."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.networks import load
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.rows import rows

BOUND = 1e-12
ZOO = dict.fromkeys(("ResNet101", "ResNet152"), "exhaustive") | {"ResNet50": "complete"}


def _loaded(name: str, folder: Path, place: str = "", mistake: str = "") -> dict[str, Any]:
    """Return what the program found of a written file, with a mistake in a place of its text."""
    network = replace(load("resnet50_keras"), input_shape=(3, 64, 64))
    text = emit(network, "tensorflow").text
    assert place in text
    text = text.replace(place, mistake) if place else text
    (folder / "written.py").write_text(text, encoding="utf-8")
    printed = alone("tensorflow", folder, "keras_zoo.py", name)
    found: dict[str, Any] = ast.literal_eval(printed.splitlines()[-1])
    return found


@rows(
    "name",
    {name: pytest.param(name, marks=getattr(pytest.mark, half)) for name, half in ZOO.items()},
)
def test_weights_of(name: str, tmp_path: Path) -> None:
    """They load with no conversion and give the same outputs."""
    found = _loaded(name, tmp_path)
    assert found["names"]
    assert len(found["files"]) == 3
    assert max(found["files"].values()) < BOUND, found


@pytest.mark.complete
def test_a_shortcut_that_stands_last_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="could not be loaded"):
        _loaded("ResNet50", tmp_path, "[shortcut, x]", "[x, shortcut]")

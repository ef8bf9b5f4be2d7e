"""What a file changes of its framework is told, and put back."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from frontends.workers import patches


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A framework with a function and a layer that extends another."""
    made = ModuleType("frame")
    exec(  # as if it were imported
        "class Base:\n    def forward(self): return 1\n"
        "class Layer(Base):\n    @staticmethod\n    def name(): return 'layer'\n"
        "def relu(x): return x\nconfigured = 1\n",
        made.__dict__,
    )
    monkeypatch.setitem(sys.modules, "frame", made)
    monkeypatch.setitem(patches.NAMESPACES, "frame", ("frame",))
    return made


def test_what_is_changed_is_told_and_put_back(package: Any) -> None:
    known = patches.Framework("frame")
    known.put_back()  # before anything is remembered: nothing
    known.remember()
    package.configured = 2
    assert known.changes() == []
    package.relu, package.Base.forward, package.Layer.name = (lambda *each: 0 for _ in range(3))
    package.Layer.forward = package.relu
    changed = ["Base.forward", "Layer.forward", "Layer.name", "relu"]
    assert sorted(known.changes()) == [f"frame.{each}" for each in changed]
    known.put_back()
    assert known.changes() == []
    assert (package.relu(3), package.Layer().forward(), package.Layer.name()) == (3, 1, "layer")

"""Imports run one way, without a circle; what can be run and what runs apart is written out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from frontends.workers.environments import ROOT
from parity_tests.house.imports import (
    House,
    changed,
    circle,
    closure,
    importers,
    read,
    room,
    runnable,
    upward,
)
from parity_tests.house.rooms import (
    DIALECT_MODULES,
    ENTRIES,
    FLOORS,
    HEAVY,
    IMPORTERS,
    PROGRAMS,
    RUNNABLE,
    WORKER_SIDE,
)
from parity_tests.rows import rows

HOUSE = read(ROOT)


def test_no_circle_of_modules() -> None:
    assert circle(HOUSE) == []


def test_imports_go_down_the_floors() -> None:
    assert upward(HOUSE) == set()


def test_no_room_is_empty_and_every_module_is_in_one() -> None:
    assert {room(name) for name in HOUSE} == {name for floor in FLOORS for name in floor}


def test_what_can_be_run_is_written_out() -> None:
    assert sorted(runnable(HOUSE)) == list(RUNNABLE)


def test_what_runs_apart_is_written_out() -> None:
    assert closure(HOUSE, ENTRIES) == WORKER_SIDE


def test_who_imports_a_framework_is_written_out() -> None:
    found = importers(HOUSE, HEAVY)
    assert {name for name in found if not name.startswith(PROGRAMS)} == set(IMPORTERS)
    assert {folder for folder in PROGRAMS if any(n.startswith(folder) for n in found)} == {
        *PROGRAMS
    }


def test_nobody_imports_what_imports_a_framework() -> None:
    found = importers(HOUSE, HEAVY)
    for name, each in HOUSE.items():
        allowed = name in IMPORTERS or name.startswith(PROGRAMS)
        assert allowed or not each.imports & found, name


def test_every_framework_has_its_dialect() -> None:
    assert {name for name in HOUSE if name.endswith(".dialect")} == {
        *DIALECT_MODULES,
        "frontends.writing.dialect",  # the contracts
    }


# What is planted in a copy: (file, text added to it, the check that reports it, its report).
IN_A_FUNCTION = "\n\ndef later():\n    {}\n"
FOR_TYPES = "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"
PLANTED = {
    "circle in a function": (
        "common/expressions.py",
        IN_A_FUNCTION.format("from common.spec import Block"),
        lambda house: set(circle(house)) >= {"common.expressions", "common.spec"},
    ),
    "circle for types": (
        "common/wiring.py",
        FOR_TYPES.format("from common import spec"),
        lambda house: set(circle(house)) == {"common.wiring", "common.spec"},
    ),
    "upward": (
        "frontends/workers/pool.py",
        IN_A_FUNCTION.format("import frontends.ladder.verify"),
        lambda house: upward(house) == {("frontends.workers.pool", "frontends.ladder.verify")},
    ),
    "upward within common": (
        "common/errors.py",
        FOR_TYPES.format("from common.network import Network"),
        lambda house: upward(house) == {("common.errors", "common.network")},
    ),
    "room of the same floor": (
        "frontends/writing/text.py",
        "\nfrom frontends.workers import outcomes\n",
        lambda house: upward(house) == {("frontends.writing.text", "frontends.workers.outcomes")},
    ),
    "another dialect": (
        "frontends/torch/dialect.py",
        IN_A_FUNCTION.format("from frontends.paddle.dialect import DIALECT"),
        lambda house: upward(house) == {("frontends.torch.dialect", "frontends.paddle.dialect")},
    ),
    "framework": (
        "common/files.py",
        IN_A_FUNCTION.format("import torch.nn"),
        lambda house: importers(house, HEAVY) - set(IMPORTERS) == {"common.files"},
    ),
    "framework by name": (
        "frontends/writing/text.py",
        "\nfrom paddle.nn import functional\n",
        lambda house: importers(house, HEAVY) - set(IMPORTERS) == {"frontends.writing.text"},
    ),
    "command": (
        "reports/tables.py",
        '\nif __name__ == "__main__":\n    print()\n',
        lambda house: runnable(house) - set(RUNNABLE) == {"reports.tables"},
    ),
    "worker's import": (
        "frontends/torch/runner.py",
        "\nfrom common.files import write_text\n",
        lambda house: closure(house, ENTRIES) - WORKER_SIDE >= {"common.files"},
    ),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A copy of the house without its tests."""
    folder = tmp_path_factory.mktemp("house")
    for each in (each for name, each in HOUSE.items() if room(name) != "parity_tests"):
        target = folder / each.path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(each.path, target)
    return read(folder)


@rows("file, text, reported", PLANTED)
def test_what_is_planted_is_reported(file: str, text: str, reported: object, copied: House) -> None:
    assert callable(reported)
    name = file.removesuffix(".py").replace("/", ".")
    path = copied[name].path
    before = path.read_text(encoding="utf-8")
    assert not reported(HOUSE)
    path.write_text(before + text, encoding="utf-8")
    try:
        assert reported(changed(copied, name))
    finally:
        path.write_text(before, encoding="utf-8")


def test_a_lost_command_is_reported(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "build.py").write_text("def main() -> int:\n    return 0\n")
    assert "reports.build" in set(RUNNABLE) - runnable(read(tmp_path))

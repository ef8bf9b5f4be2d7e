"""Who may import what: no framework in the parent, numpy alone in common, Python 3.7 in workers."""

from __future__ import annotations

import ast
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontends.frameworks import FRAMEWORKS
from frontends.workers.environments import ROOT
from parity_tests.rows import rows

HEAVY = {"tensorflow", "keras", "paddle", "torch"}
COMMANDS = {
    name: name
    for name in (
        "frontends.verify",
        "frontends.emit",
        "frontends.convert",
        "frontends.environments",
        "benchmarks.run",
        "reports.build",
    )
    if (ROOT / f"{name.replace('.', '/')}.py").exists()
}
# Reads what libraries wrote, in a process of its own; unpickles arrays and nothing else.
READER = ROOT / "frontends" / "checkpoints" / "read.py"
OUR_OWN = {"common", "frontends"}
# What a worker imports of ours, beside the modules of its framework.
SHARED = {
    "common.errors",
    "common.recipes.recipe",
    "frontends.workers.arrays",
    "frontends.workers.channel",
    "frontends.workers.encoding",
    "frontends.workers.layouts",
    "frontends.workers.outcomes",
    "frontends.workers.protocol",
    "frontends.workers.recording",
}
OWN = ("layout", "runner")  # of each framework
WORKER_SIDE = {
    name: ROOT / f"{name.replace('.', '/')}.py"
    for name in (
        "frontends.workers.worker",
        *SHARED,
        *(f"frontends.{framework}.{module}" for framework in FRAMEWORKS for module in OWN),
    )
}


def _sources(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def _imports(path: Path, version: tuple[int, int] = (3, 10)) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=version)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found


def test_the_commands_are_there() -> None:
    assert {"frontends.verify", "frontends.emit"} <= set(COMMANDS)


@rows("module", COMMANDS)
def test_the_parent_imports_no_framework(module: str) -> None:
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(json.loads(done.stdout))


def test_common_imports_numpy_alone() -> None:
    allowed = {"numpy", "common"} | sys.stdlib_module_names
    for path in _sources("common"):
        tops = {name.split(".")[0] for name in _imports(path)}
        prints = {"tabulate"} if path.name == "__main__.py" else set()
        assert tops <= allowed | prints, f"{path}: {tops - allowed}"


def test_a_framework_is_imported_by_what_runs_apart() -> None:
    for path in _sources("common", "frontends", "benchmarks", "reports"):
        modules = _imports(path)
        tops = {name.split(".")[0] for name in modules} & HEAVY
        apart = path.name in ("runner.py", "check.py") or path == READER
        assert not tops or apart, f"{path}: {tops}"
        assert not {name for name in modules if name.endswith((".runner", ".check", ".read"))}, path


def test_every_framework_has_its_modules() -> None:
    for module in OWN:
        found = {path.parent.name for path in (ROOT / "frontends").glob(f"*/{module}.py")}
        assert found == set(FRAMEWORKS)


def test_packages_of_the_workers_side_import_nothing() -> None:
    packages = {ROOT / path.parent / "__init__.py" for path in WORKER_SIDE.values()}
    assert len(packages) == len(FRAMEWORKS) + 3
    for path in packages:
        assert not _imports(path, (3, 7)), path


@rows("path", WORKER_SIDE)
def test_the_workers_side_is_python_3_7_and_stands_alone(path: Path) -> None:
    modules = _imports(path, (3, 7))
    ours = {name for name in modules if name.split(".")[0] in OUR_OWN}
    layout = {f"frontends.{path.parent.name}.layout"} if path.name == "runner.py" else set()
    packages = {"frontends.workers"} if path.name == "worker.py" else set()
    assert ours <= SHARED | layout | packages
    others = {name.split(".")[0] for name in modules - ours}
    own = HEAVY if path.name == "runner.py" else set()
    assert others <= own | {"numpy"} | sys.stdlib_module_names


def test_nothing_is_pickled() -> None:
    for path in _sources("common", "frontends", "benchmarks", "reports"):
        text = path.read_text(encoding="utf-8")
        tops = {name.split(".")[0] for name in _imports(path)}
        assert not tops & {"marshal", "shelve", "dill", "cloudpickle"}, path
        assert "pickle" not in tops or path == READER, path
        used = set(re.findall(r"pickle\.(\w+)", text))
        assert used <= {"Unpickler", "UnpicklingError"}, f"{path}: {used}"
        assert "allow_pickle=True" not in text and "weights_only=False" not in text, path


def test_the_reader_of_foreign_files_builds_arrays_alone(tmp_path: Path) -> None:
    """A file that holds anything that could run is refused."""
    bad = tmp_path / "bad.pdparams"
    bad.write_bytes(pickle.dumps({"weight": Path("harmless")}))
    command = [
        sys.executable,
        "-m",
        "frontends.checkpoints.read",
        "paddle.vision",
        str(bad),
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "which is no array" in done.stderr


def test_python_3_7_is_held_to(tmp_path: Path) -> None:
    """The grammar check is one: what came later is refused."""
    for text in ("with (open('a') as a, open('b') as b):\n    pass\n", "if (n := 1):\n    pass\n"):
        (tmp_path / "later.py").write_text(text)
        with pytest.raises(SyntaxError):
            _imports(tmp_path / "later.py", (3, 7))

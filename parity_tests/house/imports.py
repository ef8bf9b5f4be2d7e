"""Reads the source of the house: which module imports which, in whatever function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from parity_tests.house.rooms import FLOORS, PACKAGES


@dataclass(frozen=True)
class Module:
    """A module of ours: its dotted name, its file, and every module that it imports anywhere."""

    name: str
    path: Path
    imports: frozenset[str]

    def tops(self) -> set[str]:
        """Return the top-level names of what it imports."""
        return {name.split(".")[0] for name in self.imports}


House = Mapping[str, Module]


def read(root: Path) -> House:
    """Return the modules below a folder that has (some of) the packages, by name."""
    files = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    paths = {_name(path.relative_to(root)): path for path in files}
    return {name: _module(name, path, paths) for name, path in paths.items()}


def changed(house: House, name: str) -> House:
    """Return a house of which one module was written anew."""
    paths = {each: module.path for each, module in house.items()}
    return {**house, name: _module(name, paths[name], paths)}


def imports_of(path: Path, version: tuple[int, int] = (3, 10)) -> set[str]:
    """Return the modules that a file imports, wherever in it. Raises SyntaxError."""
    return _imported(path, {}, version)


def _module(name: str, path: Path, known: Iterable[str]) -> Module:
    return Module(name, path, frozenset(_imported(path, known) - {name}))


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, known: Iterable[str], version: tuple[int, int] = (3, 10)) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=version)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not (node.level and "readers" in path.parts):
            assert node.level == 0 and node.module, f"{path}: a relative import"
            each = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = each & set(known)
            found |= modules if modules == each else {*modules, node.module}
    return found


def circle(house: House) -> list[str]:
    """Return the modules of one circle of imports, [] if there is none."""
    ours = {name: sorted(each.imports & set(house)) for name, each in house.items()}
    try:
        TopologicalSorter(ours).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def room(module: str) -> str:
    """Return the room that a module is in."""
    rooms = [name for floor in FLOORS for name in floor]
    return max((name for name in rooms if f"{module}.".startswith(f"{name}.")), key=len)


def upward(house: House) -> set[tuple[str, str]]:
    """Return (module, imported) where an import goes up or to a room of the same floor."""
    level = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    return {
        (name, other)
        for name, each in house.items()
        for other in each.imports & set(house)
        if room(name) != room(other) and level[room(other)] >= level[room(name)]
    }


def importers(house: House, packages: set[str]) -> set[str]:
    """Return the modules that import one of some packages from outside."""
    return {name for name, each in house.items() if each.tops() & packages}


def runnable(house: House) -> set[str]:
    """Return the modules that do something when they are run."""
    return {n for n, each in house.items() if n.endswith(".__main__") or _has_main(each.path)}


def _has_main(path: Path) -> bool:
    tests = [n.test for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.If)]
    return any(ast.unparse(test) == "__name__ == '__main__'" for test in tests)


def closure(house: House, entries: Iterable[str]) -> set[str]:
    """Return modules with all of ours that they import, and the packages that these are in."""
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name in house and name not in found:
            found.add(name)
            waiting += [name.rpartition(".")[0], *house[name].imports]
    return found

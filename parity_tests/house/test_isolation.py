"""What each side loads: no framework in the parent, numpy in common, Python 3.7 in workers."""

from __future__ import annotations

import ast
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from frontends.workers.environments import ROOT
from parity_tests.house.imports import imports_of, read
from parity_tests.house.rooms import (
    ENTRIES,
    HEAVY,
    IMPORTERS,
    PACKAGES,
    PROGRAMS,
    RUNNABLE,
    WORKER_SIDE,
)
from parity_tests.rows import rows

HOUSE = read(ROOT)
READER = "frontends.checkpoints.read"
UNPICKLES = {
    "common.pickles": "arrays and nothing else",
    "frontends.checkpoints.pickles": "of the reader's process: tensors and nothing else",
}


def _loaded(module: str, folder: Path) -> set[str]:
    """Return the frameworks that are there once a module is imported."""
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return HEAVY & set(json.loads(done.stdout))


@rows("module", {name: name for name in RUNNABLE if not name.startswith(PROGRAMS)})
def test_the_parent_loads_no_framework(module: str) -> None:
    assert _loaded(module, ROOT) == set()


def test_a_framework_that_is_loaded_is_seen(tmp_path: Path) -> None:
    """Also by way of what a module imports."""
    for name, text in {"torch": "", "other": "import torch\n", "command": "import other\n"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert _loaded("command", tmp_path) == {"torch"}


def test_common_imports_numpy_alone() -> None:
    allowed = {"numpy", "common"} | sys.stdlib_module_names
    images = {f"common.datasets.{name}": {"PIL"} for name in ("augment", "pictures")}
    others = images | {
        "common.networks.__main__": {"tabulate"},
        "common.datasets.matlab": {"scipy"},
    }
    ours = {name: each for name, each in HOUSE.items() if name.split(".")[0] == "common"}
    assert set(others) <= set(ours)
    for name, each in ours.items():
        assert each.tops() <= allowed | others.get(name, set()), name


@rows("name", {name: name for name in sorted(WORKER_SIDE)})
def test_the_workers_side_is_python_3_7_and_stands_alone(name: str) -> None:
    modules = imports_of(HOUSE[name].path, (3, 7))
    tops = {each.split(".")[0] for each in modules} - set(PACKAGES)
    own = HEAVY if name in IMPORTERS else set()
    assert tops <= own | {"numpy"} | sys.stdlib_module_names


def test_every_command_line_is_read_by_the_house_s_parser() -> None:
    """It refuses in one line, and takes options in full alone."""
    texts = {
        name: each.path.read_text(encoding="utf-8")
        for name, each in HOUSE.items()
        if not name.startswith("parity_tests.cases.readers.")  # as people write
    }
    del texts["frontends.writing.running"]  # the parser is that of the files it writes
    assert [name for name, text in texts.items() if re.search(r"ArgumentParser\(", text)] == []


def test_python_3_7_is_held_to(tmp_path: Path) -> None:
    """The grammar check is one: what came later is refused."""
    for text in ("with (open('a') as a, open('b') as b):\n    pass\n", "if (n := 1):\n    pass\n"):
        (tmp_path / "later.py").write_text(text)
        with pytest.raises(SyntaxError):
            imports_of(tmp_path / "later.py", (3, 7))


SAFE = {"pickle.Unpickler", "pickle.UnpicklingError"}


def unpickles(text: str) -> bool:
    """Return whether a module takes more of pickle than a class to make a safe one of."""
    nodes = list(ast.walk(ast.parse(text)))
    imports = {ast.unparse(n) for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom))}
    used = [n for n in nodes if isinstance(n, ast.Name) and n.id == "pickle"]
    safe = [n for n in nodes if isinstance(n, ast.Attribute) and ast.unparse(n) in SAFE]
    harmless = {"import pickle", "import pickletools"}  # which takes pickles apart
    ours = ("from common.pickles ", "from frontends.")
    beside = {n for n in imports if "pickle" in n and not n.startswith(ours)} - harmless
    return bool(beside) or len(used) != len(safe)


PICKLES = {
    "load": "import pickle\npickle.load(stream)\n",
    "from": "from pickle import load\n",
    "as": "import pickle as p\np.load(stream)\n",
    "C": "import _pickle\n_pickle.load(stream)\n",
    "by name": 'import pickle\ngetattr(pickle, "load")(stream)\n',
}


@rows("text", PICKLES)
def test_what_unpickles_is_seen(text: str) -> None:
    assert unpickles(text)


def test_nothing_is_pickled() -> None:
    for name, each in HOUSE.items():
        if name.split(".")[0] == "parity_tests":
            continue
        text = each.path.read_text(encoding="utf-8")
        assert not each.tops() & {"marshal", "shelve", "dill", "cloudpickle"}, name
        assert "pickle" not in each.tops() or name in UNPICKLES, name
        assert not unpickles(text), name
        assert "allow_pickle=True" not in text and "weights_only=False" not in text, name
    assert set(UNPICKLES) <= set(HOUSE) and not set(UNPICKLES) & set(ENTRIES)


def test_the_reader_of_foreign_files_builds_arrays_alone(tmp_path: Path) -> None:
    """A file that holds anything that could run is refused."""
    bad = tmp_path / "bad.pdparams"
    bad.write_bytes(pickle.dumps({"weight": Path("harmless")}))
    command = [sys.executable, "-m", READER, "paddle", str(bad), str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "which is no array" in done.stderr

"""What the README and the docstrings show is so: commands parse, examples run."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
import shlex
import sys

import pytest

import common
from common.errors import TriptychError
from frontends import api, verify
from frontends.__main__ import COMMANDS
from frontends.ladder.rungs import RUNGS
from frontends.workers.environments import ROOT
from parity_tests.commands.parsing import parse_only
from parity_tests.rows import rows
from reports.readme import with_rungs

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line]
MODULES = re.findall(r"python -m ([\w.]+)", README + MAKEFILE)
DOCUMENTED = ["common.expressions", "common.spec", "common.text", "frontends.api"]
COMMON = [m.name for m in pkgutil.walk_packages(common.__path__, "common.")]


def refusal(line: str) -> str | None:
    """Return what is wrong with a line of a shell block, None if nothing is."""
    words = shlex.split(line, comments=True)
    if words[0] == "triptych":
        return parse_only(words[1:])
    if words[0] == "make":
        known = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
        return None if set(words[1:]) <= known else f"no such target: {words[1:]}"
    return f"neither triptych nor make: {line}"


@rows("line", {line: line for line in LINES})
def test_a_command_of_the_readme_parses(line: str) -> None:
    assert refusal(line) is None


def test_make_bench_runs_what_the_readme_says() -> None:
    (said,) = re.findall(r"`make bench` runs `python (-m [^`]+)`", README)
    assert f"\t$(BIN)/python {said}\n" in MAKEFILE


WRONG = {
    "command": "triptych verfy resnet18",
    "option": "triptych verify resnet18 --frameworks torch,paddle",
    "network": "triptych verify resnet51",
    "network to show": "triptych networks show resnet51",
    "network to compare with": "triptych verify resnet50 --against resnet51",
    "network of a library": "triptych convert a.pth b.safetensors --network resnet51",
    "value": "triptych bench --device tpu",
    "value of a report": "triptych report networks --where reports",
    "what does not go together": "triptych verify resnet18 --names n.json",
    "target": "make coffee",
    "program": "trypticon verify resnet18",
}


@rows("line", WRONG)
def test_a_wrong_command_would_be_found(line: str) -> None:
    assert refusal(line) is not None


def test_the_readme_has_every_subcommand() -> None:
    starts = [f"triptych {each.name}" for each in COMMANDS]
    assert [start for start in starts if not any(line.startswith(start) for line in LINES)] == []
    assert {kind for kind, _ in BLOCKS} == {"sh", "python", "json", ""}


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"venv", "pip", "pytest"}))
def test_a_module_that_is_named_is_there(module: str) -> None:
    found = importlib.util.find_spec(module)
    assert found is not None
    assert not found.submodule_search_locations or importlib.util.find_spec(f"{module}.__main__")


def test_the_rungs_of_the_readme_are_those_of_the_ladder() -> None:
    """`make report` writes them."""
    assert with_rungs(README) == README
    assert with_rungs(README.replace(RUNGS[0].holds, "what held once")) == README
    with pytest.raises(TriptychError, match="no <!-- rungs --> … <!-- /rungs --> to write between"):
        with_rungs("no marks")


def test_the_help_has_every_rung() -> None:
    said = verify.parser("triptych verify").format_help()
    assert [rung.name for rung in RUNGS if f"\n  {rung.name}\n    {rung.holds}\n" not in said] == []


@pytest.mark.complete
def test_examples_in_docstrings_run() -> None:
    tried = {}
    for name in [*COMMON, "frontends.api"]:
        if not name.endswith("__main__"):
            failed, tried[name] = doctest.testmod(importlib.import_module(name))
            assert not failed, name
    assert [name for name, count in tried.items() if count] == DOCUMENTED
    for name in DOCUMENTED:  # none is passed over
        assert "+SKIP" not in inspect.getsource(sys.modules[name])


def test_examples_of_the_readme_run() -> None:
    text = "".join(text for kind, text in BLOCKS if kind == "python")
    test = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    assert len(test.examples) >= 5
    failed, tried = doctest.DocTestRunner().run(test)
    assert not failed and tried == len(test.examples)


@pytest.mark.complete
def test_examples_of_two_files_run() -> None:
    failed, tried = doctest.testfile(str(ROOT / "reports" / "python.md"), module_relative=False)
    assert not failed and tried > 20


def test_the_python_api_is_whole() -> None:
    assert api.__all__ == sorted(api.__all__, key=lambda name: (not name.isupper(), name))
    public = {name for name in vars(api) if not name.startswith("_")} - {"annotations"}
    assert public == set(api.__all__)

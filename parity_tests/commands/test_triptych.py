"""The one command: one screen, one table, and nothing loaded that a subcommand does not need."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import shlex
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from common.arguments import RUNS
from common.errors import TriptychError, ending
from frontends import __main__ as triptych
from frontends.__main__ import COMMANDS, Command
from frontends.workers.environments import ROOT
from parity_tests.commands.parsing import parse_only
from parity_tests.rows import rows

ROOMS = {"common", "frontends", "reports", "benchmarks", "parity_tests"}
BY_NAME = {each.name: each for each in COMMANDS}
NAMES = ("triptych", "python -m frontends")
# What the help of a subcommand must not load; no framework goes without saying.
NOT_LOADED = {
    "networks": "frontends.frameworks frontends.writing frontends.workers reports benchmarks",
    "emit": "frontends.ladder frontends.workers frontends.checkpoints reports benchmarks",
    "verify": "frontends.checkpoints reports benchmarks matplotlib",
    "train": "benchmarks",
    "experiment": "benchmarks",
    "bench": "frontends.checkpoints",
    "report runs": "benchmarks frontends.checkpoints",
    "report networks": "benchmarks frontends.checkpoints frontends.workers matplotlib",
    "report rounding": "benchmarks frontends.ladder frontends.workers matplotlib",
    "data": "frontends.ladder frontends.writing frontends.workers reports benchmarks",
    "report handbook": "benchmarks frontends.ladder matplotlib",
    "probe": "benchmarks frontends.ladder matplotlib",
    "upgrade": "benchmarks frontends.ladder matplotlib jinja2",
    "convert": "frontends.ladder frontends.writing reports benchmarks",
    "environments": "frontends.ladder frontends.writing reports benchmarks numpy",
    "doctor": "frontends.ladder frontends.writing reports benchmarks numpy",
}
HEAVY = "tensorflow keras paddle torch"


def loaded(arguments: list[str]) -> set[str]:
    """Return the modules that the command has loaded when it has done what is asked."""
    code = (
        "import json, sys\nbefore = set(sys.modules)\n"
        "from frontends.__main__ import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [[], ["--help"], ["report", "--help"]])
def test_the_screen_loads_nothing(arguments: list[str]) -> None:
    found = loaded(arguments)
    ours = {name for name in found if name.partition(".")[0] in ROOMS}
    needed = {"common", "common.errors", "common.signals", "frontends", "frontends.__main__"}
    assert ours == needed
    assert {name.partition(".")[0] for name in found - ours} <= sys.stdlib_module_names
    assert not found & {"argparse", "difflib", "inspect", "subprocess"}


@rows("name", {name: name for name in ("networks", "emit", "verify", "train", "bench", "convert")})
def test_help_says_what_is_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        triptych.main([name, "--help"])
    assert RUNS in " ".join(capsys.readouterr().out.split())


@rows("command", BY_NAME)
def test_a_subcommand_loads_what_it_needs(command: Command) -> None:
    found = loaded([*command.name.split(), "--help"])
    assert command.module in found
    assert not found & set(f"{NOT_LOADED[command.name]} {HEAVY}".split())


def test_the_table_is_whole() -> None:
    assert set(BY_NAME) == set(NOT_LOADED) and len(BY_NAME) == len(COMMANDS)
    firsts = set(
        "networks emit verify train experiment bench report probe upgrade data convert "
        "environments doctor".split()
    )
    assert {each.name.split()[0] for each in COMMANDS} == firsts
    assert set(triptych.SHOWN) <= set(BY_NAME)


@rows("command", BY_NAME)
def test_a_subcommand_is_called_by_the_name_it_is_given(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module(command.module).main
    defaults = {n: p.default for n, p in inspect.signature(main).parameters.items()}
    module = command.module.removesuffix(".__main__")
    assert defaults == {"arguments": None, "prog": f"python -m {module}"}
    with pytest.raises(SystemExit) as left:
        triptych.main([*command.name.split(), "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: triptych {command.name} ")


@rows("command", BY_NAME)
def test_an_example_parses(command: Command) -> None:
    assert parse_only(shlex.split(command.example)) is None


@pytest.mark.parametrize("prog", NAMES)
def test_all_is_on_one_screen(prog: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert triptych.main([], prog) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100
    for command in COMMANDS:
        assert any(re.match(rf"  {command.name}  +{command.about}$", line) for line in lines)
    assert sum(line.startswith(f"  {prog} ") for line in lines) == len(triptych.SHOWN) == 2


UNKNOWN = {
    "near": (["verfy"], "triptych: unknown command 'verfy'; did you mean verify?"),
    "nearer": (
        ["enviroments", "list"],
        "unknown command 'enviroments'; did you mean environments?",
    ),
    "far": (
        ["serve"],
        "triptych: unknown command 'serve'; available: networks, emit, verify, train, experiment",
    ),
    "meant": (["compare", "a", "b"], "unknown command 'compare'; did you mean verify FILE FILE?"),
    "meant, too": (["fit"], "triptych: unknown command 'fit'; did you mean train NETWORK?"),
    "option": (["--verbose"], "triptych: unknown command '--verbose'; available: networks"),
    "of two words": (["report"], "triptych: report: which? runs, networks"),
    "other second word": (["report", "page"], "triptych: report: which? runs, networks"),
    "network": (["networks", "show", "resnet51"], "triptych networks: unknown network 'resnet51'"),
    "option of a subcommand": (["doctor", "--fast"], "triptych doctor: unrecognized arguments"),
}


def test_what_is_meant_is_a_command() -> None:
    for word, meant in triptych.MEANT.items():
        assert triptych.find(meant.split()).name and word not in {n.split()[0] for n in BY_NAME}


@rows("arguments, message", UNKNOWN)
def test_a_mistake_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(lambda: triptych.main(arguments), "triptych") == 2
    out, err = capsys.readouterr()
    assert not out and len(err.splitlines()) == 1 and message in err, err


def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(triptych, "COMMANDS", [Command("gone", "no_such_module", "", "")])
    assert triptych.main(["gone"]) == 2
    said = "triptych gone: No module named 'no_such_module': run `pip install -e .`"
    assert capsys.readouterr().err.startswith(said)


def test_the_version_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert triptych.main(["--version"]) == 0
    assert capsys.readouterr().out == f"triptych {metadata.version('triptych')}\n"

    def version(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(TriptychError, match=r"^not installed.* run `pip install -e .`"):
        triptych.main(["--version"])


def run(*arguments: str, **how: Any) -> subprocess.CompletedProcess[bytes]:
    """Run Python in a process of its own."""
    given: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT} | how
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        [sys.executable, *arguments], check=False, **given
    )
    return done


FORMS = {
    "python -m frontends": ("frontends", "python -m frontends: unknown command 'x'"),
    "python -m frontends.verify": ("frontends.verify", "python -m frontends.verify: unknown net"),
    "python -m common.networks": ("common.networks", "python -m common.networks: argument COMMAND"),
}


@rows("module, message", FORMS)
def test_a_module_is_called_by_its_own_name(module: str, message: str) -> None:
    done = run("-m", module, "x")
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.decode().startswith(message) and done.stderr.count(b"\n") == 1


def test_the_program_is_declared() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    scripts = text.split("[project.scripts]\n")[1].split("\n\n")[0]
    assert scripts == 'triptych = "frontends.__main__:entry"'
    called = "import sys; sys.argv = ['triptych', 'verfy']; from frontends.__main__ import entry"
    done = run("-c", f"{called}; sys.exit(entry())")
    assert done.returncode == 2 and done.stderr.startswith(b"triptych: unknown command 'verfy'")


LOCALES = {
    "POSIX": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
}


@rows("variables", LOCALES)
def test_text_is_utf_8_in_any_locale(variables: dict[str, str]) -> None:
    done = run("-m", "frontends", "networks", "show", "rir18", env={"PATH": "/bin"} | variables)
    assert done.returncode == 0 and not done.stderr
    assert "96×16×16" in done.stdout.decode("utf-8")


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # with it argparse drops what fails
    for arguments in (["networks", "show", "rir18"], ["emit", "--help"], ["verify", "--help"], []):
        with Path("/dev/full").open("w") as full:
            done = run("-m", "frontends", *arguments, stdout=full)
        assert done.returncode == 2 and done.stderr.count(b"\n") == 1, done.stderr
        assert b"No space left on device" in done.stderr


NOWHERE = b"cannot write to standard output or a temporary file: Bad file descriptor"
CLOSED = {
    "standard output": (">&-", 2, NOWHERE),
    "standard error": ("2>&-", 0, b""),
    "standard input": ("<&-", 0, b""),
    "all": ("<&- >&- 2>&-", 2, b""),
    "a full standard error": ("--nothing 2>/dev/full", 2, b""),
}


@rows("how, code, said", CLOSED)
def test_a_stream_that_is_closed(how: str, code: int, said: bytes) -> None:
    shell = f'exec "$0" -m frontends emit resnet18 --dialect torch {how}'
    done = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == code and said in done.stderr and done.stderr.count(b"\n") <= 1
    assert (b"import torch" in done.stdout) == (code == 0)


def test_a_file_is_written_in_any_locale_under_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a b" / "ü"
    line = ["emit", "rir18", "--dialect", "all", "--out", str(folder)]
    done = run("-m", "frontends", *line, env=LOCALES["POSIX"])
    note = b"written, not loaded: --load does that, --verified more\n"
    assert done.returncode == 0 and done.stderr == note and len(list(folder.iterdir())) == 5


def test_memory_that_is_not_there_is_one_line() -> None:
    code = "def main():\n    bytearray(2**62)\nfrom common.errors import ending\n"
    done = run("-c", code + "raise SystemExit(ending(main, 'x'))")
    assert done.returncode == 2 and done.stderr == b"x: out of memory\n"


def test_a_reader_that_leaves_is_no_mistake() -> None:
    code = (
        "import os, sys\nread, write = os.pipe()\nos.close(read)\nos.dup2(write, 1)\n"
        "sys.argv = ['triptych', 'networks', 'show', 'rir18']\n"
        "from frontends.__main__ import entry\nentry()"
    )
    done = run("-c", code)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_while_loading_is_one_word(tmp_path: Path) -> None:
    """The clean ending stands before what takes long to import."""
    slow = "import time\nprint('loading', flush=True)\ntime.sleep(60)\n"
    (tmp_path / "slow_to_load.py").write_text(slow)
    code = (
        f"import sys\nsys.path.append({str(tmp_path)!r})\nsys.argv = ['triptych', 'slow']\n"
        "from frontends import __main__ as triptych\n"
        "triptych.COMMANDS = [triptych.Command('slow', 'slow_to_load', '', '')]\n"
        "triptych.entry()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"loading\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr.read() == b"interrupted\n"

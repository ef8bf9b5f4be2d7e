"""Which panels work here, and what to do about the others: `triptych doctor`.

It stands on as little as it can, to tell of what is missing: no numpy, and no framework but in a
worker, which imports it and says its versions.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import re
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata

from common import machine
from common.arguments import Parser, seconds
from common.errors import TriptychError, run_command
from common.text import one_line
from frontends.frameworks import FRAMEWORKS, TABLE
from frontends.workers.environments import find_python, interpreter, variable
from frontends.workers.outcomes import NOT_INSTALLED, TIMED_OUT, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello, Memory

WORKS, UNREADABLE = "works", "cannot be read"
TOOLS = (
    "numpy", "ruff", "tabulate", "rich", "safetensors", "matplotlib", "h5py", "pillow",
    "scipy", "threadpoolctl", "jinja2", "pygments", "markdown-it-py",
)  # fmt: skip
MODULES = {
    "pillow": "PIL",
    "markdown-it-py": "markdown_it",
}  # where a package is not imported by its own name
INSTALL = "python -m pip install -e ."


@dataclass(frozen=True)
class Panel:
    """What a framework's worker said: its state, versions, whether it sees a GPU, what to do."""

    framework: str
    state: str
    interpreter: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    gpu: bool | None = None
    why: str = ""

    @property
    def works(self) -> bool:
        return self.state == WORKS

    @property
    def remedy(self) -> str:
        """Return the command that mends it, "" where nothing is to be done."""
        framework, named = TABLE[self.framework], variable(self.framework)
        if self.works:
            return ""
        if self.why.startswith(named):
            return f"unset {named}, or have it name an interpreter"
        if self.state == UNREADABLE:
            return "make the folder readable, or set XDG_CACHE_HOME to another"
        if self.state == TIMED_OUT:
            return "triptych doctor --timeout 300"
        if framework.historical:
            return f"triptych environments create {self.framework}"
        force = "" if self.state == NOT_INSTALLED else "--force-reinstall "
        install = f"-m pip install {force}{requirement(framework.package)}"
        return f"{self.interpreter or 'python'} {install}"


def requirement(package: str) -> str:
    """Return a package with the versions that this project asks for, as pip takes it.

    "-e ." where the project itself is not installed, which brings all of them.
    """
    try:
        stated = metadata.requires("triptych") or []
    except metadata.PackageNotFoundError:
        return "-e ."
    found = (each for each in stated if re.match(rf"{package}\b(?!-)", each))
    return shlex.quote(next(found, package))


def examine(workers: Workers, framework: str, timeout: float) -> Panel:
    """Start a framework's worker and have it say hello."""
    python = ""
    try:
        python = interpreter(framework)
        hello = workers.request(framework, Hello(), timeout)
        memory = workers.request(framework, Memory(), timeout)
    except TriptychError as error:
        return Panel(framework, NOT_INSTALLED, python, why=str(error))
    except WorkerError as error:
        return Panel(framework, error.outcome.kind, python, why=error.outcome.message)
    except (OSError, RuntimeError) as error:  # a cache of no access, no home, no program
        return Panel(framework, UNREADABLE, python, why=str(error))
    versions = dict(hello.versions)
    if python == sys.executable:
        versions.setdefault("python", platform.python_version())
    return Panel(framework, WORKS, python, versions, memory.peak_device is not None)


def panels(timeout: float) -> list[Panel]:
    """Return all panels, examined side by side. An interrupt ends the workers, and so the pool."""
    with ThreadPoolExecutor(len(FRAMEWORKS)) as pool, Workers("gpu") as workers:
        return list(pool.map(lambda name: examine(workers, name, timeout), FRAMEWORKS))


def text(found: Sequence[Panel]) -> str:
    """Return the panels as a table, what to do about those that do not work, and the machine."""
    rows = [
        (
            TABLE[each.framework].label,
            each.state,
            ", ".join(f"{name} {version}" for name, version in each.versions.items()),
            {True: "yes", False: "no", None: ""}[each.gpu],
        )
        for each in found
    ]
    blocks = [_table([("panel", "state", "versions", "GPU"), *rows])]
    for each in found:
        if not each.works:
            blocks.append(f"{each.framework}: {one_line(each.why)[:200]}\n  to do: {each.remedy}")
    return "\n\n".join([*blocks, _surroundings()])


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns; tabulate may be what is missing."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _surroundings() -> str:
    memory, temporary = machine.memory(), machine.temporary()
    room = f"{machine.sized(temporary[1])} free in {temporary[0]}" if temporary else "no folder"
    lines = {
        "machine": f"{machine.cores()} cores, "
        f"{machine.sized(memory) if memory else 'unknown'} memory",
        "temporary files": room,
        "Python 3.7": _python37(),
        "tools": _tools(),
    }
    return "\n".join(f"{name:<16} {value}" for name, value in lines.items())


def _python37() -> str:
    try:
        return find_python(install=False)
    except TriptychError as error:
        return str(error)


def _tools() -> str:
    """Return the versions of what the parent uses, and what is missing or broken of it."""
    there, ill = [], []
    for package in TOOLS:
        try:
            importlib.import_module(MODULES.get(package, package))
            there.append(f"{package} {metadata.version(package)}")
        except ModuleNotFoundError:
            ill.append(f"{package} missing")
        except (ImportError, metadata.PackageNotFoundError):
            ill.append(f"{package} broken")
    return ", ".join([*there, *ill]) + (f"; to do: {INSTALL}" if ill else "")


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        description="Start every framework once and say which work here, their versions, whether "
        "they see a GPU, and what to do about those that are missing or broken.",
        epilog="Exit codes: 0 TensorFlow, Paddle and PyTorch work; 1 one of them does not; 2 wrong "
        "usage. A historical panel that is missing is told, and fails nothing.",
    )
    limit = "seconds that each framework has to start (default 60)"
    made.add_argument("--timeout", type=seconds, default=60, metavar="S", help=limit)
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options. Raises TriptychError."""
    return parser(prog).parse_args(arguments)


def main(arguments: Sequence[str] | None = None, prog: str = "python -m frontends.doctor") -> int:
    """Print the state of all panels; return 0 if the modern ones work, 1 otherwise."""
    options = parse(arguments, prog)
    found = panels(options.timeout)
    print(text(found))
    return 0 if all(each.works or TABLE[each.framework].historical for each in found) else 1


if __name__ == "__main__":
    run_command(main)

"""The one command, `triptych` or `python -m frontends`: it loads what a subcommand needs, no more.

A subcommand's module has `main(arguments, prog) -> exit code`. The rooms above this one, which
nothing here may import, are named as text.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from common.errors import TriptychError, called, ending
from common.signals import importing


class Command(NamedTuple):
    """A subcommand: its name of one or two words, the module with its `main`, what it does."""

    name: str
    module: str
    about: str
    example: str


COMMANDS = (
    Command(
        "networks",
        "common.networks.__main__",
        "list the networks; show one: parts, counts, JSON, diagram",
        "networks show resnet50",
    ),
    Command(
        "emit",
        "frontends.emit",
        "write a network as the source file of a framework",
        "emit resnet50 --dialect paddle",
    ),
    Command(
        "verify",
        "frontends.verify",
        "prove panels the same network; two networks; your own file",
        "verify se_resnext_cifar",
    ),
    Command(
        "train",
        "reports.train",
        "train panels side by side on the same batches; go on in any",
        "train se_resnext_mnist --data mnist --epochs 1",
    ),
    Command(
        "experiment",
        "reports.experiment",
        "run an experiment of the sources: records, plots, verdicts",
        "experiment resnet_or_se --quick",
    ),
    Command(
        "bench",
        "benchmarks.run",
        "prove the panels, then time those that passed",
        "bench --network resnet50 --batch-size 8 --mode training",
    ),
    Command(
        "report runs",
        "reports.build",
        "build the pages of all runs from their records",
        "report runs",
    ),
    Command(
        "report networks",
        "reports.networks",
        "build the page of the networks and their counts",
        "report networks",
    ),
    Command(
        "report rounding",
        "reports.rounding",
        "build the page of what the float32 rungs allow and catch",
        "report rounding",
    ),
    Command(
        "report handbook",
        "reports.handbook.build",
        "build the migration handbook: its pages and, with --site, its site",
        "report handbook",
    ),
    Command(
        "upgrade",
        "reports.handbook.upgrade",
        "what a file calls of TensorFlow 1 or Fluid, and what to write since",
        "upgrade my_net.py",
    ),
    Command(
        "data",
        "frontends.data",
        "fetch MNIST, CIFAR-10 or Flowers-102; list and show data sets",
        "data fetch cifar10",
    ),
    Command(
        "probe",
        "reports.handbook.probe",
        "find what frameworks do when an argument is left out",
        "probe --framework all --legacy",
    ),
    Command(
        "convert",
        "frontends.convert",
        "weights from any format into any; list what a file holds, and where",
        "convert resnet18.pth resnet18.safetensors --network resnet18",
    ),
    Command(
        "environments",
        "frontends.environments",
        "list or create those of Fluid 1.8 and TensorFlow 1.15",
        "environments create all",
    ),
    Command(
        "doctor",
        "frontends.doctor",
        "say which panels work here, and what to do about the others",
        "doctor",
    ),
)
# What people may call a subcommand, and which it is.
MEANT = {
    **dict.fromkeys(("compare", "diff"), "verify FILE FILE"),
    **dict.fromkeys(("check", "prove", "test"), "verify NETWORK"),
    **dict.fromkeys(("list", "show", "models"), "networks"),
    **dict.fromkeys(("write", "generate", "port", "translate", "export"), "emit NETWORK"),
    **dict.fromkeys(("fit", "run"), "train NETWORK"),
    **dict.fromkeys(("benchmark", "time", "profile"), "bench"),
    **dict.fromkeys(("download", "fetch", "dataset", "datasets"), "data fetch NAME"),
    **dict.fromkeys(("weights", "load", "inspect"), "convert FILE --list"),
    **dict.fromkeys(("migrate", "modernize"), "upgrade FILE.py"),
    **dict.fromkeys(("install", "setup", "env", "envs"), "environments create all"),
}
GROUPS = [each.name.split()[:1] for each in COMMANDS if " " in each.name]
HELP = ("-h", "--help", "help")
INSTALL = "run `pip install -e .` in the repository"
SHOWN = ("emit", "verify")  # whose examples stand on the screen
SCREEN = """\
One network, three panels: TensorFlow, Paddle and PyTorch. Triptych writes a network from one
specification as the source file of each, proves these the same network, trains and times them.

usage: {prog} COMMAND …   ({prog} COMMAND --help explains it)
{commands}
for example:
{examples}
exit codes: 0 all well, 1 something differs, failed or is missing, 2 wrong usage, 130 interrupted"""


def screen(prog: str = "triptych") -> str:
    """Return what the command says of itself when called alone."""
    rows = [f"  {each.name:<15}  {each.about}" for each in COMMANDS]
    examples = [f"  {prog} {each.example}" for each in COMMANDS if each.name in SHOWN]
    return SCREEN.format(prog=prog, commands="\n".join(rows), examples="\n".join(examples))


def main(arguments: Sequence[str] | None = None, prog: str = "triptych") -> int:
    """Run a subcommand, or explain all of them; return the exit code. Raises TriptychError."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in HELP or (given[-1] in HELP and given[:-1] in GROUPS):
        print(screen(prog))
        return 0
    if given[0] == "--version":
        print(f"triptych {_version()}")
        return 0
    command = find(given)
    name = f"{prog} {command.name}"
    rest = given[len(command.name.split()) :]
    return ending(lambda: _run(command, rest, name), name)


def _version() -> str:
    metadata = importlib.import_module("importlib.metadata")
    try:
        return str(metadata.version("triptych"))
    except metadata.PackageNotFoundError:
        raise TriptychError(f"not installed, and so of no version: {INSTALL}") from None


def find(given: Sequence[str]) -> Command:
    """Return the subcommand that the first words name. Raises TriptychError with the near ones."""
    for command in COMMANDS:
        words = command.name.split()
        if list(given[: len(words)]) == words:
            return command
    if list(given[:1]) in GROUPS:
        seconds = [name.split()[1] for name, *_ in COMMANDS if name.startswith(f"{given[0]} ")]
        raise TriptychError(f"{given[0]}: which? {', '.join(seconds)}")
    firsts = list(dict.fromkeys(each.name.split()[0] for each in COMMANDS))
    if given[0] in MEANT:
        raise TriptychError(f"unknown command {given[0]!r}; did you mean {MEANT[given[0]]}?")
    near = importlib.import_module("difflib").get_close_matches(given[0], firsts, 1)
    hint = f"did you mean {near[0]}?" if near else f"available: {', '.join(firsts)}"
    raise TriptychError(f"unknown command {given[0]!r}; {hint}")


def _run(command: Command, rest: list[str], name: str) -> int:
    try:
        with importing():
            module = importlib.import_module(command.module)
    except ModuleNotFoundError as error:
        raise TriptychError(f"{error}: {INSTALL}") from None
    return int(module.main(rest, prog=name))


def entry() -> None:
    """Run the program `triptych`."""
    prog = "triptych" if __name__ != "__main__" else called()
    sys.exit(ending(lambda: main(prog=prog), prog))


if __name__ == "__main__":
    entry()

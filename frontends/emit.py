"""Write a network as source: `python -m frontends.emit NETWORK --dialect torch`."""

from __future__ import annotations

import argparse
import importlib

from common.errors import TriptychError, choose, run_command
from common.networks import available, load
from common.spec import Network
from frontends.files import folder_for, write_text
from frontends.writing import Source

DIALECTS = ("tensorflow", "paddle", "torch", "fluid", "tensorflow1")


def emit(network: Network, dialect: str, taps: bool = False) -> Source:
    """Return the network as written in a dialect.

    With `taps` the file calls `tap` on the result of every step: the twin that is used to find
    where two panels part. Raises TriptychError for an unknown dialect or a network that the
    dialect cannot write.
    """
    choose("dialect", dialect, DIALECTS)
    module = importlib.import_module(f"frontends.{dialect}.dialect")
    source = module.emit(network, taps=taps)
    assert isinstance(source, Source)
    return source


def main() -> int:
    """Write one file per dialect, to standard output or into a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m frontends.emit",
        description="Write a network as a standalone source file.",
        epilog=f"Networks: {', '.join(available())}. "
        "Exit codes: 0 written, 2 wrong usage or a network that cannot be written.",
    )
    parser.add_argument("network", help="a network's name, FILE.json, or FILE.py:function")
    parser.add_argument(
        "--dialect", required=True, help=f"{', '.join(DIALECTS)}, several with commas, or all"
    )
    parser.add_argument("--out", help="a folder to write <network>_<dialect>.py into")
    options = parser.parse_args()
    wanted = DIALECTS if options.dialect == "all" else options.dialect.split(",")
    for dialect in wanted:
        choose("dialect", dialect, (*DIALECTS, "all"))
    if len(wanted) > 1 and not options.out:
        raise TriptychError(f"{len(wanted)} dialects need --out DIR to go to")
    network = load(options.network)
    sources = [emit(network, dialect) for dialect in wanted]
    for source in sources:
        if not options.out:
            print(source.text, end="")
            continue
        path = folder_for(options.out) / f"{network.name}_{source.dialect}.py"
        write_text(path, source.text)
        print(path)
    return 0


if __name__ == "__main__":
    run_command(main)

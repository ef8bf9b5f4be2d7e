"""Weights of other libraries in canonical names: `triptych convert --from keras …`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from common.arguments import NETWORK, RUNS, Parser
from common.errors import TriptychError, run_command
from common.files import file_for
from common.networks.settings import add_set, with_settings
from frontends.checkpoints.convert import convert, network_of
from frontends.checkpoints.libraries import LIBRARIES


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        description="Read a weights file of another library's ResNet, and write it as safetensors "
        "under the canonical names of a network: <path of the step>.<kernel, bias, gamma, beta, "
        "mean or variance>, kernels OIHW, dense weights (out, in).",
        epilog="Files: keras .weights.h5, .keras or legacy .h5; paddle.vision .pdparams; "
        f"torchvision .pth. {RUNS} Exit codes: 0 written, 2 wrong usage or "
        "a file that does not fit.",
    )
    made.add_argument("--from", dest="library", required=True, choices=list(LIBRARIES))
    made.add_argument(
        "--network",
        required=True,
        metavar="NETWORK",
        help=f"{NETWORK}; with keras, resnet50 is resnet50_keras, which has Keras' biases",
    )
    add_set(made)
    made.add_argument("file", metavar="FILE", help="what the library wrote")
    made.add_argument("out", metavar="OUT.safetensors", help="what to write")
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options. Raises TriptychError."""
    options = parser(prog).parse_args(arguments)
    options.file = Path(options.file)
    out = Path(options.out)
    if out.exists() and options.file.exists() and out.samefile(options.file):
        raise TriptychError(f"{out}: would be written over what is read")
    return options


def main(arguments: Sequence[str] | None = None, prog: str = "python -m frontends.convert") -> int:
    """Convert one file; return the exit code. Raises TriptychError."""
    options = parse(arguments, prog)
    network = with_settings(network_of(options.library, options.network), options.settings)
    found = convert(options.library, network, options.file, file_for("OUT", options.out))
    numbers = sum(array.size for array in found.values())
    print(f"{options.out}: {len(found)} tensors, {numbers:,} numbers, for {network.name}")
    return 0


if __name__ == "__main__":
    run_command(main)

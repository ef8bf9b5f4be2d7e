"""Weights of other libraries in canonical names: `python -m frontends.convert --from keras …`."""

from __future__ import annotations

import argparse
from pathlib import Path

from common.errors import run_command
from frontends.checkpoints.convert import convert, network_of
from frontends.checkpoints.libraries import LIBRARIES


def main() -> int:
    """Convert one file."""
    parser = argparse.ArgumentParser(
        prog="python -m frontends.convert",
        description="Read a weights file of another library's ResNet, and write it as safetensors "
        "under the canonical names of a network: <path of the step>.<kernel, bias, gamma, beta, "
        "mean or variance>, kernels OIHW, dense weights (out, in).",
        epilog="Files: keras .weights.h5, .keras or legacy .h5; paddle.vision .pdparams; "
        "torchvision .pth. Nothing in a file is executed. Exit codes: 0 written, 2 wrong usage or "
        "a file that does not fit.",
    )
    parser.add_argument("--from", dest="library", required=True, choices=list(LIBRARIES))
    parser.add_argument(
        "--network",
        required=True,
        metavar="NETWORK",
        help="a network's name, FILE.json, or FILE.py:function; with keras, resnet50 is "
        "resnet50_keras, which has Keras' biases",
    )
    parser.add_argument("file", metavar="FILE", help="what the library wrote")
    parser.add_argument("out", metavar="OUT.safetensors", help="what to write")
    options = parser.parse_args()
    network = network_of(options.library, options.network)
    found = convert(options.library, network, Path(options.file), Path(options.out))
    numbers = sum(array.size for array in found.values())
    print(f"{options.out}: {len(found)} tensors, {numbers:,} numbers, for {network.name}")
    return 0


if __name__ == "__main__":
    run_command(main)

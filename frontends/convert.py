"""Weights of other libraries in canonical names: `python -m frontends.convert --from keras …`."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from common.errors import TriptychError, run_command
from common.networks import load
from common.spec import Network
from frontends.arrays import ArrayReader
from frontends.environments import interpreter
from frontends.files import write_bytes
from frontends.launch import ROOT, environment, scratch
from frontends.libraries import LIBRARIES, Arrays, names, to_canonical

FRAMEWORKS = {"keras": "tensorflow", "paddle.vision": "paddle", "torchvision": "torch"}


def network_of(library: str, name: str) -> Network:
    """Return the network that a library calls by a name, or that a reader brings."""
    return load(LIBRARIES[library].networks.get(name, name))


def read(library: str, path: Path) -> Arrays:
    """Return the arrays of a library's file under its own names. Raises TriptychError."""
    if not path.is_file():
        raise TriptychError(f"{path}: no such file")
    with scratch() as folder:
        out = folder / "arrays.npz"
        command = [interpreter(FRAMEWORKS[library]), "-m", "frontends.libraries.read"]
        done = subprocess.run(
            [*command, library, str(path.resolve()), str(out)],
            cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["nothing"]
            raise TriptychError(f"{path}: not a file that {library} wrote: {said[-1]}")
        with ArrayReader(out) as arrays:
            return dict(arrays.items())


def convert(library: str, network: Network, path: Path, out: Path) -> Arrays:
    """Write a library's weights as safetensors, canonical names and layouts; return them.

    The types of numbers stay. Raises TriptychError; then nothing is written.
    """
    names(network, library)  # before anything is read
    found = to_canonical(network, library, read(library, path), str(path))
    notes = {"network": network.name, "from": library}
    write_bytes(out, save({n: np.ascontiguousarray(a) for n, a in found.items()}, notes))
    return found


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

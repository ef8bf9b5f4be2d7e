"""Weights of other libraries under canonical names, as safetensors."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from common.errors import TriptychError
from common.files import write_bytes
from common.network import Network
from common.networks import load
from frontends.checkpoints.libraries import LIBRARIES, Arrays, names, to_canonical
from frontends.workers.arrays import ArrayReader
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.pool import scratch
from frontends.workers.process import environment

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
        command = [interpreter(FRAMEWORKS[library]), "-m", "frontends.checkpoints.read"]
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

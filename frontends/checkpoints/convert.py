"""Weights of other libraries under canonical names, as safetensors."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from common.counting import with_statistics
from common.errors import TriptychError
from common.files import write_bytes
from common.network import Network
from common.networks import load
from common.text import one_line
from frontends.checkpoints.libraries import LIBRARIES, Arrays, names, to_canonical
from frontends.workers.arrays import ArrayReader
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.process import environment
from frontends.workers.scratch import scratch

SLACK = 10_000_000  # bytes
FRAMEWORKS = {"keras": "tensorflow", "paddle.vision": "paddle", "torchvision": "torch"}


def network_of(library: str, name: str) -> Network:
    """Return the network that a library calls by a name, or that a reader brings."""
    return load(LIBRARIES[library].networks.get(name, name))


def read(library: str, path: Path, network: Network) -> Arrays:
    """Return the arrays of a library's file under its own names. Raises TriptychError.

    A file far larger than the weights of the network is not read at all.
    """
    if not path.is_file():
        raise TriptychError(f"{path}: no such file")
    # float64 at most, and a little beside the numbers
    budget = 8 * with_statistics(network) + SLACK
    if path.stat().st_size > 2 * budget:
        raise TriptychError(
            f"{path}: {path.stat().st_size:,} bytes; the weights of {network.name} take "
            f"{budget:,} at most"
        )
    with scratch() as folder:
        out = folder / "arrays.npz"
        command = [interpreter(FRAMEWORKS[library]), "-m", "frontends.checkpoints.read"]
        done = subprocess.run(
            [*command, library, str(path.resolve()), str(out), str(budget)],
            cwd=ROOT, env=environment(), capture_output=True, check=False,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"its reader ended, {done.returncode}"]
            message = one_line(said[-1])
            raise TriptychError(f"{path}: not a file that {library} wrote: {message}")
        with ArrayReader(out) as arrays:
            return dict(arrays.items())


def convert(library: str, network: Network, path: Path, out: Path) -> Arrays:
    """Write a library's weights as safetensors, canonical names and layouts; return them.

    The types of numbers stay. Raises TriptychError; then nothing is written.
    """
    names(network, library)  # before anything is read
    found = to_canonical(network, library, read(library, path, network), str(path))
    notes = {"network": network.name, "from": library}
    write_bytes(out, save({n: np.ascontiguousarray(a) for n, a in found.items()}, notes))
    return found

"""Other libraries' own networks in processes of their own: made, given weights, run, saved."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np

from frontends.checkpoints.libraries import LIBRARIES
from frontends.checkpoints.stored import Arrays
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.process import environment

PROGRAM = "parity_tests.cases.programs.libraries.run"


def run(library: str, name: str, given: Arrays, folder: Path, save: bool = False) -> Arrays:
    """Return what a library's network gives for `given`: weights, "input" and "cotangent".

    With `save` it leaves files of its weights in `folder`: where none are given, of those that it
    was made with.
    """
    given_path, out = folder / "given.npz", folder / "library.npz"
    write_arrays(given_path, given)
    options = {
        "name": name,
        "dtype": str(np.asarray(given["input"]).dtype),
        "size": given["input"].shape[-1],
        "given": str(given_path),
        "out": str(out),
        "saved": str(folder) if save else "",
    }
    python, module = interpreter(LIBRARIES[library].framework), library.replace(".", "_")
    done = subprocess.run(
        [python, "-m", PROGRAM, module, json.dumps(options)],
        env={**os.environ, **environment()}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    with ArrayReader(out) as found:
        return dict(found.items())

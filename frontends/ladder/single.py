"""What one network gives in one framework: no comparison, the arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from common import weights as probing
from common.errors import TriptychError
from common.network import Network
from frontends.ladder.asked import Asked
from frontends.ladder.compared import Comparison
from frontends.ladder.files import parse_file
from frontends.ladder.runs import Job
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers, kept
from frontends.workers.protocol import ArrayFiles, NetworkFile, Run
from frontends.workers.scratch import scratch
from frontends.writing.emit import emit


def outputs(
    network: Network | str,
    weights: Mapping[str, Any] | None = None,
    inputs: Any = None,
    framework: str = "torch",
    *,
    dtype: str = "float32",
    workers: Workers | None = None,
) -> Any:
    """Return what a network gives in evaluation, (N, *output), as `framework` computes it.

    network: a specification, or a file, "FILE.py:ENTRY[(arguments)][@framework]", whose framework
    is its own. weights: every parameter by canonical name in its canonical layout, of a file as its
    framework's weights files name and lay them out; probe weights if left out. inputs: (N,
    *input_shape), channels first, a few normal samples if left out. dtype: "float32" or "float64".
    Raises TriptychError, one line, for inputs of another shape and for what its framework says.
    """
    with scratch() as folder, kept(workers) as pool:
        if isinstance(network, str):
            return _of_file(network, weights, inputs, dtype, pool, folder)
        return _of_network(network, weights, inputs, framework, dtype, pool, folder)


def _of_file(
    reference: str, weights: Mapping[str, Any] | None, inputs: Any, dtype: str, workers: Workers,
    folder: Path,
) -> Any:  # fmt: skip
    batch = None if inputs is None else np.asarray(inputs, np.float64)
    asked = Asked(inputs=batch, weights=weights)
    comparison = Comparison([parse_file(reference)], asked, workers, folder)
    job = Job(comparison.names[0], dtype=dtype, want=("evaluate",))
    runs = comparison.alone()
    try:
        with runs.run(job).read() as results:
            return results.get("evaluate/output")
    except WorkerError as error:
        raise TriptychError(str(error)) from None


def _of_network(
    network: Network, weights: Mapping[str, Any] | None, inputs: Any, framework: str, dtype: str,
    workers: Workers, folder: Path,
) -> Any:  # fmt: skip
    values = dict(probing.probe(network) if weights is None else weights)
    batch = probing.inputs(network, 2) if inputs is None else np.asarray(inputs)
    if batch.shape[1:] != network.input_shape:
        raise TriptychError(f"inputs of shape {batch.shape}, expected (N, *{network.input_shape})")
    source = emit(network, framework)
    path = folder / f"{network.name}.py"
    path.write_text(source.text, encoding="utf-8")
    names = {**source.names, **source.own.parameters}
    file = NetworkFile(str(path), source.entry, network.input_shape, dtype, official_names=names)
    places = [str(folder / f"{each}.npz") for each in ("weights", "inputs", "results")]
    write_arrays(places[0], values)
    write_arrays(places[1], {"input": batch})
    try:
        workers.request(framework, Run(file, ArrayFiles(*places), ("evaluate",)))
    except WorkerError as error:
        raise TriptychError(str(error)) from None
    with ArrayReader(places[2]) as results:
        return results.get("evaluate/output")

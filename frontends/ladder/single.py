"""What one network gives in one framework: no comparison, the arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from common import weights as probing
from common.errors import TriptychError
from common.network import Network
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import ArrayFiles, NetworkFile, Run
from frontends.workers.scratch import scratch
from frontends.writing.emit import emit


def outputs(
    network: Network,
    weights: Mapping[str, Any] | None = None,
    inputs: Any = None,
    framework: str = "torch",
    *,
    dtype: str = "float32",
    workers: Workers | None = None,
) -> Any:
    """Return what a network gives in evaluation, (N, *output), as `framework` computes it.

    weights: every parameter by canonical name in its canonical layout, probe weights if left out.
    inputs: (N, *input_shape), channels first, two normal samples if left out. dtype: "float32" or
    "float64". Raises TriptychError, one line, for inputs of another shape and for what its
    framework says.
    """
    values = dict(probing.probe(network) if weights is None else weights)
    batch = probing.inputs(network, 2) if inputs is None else np.asarray(inputs)
    if batch.shape[1:] != network.input_shape:
        raise TriptychError(f"inputs of shape {batch.shape}, expected (N, *{network.input_shape})")
    source = emit(network, framework)
    with scratch() as folder:
        path = folder / f"{network.name}.py"
        path.write_text(source.text, encoding="utf-8")
        names = {**source.names, **source.own.parameters}
        file = NetworkFile(
            str(path), source.entry, network.input_shape, dtype, official_names=names
        )
        places = [str(folder / f"{each}.npz") for each in ("weights", "inputs", "results")]
        write_arrays(places[0], values)
        write_arrays(places[1], {"input": batch})
        request = Run(file, ArrayFiles(*places), ("evaluate",))
        try:
            if workers is not None:
                workers.request(framework, request)
            else:
                with Workers() as own:
                    own.request(framework, request)
        except WorkerError as error:
            raise TriptychError(str(error)) from None
        with ArrayReader(places[2]) as results:
            return results.get("evaluate/output")

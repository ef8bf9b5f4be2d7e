"""Load written files once, each in its framework: that a file is written does not say it runs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from common.network import Network
from common.text import one_line
from frontends.workers.outcomes import NOT_INSTALLED, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Describe, NetworkFile
from frontends.workers.scratch import scratch
from frontends.writing.draft import Source


def load_each(network: Network, sources: Mapping[str, Source]) -> tuple[list[str], bool]:
    """Return a line per dialect, how the file loaded, and whether every file did that could.

    A framework that is not installed is said, and no failure.
    """
    with scratch() as folder, Workers() as workers:

        def load(dialect: str) -> tuple[str, bool]:
            source, path = sources[dialect], folder / f"{network.name}_{dialect}.py"
            path.write_text(source.text, encoding="utf-8")
            names = {**source.names, **source.own.parameters}
            file = NetworkFile(
                str(path), source.entry, network.input_shape, "float32", official_names=names
            )
            try:
                found = workers.request(dialect, Describe(file)).shapes
            except WorkerError as error:
                outcome = error.outcome
                absent = outcome.kind == NOT_INSTALLED
                said = "not loaded, as it is not installed" if absent else "does not load"
                return f"{dialect}: {said}: {one_line(outcome.message)}", absent
            return f"{dialect}: loaded, {len(found)} parameters", True

        with ThreadPoolExecutor(len(sources)) as pool:
            found = list(pool.map(load, sources))
    return [line for line, _ in found], all(good for _, good in found)

"""The first look at a file that is compared: it is called once, to see what it is."""

from __future__ import annotations

from dataclasses import replace

from frontends.frameworks import HISTORICAL
from frontends.ladder.asked import Asked, batch_for
from frontends.ladder.files import Brought
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Look

SHAPES = ((3, 32, 32), (3, 224, 224), (1, 28, 28), (4,))  # tried in turn
FOUND = ()  # the shape that the model itself declares, or its parameters tell
FINAL = ("not installed", "timed out")  # however inputs are shaped
OTHER_WAY = {"tensorflow": "first", "tensorflow1": "first"}  # maps in another order than usual


def looked(
    subject: Brought, stated: tuple[int, ...] | None, asked: Asked, workers: Workers
) -> Brought:
    """Return a file with what it was seen to be, called once. Raises WorkerError.

    It is given maps of a stated shape, or of likely ones, with their channels as its framework
    has them, or else the other way round.
    """
    first: WorkerError | None = None
    likely = SHAPES if subject.framework in HISTORICAL else (FOUND, *SHAPES)
    for shape in likely if stated is None else (stated,):
        for channels in ("", OTHER_WAY.get(subject.framework, "last")):
            each = replace(subject, channels=channels)
            try:
                batch = batch_for(shape or (3, 32, 32), asked.batch)
                request = Look(each.network_file(shape), batch)
                look = workers.request(each.framework, request, asked.timeout, lane=each.lane)
                return replace(each, look=look)
            except WorkerError as error:
                first = first or error
                if len(shape) != 3 or error.outcome.stage == "load":
                    break
        if first is not None and (first.outcome.kind in FINAL or _made_alike(subject, first)):
            break
    assert first is not None
    raise first


def _made_alike(subject: Brought, error: WorkerError) -> bool:
    """Return whether a file does not load, whatever the shape: a class is made without one."""
    lazy = "lazy layers" in error.outcome.message
    return subject.row.classes and error.outcome.stage == "load" and not lazy

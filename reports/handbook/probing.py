"""Runs probes, and tells which defaults are other than recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from frontends.frameworks import TABLE
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling, Hello
from reports.handbook.executing import answered, said, typed
from reports.handbook.layouts import canonical, own
from reports.handbook.probes import PROBES, Probe
from reports.handbook.reading import Seen, Value
from reports.handbook.rows import Row, Way, names_in
from reports.schema import Moment, Text

CLOSE = {True: 2e-3, False: 0.1}  # of a default that did not change: read exactly, or drawn


class _Line(TypedDict):
    probe: Text
    what: Text
    panel: Text
    version: Text
    measured: Moment
    text: Text


class ProbeLine(_Line, total=False):
    """A default of one version of one panel: a number or a word, or why there is none."""

    number: float
    word: Text
    error: Text


def probe(each: Probe, panel: str, workers: Workers) -> Value:
    """Return a panel's default. Raises WorkerError if the experiment fails."""
    text = each.texts[panel]
    row = Row(0, inputs=each.inputs, images=each.images, layouts=each.layouts)
    words, steps = names_in(text), text.startswith("optimizer")
    weights = tuple(name for name in each.weights if name not in words)
    given = {
        n: own(row, panel, n, typed(array, each.dtype))
        for n, array in each.inputs.items()
        if n in words or n in weights or steps
    }
    calling = Calling(weights, each.images, False, 1, steps, each.dtype)
    answer, _ = answered(panel, Way("default", text).program, given, calling, workers)
    found = {n: canonical(row, panel, "", a) for n, a in answer.items()}
    parts = [[a for n, a in found.items() if n.startswith(p)] for p in ("y/", "state/")]
    return each.read(Seen(each.inputs, *parts))


def probed(
    panels: Iterable[str], workers: Workers, when: str, probes: Sequence[Probe] = PROBES
) -> list[dict[str, Any]]:
    """Return the lines of a record: every probe in every panel that can answer it."""
    lines = []
    for panel in panels:
        version = version_of(panel, workers)
        for each in probes:
            if panel in each.texts:
                line = {"probe": each.name, "what": each.what, "panel": panel, "version": version}
                line |= {"measured": when, "text": each.texts[panel]}
                lines.append(line | _value(each, panel, workers))
    return lines


def version_of(panel: str, workers: Workers) -> str:
    """Return the version of a panel's framework, as it says it itself."""
    versions = workers.request(panel, Hello()).versions
    return next(versions[n] for n in ("torch", "paddle", "tensorflow") if n in versions)


def _value(each: Probe, panel: str, workers: Workers) -> dict[str, Any]:
    try:
        value = probe(each, panel, workers)
    except WorkerError as error:
        return {"error": said(error)}
    if isinstance(value, str):
        return {"word": value}
    return {"number": float(f"{value:.{4 if each.exact else 2}g}")}


def changed(recorded: Iterable[Any], measured: Iterable[Any]) -> list[str]:
    """Return, by name, the defaults that are not as recorded for a version of a panel, the last
    one where the version is not recorded."""
    exact = {each.name: each.exact for each in PROBES}
    last: dict[tuple[str, str], Any] = {}
    same: dict[tuple[str, str, str], Any] = {}
    for line in recorded:
        last[line["probe"], line["panel"]] = line
        same[line["probe"], line["panel"], line["version"]] = line
    found = []
    for line in measured:
        key = line["probe"], line["panel"]
        before = same.get((*key, line["version"]), last.get(key))
        if before is None or not _alike(before, line, CLOSE[exact[line["probe"]]]):
            was = "nothing recorded" if before is None else f"{shown(before)} recorded"
            name = f"{line['probe']}, {TABLE[line['panel']].label} {line['version']}"
            found.append(f"{name}: {was}, {shown(line)} measured")
    return found


def _alike(before: Any, now: Any, close: float) -> bool:
    if "number" in before and "number" in now:
        return bool(abs(before["number"] - now["number"]) <= close * abs(before["number"]) + 1e-12)
    keys = ("number", "word", "error")
    return bool([before.get(key) for key in keys] == [now.get(key) for key in keys])


def shown(line: Any) -> str:
    """Return a default in words."""
    if "number" in line:
        return f"{line['number']:g}"
    return str(line.get("word") or f"error: {line['error']}")

"""How the functions of the API map are called, asked of the installed frameworks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypedDict

from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling
from reports.handbook import records
from reports.handbook.api.asking import said
from reports.handbook.columns import PANELS
from reports.handbook.executing import answered
from reports.schema import Text

RECORD = "data/handbook/signatures.jsonl"
ASK = """\
import inspect, json
{names}
def about(name):
    try:
        found = eval(name)
        called = found.__init__ if inspect.isclass(found) else found
        own = inspect.signature(called).parameters.values()
    except (AttributeError, NameError, TypeError, ValueError):
        return None
    return [[p.name, "" if p.default is p.empty else repr(p.default)[:60]] for p in own
            if p.name != "self"]

told = json.dumps({{name: about(name) for name in {asked!r}}})
y = np.frombuffer(told.encode(), "uint8").astype("int32")
"""
SPACES = {"tensorflow": "layers, ops = keras.layers, keras.ops\n"}


class SignatureLine(TypedDict):
    """A function of a panel: its arguments with what each is when it is left out, as text; ""
    where it cannot be. None where there is no such function to ask: one of the file's own."""

    panel: Text
    call: Text
    arguments: list[tuple[Text, Text]] | None


def measured(workers: Workers) -> records.Record:
    """Return the record of all functions that the dialects call for the ops."""
    header = records.header(PANELS, workers, {})  # starts all workers, which takes its time
    lines = []
    for panel in PANELS:
        calls = {call for own in said().values() for call in own[panel].calls}
        found = ask(panel, calls, workers)
        lines += [{"panel": panel, "call": c, "arguments": found[c]} for c in sorted(calls)]
    return records.Record(header, lines)


def ask(panel: str, calls: Iterable[str], workers: Workers) -> dict[str, Any]:
    """Return call -> its arguments and their defaults, None where a panel has no such function."""
    text = ASK.format(names=SPACES.get(panel, ""), asked=sorted(calls))
    if panel == "fluid":
        text += "y = fluid.layers.assign(y)\n"
    if panel == "tensorflow1":
        text += "y = tf.constant(y)\n"
    answer, _ = answered(panel, text, {}, Calling(gradients=False), workers)
    found: dict[str, Any] = json.loads(bytes(answer["y/0"].astype("uint8")))
    return found


def recorded(path: Path) -> records.Record:
    """Return the record. Raises TriptychError."""
    return records.read(path, SignatureLine)

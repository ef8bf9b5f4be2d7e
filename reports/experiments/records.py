"""What is recorded of an experiment: sessions, each with the parts that it ran.

A file may hold several sessions: one that finds parts recorded goes on with those that are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypedDict

from common.errors import TriptychError
from common.records import read_records
from reports.schema import Count, Machine, Moment, Ratio, Text, Whole
from reports.validation import Matching, check

SCHEMA = 1
COMPLETE, INTERRUPTED = "complete", "interrupted"
Name = Annotated[str, Matching(r"[a-z0-9_]+(/[a-z0-9_ ]+)*", "the name of a part")]
Kinds = Mapping[str, Any]  # first word of a part's name -> the type of its values


class _Session(TypedDict):
    kind: Text
    schema: Count
    experiment: Text
    scale: Text  # "full" or "quick"
    started: Moment
    command: Text
    commit: Text | None
    machine: Machine
    load_before: Ratio | None
    threads: Count | None
    device: Text
    train: Whole  # samples
    test: Whole


class Session(_Session, total=False):
    """Opens a session: when and where it ran, and how. gpu: what it is called, where one was used;
    records of before 26 November 2026, 21:00, lack it."""

    gpu: Text


class Part(TypedDict):
    """A part that was run to its end. values: of the type that its name says. load: processes that
    wanted a core as it ended."""

    kind: Text
    part: Name
    seconds: Ratio
    load: Ratio | None
    values: dict  # type: ignore[type-arg] # checked by its own type


class Stopped(TypedDict):
    """A part that could not be run, and why; it is tried again."""

    kind: Text
    part: Name
    outcome: Text
    stage: Text
    message: Text


class End(TypedDict):
    """Ends a session: COMPLETE, or INTERRUPTED."""

    kind: Text
    state: Text
    seconds: Ratio
    load_after: Ratio | None


TYPES: dict[str, Any] = {"session": Session, "part": Part, "stopped": Stopped, "end": End}


@dataclass
class Record:
    """All that was recorded of an experiment at one scale."""

    path: Path
    sessions: list[Session] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    stopped: dict[str, Stopped] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)  # how sessions ended, "": one did not

    @property
    def ended(self) -> bool:
        """Whether the last session came to its end."""
        return self.states[-1:] == [COMPLETE]

    def of(self, kind: str) -> dict[tuple[str, ...], Any]:
        """Return the values of all parts of a kind, by the further words of their names."""
        named = {tuple(name.split("/")): each["values"] for name, each in self.parts.items()}
        return {words[1:]: values for words, values in named.items() if words[0] == kind}


def read_record(path: Path, kinds_of: Callable[[str], Kinds]) -> Record:
    """Return what a file records; `kinds_of` an experiment are the types of its parts' values.

    Raises TriptychError, one line with the line at fault.
    """
    found = Record(path)

    def take(line: dict[str, Any]) -> None:
        kind = line.get("kind")
        if kind not in TYPES or (not found.sessions and kind != "session"):
            raise ValueError(f"not a record of an experiment: of kind {kind!a}")
        check(line, TYPES[kind])
        _take(found, kind, line, kinds_of)

    read_records(path, take)
    if not found.sessions:
        raise TriptychError(f"{path.name}: no complete record in it")
    return found


def _take(found: Record, kind: str, line: Any, kinds_of: Callable[[str], Kinds]) -> None:
    if kind == "session":
        if line["schema"] != SCHEMA:
            raise ValueError(f"expected schema {SCHEMA}, got {line['schema']}")
        kinds_of(line["experiment"])
        found.sessions.append(line)
        found.states.append("")
    elif kind == "part":
        kinds = kinds_of(found.sessions[0]["experiment"])
        first = line["part"].partition("/")[0]
        if first not in kinds:
            raise ValueError(f"not a part of the experiment: {first!a}")
        check(line["values"], kinds[first], "values")
        found.parts[line["part"]] = line
        found.stopped.pop(line["part"], None)
    elif kind == "stopped":
        found.stopped[line["part"]] = line
    else:
        found.states[-1] = line["state"]

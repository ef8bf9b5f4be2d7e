"""How a job of a worker can end, by name, with the stage in which it did. Python 3.7."""

from __future__ import annotations

from dataclasses import dataclass

AGREES = "agrees"
NOT_INSTALLED = "not installed"
CRASHED = "crashed"
TIMED_OUT = "timed out"
MISMATCHED = "mismatched"
NOT_WRITABLE = "not writable"  # the dialect cannot say what the specification does
NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class Outcome:
    """Why a framework's job did not come to its end: what happened, at which stage, and what was
    said last."""

    framework: str
    kind: str
    stage: str
    message: str

    def __str__(self) -> str:
        return f"{self.framework}: {self.kind} at stage {self.stage}: {self.message}"


class WorkerError(Exception):
    """Raised in the parent for a job that did not come to its end; carries its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class MismatchError(Exception):
    """Raised in a worker for a file that runs and is not what is expected: its parameters, its
    output, the mode that its layers are called in."""

"""Rounding that is planted in written files: its formats, where it is, and what it must break."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from common.network import Network
from frontends.ladder.float32 import GRADIENTS, RESULTS, job
from frontends.ladder.report import Report
from frontends.ladder.rounding import Finding, Judge
from frontends.ladder.rungs import RUNGS, climb
from frontends.ladder.runs import Runs, batch_for, comparable
from frontends.ladder.subjects import Fault, written
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from frontends.writing.emit import emit

FOLDER = Path(__file__).parent / "planted" / "rounding"
FLOAT32_RUNGS = tuple(rung for rung in RUNGS if rung.precision == "float32")
OPERANDS = ("tf32", "tf32_cut", "bfloat16", "float16")
PLACES = ("all", "forward", "data", "kernel")
STORED = ("bfloat16", "float16")


@dataclass(frozen=True)
class Rounding:
    """format: of operands, or of results where `where` is "stored". where: in every product, in
    its "forward" pass, its "data" gradient or its "kernel" gradient alone. only: the one layer
    that has it, all where it is empty."""

    format: str
    where: str
    only: str = ""

    def __str__(self) -> str:
        return f"{self.format}-{self.where}" + (f"-{self.only}" if self.only else "")


ROUNDINGS = (
    *(Rounding(each, where) for each in OPERANDS for where in PLACES),
    *(Rounding(each, "stored") for each in STORED),
)


def fault(network: Network, panel: str, rounding: Rounding) -> Fault:
    """Return the function that plants a rounding in the text that a panel's dialect writes."""
    entry = emit(comparable(network), panel).entry
    program = (FOLDER / f"{panel}.py").read_text(encoding="utf-8")
    call = f"rounded({entry}, {rounding.format!r}, {rounding.where!r}, {rounding.only!r})"
    added = f"\n\n{program}\n\n{entry} = {call}\n\n\n"
    return lambda text: re.sub(r"\n(?=if __name__)", lambda _: added, text)


def judged(
    network: Network,
    panels: list[str],
    workers: Workers,
    rounding: Rounding | None = None,
    seed: int = 0,
) -> Report:
    """Return the float32 rungs of panels, a rounding planted in each."""
    faults = {panel: fault(network, panel, rounding) for panel in panels} if rounding else {}
    batch = batch_for(network)
    report = Report(network.name, batch, panels)
    with scratch() as folder:
        runs = Runs(comparable(network), written(panels, faults), workers, folder, batch, seed=seed)
        report.rows += climb(runs, panels, FLOAT32_RUNGS)
    return report


def findings(
    network: Network,
    panel: str,
    workers: Workers,
    rounding: Rounding | None = None,
    seed: int = 0,
) -> dict[str, list[Finding]]:
    """Return, by float32 rung, what is found of every tensor of a panel."""
    faults = {panel: fault(network, panel, rounding)} if rounding else {}
    network, found = comparable(network), {}
    with scratch() as folder:
        subjects = written([panel], faults)
        runs = Runs(network, subjects, workers, folder, batch_for(network), seed=seed)
        given = network.elaboration.steps, runs.parameters, runs.batch_of("input")
        with runs.run(job(panel)).read() as recorded:
            found[RESULTS["evaluate"]] = Judge(*given, recorded.get, "evaluate").results()
            trained, back = Judge(*given, recorded.get, "train").training()
    return {**found, RESULTS["train"]: trained, GRADIENTS: back}

"""Nothing passes that was not compared: workers that tell less than they have to, or more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from common.network import Network
from frontends.frameworks import HISTORICAL, MODERN
from frontends.ladder.verify import verify
from frontends.workers.arrays import ArrayReader, ArrayWriter
from frontends.workers.outcomes import AGREES, MISMATCHED
from frontends.workers.pool import Workers
from frontends.workers.protocol import AnswerType, Request, Run, Structure
from parity_tests.cases import small
from parity_tests.cases.catalogue import WIRINGS
from parity_tests.rows import rows

# What is left out -> what the structure of the silent panel is told to lack.
ARRAYS = {
    "one gradient": ("train/gradient/stem.conv.kernel", "no gradient of stem.conv.kernel"),
    "every gradient": ("train/gradient/", "no gradient of stem.conv.kernel"),
    "the input's gradient": ("train/gradient/input", "no gradient of the input"),
    "a statistic": ("train/statistics/stem.bn.mean", "no statistics of stem.bn.mean"),
    "an output": ("evaluate/output", "no evaluate/output"),
}


class SilentWorkers:
    """Workers one of which forgets arrays, or what it says of the structure."""

    def __init__(
        self,
        workers: Workers,
        framework: str,
        forgets: str = "\0",
        changes: Callable[[Structure], Structure] = lambda answer: answer,
    ) -> None:
        self._workers, self._framework = workers, framework
        self._forgets, self._changes = forgets, changes

    def request(
        self, framework: str, request: Request[AnswerType], timeout: float = 600, **how: Any
    ) -> AnswerType:
        answer = self._workers.request(framework, request, timeout, **how)
        if framework != self._framework or not isinstance(request, Run):
            return answer
        self._rewrite(Path(request.arrays.results))
        return cast(AnswerType, self._changes(cast(Structure, answer)))

    def _rewrite(self, path: Path) -> None:
        with ArrayReader(path) as reader:
            kept = {n: a for n, a in reader.items() if not n.startswith(self._forgets)}
        with ArrayWriter(path) as writer:
            for name, array in kept.items():
                writer.put(name, array)


def _check(network: Network, panel: str, silent: SilentWorkers, said: str) -> None:
    other = "torch" if panel != "torch" else "paddle"
    report = verify(network, [panel, other], workers=cast(Workers, silent), rounding=False)
    assert not report.proved
    (structure,) = [r for r in report.rows if r.rung == "structure" and r.panels == (panel,)]
    assert structure.outcome == MISMATCHED and said in structure.note, report.text()
    assert report.reason(panel) and not report.reason(other)


@rows("forgets, said", ARRAYS)
@rows("panel", {panel: panel for panel in MODERN})
def test_an_array_that_is_not_given(panel: str, forgets: str, said: str, workers: Workers) -> None:
    _check(small.se_resnext(), panel, SilentWorkers(workers, panel, forgets), said)


@pytest.mark.complete
@rows("forgets, said", ARRAYS)
@rows("panel", {panel: panel for panel in HISTORICAL})
def test_an_array_that_a_historical_panel_does_not_give(
    panel: str, forgets: str, said: str, workers: Workers
) -> None:
    _check(small.se_resnext(), panel, SilentWorkers(workers, panel, forgets), said)


def _no_blocks(answer: Structure) -> Structure:
    return replace(answer, blocks={})


def _no_kernel(answer: Structure) -> Structure:
    return replace(
        answer, parameters={n: s for n, s in answer.parameters.items() if n != "fc.kernel"}
    )


CHANGES = {
    "no block": (_no_blocks, "block stem is missing"),
    "no kernel": (_no_kernel, "parameter fc.kernel is missing"),
}


@rows("change, said", CHANGES)
@rows("panel", {panel: panel for panel in MODERN})
def test_what_the_structure_does_not_tell(
    panel: str, change: Callable[[Structure], Structure], said: str, workers: Workers
) -> None:
    _check(small.se_resnext(), panel, SilentWorkers(workers, panel, changes=change), said)


@pytest.mark.complete
@rows("change, said", CHANGES)
@rows("panel", {panel: panel for panel in HISTORICAL})
def test_what_the_structure_of_a_historical_panel_does_not_tell(
    panel: str, change: Callable[[Structure], Structure], said: str, workers: Workers
) -> None:
    _check(small.se_resnext(), panel, SilentWorkers(workers, panel, changes=change), said)


def test_an_exemption_is_told_with_its_reason(workers: Workers) -> None:
    """A chain that is called again is a model in Keras, whose blocks are not told."""
    report = verify(
        WIRINGS["shared-chain"], ["tensorflow", "torch"], workers=workers, rounding=False
    )
    structure = {row.panels[0]: row for row in report.rows if row.rung == "structure"}
    assert report.proved and all(row.outcome == AGREES for row in structure.values())
    exempt = "4 blocks exempt: they are within a model that is called again"
    assert exempt in structure["tensorflow"].note and "exempt" not in structure["torch"].note


def test_one_panel_alone_is_not_compared(workers: Workers) -> None:
    report = verify(small.vectors(), ["torch"], workers=workers)
    assert report.passed and not report.proved and report.verdict.startswith("not compared")

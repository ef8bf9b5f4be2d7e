"""What the command says: where the page will be, which part begins and ends, what was cut."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.experiments import EXPERIMENTS, RESNEXT_FORMS
from common.signals import Interrupted
from frontends.workers.outcomes import CRASHED, Outcome, WorkerError
from frontends.workers.pool import Workers
from parity_tests.rows import rows
from reports.experiment import GOES_ON, listed, main
from reports.experiments import running
from reports.experiments.found.transfer import _converges
from reports.experiments.lab import Lab
from reports.experiments.running import run
from reports.experiments.studies import STUDIES
from reports.experiments.study import UNSHOWN, Study

NAME = RESNEXT_FORMS.name
PARTS = ("width/1/27/0", "width/8/6/0")
WIDTH = {"parameters": 1, "macs": 1, "losses": [2.0], "loss": 1.0, "accuracy": 0.5}
STOP = WorkerError(Outcome("torch", CRASHED, "step 1", "signal SIGKILL"))


def _study(*results: Any) -> Study:
    """Return the study of ResNeXt's forms of which each part gives a result, or raises one."""
    by_part = dict(zip(PARTS, results))

    def run_one(lab: Lab, part: str) -> dict[str, Any]:
        found = by_part[part]
        if isinstance(found, BaseException):
            raise found
        return dict(found)

    return replace(STUDIES[NAME], plan=lambda scale: list(by_part), run=run_one)


def _main(folder: Path) -> int:
    return main([NAME, "--quick", "--framework", "torch", "--out", str(folder)])


def test_parts_begin_and_end(tmp_path: Path, workers: Workers) -> None:
    said: list[str] = []
    lab = Lab(RESNEXT_FORMS, RESNEXT_FORMS.quick, workers, tmp_path, say=said.append)
    path = tmp_path / "data" / f"experiment-{NAME}-quick.jsonl"
    session = {"scale": "quick", "command": "triptych experiment some"}
    assert not run(_study(WIDTH, STOP), lab, PARTS, path, None, session)
    assert said == [
        f"{PARTS[0]}: begins (1 of 2)",
        f"{PARTS[0]}: ended in 0 s",
        f"{PARTS[1]}: begins (2 of 2)",
        f"{PARTS[1]}: stopped after 0 s: {STOP.outcome}",
    ]


def test_the_page_s_place_is_said_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(STUDIES, NAME, _study(WIDTH))
    assert _main(tmp_path) == 0
    page = tmp_path / f"experiment-{NAME}-quick.md"
    said = capsys.readouterr()
    assert page.exists() and f"the page will be {page}" in said.err.split("\n")[0]
    assert said.out.endswith(f"{page}\n")


SIGNALS = {
    "Ctrl-C": (signal.SIGINT, "interrupted"),
    "SIGTERM": (signal.SIGTERM, "ended by SIGTERM"),
}


@rows("number, word", SIGNALS)
def test_a_run_that_was_cut_says_so(
    number: int,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(STUDIES, NAME, _study(WIDTH, Interrupted(number)))
    with pytest.raises(Interrupted):
        _main(tmp_path)
    assert f"the run was cut ({word}): {GOES_ON}\n" in capsys.readouterr().err
    page = (tmp_path / f"experiment-{NAME}-quick.md").read_text(encoding="utf-8")
    assert f"- 1 of 2 parts, interrupted: `{PARTS[1]}`\n" in page and "want of time" not in page
    monkeypatch.setitem(STUDIES, NAME, _study(WIDTH, WIDTH))
    assert _main(tmp_path) == 0


def test_an_interrupt_before_the_first_part_leaves_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record without its session could not be read: the same command would not go on."""

    def cut(study: Study, lab: Lab) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setitem(STUDIES, NAME, _study(WIDTH))
    with monkeypatch.context() as cutting:
        cutting.setattr(running, "_opening", cut)
        with pytest.raises(KeyboardInterrupt):
            _main(tmp_path)
    assert _main(tmp_path) == 0


def test_verdicts_are_printed_under_the_claims_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(STUDIES, NAME, _study(WIDTH))
    _main(tmp_path)
    lines = capsys.readouterr().out.split("\n")
    starts = {each.words[:40] for each in RESNEXT_FORMS.claims}
    told = [line for line in lines if any(start in line for start in starts)]
    assert told and max(map(len, told)) <= 100
    assert not [x for x in lines if x.startswith(tuple(f"{c.name}:" for c in RESNEXT_FORMS.claims))]


@rows("scratch", {"slower": [0.5], "faster": [2.0]})
def test_one_seed_shows_no_faster_convergence(scratch: list[float]) -> None:
    found = _converges({"torch": {"second": [1.0], "scratch": scratch}})
    lower = int(scratch[0] > 1.0)
    assert found.word == UNSHOWN and found.evidence.startswith("one seed")
    assert f"lower in {lower} of 1 panels" in found.evidence


def test_the_list_says_which_cost_is_of_which_run() -> None:
    """Heads of two columns, of which the costs of a full and of a quick run stand below."""
    heads, body = listed().split("---", 1)
    first = heads.split("\n")[0]
    full, quick = first.index("a full run"), first.index("--quick, on 2")
    assert "idle cores" in heads
    for line, made in zip([x for x in body.split("\n") if x[:1].strip(" -")], EXPERIMENTS.values()):
        assert line[full:].startswith(made.full.cost[:10])
        assert line[quick:].startswith(made.quick.cost)

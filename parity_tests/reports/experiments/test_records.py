"""Parts are recorded one by one; what is recorded is not run again; pages are what records say."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.datasets.batches import Batches, Digest
from common.errors import TriptychError
from common.experiments import EXPERIMENTS, RESNEXT_FORMS, Experiment, Scale
from common.networks.trials import form
from frontends.workers.outcomes import CRASHED, Outcome, WorkerError
from frontends.workers.pool import Workers
from parity_tests.rows import rows
from reports import experiment
from reports.experiment import listed, main, parse, scale_of
from reports.experiments import lab as lab_module
from reports.experiments.lab import Course, Lab
from reports.experiments.page import page
from reports.experiments.records import COMPLETE, INTERRUPTED, Record, read_record
from reports.experiments.running import run
from reports.experiments.studies import STUDIES, kinds_of
from reports.experiments.study import Study

REPORTS = Path(__file__).parents[3] / "reports"
RECORDS = sorted((REPORTS / "data").glob("experiment-*.jsonl"))
OPENING = {"scale": "quick", "command": "triptych experiment some"}
NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_ ]+)*")
WIDTH = {"parameters": 1, "macs": 1, "losses": [2.0], "loss": 1.0, "accuracy": 0.5}


def _study(results: dict[str, Any]) -> Study:
    """Return the study of ResNeXt's forms with these parts; an exception is raised in place of
    values."""

    def run_one(lab: Lab, part: str) -> dict[str, Any]:
        found = results[part]
        if isinstance(found, BaseException):
            raise found
        return dict(found)

    return replace(STUDIES["resnext_forms"], plan=lambda scale: list(results), run=run_one)


def _run(folder: Path, results: dict[str, Any], workers: Workers) -> tuple[Record, list[str]]:
    """Run these parts in a folder; return the record, and the parts that were begun."""
    path = folder / "data" / "experiment-resnext_forms-quick.jsonl"
    said: list[str] = []
    (scratch := folder / f"scratch{len(list(folder.iterdir()))}").mkdir()
    lab = Lab(RESNEXT_FORMS, RESNEXT_FORMS.quick, workers, scratch, say=said.append)
    done = read_record(path, kinds_of) if path.exists() else None
    try:
        run(_study(results), lab, list(results), path, done, OPENING)
    finally:
        record = read_record(path, kinds_of)
    return record, [each.split(": begins (")[0] for each in said if ": begins (" in each]


PART, OTHER = "width/1/27/0", "width/8/6/0"


def test_what_is_recorded_is_not_run_again(tmp_path: Path, workers: Workers) -> None:
    stop = WorkerError(Outcome("torch", CRASHED, "step 1", "signal SIGKILL"))
    record, _ = _run(tmp_path, {PART: WIDTH, OTHER: stop}, workers)
    assert set(record.parts) == {PART} and "SIGKILL" in record.stopped[OTHER]["message"]
    study = STUDIES["resnext_forms"]
    assert "SIGKILL" in page(study, record, study.find(record))
    record, begun = _run(tmp_path, {PART: WIDTH, OTHER: WIDTH}, workers)
    assert begun == [OTHER] and set(record.parts) == {PART, OTHER} and not record.stopped
    assert len(record.sessions) == 2 and record.ended


def test_an_interrupt_leaves_what_ended(tmp_path: Path, workers: Workers) -> None:
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, {PART: WIDTH, OTHER: KeyboardInterrupt()}, workers)
    path = tmp_path / "data" / "experiment-resnext_forms-quick.jsonl"
    record = read_record(path, kinds_of)
    assert set(record.parts) == {PART} and not record.ended
    study = _study({PART: WIDTH, OTHER: WIDTH})
    said = page(study, record, study.find(record))
    assert f"- 1 of 2 parts, interrupted: `{OTHER}`\n" in said
    (session,) = (line for line in said.split("\n") if "`triptych experiment some`" in line)
    assert session.endswith("; interrupted")


# How each session ended -> why parts are missing, and what is said of each session.
ENDS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "all ended": ((COMPLETE, COMPLETE), "not asked for", ("", "")),
    "the last was interrupted": ((COMPLETE, INTERRUPTED), "interrupted", ("", "; interrupted")),
    "the last was killed": ((COMPLETE, ""), "interrupted", ("", "; cut off")),
    "an earlier one": (
        (INTERRUPTED, COMPLETE), "not asked for, or interrupted", ("; interrupted", ""),
    ),
}  # fmt: skip


def _sessions(path: Path, *days: int) -> Record:
    """Return a record of sessions of these days, on one core each."""
    lines = (REPORTS / "data" / "experiment-resnext_forms.jsonl").read_text(encoding="utf-8")
    first: Any = json.loads(lines.split("\n")[0])
    first["machine"]["cores"] = 1
    started = {day: f"2026-11-{day}T10:00:00+00:00" for day in days}
    made: list[Any] = [{**first, "started": at, "command": f"{day}"} for day, at in started.items()]
    return Record(path, made)


@rows("states, why, said", ENDS)
def test_how_sessions_ended_is_said(
    states: tuple[str, ...], why: str, said: tuple[str, ...], tmp_path: Path
) -> None:
    record = _sessions(tmp_path / "none.jsonl", 20, 21)
    record.states = list(states)
    study = _study({PART: WIDTH, OTHER: WIDTH})
    text = page(study, record, study.find(record))
    assert f"- 2 of 2 parts, {why}: `{PART}`" in text
    for day, end in zip((20, 21), said):
        (line,) = (each for each in text.split("\n") if f"`{day}`" in each)
        assert line.endswith(end) if end else line.endswith(("quiet", "beside it"))


def test_what_went_on_to_its_end_is_not_interrupted(tmp_path: Path) -> None:
    """The same command, run again."""
    record = _sessions(tmp_path / "none.jsonl", 20, 21)
    record.states = [INTERRUPTED, COMPLETE]
    record.sessions[1]["command"] = record.sessions[0]["command"]
    study = _study({PART: WIDTH})
    assert f"- 1 of 1 parts, not asked for: `{PART}`" in page(study, record, study.find(record))


def test_sessions_stand_in_the_order_of_their_dates(tmp_path: Path) -> None:
    record = _sessions(tmp_path / "none.jsonl", 22, 20, 21)
    record.states = [COMPLETE, INTERRUPTED, COMPLETE]
    study = _study({})
    text = page(study, record, study.find(record))
    assert re.findall(r"2026-11-(\d+) 10:00 UTC.*, 1 core,.*?(interrupted)?\n", text) == [
        ("20", "interrupted"), ("21", ""), ("22", ""),
    ]  # fmt: skip


def test_parts_beyond_the_plan_are_told(tmp_path: Path, workers: Workers) -> None:
    record, _ = _run(tmp_path, {PART: WIDTH, "width/1/27/1": WIDTH, OTHER: WIDTH}, workers)
    record.parts[OTHER]["seconds"] = 60.0
    study = replace(STUDIES["resnext_forms"], plan=lambda scale: [OTHER])
    said = "3 parts took 1 minute in all, 2 of them beyond the plan of 1: `width/1/27/0,1`\n"
    assert said in page(study, record, study.find(record))


def test_what_was_not_run_is_named_by_its_seeds(tmp_path: Path, workers: Workers) -> None:
    record, _ = _run(tmp_path, {PART: WIDTH}, workers)
    planned = [PART, "width/1/27/1", OTHER, "width/1/27/2"]
    study = replace(STUDIES["resnext_forms"], plan=lambda scale: planned)
    said = f"- 3 of 4 parts, not asked for: `width/1/27/1,2`, `{OTHER}`\n"
    assert said in page(study, record, study.find(record))


@rows(
    "values, said",
    {
        "too few": ({**WIDTH, "losses": []}, "losses"),
        "no share": ({**WIDTH, "accuracy": 1.5}, "accuracy"),
        "missing": ({n: v for n, v in WIDTH.items() if n != "macs"}, "without values.macs"),
    },
)
def test_values_are_checked(
    values: dict[str, Any], said: str, tmp_path: Path, workers: Workers
) -> None:
    with pytest.raises(TriptychError, match=said):
        _run(tmp_path, {PART: values}, workers)


@rows("made", EXPERIMENTS)
def test_an_experiment_is_whole(made: Experiment) -> None:
    study = STUDIES[made.name]
    assert study.experiment is made
    for scale in (made.full, made.quick):
        parts = study.plan(scale)
        assert len(set(parts)) == len(parts) and all(map(NAME.fullmatch, parts))
        assert {each.split("/")[0] for each in parts} <= set(study.kinds)
    assert made.name in listed() and made.quick.cost in listed()


@rows("name", {name: name for name in EXPERIMENTS})
def test_verdicts_are_on_claims(name: str, tmp_path: Path) -> None:
    """Also where nothing was run: then they are open, or need no run."""
    found = STUDIES[name].find(Record(tmp_path / "none.jsonl"))
    assert {each.claim for each in found.verdicts} <= {c.name for c in EXPERIMENTS[name].claims}


@rows("path", {path.stem: path for path in RECORDS})
def test_a_committed_page_is_what_its_record_says(path: Path) -> None:
    record = read_record(path, kinds_of)
    study = STUDIES[record.sessions[0]["experiment"]]
    findings = study.find(record)
    written = (REPORTS / f"{path.stem}.md").read_text(encoding="utf-8")
    assert page(study, record, findings) == written
    for each in findings.drawings:
        for end in (".svg", "-dark.svg", ".png"):
            assert (REPORTS / f"{path.stem}-{each.stem}{end}").exists()


@rows(
    "line, said",
    {
        "none": ([], "which experiment"),
        "unknown": (["resnet"], "unknown experiment"),
        "panel": (["rir", "--framework", "jax"], "unknown framework"),
        "data": (["rir", "--data-dir", "/nowhere"], "holds no mnist"),
    },
)
def test_a_mistake_is_one_line(line: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match=said) as found:
        main([*line, "--out", str(tmp_path)])
    assert "\n" not in str(found.value)


def test_options_change_the_scale() -> None:
    options = parse(["resnet_or_se", "--framework", "paddle", "--seeds", "2"], "triptych")
    scale = scale_of(options)
    assert scale.panels == ("paddle",) and scale.seeds == (0, 1)
    assert scale.steps == EXPERIMENTS["resnet_or_se"].full.steps


def test_a_course_takes_the_batches_of_its_seed(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epoch after epoch, as the programs that are written have them; it says how far it is."""
    monkeypatch.setattr(lab_module, "SIGN", 0.0)
    scale, said = replace(RESNEXT_FORMS.quick, samples=40, tests=10), list[str]()
    lab = Lab(RESNEXT_FORMS, scale, workers, tmp_path, threads=1, say=said.append)
    stage = RESNEXT_FORMS.stages["training"]
    network = form("grouped", cardinality=2, depth=2)
    course = Course(lab, "torch", network, stage, seed=3)
    course.step(4)
    expected = Digest()
    for epoch in (0, 1):
        for batch in Batches(course.dataset.train, network.input_shape, 16, epoch, seed=3):
            expected.update(*batch)
            if epoch:
                break
    assert course.digest == expected.value and course.evaluate().samples == 10
    assert [each.split(",")[0] for each in said] == ["  step 4"]


@pytest.mark.complete
@rows("name", {name: name for name in EXPERIMENTS})
def test_a_quick_run_ends_in_a_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All parts of it, with fewer steps."""

    def shorter(options: argparse.Namespace) -> Scale:
        return replace(scale_of(options), steps=3)

    monkeypatch.setattr(experiment, "scale_of", shorter)
    framework = (
        "torch" if name in ("rir", "resnet_or_se", "pitfalls", "resnext_forms") else "torch,paddle"
    )
    line = [name, "--quick", "--framework", framework, "--seeds", "1", "--threads", "1"]
    assert main([*line, "--out", str(tmp_path)]) == 0
    text = (tmp_path / f"experiment-{name}-quick.md").read_text(encoding="utf-8")
    assert "a quick run" in text and "crashed" not in text

"""A benchmark's records: what they say, and that a damaged one is one line, never a traceback."""

from __future__ import annotations

import json
import os
import resource
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import TriptychError
from common.records import RecordFile
from parity_tests.reports.recorded import (
    COMMITTED,
    CRASH,
    PADDLE,
    TORCH,
    measured,
    small_run,
    written,
)
from parity_tests.rows import rows
from reports.page import page
from reports.plot import figure
from reports.records import read_run
from reports.tables import text_tables


def test_figures_come_from_the_raw_samples(tmp_path: Path) -> None:
    found = small_run(tmp_path)
    timing = found.timings[TORCH]
    assert timing.step.value == pytest.approx(statistics.median([0.5, 0.25, 1.0]))
    assert timing.images == pytest.approx((100, 50, 200))
    assert found.flops(timing) == pytest.approx(2 * 1e6 * 50 / 0.5)
    assert found.share(timing) == pytest.approx(2e8 / (2 * 1000**3 / 0.02))
    assert timing.memory == 50_000_000 and timing.faults == 7


def test_a_training_step_counts_as_three_passes(tmp_path: Path) -> None:
    found = read_run(written(tmp_path, *measured(PADDLE)))
    assert found.flops(found.timings[PADDLE]) == pytest.approx(3 * 2 * 1e6 * 50 / 0.5)


def test_a_run_cut_short_is_read_as_far_as_it_came(tmp_path: Path) -> None:
    path = written(tmp_path, *measured()[:-1], end=False)
    with path.open("a") as stream:
        stream.write('{"kind": "round", "case": ["torch", "ea')
    found = read_run(path)
    assert found.state == "interrupted" and len(found.timings[TORCH].rounds) == 3
    assert not any(timing.measured for timing in found.timings.values())
    assert "The run was interrupted" in page(found)


def test_two_runs_of_one_second_have_two_files(tmp_path: Path) -> None:
    assert written(tmp_path) != written(tmp_path)


def test_records_are_valid_json_lines(tmp_path: Path) -> None:
    text = written(tmp_path, *measured()).read_text(encoding="utf-8")
    kinds = [json.loads(line)["kind"] for line in text.splitlines()]
    assert kinds == ["run", "proof", "prepared", "warm", *["round"] * 3, "outcome", "end"]


@contextmanager
def _full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    path = written(tmp_path, end=False)
    size, records = path.stat().st_size, RecordFile(tmp_path, "full")
    with _full_disk(size):
        with pytest.raises(TriptychError, match=r"full.jsonl: cannot be written: File too large"):
            records.put("run", text="x" * size)
        assert not records.path.exists()
        records = RecordFile(tmp_path, "full")
        records.put("note", text="a")
        with pytest.raises(TriptychError):
            records.put("note", text="x" * size)
        records.put("end", text="b")  # there is room again
    records.close()
    lines = records.path.read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["a", "b"]


# Damaged records


def _header(**changed: Any) -> dict[str, Any]:
    """Return the first record of a run, with some of it changed."""
    with tempfile.TemporaryDirectory() as folder:
        text = written(Path(folder)).read_text(encoding="utf-8")
    return {**json.loads(text.splitlines()[0]), **changed}


CASE = '"case": ["torch", "eager", "inference", "float32", 50, ""], "process": 0, "round": 0'
BROKEN = {
    "a schema to come": (0, '{"kind": "run", "schema": 99}', "of one of the schemas 1, 2, 3"),
    "a schema as words": (0, '{"kind": "run", "schema": "2"}', "of one of the schemas 1, 2, 3"),
    "no header": (0, '{"kind": "end"}', "of one of the schemas 1, 2, 3"),
    "a header of nothing else": (0, '{"kind": "run", "schema": 3}', "without batch, cases"),
    "one of schema 2": (0, '{"kind": "run", "schema": 2}', "without batch, cases"),
    "no JSON": (2, "{]", "not JSON"),
    "NaN": (2, '{"kind": NaN}', "not JSON: NaN"),
    "deep": (2, "[" * 100_000, "nested too deeply"),
    "digits": (2, "1" * 10_000, "line 3: "),
    "a list": (2, "[]", "expected an object"),
    "no kind": (2, '{"case": 3}', "not a record: of kind None"),
    "another kind": (2, '{"kind": "lap"}', "not a record: of kind 'lap'"),
    "a kind that is a list": (2, '{"kind": ["end"]}', r"of kind \['end'\]"),
    "two headers": (2, '{"kind": "run", "schema": 2}', "not a record: of kind 'run'"),
    "a case of no kind": (2, '{"kind": "outcome", "case": 3}', "without message, outcome, stage"),
    "samples as words": (
        2,
        f'{{"kind": "round", {CASE}, "seconds": ["1"], "matmul_seconds": [1]}}',
        r"seconds\[0\]: expected a finite number, got '1'",
    ),
    "no samples": (
        2,
        f'{{"kind": "round", {CASE}, "seconds": [], "matmul_seconds": [1]}}',
        r"seconds: expected 1 to 1,000,000 elements, got \[\]",
    ),
    "infinite": (
        2,
        f'{{"kind": "round", {CASE}, "seconds": [1], "matmul_seconds": [1e999]}}',
        r"matmul_seconds\[0\]: expected a finite number, got inf",
    ),
    "no time": (
        2,
        f'{{"kind": "round", {CASE}, "seconds": [0], "matmul_seconds": [1]}}',
        r"seconds\[0\]: expected a number from 1e-09 to 1e\+09, got 0",
    ),
    "an unknown case": (
        2,
        '{"kind": "round", "case": ["a", "b", "c", "d", 1, ""], "process": 0, "round": 0,'
        ' "seconds": [1]}',
        "of an unknown case, 'a/b/c/d/1/'",
    ),
    "measured without rounds": (
        2,
        f'{{"kind": "outcome", {CASE}, "outcome": "measured", "stage": "", "message": ""}}',
        "measured, but its round records are missing",
    ),
    "half a character": (
        2,
        f'{{"kind": "outcome", {CASE}, "outcome": "\\ud800", "stage": "", "message": ""}}',
        "outcome: expected text that UTF-8 can say",
    ),
    "a long text": (
        2,
        f'{{"kind": "outcome", {CASE}, "outcome": "{"x" * 10_001}", "stage": "", "message": ""}}',
        "outcome: expected 0 to 10,000 elements, got 'xxx",
    ),
    "many cases": (
        0,
        json.dumps({"kind": "run", **_header(cases=[list(TORCH)] * 2001)}),
        "cases: expected 0 to 2,000 elements",
    ),
    "a panel without words": (
        1,
        '{"kind": "proof", "panels": ["caffe"], "passed": true, "worst_float64": 0, "seconds": 1,'
        ' "versions": {}, "bounds": {"forward": 1, "update": 1}}',
        "'caffe' is not described in the run record",
    ),
}


@rows("broken", BROKEN)
def test_a_broken_record_is_one_line(tmp_path: Path, broken: tuple[int, str, str]) -> None:
    index, text, message = broken
    path = written(tmp_path, *measured())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:index], text, *lines[index + 1 :]]) + "\n")
    with pytest.raises(TriptychError, match=message) as caught:
        read_run(path)
    said = str(caught.value)
    assert said.startswith(f"{path.name}, line {index + 1}: ") and "\n" not in said


@pytest.mark.parametrize("size", [1, 10**12])
def test_what_is_no_file_or_too_large_is_one_line(tmp_path: Path, size: int) -> None:
    path = tmp_path / "20260102-030405-tiny.jsonl"
    if size == 1:
        os.mkfifo(path)
    else:
        with path.open("wb") as stream:
            stream.truncate(size)  # a hole
    with pytest.raises(TriptychError, match="expected a file of at most 100,000,000 bytes"):
        read_run(path)


@rows("content", {"empty": b"", "half a line": b'{"kind": "run"', "not UTF-8": b"\xff\xfe\n"})
def test_a_file_that_is_no_record_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "20260102-030405-tiny.jsonl"
    path.write_bytes(content)
    with pytest.raises(TriptychError, match=path.name) as caught:
        read_run(path)
    assert "\n" not in str(caught.value)


STRANGE: list[Any] = [
    None, True, False, 0, 1, -1, 2**53, 10**400, 1e-9, 1e9, 1e300, float("nan"), float("inf"),
    "", "$x^", "\ud800", "\x00|\n", [], {}, [[]], {"a": [{}]},
    "measured", "#000000", ["torch", "eager", "inference"], list(TORCH),
]  # fmt: skip


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _of_today() -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        return _records(written(Path(folder), *measured(), CRASH))


RECORDS = [*map(_records, COMMITTED), _of_today()]


def _mutated(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[Any]:
    """Return the records of a run, committed or of today, with values lost or replaced."""
    records: Any = deepcopy(RECORDS[draw(st.integers(0, len(RECORDS) - 1))])
    for _ in range(draw(st.integers(1, 3))):
        inside: Any = records
        first = st.integers(0, min(3, len(records) - 1))  # half of the time, where the words are
        key: Any = draw(first | st.integers(0, len(records) - 1))
        while isinstance(inside[key], (list, dict)) and inside[key] and draw(st.integers(0, 5)):
            inside = inside[key]
            keys = range(len(inside)) if isinstance(inside, list) else sorted(inside)
            key = draw(st.sampled_from(keys))
        alike = [each for each in STRANGE if type(each) is type(inside[key])]
        how = draw(st.sampled_from(("lost", "another type", "alike", "alike")))
        if how == "lost" and len(records) > 1:
            del inside[key]
        else:
            choice = alike if alike and how == "alike" else STRANGE
            inside[key] = deepcopy(draw(st.sampled_from(choice)))
    return list(records)


@pytest.mark.complete
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_records_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    records = _mutated(data.draw)
    path = tmp_path_factory.getbasetemp() / "20260102-030405-mutated.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    try:
        run = read_run(path)
    except TriptychError as error:
        assert "\n" not in str(error) and str(error).startswith(path.name)
    else:
        assert page(run).encode() and text_tables(run).encode() and figure(run).axes


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2000))
def test_damaged_bytes_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes, place: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "20260102-030405-damaged.jsonl"
    content = COMMITTED[0].read_bytes()
    path.write_bytes(content[:place] + damage + content[place + len(damage) :])
    try:
        assert page(read_run(path)).encode()
    except TriptychError as error:
        assert "\n" not in str(error)

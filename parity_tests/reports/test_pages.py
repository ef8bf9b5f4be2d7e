"""Pages and plots, rendered from records alone, in the words of these."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import method
from common.errors import run_command
from frontends import frameworks
from frontends.workers.environments import ROOT
from parity_tests.house.imports import closure, read
from parity_tests.reports.drawn import drawn
from parity_tests.reports.recorded import (
    COMMITTED,
    CRASH,
    REPORTS,
    WARM,
    measured,
    small_run,
    written,
)
from parity_tests.rows import rows
from reports import build as command
from reports.build import build
from reports.page import page
from reports.plot import figure, png
from reports.records import Run, read_run
from reports.tables import significant, text_tables

PLOTS = json.loads((Path(__file__).parent / "committed_plots.json").read_text(encoding="utf-8"))


def test_a_page_holds_the_figures_and_the_reasons(tmp_path: Path) -> None:
    written(tmp_path, *measured(), CRASH)
    opened = build(tmp_path).path
    text = (tmp_path / "20260102-030405-tiny.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| PyTorch"))
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "PyTorch", "eager", "100", "50.0–200", "1", "500", "2.50", "50", "7", "0 %"
    ]  # fmt: skip
    for part in (
        "Paddle (graph training): crashed at stage steps: signal SIGKILL",
        "Some CPU, 2 cores, 8 GB",
        "3.0e-15",
        "4.0e-07 of the largest output",
        "python -m benchmarks.run --framework torch,paddle\n",
        "(20260102-030405-tiny.png)",
        "commit abcdef123456",
    ):
        assert part in text, part
    assert "other programs ran" not in text
    assert (tmp_path / "20260102-030405-tiny.png").read_bytes().startswith(b"\x89PNG")
    assert opened.name == "README.md" and "Tiny network" in opened.read_text(encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == 4, "something half-written is left"


def test_a_busy_machine_is_told(tmp_path: Path) -> None:
    found = read_run(written(tmp_path, *measured(), load_before=3.5))
    assert "**other programs ran**" in page(found)


def test_a_gpu_is_called_by_its_name(tmp_path: Path) -> None:
    gpu = WARM["memory"] | {"peak_device": 10**9, "device_name": "NVIDIA H100"}
    records = [
        (kind, fields | {"device": "gpu"} if kind == "prepared" else fields)
        for kind, fields in measured(memory=gpu)
    ]
    text = page(read_run(written(tmp_path, *records)))
    assert "device: gpu (NVIDIA H100);" in text and "50 + 1000 GPU" in text


def test_a_panel_that_no_other_stood_beside_is_told(tmp_path: Path) -> None:
    alone = {"passed": False, "worst_float64": None}
    records = [(k, f | alone if k == "proof" else f) for k, f in measured()]
    text = page(read_run(written(tmp_path, *records)))
    assert "PyTorch alone, where no other panel ran, passed, held step by step in float32" in text


def test_a_page_counts_the_processes_that_there_were(tmp_path: Path) -> None:
    assert "means over 1 process of" in page(read_run(written(tmp_path, *measured(), processes=3)))


def test_what_was_not_interleaved_is_told(tmp_path: Path) -> None:
    assert "want of memory" not in page(small_run(tmp_path))
    found = read_run(written(tmp_path, *measured(group=1)))
    assert "apart from the others': PyTorch eager (inference)" in page(found)


def test_the_table_at_the_end(tmp_path: Path) -> None:
    text = text_tables(small_run(tmp_path))
    assert "Tiny network: 1,234 parameters, 1.0 million multiply-adds an image" in text
    assert "Paddle (graph training): crashed at stage steps: signal SIGKILL" in text


def test_a_reason_is_whole_whatever_is_in_it(tmp_path: Path) -> None:
    crash = ("outcome", {**CRASH[1], "message": "a | b || c: "})
    text = page(read_run(written(tmp_path, *measured(), crash)))
    assert "- Paddle (graph training): crashed at stage steps: a | b || c: \n" in text


def test_nothing_is_rendered_twice_differently(tmp_path: Path) -> None:
    written(tmp_path, *measured(), CRASH)
    build(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}
    build(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*")} == before


@rows("title", {"one": "5$ a net", "formula": "$\\frac{", "unprintable": "\x00 \x07", "長": "長い"})
def test_a_title_is_plain_text(tmp_path: Path, title: str) -> None:
    run = read_run(written(tmp_path, *measured(), CRASH, title=title))
    assert png(run).startswith(b"\x89PNG") and drawn(figure(run))["title"].startswith(title)


@given(st.floats(1e-4, 1e6))
def test_three_significant_digits_or_two_below_one(value: float) -> None:
    text = significant(value)
    allowed = 0.005 if value >= 1 else 0.05
    assert "e" not in text and float(text.replace(",", "")) == pytest.approx(value, rel=allowed)


# Pages keep their own words


def test_there_are_committed_runs() -> None:
    assert {path.stem for path in COMMITTED} == set(PLOTS)
    assert all(path.is_file() for path in COMMITTED)


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A copy of the committed records, and of what stands beside their pages."""
    shutil.copytree(REPORTS / "data", tmp_path / "data")
    for path in [*(REPORTS / name for name in command.BESIDE), *REPORTS.glob("experiment-*.md")]:
        shutil.copy(path, tmp_path)
    return tmp_path


def _assert_as_committed(out: Path) -> None:
    assert not build(out).unreadable
    for name in ("README.md", *(f"{path.stem}.md" for path in COMMITTED)):
        assert (out / name).read_bytes() == (REPORTS / name).read_bytes(), name
    for path in COMMITTED:
        assert drawn(figure(read_run(path))) == PLOTS[path.stem]


def test_the_committed_pages_are_what_their_records_give(committed: Path) -> None:
    _assert_as_committed(committed)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Change every word of a framework and of the method, as time may."""

    def change() -> None:
        for name, row in list(frameworks.TABLE.items()):
            styles = {style: f"{style}: as it is done later" for style in row.styles}
            changed = replace(
                row,
                label=f"Later {row.label}",
                colour="#123456",
                styles=styles,
                feeds_every_step=not row.feeds_every_step,
            )
            monkeypatch.setitem(frameworks.TABLE, name, changed)
        for part in method.METHOD:
            monkeypatch.setitem(method.METHOD, part, "as it is done later")
        monkeypatch.setitem(method.PASSES, "training", 2)
        monkeypatch.setattr(method, "TRAINING", "another")

    return change


def test_words_of_today_change_no_committed_page(
    committed: Path, later: Callable[[], None]
) -> None:
    later()
    _assert_as_committed(committed)


def test_a_record_holds_the_words_of_its_day(tmp_path: Path, later: Callable[[], None]) -> None:
    run = small_run(tmp_path)
    text, plot = page(run), drawn(figure(run))
    later()
    assert (page(_run_of(tmp_path)), drawn(figure(_run_of(tmp_path)))) == (text, plot)
    of_later = page(read_run(written(tmp_path / "later", *measured(), CRASH)))
    for word in ("Later PyTorch", "eager: as it is done later", "**training** is another"):
        assert word in of_later and word not in text, word


def _run_of(folder: Path) -> Run:
    (path,) = (folder / "data").iterdir()
    return read_run(path)


# One that cannot be read, beside others


BAD = {
    "empty": b"",
    "half a line": b'{"kind": "run", "sche',
    "not UTF-8": b"\xff\xfe\x00",
    "another schema": b'{"kind": "run", "schema": 9}\n',
    "half a header": b'{"kind": "run", "schema": 3, "cases": []}\n',
}


@rows("content", BAD)
def test_a_bad_record_does_not_stop_the_others(
    tmp_path: Path,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path, *measured(), CRASH)
    build(tmp_path)
    names = ("README.md", f"{path.stem}.md", f"{path.stem}.png")
    before = {name: (tmp_path / name).read_bytes() for name in names}
    for name in names:
        (tmp_path / name).unlink()
    (tmp_path / "data" / "20270101-000000-bad.jsonl").write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["build", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        run_command(command.main)
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.count("\n") == 1 and said.startswith("20270101-000000-bad.jsonl")
    assert {name: (tmp_path / name).read_bytes() for name in names} == before


def test_a_runs_own_page_is_written_beside_a_bad_record(tmp_path: Path) -> None:
    path = written(tmp_path, *measured(), CRASH)
    (tmp_path / "data" / "20270101-000000-bad.jsonl").write_text("[]\n")
    built = build(tmp_path, path.stem)
    assert built.path.is_file() and len(built.unreadable) == 1


def test_pages_need_neither_benchmarks_nor_frameworks() -> None:
    """Nor does what they import, in whatever function."""
    needed = closure(read(ROOT), ["reports.build"])
    assert {"reports.page", "reports.plot", "common.files"} <= needed
    assert {name.split(".")[0] for name in needed} == {"common", "reports"}


def test_the_name_of_the_command_is_its_callers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"], prog="triptych report")
    assert capsys.readouterr().out.startswith("usage: triptych report ")

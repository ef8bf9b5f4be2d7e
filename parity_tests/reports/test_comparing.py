"""Two runs held against each other: what is called slower, and what no two runs can say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import run
from benchmarks.matrix import Case
from common.errors import TriptychError
from parity_tests.reports.recorded import HEADER, PREPARED, WARM, Put, written
from reports.comparing import FASTER, SAME, SLOWER, UNKNOWN, compared, drift, table
from reports.records import Run, read_run

CASES = [Case("torch", style, "inference", batch=50) for style in ("eager", "compiled")]
CASES += [CASES[0]._replace(variant="again"), Case("paddle", "eager", "inference", batch=50)]
SPEEDS = dict(zip(CASES, (0.5, 0.25, 0.5, 1.0)))


def _run(
    folder: Path,
    seed: int,
    factors: dict[int, float] | None = None,
    processes: int = 3,
    **header: object,
) -> Path:
    """Write a run whose cases take so many times as long, with a noise of 1 % by process."""
    draw = np.random.default_rng(seed)
    records: list[Put] = []
    for number, case in enumerate(CASES):
        records.append(("prepared", {"case": case, **PREPARED}))
        records.append(("warm", {"case": case, **WARM}))
        for process in range(processes):
            own = SPEEDS[case] * (factors or {}).get(number, 1.0) * np.exp(draw.normal(0, 0.01))
            for at in range(4):
                seconds = [float(own * np.exp(draw.normal(0, 0.01)))]
                about = {"case": case, "process": process, "round": at, "seconds": seconds}
                records.append(("round", about))
        done = {"case": case, "outcome": "measured", "stage": "", "message": ""}
        records.append(("outcome", done))
    return written(folder, *records, cases=CASES, processes=processes, **header)  # type: ignore[arg-type]


@pytest.fixture
def old(tmp_path: Path) -> Run:
    return read_run(_run(tmp_path / "old", 1))


def test_what_became_slower_or_faster_is_called(old: Run, tmp_path: Path) -> None:
    new = read_run(_run(tmp_path / "new", 2, {1: 1.2, 3: 0.8}))
    changes = compared(old, new)
    assert [each.verdict for each in changes] == [SAME, SLOWER, SAME, FASTER]
    assert table(old, changes).splitlines()[2].endswith(SLOWER) and drift(changes) == ""


def test_noise_is_not_called(old: Run, tmp_path: Path) -> None:
    for seed in range(2, 12):
        changes = compared(old, read_run(_run(tmp_path / str(seed), seed)))
        assert {each.verdict for each in changes} == {SAME}, seed


def test_what_all_cases_share_is_told_as_such(old: Run, tmp_path: Path) -> None:
    changes = compared(old, read_run(_run(tmp_path / "new", 2, dict.fromkeys(range(4), 1.3))))
    assert "the machine, its load" in drift(changes)


def test_a_run_that_does_not_tell_its_noise_tells_no_change(old: Run, tmp_path: Path) -> None:
    new = read_run(_run(tmp_path / "new", 2, {1: 1.2}, processes=1))
    assert {each.verdict for each in compared(old, new)} == {UNKNOWN}


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"threads": 4}, "not comparable: threads was 2, and is 4"),
        ({"network": "other"}, "not comparable: network was tiny, and is other"),
        ({"machine": {**HEADER["machine"], "cpu": "Another"}}, "cpu was Some CPU, and is Another"),  # type: ignore[dict-item]
    ],
)
def test_what_is_not_comparable_is_one_line(
    old: Run, tmp_path: Path, header: dict[str, object], said: str
) -> None:
    with pytest.raises(TriptychError, match=said):
        compared(old, read_run(_run(tmp_path / "new", 2, **header)))  # type: ignore[arg-type]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(_run(tmp_path / "old", 1)), str(_run(tmp_path / "new", 2, {1: 1.2}))]
    compare: Callable[..., int] = run.main
    assert compare(["compare", *paths]) == 1 and "slower" in capsys.readouterr().out
    assert compare(["compare", *paths[::-1]]) == 0

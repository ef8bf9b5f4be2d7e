"""The sentences of a page's head, and what they rest on: each is what the records support."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.matrix import Case
from parity_tests.reports.recorded import PREPARED, WARM, Put, written
from reports.page import page
from reports.plot import figure
from reports.records import Run, read_run
from reports.verdict import breaking_even, verdict

EAGER = Case("torch", "eager", "training", batch=50)
COMPILED, PADDLE = EAGER._replace(style="compiled"), EAGER._replace(framework="paddle")
PAIRS = [EAGER._replace(variant=f"{each} {n}") for n in (1, 2, 3) for each in ("again", "slowed")]
CASES = [EAGER, COMPILED, PADDLE, EAGER._replace(variant="again"), *PAIRS]
FIRST = {COMPILED: 20.0}  # seconds; others 2.5


def _run(folder: Path, seconds: dict[Case, float], spread: float = 0.005, **header: object) -> Run:
    """Return a run of three processes with so much noise by process and by round."""
    draw = np.random.default_rng(3)
    records: list[Put] = [
        ("copy", {"process": 0, "device": "cpu", "bytes": 1 << 28, "seconds": [0.05]})
    ]
    for case in CASES:
        for process in range(3):
            first = {"first_step_s": FIRST.get(case, 2.5), "process": process}
            records.append(("prepared", {"case": case, **PREPARED, **first}))
            records.append(("warm", {"case": case, **WARM, "process": process}))
            own = seconds.get(case, 0.5) * np.exp(draw.normal(0, spread))
            own *= 1.1 if case.variant.startswith("slowed") else 1.0
            for at in range(4):
                taken = [float(own * np.exp(draw.normal(0, spread)))]
                about = {"case": case, "process": process, "round": at, "seconds": taken}
                records.append(("round", {**about, "faults": 3, "clocks": {"cpu_mhz": 2600.0}}))
        done = {"case": case, "outcome": "measured", "stage": "", "message": ""}
        records.append(("outcome", done))
    said = {"cases": CASES, "processes": 3, "traffic": 40_000_000, **header}
    return read_run(written(folder, *records, **said))  # type: ignore[arg-type]


def test_the_sentences_of_a_quiet_run(tmp_path: Path) -> None:
    found = _run(tmp_path, {COMPILED: 0.25, PADDLE: 0.8})
    text = "\n".join(verdict(found))
    assert "In training, batches of 50, **PyTorch compiled** is the fastest: 2.0" in text
    assert "as fast as PyTorch eager, the next." in text
    assert "Of 3 planted slow-downs by 10 %, 3 were called; of 6 pairs of the same, 0." in text
    assert found.noise and 0 < found.noise.floor < 0.05 and "too noisy" not in text
    assert "PyTorch compiled has made up for its first step after 70 steps" in text
    assert "which memory sets" in text


def test_what_noise_does_not_tell_is_not_told(tmp_path: Path) -> None:
    found = _run(tmp_path, {COMPILED: 0.5, PADDLE: 0.8})
    head = verdict(found)[0]
    assert "is the fastest; noise does not tell it from PyTorch" in head
    assert "≈" in page(found)


def test_a_run_that_is_too_noisy_says_so(tmp_path: Path) -> None:
    text = "\n".join(verdict(_run(tmp_path, {COMPILED: 0.25}, spread=0.2)))
    assert "too noisy in this run to tell 10 %" in text
    assert "3 planted slow-downs by 10 %, 0 were called" in text


def test_break_even_is_where_the_times_cross(tmp_path: Path) -> None:
    found = _run(tmp_path, {COMPILED: 0.25}, spread=0.0)
    crossed = breaking_even(found, ("training", 50))
    assert crossed
    fast, quick, steps = crossed
    assert (fast.style, quick.style) == ("compiled", "eager") and steps == 70  # 17.5 s / 0.25 s


def test_conditions_are_on_the_page_and_plots_have_their_panels(tmp_path: Path) -> None:
    variables = {"MALLOC_TOP_PAD_": "1", "OMP_NUM_THREADS": "2"}
    found = _run(tmp_path, {COMPILED: 0.25}, variables=variables, preset="standard")
    text = page(found)
    for part in (
        "preset standard: 3 processes a case, 3 rounds of each",
        "CPU 2,600 MHz",
        "`MALLOC_TOP_PAD_=1`",
        "copy 10.7 GB/s (read and written)",
        "the same once more, in processes of its own (A/A)",
        "within the noise",
    ):
        assert part in text, part
    titles = [axes.get_title() for axes in figure(found).axes]
    assert len(titles) == 3 and titles[1].startswith("roofline")
    assert titles[2].startswith("training: even after ")


@pytest.mark.parametrize("batches", [(1, 50)])
def test_batches_have_a_plot_of_their_own(tmp_path: Path, batches: tuple[int, ...]) -> None:
    cases = [EAGER._replace(mode="inference", batch=batch) for batch in batches]
    records: list[Put] = []
    for case in cases:
        about = {"case": case, "process": 0, "round": 0, "seconds": [0.1]}
        done = {"case": case, "outcome": "measured", "stage": "", "message": ""}
        records += [("round", about), ("outcome", done)]
    found = read_run(written(tmp_path, *records, cases=cases))
    assert figure(found).axes[-1].get_title() == "inference by batch"
    assert "## Inference, batches of 1\n" in page(found)

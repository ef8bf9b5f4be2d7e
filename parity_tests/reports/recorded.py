"""Records of a small run, as a benchmark would have written them, for tests to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import method
from benchmarks.matrix import Case
from common.recipes.named import THROUGHPUT
from common.records import RecordFile
from frontends.workers.environments import ROOT
from frontends.workers.outcomes import CRASHED
from reports.handbook.evidence import Evidence
from reports.records import Run, read_run
from reports.schema import SCHEMA

REPORTS = ROOT / "reports"
# Runs that the project keeps; whoever runs a benchmark here has more.
COMMITTED = [
    REPORTS / "data" / f"{name}.jsonl"
    for name in (
        "20261122-160326-se_resnext_mnist",
        "20261122-160750-se_resnext_mnist",
        "20261126-135050-resnet50",
        "20261126-135447-se_resnext_mnist",
        "20261126-172031-se_resnext_mnist",
        "20261126-174157-se_resnext_mnist",
        "20261126-174809-resnet18",
        "20261126-175650-resnet50",
        "20261126-180200-resnet50_keras",
    )
]
TORCH = Case("torch", "eager", "inference", batch=50)
PADDLE = Case("paddle", "graph", "training", batch=50)
HEADER = {
    "schema": SCHEMA,
    "started": "2026-01-02T03:04:05+00:00",
    "command": "python -m benchmarks.run --framework torch,paddle",
    "commit": "abcdef123456",
    "machine": {
        "cpu": "Some CPU",
        "cores": 2,
        "memory": 8_000_000_000,
        "os": "Linux 6",
        "architecture": "x86_64",
        "python": "3.11.7",
    },
    "load_before": 0.1,
    "threads": 2,
    "processes": 1,
    "rounds": 3,
    "cases": [TORCH, PADDLE],
    "network": "tiny",
    "title": "Tiny network",
    "parameters": 1234,
    "macs": 1_000_000,
    "input_shape": [1, 28, 28],
    "batch": 50,
    "input": "the first 50 of MNIST's test images",
}
PROOF = {
    "panels": ["torch", "paddle"],
    "passed": True,
    "worst_float64": 3e-15,
    "seconds": 9.0,
    "versions": {"torch": {"torch": "2.13.0"}},
    "bounds": {"forward": 2.0**-12, "update": 0.25},
}
PREPARED = {
    "process": 0,
    "versions": {"torch": "2.13.0"},
    "rss_after_import": 100_000_000,
    "device": "cpu",
    "build_s": 0.1,
    "first_step_s": 2.5,
    "second_step_s": 0.5,
    "forward_error": 4e-7,
}
WARM: dict[str, Any] = {
    "seconds": [0.5, 0.5],
    "steady": 0,
    "memory": {
        "rss": 140_000_000,
        "private": 90_000_000,
        "peak_rss": 150_000_000,
        "peak_device": None,
    },
    "matmul_size": 1000,
    "matmul_seconds": [0.02, 0.02],
    "group": 0,
    "process": 0,
}
CRASH = (
    "outcome",
    {"case": PADDLE, "outcome": CRASHED, "stage": "steps", "message": "signal SIGKILL"},
)
Put = tuple[str, dict[str, Any]]


def measured(case: Case = TORCH, **warm: Any) -> list[Put]:
    """Return the records of a case that was measured: rounds of 0.5, 0.25 and 1 s a step."""
    rounds = [
        ("round", {"case": case, "process": 0, "round": n, "seconds": [s, s, 9 * s], "faults": 7})
        for n, s in enumerate((0.5, 0.25, 1.0))
    ]
    done = {"case": case, "outcome": "measured", "stage": "", "message": ""}
    return [
        ("proof", PROOF),
        ("prepared", {"case": case, **PREPARED}),
        ("warm", {"case": case, **WARM, **warm}),
        *rounds,
        ("outcome", done),
    ]


def written(folder: Path, *more: Put, end: bool = True, **header: Any) -> Path:
    """Write FOLDER/data/20260102-030405-tiny.jsonl in the words of today; return its path."""
    records = RecordFile(folder / "data", "20260102-030405-tiny")
    cases = header.get("cases", HEADER["cases"])
    words = method.words(["torch", "paddle"], cases, THROUGHPUT)
    records.put("run", **{**HEADER, **words, **header})
    for kind, fields in more:
        records.put(kind, **fields)
    if end:
        records.put("end", state="complete", seconds=12.0, load_after=0.2)
    records.close()
    return records.path


def small_run(folder: Path) -> Run:
    """Return a run with one case measured and one that crashed, written below a folder and read."""
    return read_run(written(folder, *measured(), CRASH))


class Kept(Evidence):
    """The records that the project keeps, whatever was measured here besides."""

    def runs(self, trainings: bool = False) -> list[Path]:
        """Return those of them that are of timings, or of trainings."""
        found = super().runs(trainings)
        return found if trainings else [path for path in found if path in COMMITTED]


EVIDENCE = Kept(REPORTS)

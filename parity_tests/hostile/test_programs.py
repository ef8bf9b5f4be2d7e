"""A reader's file that does what it should not: a named outcome, and what it said is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from common import machine
from common.networks import load
from frontends.ladder.report import Report
from frontends.ladder.subjects import MINE
from frontends.ladder.verify import MOST_PRINTED, verify_mine
from frontends.workers.pool import Workers
from parity_tests.rows import rows

READERS = Path(__file__).parents[1] / "cases" / "readers"
FILE = """\
import os, sys, time
import numpy as np
import torch
from torch import nn
{imported}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 16, 5, padding=2, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.fc = nn.Conv2d(16, 24, 3, padding=1), nn.Linear(24, 10)

    def forward(self, x):
        {forward}
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        return self.fc(torch.relu(self.conv2(x)).mean((2, 3)))
"""
MEMORY = (machine.memory() or 2**40) // 8 + 1  # float64s

# what the file does as it is imported, and in forward -> what is said of it
SAID = {
    "exits": (
        "sys.exit(0)",
        "pass",
        "crashed at stage load: the file ends its process: 0 (SystemExit, line 5 of net.py",
    ),
    "leaves": ("os._exit(0)", "pass", "crashed at stage load: exit code 0"),
    "takes all memory": (f"np.ones({MEMORY})", "pass", "crashed at stage load: Unable to allocate"),
}
MORE = {
    "takes it in forward": ("", f"np.ones({MEMORY})", "crashed at stage evaluate: Unable to alloc"),
    "leaves in forward": ("", "os._exit(0)", "crashed at stage evaluate: exit code 0"),
    "exits in forward": (
        "",
        "sys.exit(0)",
        "crashed at stage evaluate: the file ends its process: 0",
    ),
    "raises an error of ours": ("", "raise KeyError('kernel')", "crashed at stage evaluate: 'kern"),
    "closes the channel": (
        "os.close(int(sys.argv[3]))",
        "pass",
        "crashed at stage load: ",
    ),
    "closes everything": ("os.closerange(0, 99)", "pass", "crashed at stage load: "),
    "breaks numpy": ("np.asarray = np.array = None", "pass", "crashed at stage "),
    "changes the default type": (
        "torch.set_default_dtype(torch.float16)",
        "pass",
        "(RuntimeError, line 1",
    ),
    "waits": ("time.sleep(600)", "pass", "timed out at stage load"),
    "never ends": ("while True: pass", "pass", "timed out at stage load"),
}


def _report(imported: str, forward: str, folder: Path, workers: Workers) -> Report:
    (folder / "net.py").write_text(FILE.format(imported=imported, forward=forward))
    network = load(str(READERS / "digits.json"))
    try:
        return verify_mine(network, f"{folder}/net.py:Net", "torch", workers=workers, timeout=20)
    finally:
        workers.end("torch", MINE)


def _outcomes(report: Report) -> str:
    return "; ".join(
        f"{row.outcome} at {row.rung}: {row.note}" for row in report.rows if not row.passed
    )


@rows("imported, forward, said", SAID)
def test_a_named_outcome(
    imported: str, forward: str, said: str, tmp_path: Path, workers: Workers
) -> None:
    assert said in _outcomes(_report(imported, forward, tmp_path, workers))


@pytest.mark.complete
@rows("imported, forward, said", MORE)
def test_more_named_outcomes(
    imported: str, forward: str, said: str, tmp_path: Path, workers: Workers
) -> None:
    assert said in _outcomes(_report(imported, forward, tmp_path, workers))


PRINTS = "print('\\n'.join(map(str, range(10**6))) + '\\x1b[31m', flush=True)"


@pytest.mark.complete
@rows("imported", {"prints": PRINTS, "forks": f"{PRINTS}\nif os.fork() == 0: time.sleep(600)"})
def test_what_it_prints_is_shown_in_bounds(imported: str, tmp_path: Path, workers: Workers) -> None:
    report = _report(imported, "pass", tmp_path, workers)
    assert report.passed, report.text()
    at = report.notes.index("printed meanwhile:")
    assert len(report.notes) - at - 1 <= MOST_PRINTED
    assert "999999\\x1b[31m" in report.text() and "\x1b" not in report.text()

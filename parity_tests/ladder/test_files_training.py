"""Files that train by a recipe, each along its own gradients, beside each other."""

from __future__ import annotations

import pytest

from common.recipes.named import load_recipe
from frontends.ladder.asked import Asked
from frontends.ladder.report import Report
from frontends.ladder.taught import AFTER, LOSSES
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from parity_tests.cases.reader import READERS
from parity_tests.rows import rows

BASE, RUNGS = "extra_parameters/torch_net.py:Base", {LOSSES, *AFTER.values()}


def _report(port: str, recipe: str, workers: Workers) -> Report:
    files = [str(READERS / each) for each in (BASE, port)]
    return verify_files(files, Asked((3, 8, 8), recipe=load_recipe(recipe)), workers=workers)


RIGHT = {
    "momentum": ("extra_parameters/torch_net.py:OtherOrder", "se_resnext_article"),
    "Adam": ("paddle_styles/paddle_net.py:Net", "rir"),
}


@pytest.mark.complete
@rows("port, recipe", RIGHT)
def test_right_ports_train_alike(port: str, recipe: str, workers: Workers) -> None:
    report = _report(port, recipe, workers)
    assert report.proved, report.text()
    assert {row.rung for row in report.rows} >= RUNGS
    assert any("trained along" in note for note in report.notes)


@pytest.mark.complete
def test_what_one_file_freezes_trains_apart(workers: Workers) -> None:
    report = _report("extra_parameters/torch_net.py:Frozen", "se_resnext_article", workers)
    (row,) = [row for row in report.rows if row.rung == AFTER[0]]
    assert not row.passed and row.note.startswith("first: conv.kernel: "), report.text()
    assert {row.rung for row in report.rows if not row.passed} >= {AFTER[2]}


def test_outputs_that_have_no_such_loss_are_told(workers: Workers) -> None:
    files = [str(READERS / "unknown_layer_dropped/torch_net.py:net")] * 2
    report = verify_files(files, Asked(recipe=load_recipe("rir")), workers=workers)
    assert any(row.rung == LOSSES for row in report.rows), report.text()

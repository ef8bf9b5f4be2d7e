"""Networks of libraries, and the published pair, compared as files with no specification."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from common.networks import load
from frontends.ladder.asked import Asked
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.cases.pairs import Pair, check_pair
from parity_tests.rows import rows

KERAS, TORCH, PADDLE = (f"zoo/{each}_net.py:resnet50" for each in ("keras", "torch", "paddle"))
UNLIKE = ("has no counterpart", "first apart: ")  # the biases; epsilon, then stride and softmax
ZOO = {
    "PyTorch and Paddle": Pair((TORCH, PADDLE), shape=(3, 64, 64), batch=4),
    "Keras and PyTorch": Pair((KERAS, TORCH), UNLIKE, only=False, batch=4),
    "Keras and Paddle": Pair((KERAS, PADDLE), UNLIKE, only=False, batch=4),
}


@pytest.mark.exhaustive
@rows("case", ZOO)
def test_the_resnet50s_of_three_libraries(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


@pytest.mark.exhaustive
def test_the_published_pair_parts_at_a_line_of_each(workers: Workers, tmp_path: Path) -> None:
    files = []
    for name, panel in {"tensorflow": "tensorflow1", "fluid": "fluid"}.items():
        source = emit(load(f"se_resnext_published_{name}"), panel)
        path = tmp_path / f"{panel}_net.py"
        path.write_text(source.text, encoding="utf-8")
        files.append(f"{path}:{source.entry}@{panel}")
    shape = load("se_resnext_published_fluid").input_shape
    report = verify_files(files, Asked(shape=shape), workers=workers)
    assert not report.proved
    (note,) = [row.note for row in report.rows if row.rung == "forward, eval"]
    found = re.findall(r"(tensorflow1|fluid)_net\.py:\d+: ", note)
    assert found == ["tensorflow1", "fluid"], report.text()

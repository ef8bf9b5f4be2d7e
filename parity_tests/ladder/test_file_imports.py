"""A reader's file imports what lies beside it, in each of the ways that people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.ops import Dense
from frontends.ladder.verify import verify_mine
from frontends.workers.pool import Workers
from parity_tests.cases.small import sequence
from parity_tests.rows import rows

NETWORK = sequence("net", (4,), fc=Dense(3))
TEXT = """
from torch import nn
from {module} import WIDTH

def net():
    return nn.Sequential(nn.Linear(4, WIDTH))
"""
# How the module is called -> the file, and the module's file.
WAYS = {
    "beside it": ("layers_of_mine", "net.py", "layers_of_mine.py"),
    "relatively": (".layers_of_mine", "net.py", "layers_of_mine.py"),
    "in a package": (".layers_of_mine", "pkg/models/net.py", "pkg/models/layers_of_mine.py"),
    "from the package": ("..layers_of_mine", "pkg/models/net.py", "pkg/layers_of_mine.py"),
    "by a package within it": (
        "models.layers_of_mine",
        "pkg/models/net.py",
        "pkg/models/layers_of_mine.py",
    ),
    "by the package's name": ("pkg.layers_of_mine", "pkg/models/net.py", "pkg/layers_of_mine.py"),
}


def _proved(folder: Path, way: tuple[str, str, str], width: int, workers: Workers) -> bool:
    """Write a file and its module in a folder, and verify it."""
    module, file, beside = way
    for name in ("pkg", "pkg/models") if "/" in file else ():
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
    (folder / beside).write_text(f"WIDTH = {width}\n")
    (folder / file).write_text(TEXT.format(module=module))
    report = verify_mine(NETWORK, f"{folder / file}:net", "torch", workers=workers)
    assert not any(row.stage == "load" for row in report.rows), report.text()
    return report.proved


EXAMPLES = ("relatively",)  # in the default run


@rows(
    "way",
    {
        name: way if name in EXAMPLES else pytest.param(way, marks=pytest.mark.complete)
        for name, way in WAYS.items()
    },
)
def test_what_lies_beside_a_file_is_found(
    way: tuple[str, str, str], tmp_path: Path, workers: Workers
) -> None:
    """And forgotten with the file: another one has a module of that name, too."""
    for name, width in (("right", 3), ("wrong", 5), ("right again", 3)):
        folder = tmp_path / name
        folder.mkdir()
        assert _proved(folder, way, width, workers) == (width == 3)

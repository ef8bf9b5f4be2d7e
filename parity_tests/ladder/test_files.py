"""Two files compared, with no specification: by the command, and by the functions behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from common.errors import TriptychError
from frontends.ladder.asked import Asked
from frontends.ladder.verify import verify_files
from frontends.verify import main
from frontends.workers.pool import Workers
from parity_tests.rows import rows


def test_a_file_of_a_package_imports_relatively(workers: Workers, tmp_path: Path) -> None:
    package = tmp_path / "models"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "parts.py").write_text("from torch import nn\n\nhead = nn.Linear\n")
    (package / "net.py").write_text("from .parts import head\n\nnet = head(4, 3)\n")
    (tmp_path / "own.py").write_text("from torch import nn\n\nnet = nn.Linear(4, 3)\n")
    files = [f"{package}/net.py:net", f"{tmp_path}/own.py:net"]
    report = verify_files(files, workers=workers)
    assert report.proved, report.text()
    misnamed = verify_files([files[0], f"{tmp_path}/own.py:nett"], workers=workers)
    assert "own.py has no nett" in misnamed.text() and not misnamed.proved


def test_a_shape_that_is_not_found_is_asked_for(workers: Workers, tmp_path: Path) -> None:
    layers = "nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(98, 3)"
    (tmp_path / "own.py").write_text(f"from torch import nn\n\nnet = nn.Sequential({layers})\n")
    report = verify_files([f"{tmp_path}/own.py:net"] * 2, workers=workers)
    assert not report.proved and "--input-shape" in report.notes[0], report.text()


def test_a_shape_that_is_found_is_not_all_shapes(workers: Workers, tmp_path: Path) -> None:
    for name, mode in (("own", False), ("port", True)):
        layers = f"nn.Conv2d(3, 2, 3, padding=1), nn.MaxPool2d(2, ceil_mode={mode})"
        text = f"from torch import nn\n\nnet = nn.Sequential({layers})\n"
        (tmp_path / f"{name}.py").write_text(text)
    files = [f"{tmp_path}/{name}.py:net" for name in ("own", "port")]
    report = verify_files(files, workers=workers)
    parted = "at (3, 33, 35) they differ: first apart: 1 (MaxPool2d)"
    assert not report.proved and parted in report.text(), report.text()
    stated = verify_files(files, Asked(shape=(3, 32, 32)), workers=workers)
    said = "the same network, on inputs of shape (3, 32, 32) and not on (3, 33, 35)"
    assert stated.proved and stated.verdict.startswith(said), stated.text()
    assert parted in stated.text()


def test_an_entry_that_is_not_there_is_told_with_those_that_are(
    workers: Workers, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text("from torch import nn\n\ndef net(): return nn.ReLU()\n")
    report = verify_files([f"{tmp_path}/own.py:Net"] * 2, workers=workers)
    assert not report.proved and "own.py has no Net; there is net" in report.text()


OWN = "from torch import nn\n\nnet = nn.Sequential(\n    nn.Linear(4, 3),\n    nn.{},\n)\n"


def test_the_command_writes_a_page_and_reads_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "own.py", tmp_path / "port.py"]
    for file, last in zip(files, ("ReLU()", "LeakyReLU(0.1)")):
        file.write_text(OWN.format(last))
    page, weights = tmp_path / "page.html", tmp_path / "own.safetensors"
    drawn = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    save_file({"0.weight": drawn.T.copy(), "0.bias": drawn[0]}, weights)
    batch = tmp_path / "batch.npy"
    np.save(batch, np.random.default_rng(1).standard_normal((5, 4)))
    given = ["--html", str(page), "--weights", str(weights), "--input", str(batch)]
    assert main([*(f"{each}:net" for each in files), *given]) == 1
    said = capsys.readouterr().out
    assert "first apart: 1 (ReLU) of own.py:net (own.py:5: nn.ReLU(),)" in said, said
    text = page.read_text(encoding="utf-8")
    alone = "and 0 (port.py:4): followed by relu / leaky relu of slope 0.1"
    assert alone in said and alone in text, said
    assert text.index("first apart") < text.index("What was checked")
    assert "<div class='call agrees'>0 (Linear)" in text and "call apart'>1 (LeakyReLU)" in text


LINES = {
    "no file among them": ("resnet18 resnet34", "one network, or files"),
    "an option of one network": ("a.py:f@torch b.py:f@torch --legacy", "--legacy is of one"),
    "a recipe": ("a.py:f@torch b.py:f@torch --recipe rirr", "rirr"),
    "an image": ("a.py:f@torch b.py:f@torch --input nowhere.png", "nowhere.png: no such file"),
    "an option of files": ("resnet18 --input x.npy", "--input is of two or more files"),
    "a shape": ("a.py:f@torch b.py:f@torch --input-shape big", "expected sizes such as 3,32,32"),
    "names of three": ("a.py:f@torch b.py:f@torch c.py:f@torch --names x.json", "of two files"),
    "an input": ("a.py:f@torch b.py:f@torch --input nowhere.npy", "--input nowhere.npy: "),
}


@rows("line, said", LINES)
def test_a_wrong_line_is_told_in_one(line: str, said: str) -> None:
    with pytest.raises(TriptychError) as raised:
        main(line.split())
    assert said in str(raised.value) and "\n" not in str(raised.value)


ONE_LINE = {
    "arguments": (
        "class Net(nn.Linear):\n    def __init__(self, width): super().__init__(4, width)",
        "Net takes (width), and is given (): FILE.py:Net(width=2) says arguments",
    ),
    "two inputs": (
        "class Net(nn.Linear):\n    def __init__(self): super().__init__(4, 3)\n"
        "    def forward(self, x, y): return super().forward(x + y)",
        "the network takes (x, y): expected one input",
    ),
    "made in a call": (
        "class Net(nn.Module):\n    def forward(self, x):\n"
        "        self.fc = nn.Linear(4, 3)\n        return self.fc(x)",
        "2 parameters are made in the first call, (3, 4), (3,): expected in its constructor",
    ),
    "arguments of its own": (
        "Net = nn.Linear(4, 3)\nraise SystemExit('usage: own.py DATA')",
        "the file ends its process: usage: own.py DATA (SystemExit, line 3 of own.py: ",
    ),
}


@rows("text, said", ONE_LINE)
def test_what_cannot_be_called_is_told_in_a_line(
    text: str, said: str, workers: Workers, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(f"from torch import nn\n{text}\n")
    report = verify_files([f"{tmp_path}/own.py:Net"] * 2, Asked(shape=(4,)), workers=workers)
    (row,) = report.rows
    assert not report.proved and row.note.startswith(said), report.text()


def test_what_a_script_sets_is_no_part_of_its_network(workers: Workers, tmp_path: Path) -> None:
    """Nor does it hold for the next file."""
    net = "from torch import nn\n\nnet = nn.Linear(4, 3)\n"
    (tmp_path / "own.py").write_text(f"import torch\n\ntorch.set_grad_enabled(False)\n{net}")
    (tmp_path / "port.py").write_text(net)
    for first in ("own", "port"):
        files = [f"{tmp_path}/{each}.py:net" for each in (first, "port")]
        report = verify_files(files, Asked(shape=(4,)), workers=workers)
        assert report.proved, report.text()

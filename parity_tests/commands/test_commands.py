"""The commands: exit codes, one line for a mistake, and nothing half-written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from common.errors import run_command
from common.ops import ChannelPad, Conv2d
from common.serialize import to_json
from frontends import emit, verify
from frontends.writing.draft import LINE_LENGTH
from parity_tests.cases import small
from parity_tests.rows import rows

GOOD = to_json(small.vectors())
MISMATCHED = json.dumps(
    {
        "name": "apart",
        "input_shape": [3, 8, 8],
        "root": "apart",
        "blocks": {
            "apart": {
                "layers": {
                    "narrow": {"op": "conv2d", "out_channels": 4, "kernel_size": 1},
                    "join": {"op": "add"},
                },
                "wiring": ["y = narrow(x)", "x = join(x, y)"],
            }
        },
    }
)
FILES = {
    "good.json": GOOD,
    "truncated.json": GOOD[: len(GOOD) // 2],
    "apart.json": MISMATCHED,
    "empty.json": "",
    "taken": "a file, where a folder is to be made",
    "raises.py": "def network():\n    raise RuntimeError('two\\nlines')\n",
    "misspelt.json": GOOD.replace('"relu": {"op": "relu"}', '"pad": {"op": "channel_padd"}'),
}
Run = Callable[..., tuple[Any, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with FILES; return its exit code and what it printed."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def command(module: ModuleType, arguments: str) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", [str(module.__file__), *arguments.split()])
        with pytest.raises(SystemExit) as left:
            run_command(module.main)
        return left.value.code, *capsys.readouterr()

    return command


MISTAKES = {
    "network": (verify, "resnet51", "unknown network 'resnet51'; available: se_resnext_cifar, "),
    "network to write": (emit, "resnet51 --dialect torch", "unknown network 'resnet51'; available"),
    "framework": (
        verify,
        "good.json --framework torch,jax",
        "jax'; available: all, tensorflow, paddle, torch",
    ),
    "no framework": (verify, "good.json --framework ,", "unknown framework ','; available: all"),
    "dialect": (
        emit,
        "good.json --dialect torch,jax --out out",
        "unknown dialect 'jax'; available: tensorflow, paddle, torch",
    ),
    "dialects without a folder": (
        emit,
        "good.json --dialect torch,paddle",
        "2 dialects need --out DIR",
    ),
    "shapes": (verify, "apart.json", "apart.json: step join: add takes two or more inputs of one"),
    "shapes to write": (emit, "apart.json --dialect torch --out out", "apart.json: step join: add"),
    "truncated": (verify, "truncated.json", "truncated.json: line"),
    "truncated to write": (
        emit,
        "truncated.json --dialect torch --out out",
        "truncated.json: line",
    ),
    "empty": (verify, "empty.json", "empty.json: line 1, column 1: not JSON"),
    "absent file": (verify, "absent.json", "absent.json: cannot be read"),
    "absent module": (verify, "absent.py:network", "absent.py: cannot be read"),
    "no function": (verify, "raises.py", "which function? expected FILE.py:function"),
    "other function": (verify, "raises.py:other", "raises.py:other: no such function"),
    "function that raises": (verify, "raises.py:network", "RuntimeError: two lines"),
    "op": (verify, "misspelt.json", "unknown op 'channel_padd'; available: "),
    "folder": (
        emit,
        "good.json --dialect torch --out taken/out",
        "--out taken/out: cannot be written to",
    ),
    "folder that is a file": (
        emit,
        "good.json --dialect torch --out taken",
        "--out taken: cannot be written to",
    ),
    "report": (verify, "good.json --json taken/report.json", "taken: cannot be written to"),
}


@rows("module, arguments, message", MISTAKES)
def test_a_mistake_is_one_line(
    module: ModuleType, arguments: str, message: str, run: Run, tmp_path: Path
) -> None:
    code, out, err = run(module, arguments)
    assert code == 2 and not out
    assert len(err.splitlines()) == 1 and message in err, err
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_written_or_not_at_all(run: Run, tmp_path: Path) -> None:
    """A network that one dialect cannot write is written in none."""
    network = small.sequence("padded", (3, 6, 6), pad=Conv2d(4, 1), widen=ChannelPad(1, 1))
    (tmp_path / "padded.json").write_text(to_json(network))
    code, out, err = run(emit, "padded.json --dialect torch,tensorflow --out out")
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert run(emit, "padded.json --dialect torch,paddle --out out")[0] == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_nothing_is_left_where_a_file_cannot_go(run: Run, tmp_path: Path) -> None:
    blocked = tmp_path / "out" / "vectors_torch.py"
    blocked.mkdir(parents=True)
    code, _, err = run(emit, "good.json --dialect torch --out out")
    assert code == 2 and "vectors_torch.py: cannot be written" in err
    assert list(blocked.parent.iterdir()) == [blocked]


def test_a_written_file_replaces_the_last(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        code, out, _ = run(emit, "good.json --dialect torch --out out")
        assert code == 0 and out == "out/vectors_torch.py\n"
    code, out, _ = run(emit, "good.json --dialect torch")
    assert code == 0 and out == (tmp_path / "out" / "vectors_torch.py").read_text()


def test_not_proved_is_exit_code_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_PADDLE_PYTHON", "/nowhere/python")
    code, out, _ = run(verify, "good.json --framework torch,paddle --json report.json")
    assert code == 1
    assert "NOT proved the same" in out and "paddle: not installed" in out
    record = json.loads(Path("report.json").read_text())
    assert not record["passed"]
    assert [row["outcome"] for row in record["rows"] if row["panels"] == ["paddle"]] == [
        "not installed"
    ]


def test_a_file_says_what_proved_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """All panels of today have a part in it, and the code is that of the plain file."""
    plain = run(emit, "good.json --dialect paddle")[1]
    code, out, _ = run(emit, "good.json --dialect paddle --verified")
    header, body = out.split('\n"""\n', 1)
    assert code == 0 and body == plain.split('\n"""\n', 1)[1]
    assert "Proved the same network in tensorflow 2." in header and "in float64." in header
    assert all(each in header for each in ("paddle 3.", "torch 2.")) and "nan" not in header
    assert max(map(len, header.splitlines())) <= LINE_LENGTH
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", "/nowhere/python")
    code, out, err = run(emit, "good.json --dialect paddle --verified --out out")
    assert code == 1 and not out and "torch: not installed" in err
    assert not Path("out").exists()

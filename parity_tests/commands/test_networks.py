"""`python -m common.networks`: what it prints, and how it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.networks import available, load
from common.networks.overview import mermaid, parts
from common.serialize import from_json


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    line = [sys.executable, "-m", "common.networks", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_list_names_every_network() -> None:
    listing = command("list")
    assert listing.returncode == 0
    assert [line.split()[0] for line in listing.stdout.splitlines()[2:]] == available()


def test_show_prints_parts_and_counts() -> None:
    page = command("show", "rir18").stdout
    assert "layer2.0    rir_block            96×16×16       508,608    130,940,928" in page
    assert "paddle.flops parameters       9,532,234" in page


def test_show_json_can_be_brought_back() -> None:
    assert from_json(command("show", "resnet18", "--json").stdout, "out") == load("resnet18")


@pytest.mark.parametrize("name", available())
def test_diagrams_have_every_part_and_no_loose_end(name: str) -> None:
    network = load(name)
    lines = mermaid(network).splitlines()
    for index, part in enumerate(parts(network)):
        assert f'  p{index}["{part.path}<br/>' in "\n".join(lines)
        assert any(line.endswith(f" --> p{index}") for line in lines)
    nodes = {match[1] for match in map(re.compile(r' +(\w+)\(?\["').match, lines) if match}
    edges = [line.strip().split(" --> ") for line in lines if " --> " in line]
    assert all(end in nodes for edge in edges for end in edge)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "resnet51"], "unknown network 'resnet51'; available: se_resnext_cifar"),
        (["show", "absent.json"], "absent.json: cannot be read"),
        (["show", "cut.json"], "cut.json: line 1, column 10: not JSON"),
        (["show", "cut.py"], "cut.py: which function? expected FILE.py:function"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "cut.json").write_text('{"name": ')
    verb, reference = arguments
    where = reference if reference == "resnet51" else str(tmp_path / reference)
    refused = command(verb, where)
    assert refused.returncode == 2 and not refused.stdout
    assert len(refused.stderr.splitlines()) == 1 and message in refused.stderr

"""A reader's own file: the right one passes, each mistake is caught and placed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from common.errors import TriptychError
from common.networks import load
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_mine

READERS = Path(__file__).parents[1] / "cases" / "readers"
NETWORK = str(READERS / "digits.json")
RIGHT = [("torch", "Digits")]
WRONG = [
    ("torch", "BadMomentum", "running statistics", "bn1."),
    ("torch", "NeedlessBias", "structure", "features.0.bias"),
]
RIGHT_LEGACY = [("fluid", "convolution_net"), ("tensorflow1", "network")]
WRONG_LEGACY = [
    ("fluid", "activated_twice", "forward, eval", "between step conv1 and bn1"),
    ("tensorflow1", "default_epsilon", "forward, eval", "first at step bn1"),
]


def check(dialect: str, entry: str, **options: str) -> Report:
    file = READERS / f"{dialect}_digits.py"
    return verify_mine(load(NETWORK), f"{file}:{entry}", dialect, **options)  # type: ignore[arg-type]


def check_right(dialect: str, entry: str) -> None:
    report = check(dialect, entry)
    assert report.passed, report.text()
    assert report.worst_float64 < 1e-10


def check_wrong(dialect: str, entry: str, rung: str, where: str) -> None:
    report = check(dialect, entry)
    failed = [row for row in report.rows if not row.passed]
    assert failed and failed[0].rung == rung, report.text()
    assert where in failed[0].note, report.text()


@pytest.mark.parametrize(("dialect", "entry"), RIGHT)
def test_the_right_network_passes(dialect: str, entry: str) -> None:
    check_right(dialect, entry)


@pytest.mark.parametrize(("dialect", "entry", "rung", "where"), WRONG)
def test_a_mistake_is_caught(dialect: str, entry: str, rung: str, where: str) -> None:
    check_wrong(dialect, entry, rung, where)


@pytest.mark.complete
@pytest.mark.parametrize(("dialect", "entry"), RIGHT_LEGACY)
def test_the_right_historical_network_passes(dialect: str, entry: str) -> None:
    check_right(dialect, entry)


@pytest.mark.complete
@pytest.mark.parametrize(("dialect", "entry", "rung", "where"), WRONG_LEGACY)
def test_a_historical_mistake_is_caught(dialect: str, entry: str, rung: str, where: str) -> None:
    check_wrong(dialect, entry, rung, where)


@pytest.mark.complete
def test_names_may_come_from_a_file(tmp_path: Path) -> None:
    names = {
        "conv1.kernel": "features.0.kernel",
        "bn1.gamma": "features.1.gamma",
        "bn1.beta": "features.1.beta",
        "bn1.mean": "features.1.mean",
        "bn1.variance": "features.1.variance",
        "conv2.kernel": "features.4.kernel",
        "conv2.bias": "features.4.bias",
        "fc.kernel": "head.kernel",
        "fc.bias": "head.bias",
    }
    file = tmp_path / "names.json"
    file.write_text(json.dumps(names))
    assert check("torch", "Digits", names_file=str(file)).passed
    swapped = names | {"bn1.gamma": "features.1.beta", "bn1.beta": "features.1.gamma"}
    file.write_text(json.dumps(swapped))
    assert not check("torch", "Digits", names_file=str(file)).passed
    file.write_text(json.dumps(names | {"fc.bias": "haed.bias"}))
    with pytest.raises(TriptychError, match=r"no 'haed.bias'; such as head\.bias"):
        check("torch", "Digits", names_file=str(file))


REFERENCES = {
    "digits.py": "--mine digits.py: expected FILE.py:FUNCTION or FILE.py:CLASS",
    "nowhere.py:Net": "--mine nowhere.py: no such file",
    "digits.py:1": "--mine digits.py:1: expected FILE.py:FUNCTION or FILE.py:CLASS",
}


@pytest.mark.parametrize(("reference", "message"), REFERENCES.items())
def test_a_wrong_reference_is_one_line(reference: str, message: str) -> None:
    with pytest.raises(TriptychError, match=re.escape(message)) as raised:
        verify_mine(load(NETWORK), reference, "torch")
    assert "\n" not in str(raised.value)

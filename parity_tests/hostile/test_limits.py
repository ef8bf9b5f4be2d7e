"""What is too large is refused before work is done; up to the limits time is near linear."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.errors import SpecificationError, TriptychError
from common.networks import load
from common.networks.__main__ import main as show
from common.serialize import from_json
from common.spec import Chain
from frontends.emit import main as emit_main
from frontends.frameworks import FRAMEWORKS
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.hostile.growth import measured
from parity_tests.rows import rows

CONV = {"op": "conv2d", "out_channels": 4, "kernel_size": 1}
RELU = {"op": "relu"}
SECONDS = 60.0  # of the processor: what hangs takes more, whatever the machine


def _net(root: dict[str, Any], **blocks: Any) -> str:
    data = {"name": "n", "input_shape": [4, 8, 8], "root": "root"}
    return json.dumps(data | {"blocks": {**blocks, "root": {"layers": root}}})


def _tower(count: int, argument: str, leaf: str, given: Any) -> str:
    conv = CONV | {"out_channels": leaf}
    blocks: dict[str, Any] = {"k0": {"arguments": "a", "layers": {"c": conv, "d": conv}}}
    for i in range(1, count):
        use = {"block": f"k{i - 1}", "arguments": {"a": argument}}
        blocks[f"k{i}"] = {"arguments": "a", "layers": {"r": use}}
    return _net({"r": {"block": f"k{count - 1}", "arguments": {"a": given}}}, **blocks)


def _nested(count: int) -> str:
    blocks: dict[str, Any] = {"k0": {"layers": {"r": RELU}}}
    blocks |= {f"k{i}": {"layers": {"r": {"block": f"k{i - 1}"}}} for i in range(1, count)}
    return _net({"r": {"block": f"k{count - 1}"}}, **blocks)


def _doubled(count: int) -> str:
    """Every block holds two of the one before; the last is never called."""
    blocks: dict[str, Any] = {"k0": {"layers": {"r": RELU}}}
    for i in range(1, count):
        blocks[f"k{i}"] = {"layers": {"a": {"block": f"k{i - 1}"}, "b": {"block": f"k{i - 1}"}}}
    never = {"chain": [{"block": f"k{count - 1}", "repeat": 0}]}
    return _net({"r": RELU, "z": never}, **blocks)


def _chain(count: int) -> str:
    unit = {"layers": {"c": CONV, "b": {"op": "batch_norm"}, "r": RELU}}
    return _net({"body": {"chain": [{"block": "unit", "repeat": count}]}}, unit=unit)


def _kinds(count: int) -> str:
    blocks = {f"k{i}": {"layers": {"c": CONV, "r": RELU}} for i in range(count)}
    return _net({f"l{i}": {"block": f"k{i}"} for i in range(count)}, **blocks)


REFUSED = {
    "numbers that square": (_tower(30, "a * a", "4 + a - a", 2), "2**53"),
    "text that triples": (_tower(14, "a + a - a", "a", 4), "2,000"),
    "nested blocks": (_nested(150), "at most 50"),
    "repeats": (_chain(10**9), "more than 10,000 blocks"),
    "kinds": (_kinds(5_001), "5,000 kinds"),
    "equal keys": ('{"a": {' + ", ".join(['"k": 1'] * 100_000) + "}}", "equal keys: k"),
    "length": (" " * 4_000_001, "at most 4,000,000"),
    "an expression": (_tower(1, "a", "+".join(["a"] * 1_500), 4), "at most 2,000"),
    "a deep expression": (_tower(1, "a", "-" * 100 + "a", 4), "more than 60"),
    "lists": (_net({"c": CONV | {"kernel_size": [[[[[[[[[[1]]]]]]]]]]}}), "more than 8"),
    "a number": (_net({"c": CONV | {"out_channels": 10**400}}), "2**53"),
    "infinity": (_net({"c": CONV | {"stride": 0.5}}).replace("0.5", "1e999"), "finite"),
    "full width": (_tower(1, "a", "ａ + 1", 4), "is not an expression"),
    "a comment": (_tower(1, "a", "a # b", 4), "is not an expression"),
    "a bare tuple": (_net({"c": CONV | {"kernel_size": "1, 1"}}), "is not an expression"),
    "an empty chain": (_net({"c": {"chain": []}}), "a chain of no blocks"),
    "a layer of Python's": (_net({"__init__": CONV}), "begins with _"),
}  # fmt: skip
WRITTEN = {
    "chain of 330": _chain(330),
    "chain of 3,000": pytest.param(_chain(3_000), marks=pytest.mark.complete),
    "never called": _doubled(20),
    "nested": _nested(49),
    "only what is never called": _net(
        {"z": {"chain": [{"block": "u", "repeat": 0}]}}, u={"layers": {"r": RELU}}
    ),
}


@rows("text, message", REFUSED)
def test_too_large(text: str, message: str) -> None:
    start = time.process_time()
    with pytest.raises(TriptychError) as caught:
        emit(from_json(text), "torch")
    assert message in str(caught.value) and len(str(caught.value)) < 1_000
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < SECONDS


@rows("text", WRITTEN)
def test_large(text: str) -> None:
    start = time.process_time()
    network = from_json(text)
    for dialect in FRAMEWORKS:
        compile(emit(network, dialect).text, "written", "exec")
    assert time.process_time() - start < 3 * SECONDS


@pytest.mark.complete
@rows("make", {"chain": _chain, "kinds": _kinds})
def test_time_is_near_linear(make: Callable[[int], str]) -> None:
    def seconds(count: int) -> float:
        text = make(count)
        start = time.process_time()
        emit(from_json(text), "paddle")
        return time.process_time() - start

    seconds(30)
    assert seconds(1_600) < 20 * max(seconds(200), 0.02)  # 8 times as large; 64 times if quadratic


def _near_linear(few: int, many: int, workers: Workers | None) -> None:
    """Compare the times of two sizes: thrice what is linear is allowed, as other work may stand
    beside; quadratic is far more."""
    small, large = measured(few, workers), measured(many, workers)
    for name in large.keys() - {"difference"}:
        assert large[name] < 3 * many / few * max(small[name], 0.02), (name, small, large)


@rows(
    "few, many",
    {
        "hundreds": (200, 1_600),
        "thousands": pytest.param(1_000, 9_999, marks=pytest.mark.complete),
    },
)
def test_elaboration_and_writing_are_near_linear(few: int, many: int) -> None:
    measured(30, None)  # what is imported once
    _near_linear(few, many, None)


@pytest.mark.complete
def test_verification_is_near_linear(workers: Workers) -> None:
    measured(30, workers)
    _near_linear(100, 1_000, workers)


def test_a_chain_is_of_something() -> None:
    with pytest.raises(SpecificationError, match="no blocks"):
        Chain(())


FUNCTIONS = {
    "raises": ("raise KeyError('a\\nb')", "KeyError"),
    "exits": ("import sys; sys.exit(0)", "SystemExit"),
    "no exception": ("raise BaseException('x')", "BaseException"),
    "stop": ("raise GeneratorExit", "GeneratorExit"),
    "nothing": ("pass", "gave NoneType"),
    "deep": ("return f()", "RecursionError"),
    "leaves": ("import os; os._exit(0)", "ended the program: exit code 0"),
    "leaves and fails": ("import os; os._exit(3)", "ended the program: exit code 3"),
    "dies": ("import os; os.kill(os.getpid(), 11)", "ended the program: SIGSEGV"),
    "closes all files": ("import os; os.closerange(0, 99)", "ended the program"),
    "answers itself": ("import os, sys; os.write(int(sys.argv[3]), b'x'); os._exit(0)", "ended"),
    "an error without a text": ("raise type('E', (Exception,), {'__str__': None})", "net.py:f: E"),
}


@rows("body, message", FUNCTIONS)
def test_a_function_that_fails(body: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(f"def f():\n    {body}\n")
    with pytest.raises(SpecificationError) as caught:
        load(f"{tmp_path}/net.py:f")
    assert message in str(caught.value) and "\n" not in str(caught.value)


BESIDE = """\
import os, threading, time
from frontends.api import Block, Network, ops
def f():
    print("much" * 10_000)
    threading.Thread(target=time.sleep, args=(600,)).start()
    if os.fork() == 0:
        time.sleep(600)
    layers = {"relu": ops.ReLU()}
    return Network("tiny", Block("tiny", layers=layers), input_shape=(3, 8, 8))
"""


def test_what_a_function_does_beside_ends_with_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.py").write_text(BESIDE)
    assert load(f"{tmp_path}/net.py:f").name == "tiny"
    out, err = capfd.readouterr()
    assert not out and "much" in err


@rows("path", {"device": "/dev/zero", "folder": "/tmp", "nul": "\0"})
def test_what_is_no_file(path: str, tmp_path: Path) -> None:
    link = tmp_path / "net.json"
    if path != "\0":
        link.symlink_to(path)
    with pytest.raises(SpecificationError, match="cannot be read"):
        load("\0.json" if path == "\0" else str(link))


def test_an_empty_out() -> None:
    with pytest.raises(TriptychError, match="--out is empty"):
        emit_main(["resnet18", "--dialect", "torch", "--out", ""])


def test_a_title_is_shown_on_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = json.loads(_net({"c": CONV})) | {"title": "a\nb\x1b[31m\u202e"}
    (tmp_path / "net.json").write_text(json.dumps(data))
    assert show(["show", str(tmp_path / "net.json")]) == 0
    assert capsys.readouterr().out.startswith("a b\\x1b[31m\\u202e\nInput")

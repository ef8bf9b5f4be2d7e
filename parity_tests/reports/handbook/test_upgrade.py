"""What a reader's file calls: found by its syntax tree, told from the records; names checked."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from common.errors import TriptychError
from frontends.frameworks import HISTORICAL, MODERN
from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling
from parity_tests.reports.recorded import REPORTS
from parity_tests.rows import rows, sooner
from reports.handbook import upgrade
from reports.handbook.api import signatures
from reports.handbook.concepts import measuring as concepts
from reports.handbook.concepts.cases import cases
from reports.handbook.drift import drifted
from reports.handbook.executing import answered
from reports.handbook.rows import Row, Way
from reports.handbook.upgrading.around import ALIASES, AROUND
from reports.handbook.upgrading.calls import calls
from reports.handbook.upgrading.counterparts import UNKNOWN, Counterparts
from reports.handbook.upgrading.experiments import experiments
from reports.handbook.upgrading.measuring import read_upgrade, texts
from reports.handbook.upgrading.table import renamed

KNOWN = Counterparts(REPORTS)
FILES = {
    "plain": ("import tensorflow as tf\ny = tf.nn.relu(1)", ["tf.nn.relu"]),
    "whole name": ("import paddle.fluid\npaddle.fluid.layers.fc(x, 3)", ["fluid.layers.fc"]),
    "from-import": ("from paddle import fluid\nfluid.layers.fc(x, 3)", ["fluid.layers.fc"]),
    "of a module": ("from paddle.fluid import layers as L\nL.fc(x)", ["fluid.layers.fc"]),
    "of a function": ("from paddle.fluid.layers import fc as f\nf(x)", ["fluid.layers.fc"]),
    "compat": ("import tensorflow.compat.v1 as tf\ntf.abs(x)", ["tf.abs"]),
    "contrib": ("import tensorflow as tf\ntf.contrib.metrics.f(x)", ["tf.contrib.metrics.f"]),
    "slim": ("from tensorflow.contrib import slim\nslim.conv2d(x)", ["tf.contrib.slim.conv2d"]),
    "slim, apart": ("import tf_slim as slim\nslim.conv2d(x)", ["tf.contrib.slim.conv2d"]),
    "another name": ("import tensorflow as tf\nL = tf.layers\nL.dense(x, 3)", ["tf.layers.dense"]),
    "handed on": ("import tensorflow as tf\nf(act=tf.nn.relu)", ["tf.nn.relu"]),
    "keras": ("from tensorflow.keras import layers\nlayers.Dense(3)", ["tf.keras.layers.Dense"]),
    "within another": ("import tensorflow as tf\ntf.abs(tf.exp(x))", ["tf.abs", "tf.exp"]),
    "types": ("import tensorflow as tf\ntf.cast(x, tf.float32)", ["tf.cast"]),
    "a value of that name": ("import tensorflow as tf\ntf = 3\ntf.abs(x)", []),
    "nothing": ("import numpy as np\nnp.abs(1)", []),
    "decorated": ("import tensorflow as tf\n@tf.function\ndef f(): pass", ["tf.function"]),
}  # fmt: skip


@rows("text, names", FILES)
def test_names_are_found(text: str, names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "file.py"
    path.write_text(text)
    assert sorted(each.name for each in calls(str(path))) == sorted(names)


TF = b"import tensorflow as tf\ntf.abs('"
ENCODED = {
    "empty": (b"", 0),
    "with a byte-order mark": (b"\xef\xbb\xbf" + TF + b"')", 1),
    "with an encoding of its own": (b"# -*- coding: latin-1 -*-\n" + TF + b"\xe9')", 1),
}


@rows("data, count", ENCODED)
def test_a_file_is_read_as_python_reads_it(data: bytes, count: int, tmp_path: Path) -> None:
    (tmp_path / "file.py").write_bytes(data)
    assert len(calls(str(tmp_path / "file.py"))) == count


REFUSED = {
    "Python 2": ('print "x"', r"file\.py, line 1: not Python 3 \(.*\); a file of Python 2"),
    "binary": ("\0", "not Python 3"),
    "deep": (f"x = {'-' * 20_000}1", "nested too deeply"),
}


@rows("text, message", REFUSED)
def test_what_is_no_python_3_is_told_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text(text)
    with pytest.raises(TriptychError, match=message) as told:
        calls(str(tmp_path / "file.py"))
    assert "\n" not in str(told.value)


def test_a_file_is_read_never_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file.py"
    text = f"import tensorflow as tf\nopen({str(tmp_path / 'ran')!r}, 'w')\ntf.layers.flatten(x)\n"
    path.write_text(text)
    assert upgrade.main([str(path)]) == 0
    out = capsys.readouterr().out
    assert not (tmp_path / "ran").exists() and path.read_text() == text
    assert (
        "tf.layers.flatten" in out and "other contract" in out and "official-table, row 47" in out
    )


def test_json_has_every_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file.py"
    path.write_text("import tensorflow as tf\ntf.abs(1)\ntf.abs(2)\n")
    assert upgrade.main([str(path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert [each["line"] for each in told["uses"]] == [2, 3]
    assert told["uses"][0]["paddle"] == "paddle.abs"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "two.py").write_text('print "x"')
    (tmp_path / "three.py").write_text("import tensorflow as tf\ntf.abs(1)\n")
    with pytest.raises(TriptychError, match="not Python 3"):
        upgrade.main([str(tmp_path / name) for name in ("two.py", "three.py")])
    assert "tf.abs" in capsys.readouterr().out


# Names that programs of TensorFlow 1 use daily, and what stands for each in Paddle 3.
DAILY = {
    "tf.nn.dropout": "F.dropout",
    "tf.to_float": "paddle.cast",
    "tf.ConfigProto": "none: calls run at once",
    "tf.math.exp": "paddle.exp",
    "tf.random.normal": "paddle.randn",
    "tf.layers.batch_normalization": "nn.BatchNorm2D, of maps; nn.BatchNorm1D",
    "tf.train.piecewise_constant": "optimizer.lr.PiecewiseDecay",
}


@rows("name, paddle", {name: (name, paddle) for name, paddle in DAILY.items()})
def test_daily_names_are_known(name: str, paddle: str) -> None:
    assert KNOWN.of(name).paddle == paddle


@rows("name", {name: name for name in ALIASES})
def test_an_alias_has_a_counterpart(name: str) -> None:
    assert KNOWN.of(name).kind != UNKNOWN and KNOWN.of(name) == KNOWN.of(ALIASES[name])


LOOKED_UP = """
import json
{names}
def there(name):
    try:
        eval(name)
    except (AttributeError, NameError):
        return False
    return True

missing = [name for name in {asked!r} if not there(name)]
y = np.frombuffer(json.dumps(missing).encode(), "uint8").astype("int32")
"""
IN_FLUID = (
    r"\b(?:fluid|paddle|Program)\.[\w.]*\w",
    "Program = fluid.Program",
    "y = fluid.layers.assign(y)",
)
IN_PADDLE = (
    r"(?<![\w.])(?:paddle|F|nn|optimizer|Layer|Tensor)\.[\w.]*\w",
    "Layer, Tensor, optimizer = nn.Layer, paddle.Tensor, paddle.optimizer",
    "",
)


def _missing(panel: str, asked: list[str], workers: Workers) -> list[str]:
    """Return which of some names a panel does not have."""
    _, names, last = IN_FLUID if panel == "fluid" else IN_PADDLE
    program = LOOKED_UP.format(names=names, asked=asked) + last
    found, _ = answered(panel, program, {}, Calling(gradients=False), workers)
    missing: list[str] = json.loads(bytes(found["y/0"].astype("uint8")))
    return missing


@rows("panel", sooner({"fluid": "fluid", "paddle": "paddle"}, ("paddle",)))
def test_what_stands_for_daily_names_is_there(panel: str, workers: Workers) -> None:
    pattern, *_ = IN_FLUID if panel == "fluid" else IN_PADDLE
    text = " ".join(each[panel != "fluid"] for each in AROUND.values())
    asked = sorted({*re.findall(pattern, text), "paddle.no_such_name"})
    assert len(asked) > 40 and _missing(panel, asked, workers) == ["paddle.no_such_name"]


def test_counterparts_come_from_the_records() -> None:
    assert "other default" in KNOWN.of("fluid.layers.dropout").kind
    assert "Fluid: other default" in KNOWN.of("tf.nn.leaky_relu").kind
    assert KNOWN.of("tf.layers.average_pooling2d").paddle == "nn.AvgPool2D"
    assert KNOWN.of("tf.no_such_thing").kind == UNKNOWN
    pages = {KNOWN.of(name).page for name in (*AROUND, "tf.abs", "fluid.layers.fc")}
    assert all((REPORTS / page).is_file() for page in pages)


# The records


def test_every_name_of_the_table_is_recorded() -> None:
    lines = read_upgrade(REPORTS).lines
    assert [line["fluid"] for line in lines] == [each.fluid for each in renamed()]
    assert len(lines) == 362 and not [line for line in lines if not line["signatures"]]


def test_what_was_recorded_is_what_stands_in_the_experiments() -> None:
    recorded = texts(read_upgrade(REPORTS).lines)
    own = experiments()
    assert set(recorded) == set(own)
    for name, found in recorded.items():
        for panel, said in found.items():
            assert said == [way.text for way in own[name].ways[panel]], name


def test_what_was_recorded_is_what_stands_in_the_concepts() -> None:
    record = concepts.recorded(REPORTS)
    recorded = {line["case"]: line["ways"] for line in record.lines}
    assert set(recorded) == set(cases())
    for name, case in cases().items():
        said = {panel: [each["text"] for each in ways] for panel, ways in recorded[name].items()}
        assert said == {p: [w.text for w in ways] for p, ways in case.row.ways.items()}, name
        assert not [way for ways in recorded[name].values() for way in ways if "error" in way], name


UPGRADES = {line["fluid"]: line for line in read_upgrade(REPORTS).lines if "ways" in line}
FEW = ("layers.dropout", "layers.cross_entropy", "layers.pad2d", "optimizer.Adam")


@rows("name", {name: name for name in FEW})
def test_a_row_gives_in_paddle_what_was_recorded(name: str, workers: Workers) -> None:
    row = experiments()[f"fluid.{name}"]
    assert drifted(UPGRADES[f"paddle.fluid.{name}"], row, ["paddle"], workers) == []


@pytest.mark.complete
def test_every_row_gives_what_was_recorded(workers: Workers) -> None:
    for name, row in experiments().items():
        line = UPGRADES[f"paddle.{name}"]
        panels = [panel for panel in ("fluid", "paddle") if panel in line["ways"]]
        assert drifted(line, row, panels, workers) == [], name


LINES = {line["case"]: line for line in concepts.recorded(REPORTS).lines}
SAMPLED = ("convolution/2", "flatten/0", "shortcut/0")


@rows("name", {name: name for name in SAMPLED})
def test_a_snippet_gives_what_was_recorded(name: str, workers: Workers) -> None:
    assert drifted(LINES[name], cases()[name].row, MODERN, workers) == []


@pytest.mark.complete
def test_every_snippet_gives_what_was_recorded(workers: Workers) -> None:
    for name, case in cases().items():
        assert drifted(LINES[name], case.row, (*MODERN, *HISTORICAL), workers) == [], name


def test_a_snippet_that_fails_is_named(workers: Workers) -> None:
    line, row = deepcopy(LINES["flatten/1"]), cases()["flatten/1"].row
    line["ways"]["torch"][0]["text"] = "x.flattened(1)"
    planted: Row = replace(row, ways={"torch": (Way("default", "x.flattened(1)"),)})
    (told,) = drifted(line, planted, ["torch"], workers)
    assert "has no attribute" in told


SIGNED = {(e["panel"], e["call"]): e["arguments"] for e in signatures.recorded(
    REPORTS / signatures.RECORD).lines}  # fmt: skip


def changed(panel: str, found: dict[str, object]) -> list[str]:
    """Return, by name, the functions whose arguments or defaults are not as recorded."""
    own = {call: args for (p, call), args in SIGNED.items() if p == panel}
    return [f"{panel}: {call}" for call in {**own, **found}
            if _listed(own.get(call)) != _listed(found.get(call)) and "object at" not in
            f"{own.get(call)}{found.get(call)}"]  # fmt: skip


def _listed(arguments: object) -> str:
    return json.dumps(arguments)


@rows("panel", {panel: panel for panel in MODERN})
def test_signatures_are_as_recorded(panel: str, workers: Workers) -> None:
    calls_ = [call for p, call in SIGNED if p == panel]
    assert changed(panel, signatures.ask(panel, calls_, workers)) == []


def test_a_changed_default_is_named() -> None:
    own = {call: args for (p, call), args in SIGNED.items() if p == "torch"}
    planted = own | {"nn.Dropout": [["p", "0.4"], ["inplace", "False"]]}
    assert changed("torch", planted) == ["torch: nn.Dropout"]

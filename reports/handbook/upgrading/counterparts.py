"""What a name of TensorFlow 1 or Fluid is elsewhere: from the records, and the dialects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from reports.handbook import records, table_page, upgrade_page
from reports.handbook.api.asking import said
from reports.handbook.api_page import call
from reports.handbook.columns import PANELS
from reports.handbook.upgrading.measuring import read_upgrade
from reports.handbook.verdicts import GONE, NOT_RUN

NOT_MEASURED, WRITTEN, UNKNOWN = "not measured", "as our files write it", "in no table"
TASK = "pages/task-se_resnext_article.md"
# What programs do around a network, as the written training programs of the handbook do it.
AROUND: Mapping[str, tuple[str, str]] = {
    "tf.Session": ("fluid.Executor", "none: calls run at once"),
    "tf.InteractiveSession": ("fluid.Executor", "none: calls run at once"),
    "tf.global_variables_initializer": ("fluid.default_startup_program", "none: made with it"),
    "tf.train.Saver": ("fluid.io.save_persistables", "paddle.save"),
    "tf.get_variable": ("fluid.layers.create_parameter", "Layer.create_parameter"),
    "tf.variable_scope": ("fluid.unique_name.guard, or names by hand", "a Layer"),
    "tf.get_variable_scope": ("names by hand", "a Layer"),
    "tf.trainable_variables": ("Program.all_parameters", "Layer.parameters"),
    "tf.get_collection": ("none", "none"),
    "tf.GraphKeys.UPDATE_OPS": ("none: averages move by themselves", "none: they move"),
    "tf.GraphKeys.REGULARIZATION_LOSSES": ("regularization=", "weight_decay="),
    "tf.control_dependencies": ("none: the order of the program", "none: calls run at once"),
    "tf.add_n": ("fluid.layers.sums", "paddle.add_n"),
    "tf.nn.l2_loss": ("fluid.regularizer.L2Decay", "weight_decay="),
    "tf.set_random_seed": ("Program.random_seed", "paddle.seed"),
    "tf.device": ("fluid.CPUPlace, fluid.CUDAPlace", "paddle.set_device"),
    "tf.nn.sparse_softmax_cross_entropy_with_logits": (
        "fluid.layers.softmax_with_cross_entropy", "F.cross_entropy"),
    "tf.variance_scaling_initializer": ("fluid.initializer.MSRA", "nn.initializer.KaimingNormal"),
    "tf.app.run": ("none: main()", "none: main()"),
    "tf.app.flags": ("argparse", "argparse"),
    "tf.flags": ("argparse", "argparse"),
    "tf.summary": ("VisualDL", "VisualDL"),
    "tf.global_variables": ("Program.list_vars", "Layer.state_dict"),
    "tf.train.Coordinator": ("none", "none"),
    "tf.contrib.slim.conv2d": ("fluid.layers.conv2d, act=\"relu\"", "nn.Conv2D, then nn.ReLU"),
    "tf.contrib.slim.fully_connected": ("fluid.layers.fc, act=\"relu\"", "nn.Linear, then nn.ReLU"),
    "tf.contrib.slim.max_pool2d": ("fluid.layers.pool2d", "nn.MaxPool2D"),
    "tf.contrib.slim.avg_pool2d": ("fluid.layers.pool2d", "nn.AvgPool2D"),
    "tf.contrib.slim.batch_norm": ("fluid.layers.batch_norm", "nn.BatchNorm2D"),
    "tf.contrib.slim.dropout": ("fluid.layers.dropout", "nn.Dropout"),
    "tf.contrib.slim.flatten": ("fluid.layers.flatten", "nn.Flatten"),
    "tf.contrib.slim.arg_scope": ("arguments at each call", "arguments at each call"),
    "tf.contrib.layers.conv2d": ("fluid.layers.conv2d, act=\"relu\"", "nn.Conv2D, then nn.ReLU"),
    "fluid.io.save_persistables": ("fluid.io.save_persistables", "paddle.save"),
    "fluid.io.load_persistables": ("fluid.io.load_persistables", "paddle.load, set_state_dict"),
    "fluid.io.save_params": ("fluid.io.save_params", "paddle.save"),
    "fluid.io.load_params": ("fluid.io.load_params", "paddle.load, set_state_dict"),
    "fluid.io.load_vars": ("fluid.io.load_vars", "paddle.load, set_state_dict"),
    "fluid.DataFeeder": ("fluid.DataFeeder", "paddle.io.DataLoader"),
    "fluid.dygraph.guard": ("fluid.dygraph.guard", "none: it is the way of Paddle 3"),
    "fluid.memory_optimize": ("a no-op in 1.8.5", "none"),
    "tf.data.Dataset": ("fluid.io.DataLoader", "paddle.io.DataLoader"),
}  # fmt: skip


class Counterpart(NamedTuple):
    """What to write instead. kind: a word of the tables; page: where it is told, from reports, and
    in which of its rows, -1 where it has none."""

    fluid: str
    paddle: str
    kind: str
    page: str
    row: int = -1


class Counterparts:
    """All that is recorded, by name. Raises TriptychError where a record cannot be read."""

    def __init__(self, reports: Path) -> None:
        self._reports = reports

    def of(self, name: str) -> Counterpart:
        """Return the counterpart of a name: as recorded, as the dialects write it, or unknown."""
        for table in (self._official, self._renamed, self._written, self._around):
            if name in table:
                return table[name]
        parent = name.rpartition(".")[0]
        if parent in self._around:
            return self._around[parent]
        if name.startswith("tf.contrib."):
            return Counterpart("", "", "gone with tf.contrib", "")
        if name.startswith("paddle."):
            return Counterpart("", name, "of Paddle itself", "")
        return Counterpart("", "", UNKNOWN, "")

    @cached_property
    def _official(self) -> dict[str, Counterpart]:
        record = records.read(self._reports / table_page.RECORD, records.RowLine)
        found = {}
        for each in table_page.judged(record):
            later = each.verdicts.get("paddle")
            ways = each.line.get("ways", {})
            text = ways["paddle"][0]["text"] if "paddle" in ways else ""
            kind = each.fluid.short if later is None or not each.ran else (
                f"Fluid: {each.fluid.short}; Paddle 3: {later.short}")  # fmt: skip
            found[each.line["tensorflow"]] = Counterpart(
                each.line["fluid"], _head(text), kind, "official-table.md", each.line["number"]
            )
        return found

    @cached_property
    def _renamed(self) -> dict[str, Counterpart]:
        record = read_upgrade(self._reports)
        found = {}
        for each in upgrade_page.checked(record):
            name = each.line["fluid"].removeprefix("paddle.")
            kind = NOT_MEASURED if each.verdict.word == NOT_RUN else each.verdict.short
            since = [upgrade_page.SINCE.get(n, f"{n}: gone") for n in each.gone]
            there = [n for n in each.targets if n not in each.gone]
            paddle = ", ".join(there or since) if each.verdict.word != GONE else ", ".join(since)
            found[name] = Counterpart(
                name, paddle, kind, "pages/fluid-to-paddle-3.md", each.line["number"]
            )
        return found

    @cached_property
    def _written(self) -> dict[str, Counterpart]:
        """Return what the dialects write for the ops, by TensorFlow 1's, Keras's and Fluid's."""
        found: dict[str, Counterpart] = {}
        for own in said().values():
            calls = {panel: call(own[panel]) for panel in PANELS}
            entry = Counterpart(calls["fluid"], calls["paddle"], WRITTEN, "pages/api-map.md")
            for name in (calls["tensorflow1"], f"tf.keras.{calls['tensorflow']}", calls["fluid"]):
                found.setdefault(name, entry)
        return found

    @cached_property
    def _around(self) -> dict[str, Counterpart]:
        return {n: Counterpart(*each, NOT_MEASURED, TASK) for n, each in AROUND.items()}


def _head(text: str) -> str:
    """Return the function that a snippet calls first, or its first line where it calls none."""
    line = text.strip().split("\n")[0] if text else ""
    line = line.partition(" = ")[2] or line
    called = re.match(r"[\w.]+(?=\()", line)
    return called[0] if called else line

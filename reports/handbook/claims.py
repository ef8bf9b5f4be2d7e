"""Claims of the sources, and the small experiments that settle them in the real frameworks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling
from reports.handbook import records
from reports.handbook.executing import answered, said
from reports.schema import Text

RECORD = "data/handbook/claims.jsonl"
TRUE, FALSE, ONCE = "true", "false", "true in 2018"


@dataclass(frozen=True)
class Claim:
    """What a source says. text: a snippet of a panel that settles it, its result in `y`; holds:
    the result by which the verdict is what it is."""

    name: str
    source: str
    says: str
    panel: str
    text: str
    given: Any
    holds: list[float]
    verdict: str
    why: str


ARTICLE = "PaperWeekly's article"
TUTORIAL = "Fluid's transfer-learning tutorial"
CLAIMS = (
    Claim("batch-does-not-shuffle", ARTICLE, "`paddle.batch` first reads into a pool, shuffles, then "
          "takes a mini-batch", "fluid",
          "reader = paddle.batch(lambda: iter(range(10)), 4)\n"
          "found = np.concatenate([np.array(each) for each in reader()]).astype('int32')\n"
          "y = fluid.layers.assign(found)", {}, [float(n) for n in range(10)], FALSE,
          "it groups, in order; `paddle.reader.shuffle` shuffles"),
    Claim("same-is-not-as-wide", ARTICLE, "with \"same\" the output is as wide as the input",
          "tensorflow1", "y = tf.shape(tf.layers.conv2d(x, 6, 3, strides=2, padding='same'))",
          {"x": (2, 8, 8, 4)}, [2.0, 4.0, 4.0, 6.0], FALSE,
          "only at stride 1: at stride 2 a map of 8 becomes one of 4"),
    Claim("padding-by-hand", ARTICLE, "in Fluid, users compute the padding themselves", "fluid",
          "y = fluid.layers.shape(fluid.layers.conv2d(x, 6, 3, stride=2, padding='SAME'))",
          {"x": (2, 4, 8, 8)}, [2.0, 6.0, 4.0, 4.0], ONCE, "1.8.5 takes \"SAME\" and \"VALID\""),
    Claim("memory-optimize", TUTORIAL, "`memory_optimize` saves memory", "fluid",
          "import warnings\nfc = fluid.layers.fc(fluid.layers.fc(x, 3), 3)\n"
          "program = fluid.default_main_program()\nbefore = program.to_string(False)\n"
          "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
          "    fluid.memory_optimize(program)\n"
          "same = np.array([program.to_string(False) == before], 'int32')\n"
          "y = fluid.layers.assign(same)", {"x": (2, 4)}, [1.0], FALSE,
          "in 1.8.5 it leaves the program as it is"),
    Claim("data-adds-the-batch", ARTICLE, "`fluid.layers.data` adds the batch's dimension by itself",
          "fluid", "x2 = fluid.layers.data('d', [3, 8, 8], 'float32')\n"
          "y = fluid.layers.assign(np.array(x2.shape, 'int32'))", {}, [-1.0, 3.0, 8.0, 8.0], TRUE,
          "its shape is (−1, 3, 8, 8); `fluid.data` wants it said"),
    Claim("clone-after-minimize", "common advice", "a program that is cloned for tests after "
          "`minimize` is trained by its tests", "fluid",
          "loss = fluid.layers.mean(fluid.layers.fc(x, 3))\nfluid.optimizer.SGD(0.1).minimize(loss)\n"
          "test = fluid.default_main_program().clone(for_test=True)\n"
          "kinds = [op.type for op in test.global_block().ops]\n"
          "found = np.array([kinds.count('sgd'), kinds.count('mean')], 'int32')\n"
          "y = fluid.layers.assign(found)", {"x": (2, 4)}, [0.0, 1.0], FALSE,
          "in 1.8.5 `clone(for_test=True)` leaves out what trains"),
)  # fmt: skip


class ClaimLine(TypedDict, total=False):
    """What an experiment gave."""

    claim: Text
    panel: Text
    text: Text
    result: list[float]
    error: Text


def measured(workers: Workers) -> records.Record:
    """Return the record of all experiments, run now."""
    header = records.header(("tensorflow1", "fluid"), workers, {})
    return records.Record(header, [_line(each, workers) for each in CLAIMS])


def _line(claim: Claim, workers: Workers) -> dict[str, Any]:
    told: dict[str, Any] = {"claim": claim.name, "panel": claim.panel, "text": claim.text}
    given = {name: np.ones(shape, "float32") for name, shape in claim.given.items()}
    try:
        found, _ = answered(claim.panel, claim.text, given, Calling(gradients=False), workers)
    except WorkerError as error:
        return told | {"error": said(error)}
    return told | {"result": [float(each) for each in np.ravel(found["y/0"])]}


def recorded(reports: Path) -> records.Record:
    """Return the record. Raises TriptychError."""
    return records.read(reports / RECORD, ClaimLine)


def settled(claim: Claim, line: Any) -> bool:
    """Return whether what was recorded is what the claim's verdict rests on."""
    return bool(line.get("result") == claim.holds)

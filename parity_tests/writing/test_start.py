"""What a written file starts with: blocks that are identities, where the source has them so."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.networks import load
from frontends.frameworks import MODERN
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.rows import rows, sooner

# Each prints how many γ are zero at the start, and how many there are, of one block a stage.
SIZES = "num_blocks=(1, 1, 1, 1), width=16"
LAYERS = f"""
from written import SEResNet

norms = [p for n, p in SEResNet({SIZES}).named_parameters() if p.ndim == 1 and n.endswith("weight")]
print(sum(not p.any() for p in norms), len(norms))
"""
KERAS = f"""
from written import se_resnet

norms = [each.gamma.numpy() for each in se_resnet({SIZES}).layers if hasattr(each, "gamma")]
print(sum(not gamma.any() for gamma in norms), len(norms))
"""
TENSORFLOW1 = f"""
import tensorflow as tf
from written import se_resnet

se_resnet(tf.placeholder(tf.float32, [None, 224, 224, 3]), False, {SIZES})
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    norms = session.run([v for v in tf.global_variables() if "gamma" in v.name])
print(sum(not gamma.any() for gamma in norms), len(norms))
"""
FLUID = f"""
import numpy as np
import paddle.fluid as fluid
from written import se_resnet

se_resnet(fluid.data("x", [None, 3, 224, 224], "float32"), {SIZES})
fluid.Executor(fluid.CPUPlace()).run(fluid.default_startup_program())
named = [p.name for p in fluid.default_main_program().all_parameters() if p.name.endswith("_scale")]
norms = [np.array(fluid.global_scope().find_var(name).get_tensor()) for name in named]
print(sum(not gamma.any() for gamma in norms), len(norms))
"""
PROGRAMS = {"torch": LAYERS, "paddle": LAYERS, "tensorflow": KERAS}
HISTORICAL = {"tensorflow1": TENSORFLOW1, "fluid": FLUID}


def _check(panel: str, program: str, folder: Path) -> None:
    text = emit(load("se_resnet50_tensorpack"), panel).text
    (folder / "written.py").write_text(text, encoding="utf-8")
    (folder / "count.py").write_text(program, encoding="utf-8")
    assert alone(panel, folder, "count.py").split()[-2:] == ["4", "17"]


@rows("panel", sooner({panel: panel for panel in MODERN}, ("torch",)))
def test_the_last_gamma_of_a_block_is_zero(panel: str, tmp_path: Path) -> None:
    _check(panel, PROGRAMS[panel], tmp_path)


@pytest.mark.complete
@rows("panel", {panel: panel for panel in HISTORICAL})
def test_the_last_gamma_of_a_block_is_zero_in_historical_panels(panel: str, tmp_path: Path) -> None:
    _check(panel, HISTORICAL[panel], tmp_path)

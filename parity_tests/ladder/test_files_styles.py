"""Files in everyday styles, and ports: right where right, flagged at the right place else."""

from __future__ import annotations

import pytest

from frontends.workers.pool import Workers
from parity_tests.cases.pairs import Pair, check_pair
from parity_tests.files import EVERY
from parity_tests.rows import rows

SOON = (
    "torch: OtherOrder",
    "torch: LayerScale",
    "torch: Softmax",
    "torch: Frozen",
    "torch: Unused",
    "torch: torch_files/styles.py:Lazy",
    "beside: raises",
    "beside: an unknown layer",
    "beside: in place",
    "beside: another rate",
    "keras: functional",
    "keras: defaults",
    "paddle: Net",
    "port: Inception, Paddle",
    "port: swapped",
    "more: 10 bits",
    "kept: other constants",
    "kept: evaluates otherwise later",
    "script: Paddle",
)
COMPLETE = (
    "torch: Aux",
    "torch: extra_parameters/torch_net.py:Nhwc",
    "torch: torch_files/styles.py:scripted",
    "keras: Subclass",
    "keras: custom_layer",
    "keras: extra_weight",
    "keras: channels_first",
    "paddle: OldBN",
    "paddle: momentum",
    "fluid: with_loss",
    "fluid: softmaxed",
    "tensorflow1: contrib",
    "beside: dropout, TensorFlow 1",
    "beside: downgraded, Fluid",
    "beside: at the end",
    "beside: fused",
    "port: called twice",
    "port: tanh for erf",
    "port: flat, NHWC",
    "port: a dict, Paddle",
    "more: 7 bits in training",
    "kept: what it keeps",
    "kept: noise of its own",
    "script: Keras",
)
CHOSEN = {*SOON, *COMPLETE}


@rows("case", {name: EVERY[name] for name in SOON})
def test_a_file_beside_another(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


@pytest.mark.complete
@rows("case", {name: EVERY[name] for name in COMPLETE})
def test_a_file_beside_another_in_five_frameworks(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


@pytest.mark.exhaustive
@rows("case", {name: case for name, case in EVERY.items() if name not in CHOSEN})
def test_every_file_beside_another(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)

"""Small files from people's daily work, each with what is to be said of it and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from parity_tests.cases import small
from parity_tests.cases.reader import Case
from parity_tests.rows import rows

NOWHERE = "no step differs: the output is not what the last step gives"
ELSEWHERE = "drop of mine does not stand where the network's does"
KEEPS = "mine keeps 1 of the old value where the network keeps 0.9"
MOVED = "further calls, mine ↔ torch: mismatched: training on a larger batch"
FUSED = "fused batch normalization of mine: run unfused, as the kernel has no float64"
RAISED = "stage evaluate, mine: crashed: a mistake in my own forward (RuntimeError, line"


def _torch(file: str, *said: str, only: bool = True) -> Case:
    return Case("torch", file, said, only=only)


TORCH = {
    "raises": _torch("race/torch_raises.py:Net", RAISED),
    "momentum": _torch("bn_momentum/torch_net.py:Net", "first: bn.mean", MOVED),
    "momentum, why": _torch("bn_momentum/torch_net.py:Net", KEEPS, MOVED),
    "order of creation": _torch("order_of_creation/torch_net.py:Net"),
    "a 1×1 convolution as a head": _torch("extra_parameters/torch_net.py:Flat2"),
    "a head that is never called": _torch(
        "extra_parameters/torch_net.py:UnusedFirst",
        "aux_conv.kernel (4, 3, 3, 3) of mine has no counterpart",
    ),
    "dropout": _torch("dropout/torch_net.py:Net"),
    "dropout, always on": _torch(
        "dropout_styles/torch_net.py:AlwaysOn",
        "dropout 0.5 of 4 values of mine drops in evaluation",
    ),
    "dropout, functional": _torch("dropout_styles/torch_net.py:Functional"),
    "dropout, none": _torch(
        "dropout_styles/torch_net.py:Plain", "drop, dropout 0.5 of 4 values, is missing in mine"
    ),
    "dropout, another rate": _torch(
        "dropout_styles/torch_net.py:Another",
        "drop, dropout 0.5 of 4 values, is missing in mine",
        "dropout 0.2 of 4 values of mine has no counterpart",
    ),
    "dropout, of channels": _torch(
        "dropout_styles/torch_net.py:Channels",
        "drop, dropout 0.5 of 4 values, is missing in mine",
        "dropout2d 0.5 of 256 values of mine has no counterpart",
    ),
    "dropout between": _torch("dropout_between/torch_net.py:right"),
    "dropout before a ReLU": _torch("dropout_between/torch_net.py:before_relu"),
    "dropout at the end": _torch("dropout_between/torch_net.py:at_the_end", ELSEWHERE),
    "in place": _torch(
        "inplace/torch_net.py:Net",
        f"forward, eval, mine ↔ torch: mismatched: {NOWHERE}",
        only=False,
    ),
    "no running statistics": Case(
        "torch",
        "bn_without_statistics/torch_net.py:NoStatistics",
        ("bn.mean (4,) is missing in mine", "bn.variance (4,) is missing in mine"),
        ("gamma", "beta (4,) is missing"),
        network="bn_momentum",
    ),
    "base": _torch("extra_parameters/torch_net.py:Base"),
    "other order": _torch("extra_parameters/torch_net.py:OtherOrder"),
    "factory": _torch("extra_parameters/torch_net.py:factory"),
    "prints": _torch("extra_parameters/torch_net.py:Squeezed"),
    "a dict within": _torch("extra_parameters/torch_net.py:InnerDict"),
    "an instance": _torch("extra_parameters/torch_net.py:model"),
    "a gain": _torch(
        "extra_parameters/torch_net.py:LayerScale", "gamma (4,) of mine has no counterpart"
    ),
    "an adapter": _torch(
        "extra_parameters/torch_net.py:Bottleneck1d",
        "adapter.weight (4, 4, 1), adapter.bias (4,) (Conv1d) of mine have no counterpart",
    ),
    "a head beside": _torch(
        "extra_parameters/torch_net.py:Unused",
        "aux.kernel (10, 4), aux.bias (10,) of mine have no counterpart",
    ),
    "a layer beside, first": _torch(
        "extra_parameters/torch_net.py:UnusedFirst",
        "aux_conv.kernel (4, 3, 3, 3) of mine has no counterpart",
    ),
    "no gamma and beta": _torch(
        "extra_parameters/torch_net.py:NoAffine",
        "bn.gamma (4,) is missing in mine",
        "bn.beta (4,) is missing in mine",
        "forward, eval, mine ↔ torch: mismatched: first at step bn",
        only=False,
    ),
    "wants an argument": _torch(
        "extra_parameters/torch_net.py:Required",
        "stage load, mine: mismatched: Required takes (num_classes), and is given (): "
        "FILE.py:Required(width=2) says arguments",
    ),
    "softmax at the end": _torch(
        "extra_parameters/torch_net.py:Softmax",
        f"forward, eval, mine ↔ torch: mismatched: {NOWHERE}",
        only=False,
    ),
    "on a GPU": _torch(
        "extra_parameters/torch_net.py:Cuda", "torch_net.py: return super().forward(x.cuda())"
    ),
    "frozen": _torch(
        "extra_parameters/torch_net.py:Frozen", "conv.kernel does not train in mine", only=False
    ),
    "a tuple": _torch(
        "extra_parameters/torch_net.py:Tuple", "gives a tuple of 2, expected one tensor"
    ),
    "a dict": _torch(
        "extra_parameters/torch_net.py:Dict", "gives a dict of 2, expected one tensor"
    ),
    "channels last": _torch(
        "extra_parameters/torch_net.py:Nhwc", "to have 3 channels, but got 8 channels instead"
    ),
    "float32": _torch("extra_parameters/torch_net.py:Half", "Input type (torch.FloatTensor)"),
    "a gain of its own": _torch(
        "extra_parameter_passes/torch_net.py:Net", "gain (3,) of mine has no counterpart"
    ),
    "softmax after fc2": Case(
        "torch", "wrong_place/torch_net.py:net", (NOWHERE,), ("first at step",)
    ),
    "unknown layer": _torch(
        "unknown_layer_dropped/torch_net.py:net",
        "1.weight (5,), 1.bias (5,) (BatchNorm1d) of mine have no counterpart",
        "between step fc1 and fc2",
        only=False,
    ),
    "a module gives a dict": _torch("module_returns_dict/torch_net.py:Net"),
    "output of another rank": _torch(
        "output_shape/torch_net.py:net", "output (3, 1) of mine, (3,) expected", only=False
    ),
    "PReLU": _torch("runner_replays/prelu.py:Mini", "a.relu.weight (1,) (PReLU) of mine has no"),
    "ReLU6": _torch("runner_replays/relu6.py:Mini", "between step a.bn and b.conv", only=False),
    "patched ReLU": Case(
        "torch",
        "runner_replays/patch_relu.py:Mini",
        ("between step a.bn and b.conv",),
        notes=("mine changes torch.nn.modules.activation.ReLU.forward",),
    ),
    "patched BN": Case(
        "torch",
        "runner_replays/patch_bn.py:Mini",
        ("first at step a.bn",),
        notes=("mine changes torch.nn.modules.batchnorm.BatchNorm2d.__init__",),
    ),
    "a ReLU, after these": _torch("dropout_between/torch_net.py:right"),
}
SLOW = {
    "a name of its own, Paddle": Case("paddle", "paddle_named_parameter/paddle_net.py:Net"),
    "Paddle's ceil": Case(
        "paddle",
        "paddle_maxpool_ceil/paddle_net.py:Pool",
        ("output (3, 4, 4) of mine, (3, 3, 4) expected", "shapes (2, 3, 4, 4) and (2, 3, 3, 4)"),
        only=True,
    ),
    "a mean, Paddle": Case("paddle", "pools/paddle_net.py:Mean"),
    "a pool, Paddle": Case("paddle", "pools/paddle_net.py:Pool"),
    "dropout, Paddle": Case("paddle", "dropout/paddle_net.py:Net"),
    "dropout, Keras": Case("tensorflow", "dropout/keras_net.py:net"),
    "dropout between, Keras": Case("tensorflow", "dropout_between/keras_net.py:right"),
    "dropout at the end, Keras": Case(
        "tensorflow", "dropout_between/keras_net.py:at_the_end", (ELSEWHERE,), only=True
    ),
    "a gain, Paddle": Case(
        "paddle",
        "extra_parameter_passes/paddle_net.py:Net",
        ("gain (3,) of mine has no counterpart",),
        only=True,
    ),
    "a gain, Keras": Case(
        "tensorflow",
        "extra_parameter_passes/keras_net.py:net",
        ("gain (3,) of mine has no counterpart",),
        only=True,
    ),
    "frozen, Paddle": Case(
        "paddle", "frozen_passes/paddle_net.py:Net", ("fc.kernel does not train in mine",)
    ),
    "frozen, Keras": Case(
        "tensorflow", "frozen_passes/keras_net.py:net", ("fc.kernel does not train in mine",)
    ),
    "softmax in fc2, Keras": Case(
        "tensorflow",
        "wrong_place/keras_net.py:net",
        ("first at step fc2",),
        ("first at step fc1",),
    ),
    "output of another width, Paddle": Case(
        "paddle", "output_shape/paddle_net.py:net", ("output (5,) of mine, (3,) expected",)
    ),
    "always in training, Keras": Case(
        "tensorflow",
        "runner_replays/tf_training_true.py:mini",
        ("called in a mode of its own: a.bn, b.bn",),
    ),
    "not trainable, Keras": Case(
        "tensorflow",
        "runner_replays/tf_not_trainable.py:mini",
        ("a.conv.kernel does not train in mine",),
    ),
}
HISTORICAL = {
    "fused": Case("tensorflow1", "tf1_fused_bn/tf1_net.py:net", notes=(FUSED,)),
    "is_training": Case("tensorflow1", "tf1_fused_bn/tf1_net.py:named_is_training"),
    "dropout, upscaled": Case("fluid", "fluid_dropout/fluid_net.py:upscaled", network="dropout"),
    "dropout, downgraded": Case(
        "fluid",
        "fluid_dropout/fluid_net.py:net",
        (
            "drop, dropout 0.5 of 4 values, is missing in mine",
            "dropout (downgrade_in_infer) 0.5 of 4 values of mine has no counterpart",
            "forward, eval, mine ↔ fluid: mismatched: first at step drop",
            "further calls, mine ↔ fluid: mismatched: evaluating samples of other magnitudes",
        ),
        network="dropout",
        only=True,
    ),
    "dropout, none": Case(
        "fluid",
        "fluid_dropout/fluid_net.py:plain",
        ("drop, dropout 0.5 of 4 values, is missing in mine",),
        network="dropout",
        only=True,
    ),
    "softmax at the end": Case(
        "fluid",
        "fluid_dropout/fluid_net.py:softmaxed",
        (NOWHERE, "is missing in mine"),
        network="dropout",
    ),
    "dropout, TensorFlow 1": Case("tensorflow1", "dropout/tf1_net.py:net"),
    "a mean, Fluid": Case("fluid", "pools/fluid_net.py:mean"),
    "a pool, Fluid": Case("fluid", "pools/fluid_net.py:pool"),
    "unnamed": Case("fluid", "graph_styles/fluid_net.py:net"),
    "frozen, Fluid": Case(
        "fluid", "graph_styles/fluid_net.py:frozen", ("conv.kernel does not train in mine",)
    ),
    "a gain, Fluid": Case(
        "fluid",
        "graph_styles/fluid_net.py:gained",
        ("gain (4,) of mine has no counterpart",),
        only=True,
    ),
    "contrib": Case("tensorflow1", "graph_styles/tf1_net.py:contrib"),
    "within a condition": Case("tensorflow1", "graph_styles/tf1_net.py:cond"),
    "in training alone": Case(
        "tensorflow1",
        "graph_styles/tf1_net.py:counts",
        ("steps () (not trained) of mine has no counterpart",),
        only=True,
    ),
    "no gamma": Case(
        "tensorflow1",
        "graph_styles/tf1_net.py:without_gamma",
        ("bn.gamma (4,) is missing in mine", "first at step bn"),
    ),
    "leaky within a scope": Case(
        "tensorflow1",
        "graph_styles/tf1_net.py:activated_in_a_scope",
        ("forward, eval, mine ↔ tensorflow1: mismatched: between step bn and fc",),
    ),
}


@rows("case", TORCH)
def test_a_case(case: Case, workers: Workers) -> None:
    case.check(workers)


@pytest.mark.complete
@rows("case", SLOW)
def test_a_case_in_keras_or_paddle(case: Case, workers: Workers) -> None:
    case.check(workers)


@pytest.mark.complete
@rows("case", HISTORICAL)
def test_a_case_in_a_historical_framework(case: Case, workers: Workers) -> None:
    case.check(workers)


FREEZES = {
    "torch": ("torch", "(7, 9).requires_grad_(False)"),
    "paddle": ("paddle", "(7, 9, weight_attr=paddle.ParamAttr(trainable=False))"),
}


@rows("panel, frozen", FREEZES)
def test_a_written_file_that_freezes_a_layer_is_no_proof(
    panel: str, frozen: str, workers: Workers
) -> None:
    faults = {panel: lambda text: text.replace("(7, 9)", frozen)}
    report = verify(small.vectors(), ["torch", "paddle"], workers=workers, faults=faults)
    (row,) = [row for row in report.rows if row.rung == "structure" and not row.passed]
    assert row.panels == (panel,) and "hidden.kernel does not train" in row.note
    assert not report.proved


MANY = {"many": 10}  # times 5 files


@pytest.mark.complete
@rows("times", MANY)
def test_many_files_side_by_side_have_the_report_that_each_has_alone(
    times: int, workers: Workers
) -> None:
    names = ["raises", "base", "a gain", "a tuple", "float32"]
    alone = {name: TORCH[name].report(workers).rows for name in names}
    with ThreadPoolExecutor(8) as pool:
        reports = pool.map(lambda name: (name, TORCH[name].report(workers)), names * times)
        for name, report in reports:
            assert report.rows == alone[name], report.text()

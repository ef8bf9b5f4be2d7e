"""Two files compared, with no specification: right where right, flagged at the right place else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from common.errors import TriptychError
from frontends.ladder.verify import verify_files
from frontends.verify import main
from frontends.workers.pool import Workers
from parity_tests.cases.pairs import Pair, check_pair
from parity_tests.rows import rows

TORCH, STYLES = "extra_parameters/torch_net.py", "torch_files/styles.py"
BASE = f"{TORCH}:Base"
KERAS, PADDLE, FLUID = (
    "keras_styles/keras_net.py", "paddle_styles/paddle_net.py", "fluid_styles/fluid_net.py",
)  # fmt: skip
EPSILON = "forward, eval, torch_net.py:Base ↔ keras_net.py:defaults: mismatched: first apart: bn"


def _torch(entry: str, *said: str, only: bool = True) -> Pair:
    """Return a row of a PyTorch file, beside the plain one."""
    file = entry if ".py:" in entry else f"{TORCH}:{entry}"
    return Pair((BASE, file), said, only, (3, 8, 8))


def _keras(entry: str, *said: str, only: bool = True) -> Pair:
    return Pair((BASE, f"{KERAS}:{entry}"), said, only)


def _paddle(entry: str, *said: str, only: bool = True) -> Pair:
    return Pair((BASE, f"{PADDLE}:{entry}"), said, only, (3, 8, 8))


def _fluid(entry: str, *said: str, only: bool = True) -> Pair:
    return Pair((BASE, f"{FLUID}:{entry}"), said, only, (3, 8, 8))


RIGHT_TORCH = (
    "OtherOrder factory Squeezed InnerDict model".split()
    + [f"{STYLES}:{each}" for each in "Base sequential Lazy SamePad".split()]
    + [f"{STYLES}:{each}" for each in "parallel scripted".split()]
    + ["torch_files/plain_import.py:Net", "torch_files/reads_config.py:Net"]
    + ["torch_files/pkg/models/net.py:Net"]
    + [f"{TORCH}:Flat2", f"{TORCH}:Nhwc", f"{TORCH}:Required(10)"]
)
RIGHT_KERAS = (
    "functional sequential_input sequential_input_shape sequential_unbuilt Subclass subclass_built "
    "nested sequential_backbone custom_layer ops_functions any_size channels_first compiled "
    "inputs_given"
).split()
RIGHT_PADDLE = "Net OldBN sequential Reordered".split()
RIGHT_FLUID = "net named from_class with_classes test_mode with_loss".split()
WRONG_TORCH = {
    "LayerScale": _torch("LayerScale", "gamma (4,) of torch_net.py:LayerScale", only=False),
    "Unused": _torch(
        "Unused", "aux.kernel (10, 4), aux.bias (10,) (never called in evaluation) of"
    ),
    "Frozen": _torch("Frozen", "conv.kernel trains in torch_net.py:Base, and not in"),
    "Softmax": _torch("Softmax", "softmax of torch_net.py:Softmax (torch_net.py:141", only=False),
    "NoAffine": _torch("NoAffine", "bn.gamma (4,)", "bn.beta (4,)", only=False),
    "Tuple": _torch("Tuple", "1 output of torch_net.py:Base and 2 outputs of", only=False),
    "Cuda": _torch("Cuda", "stage evaluate, torch_net.py:Cuda: crashed:"),
    "Half": _torch("Half", "stage "),
    "Float32": _torch(f"{STYLES}:Float32", "stage "),
    "BufferFloat": _torch(f"{STYLES}:BufferFloat", "mean (1, 3, 1, 1) (not trained) of"),
    "Checkpoint": _torch(  # what is computed again moves the statistics again
        f"{STYLES}:Checkpoint", "keeps 0.9 of the old value, styles.py:Checkpoint 0.81", only=False
    ),
    "Aux": _torch(f"{STYLES}:Aux", "aux.kernel (10, 4), aux.bias (10,)", "in training", only=False),
    "Shared": _torch(f"{STYLES}:Shared", "first apart:", only=False),
    "NoMomentum": _torch(f"{STYLES}:NoMomentum", "running statistics", only=False),
    "FrozenBN": _torch(f"{STYLES}:FrozenBN", "batch statistics", only=False),
    "NoGrad": _torch(f"{STYLES}:NoGrad", "gradients", only=False),
    "LogSoftmax": _torch(f"{STYLES}:LogSoftmax", "log_softmax", only=False),
    "ExtraArgument": _torch(f"{STYLES}:ExtraArgument", "return_features"),
    "Unsqueezed": _torch(f"{STYLES}:Unsqueezed", "output: (10,) of", only=False),
}


@rows("case", {"two layers": _torch("OtherOrder"), "a gain": WRONG_TORCH["LayerScale"]})
def test_two_pytorch_files(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


@pytest.mark.complete
@rows("case", {each: _torch(each) for each in RIGHT_TORCH} | WRONG_TORCH)
def test_every_style_of_pytorch(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


WRONG_KERAS = {
    "defaults": _keras("defaults", EPSILON, "running statistics", only=False),
    "momentum": _keras("momentum_as_torch", "keeps 0.9 of the old value", only=False),
    "extra_weight": _keras("extra_weight", "gain (4,)", only=False),
    "normalized": _keras("normalized", "layer_normalization", only=False),
    "rescaled": _keras("rescaled", "first apart", only=False),
    "softmax": _keras("activation_string", "first apart", only=False),
    "two_outputs": _keras("two_outputs", "1 output of torch_net.py:Base and 2 outputs of"),
}


@pytest.mark.complete
@rows("case", {each: _keras(each) for each in RIGHT_KERAS} | WRONG_KERAS)
def test_every_style_of_keras(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


WRONG_PADDLE = {
    "momentum": _paddle(
        "AsTorch", "keeps 0.9 of the old value, paddle_net.py:AsTorch 0.1", only=False
    ),
    "SyncBN": _paddle("SyncBN", "`sync_batch_norm` is not registered"),
    "Attr": _paddle("Attr", "conv.bias (4,)", only=False),
    "Extra": _paddle("Extra", "gain (4,)", only=False),
    "Frozen": _paddle("Frozen", "conv.kernel trains in torch_net.py:Base, and not in"),
    "Tuple": _paddle("Tuple", "1 output of torch_net.py:Base and 2 outputs of"),
    "NoStats": _paddle("NoStats", "batch statistics", only=False),
    "Prob": _paddle("Prob", "first apart", only=False),
}


@pytest.mark.complete
@rows("case", {each: _paddle(each) for each in RIGHT_PADDLE} | WRONG_PADDLE)
def test_every_style_of_paddle(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


WRONG_FLUID = {
    "softmaxed": _fluid(
        "softmaxed", "softmax of fluid_net.py:softmaxed (fluid_net.py:25", only=False
    ),
    "Dygraph": _fluid("Dygraph", "Dygraph is a class: an entry is a function of the images"),
    "extra": _fluid("extra", "has no counterpart", only=False),
}


@pytest.mark.complete
@rows("case", {each: _fluid(each) for each in RIGHT_FLUID} | WRONG_FLUID)
def test_every_style_of_fluid(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


MORE = {
    "Keras, three ways": Pair(
        ("keras_sequential/keras_net.py:sequential", "keras_sequential/keras_net.py:own_layer")
    ),
    "TensorFlow 1": Pair(("graph_styles/tf1_net.py:contrib", BASE), shape=(3, 8, 8), only=False),
    "MobileNet": Pair(
        ("mobilenetv2/keras_net.py:MobileNet", "mobilenetv2/torch_net.py:MobileNetV2"),
        ("softmax", "dropout 0.2", "first apart"),
        only=False,
    ),
    "U-Net": Pair(
        ("unet/keras_net.py:unet", "unet/keras_net.py:swapped"), ("Concatenate",), only=False
    ),
    "EfficientNet": Pair(
        (
            "efficientnet/torch_port.py:EfficientNet",
            "efficientnet/torch_port.py:EfficientNet(mixed=True)",
        ),
        ("first apart: pad of",),
        only=False,
        shape=(3, 32, 32),
    ),
    "a tuple of outputs": Pair(("output_forms/torch_net.py:Net", "output_forms/torch_net.py:Net")),
    "imports": Pair(("imports/beside.py:net", "imports/beside.py:net")),
}


@pytest.mark.complete
@rows("case", MORE)
def test_more_files(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


MAP, VECTOR = (3, 8, 8), (12,)


def _ported(name: str, port: str, *said: str, shape: tuple[int, ...] = MAP) -> Pair:
    """Return a row of a PyTorch file of more/, beside a port of it in another framework."""
    return Pair((f"more/torch_net.py:{name}", f"more/{port}"), said, False, shape)


PORTED = {
    "autoencoder, Keras": _ported("autoencoder", "keras_net.py:autoencoder"),
    "autoencoder, Paddle": _ported("autoencoder", "paddle_net.py:autoencoder"),
    "another last": _ported(
        "autoencoder", "keras_net.py:autoencoder('tanh')", "first apart: 3 (Sigmoid)"
    ),
    "layer norm, Keras": _ported("layer_norm", "keras_net.py:layer_norm", shape=VECTOR),
    "layer norm, Paddle": _ported("layer_norm", "paddle_net.py:layer_norm", shape=VECTOR),
    "its epsilon, Keras": _ported(
        "layer_norm", "keras_net.py:layer_norm(1e-3)", "first apart: 1 (LayerNorm)", shape=VECTOR
    ),
    "its epsilon, Paddle": _ported(
        "layer_norm", "paddle_net.py:layer_norm(1e-3)", "first apart: 1 (LayerNorm)", shape=VECTOR
    ),
    "tanh for erf": _ported(
        "layer_norm",
        "keras_net.py:layer_norm(approximate=True)",
        "first apart: 2 (GELU)",
        shape=VECTOR,
    ),
    "group norm": _ported("group_norm", "paddle_net.py:group_norm"),
    "other groups": _ported("group_norm", "paddle_net.py:group_norm(2)", "first apart: 1 (GroupN"),
    "PReLU, Keras": _ported("prelu", "keras_net.py:prelu"),
    "PReLU, Paddle": _ported("prelu", "paddle_net.py:prelu"),
    "of one dimension": _ported("conv1d", "paddle_net.py:conv1d", shape=(4, 16)),
    "Inception, Keras": _ported("Inception", "keras_net.py:inception"),
    "Inception, Paddle": _ported("Inception", "paddle_net.py:Inception"),
    "swapped": _ported("Inception", "keras_net.py:inception(True)", "first apart: cat of"),
    "another activation": _ported(
        "Inception", "paddle_net.py:Inception('relu6')", "first apart: relu of"
    ),
    "a gate": _ported("Gate", "keras_net.py:Gate"),
    "SAME at stride 2": _ported("Gate", "keras_net.py:Gate('same')", "first apart: conv (Conv2d)"),
    "another gate": _ported(
        "Gate", "keras_net.py:Gate(gate='hard_sigmoid')", "first apart: sigmoid of"
    ),
    "separable, Keras": _ported("Separable", "keras_net.py:separable"),
    "separable, Paddle": _ported("Separable", "paddle_net.py:Separable"),
    "no limit": _ported("Separable", "keras_net.py:separable(None)", "relu6"),
    "called three times": _ported("Shared", "keras_net.py:shared"),
    "called twice": _ported("Shared", "keras_net.py:shared(2)", "first apart: conv (Conv2d)"),
    "upsampled, Keras": _ported("Upsampled", "keras_net.py:upsampled"),
    "upsampled, Paddle": _ported("Upsampled", "paddle_net.py:Upsampled"),
    "bilinear": _ported("Upsampled", "keras_net.py:upsampled('bilinear')", "interpolate of"),
    "another slope": _ported("Upsampled", "paddle_net.py:Upsampled(0.1)", "leaky_relu of"),
    "a dict, Keras": _ported("Heads", "keras_net.py:heads", shape=(6,)),
    "a dict, Paddle": _ported("Heads", "paddle_net.py:Heads", shape=(6,)),
    "a dict, wrong": _ported("Heads", "paddle_net.py:Heads(True)", "first apart", shape=(6,)),
    "flat, Paddle": _ported("flat", "paddle_net.py:flat"),
    "flat, NHWC": _ported("flat", "keras_net.py:flat", "the same values in another order"),
    "dropout": _ported("dropped", "torch_net.py:dropped", shape=(6,)),
    "dropout elsewhere": _ported(
        "dropped", "torch_net.py:dropped_elsewhere", "stands where none", shape=(6,)
    ),
}


@pytest.mark.complete
@rows("case", PORTED)
def test_ports_of_other_layers(case: Pair, workers: Workers) -> None:
    check_pair(case, workers)


def test_a_file_of_a_package_imports_relatively(workers: Workers, tmp_path: Path) -> None:
    package = tmp_path / "models"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "parts.py").write_text("from torch import nn\n\nhead = nn.Linear\n")
    (package / "net.py").write_text("from .parts import head\n\nnet = head(4, 3)\n")
    (tmp_path / "own.py").write_text("from torch import nn\n\nnet = nn.Linear(4, 3)\n")
    files = [f"{package}/net.py:net", f"{tmp_path}/own.py:net"]
    report = verify_files(files, workers=workers)
    assert report.proved, report.text()


OWN = "from torch import nn\n\nnet = nn.Sequential(\n    nn.Linear(4, 3),\n    nn.{},\n)\n"


def test_the_command_writes_a_page_and_reads_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "own.py", tmp_path / "port.py"]
    for file, last in zip(files, ("ReLU()", "LeakyReLU(0.1)")):
        file.write_text(OWN.format(last))
    page, weights = tmp_path / "page.html", tmp_path / "own.safetensors"
    drawn = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    save_file({"0.weight": drawn.T.copy(), "0.bias": drawn[0]}, weights)
    batch = tmp_path / "batch.npy"
    np.save(batch, np.random.default_rng(1).standard_normal((5, 4)))
    given = ["--html", str(page), "--weights", str(weights), "--input", str(batch)]
    assert main([*(f"{each}:net" for each in files), *given]) == 1
    said = capsys.readouterr().out
    assert "first apart: 1 (ReLU) of own.py:net (own.py:5: nn.ReLU(),)" in said, said
    text = page.read_text(encoding="utf-8")
    assert text.index("first apart") < text.index("What was checked")
    assert "<div class='call agrees'>0 (Linear)" in text and "call apart'>1 (LeakyReLU)" in text
    save_file({"0.weight": drawn.T.copy()}, weights)
    with pytest.raises(TriptychError, match=r"--weights: no 0.bias \(3,\); it has 0.weight"):
        main([*(f"{each}:net" for each in files), *given])


LINES = {
    "no file among them": ("resnet18 resnet34", "one network, or files"),
    "an option of one network": ("a.py:f@torch b.py:f@torch --recipe rir", "--recipe is of one"),
    "an option of files": ("resnet18 --input x.npy", "--input is of two or more files"),
    "a shape": ("a.py:f@torch b.py:f@torch --input-shape big", "expected sizes such as 3,32,32"),
    "names of three": ("a.py:f@torch b.py:f@torch c.py:f@torch --names x.json", "of two files"),
    "an input": ("a.py:f@torch b.py:f@torch --input nowhere.npy", "--input nowhere.npy: "),
}


@rows("line, said", LINES)
def test_a_wrong_line_is_told_in_one(line: str, said: str) -> None:
    with pytest.raises(TriptychError) as raised:
        main(line.split())
    assert said in str(raised.value) and "\n" not in str(raised.value)

"""Styles in which people write networks, each as a file beside a plain one of PyTorch.

Nothing is said where a file is the same network; what is said of another is where it differs.
"""

from __future__ import annotations

from parity_tests.cases.pairs import Pair

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


def _tf1(entry: str, *said: str, only: bool = True, beside: str = BASE) -> Pair:
    return Pair((beside, entry), said, only, (3, 8, 8))


RIGHT_TORCH = (
    "OtherOrder factory Squeezed InnerDict model Half".split()  # of these, Half casts to float32
    + [f"{STYLES}:{each}" for each in "Base sequential Lazy SamePad Float32".split()]
    + [f"{STYLES}:{each}" for each in "parallel scripted".split()]
    + ["torch_files/plain_import.py:Net", "torch_files/reads_config.py:Net"]
    + ["torch_files/pkg/models/net.py:Net"]
    + [f"torch_files/{each}:Net" for each in ("relative_import.py", "pkg/models/rel.py")]
    + [f"{TORCH}:Flat2", f"{TORCH}:Nhwc", f"{TORCH}:Required(10)"]
)
RIGHT_KERAS = (
    "functional sequential_input sequential_input_shape sequential_unbuilt Subclass subclass_built "
    "nested sequential_backbone custom_layer ops_functions any_size compiled "
    "inputs_given"
).split()
RIGHT_PADDLE = "Net OldBN sequential Reordered".split()
RIGHT_FLUID = "net named from_class with_classes test_mode with_loss".split()
WRONG_TORCH = {
    "a script": _torch("torch_files/script.py:Net", "stage load, script.py:Net: "),
    "LayerScale": _torch("LayerScale", "gamma (4,) of torch_net.py:LayerScale", only=False),
    "Unused": _torch(
        "Unused", "aux.kernel (10, 4), aux.bias (10,) (never called in evaluation) of"
    ),
    "Frozen": _torch("Frozen", "conv.kernel trains in torch_net.py:Base, and not in"),
    "Softmax": _torch("Softmax", "softmax of torch_net.py:Softmax (torch_net.py:141", only=False),
    "NoAffine": _torch("NoAffine", "bn.gamma (4,)", "bn.beta (4,)", only=False),
    "Tuple": _torch("Tuple", "1 output of torch_net.py:Base and 2 outputs of", only=False),
    "Cuda": _torch("Cuda", "stage evaluate, torch_net.py:Cuda: crashed:"),
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


WRONG_KERAS = {
    "channels_first": _keras("channels_first", "only supports the NHWC tensor format on the CPU"),
    "defaults": _keras("defaults", EPSILON, "running statistics", only=False),
    "momentum": _keras("momentum_as_torch", "keeps 0.9 of the old value", only=False),
    "extra_weight": _keras("extra_weight", "gain (4,)", only=False),
    "normalized": _keras("normalized", "layer_normalization", only=False),
    "rescaled": _keras("rescaled", "first apart", only=False),
    "softmax": _keras("activation_string", "first apart", only=False),
    "two_outputs": _keras("two_outputs", "1 output of torch_net.py:Base and 2 outputs of"),
}


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


WRONG_FLUID = {
    "softmaxed": _fluid(
        "softmaxed", "softmax of fluid_net.py:softmaxed (fluid_net.py:35", only=False
    ),
    "Dygraph": _fluid("Dygraph", "Dygraph is a class: an entry is a function of the images"),
    "extra": _fluid("extra", "has no counterpart", only=False),
}


TF1 = "tf1_styles/tf1_net.py"
RIGHT_TF1 = "layers variables reused scattered".split()
RAISED = f"{TORCH}:Raised"
WRONG_TF1 = {
    # The fused kernel takes no epsilon below 1.001e-5: with 1e-5 it is another network.
    "fused": _tf1(f"{TF1}:fused", "first apart: bn", "gradients", only=False),
    "fused, raised": _tf1(f"{TF1}:fused", beside=RAISED),
    "placeholder": _tf1(f"{TF1}:placeholder", "first apart: bn", only=False),
    "placeholder, raised": _tf1(f"{TF1}:placeholder", beside=RAISED),
    "contrib_fused": _tf1(
        "graph_styles/tf1_net.py:contrib_fused", "first apart: bn", "gradients", only=False
    ),
    "contrib_fused, raised": _tf1("graph_styles/tf1_net.py:contrib_fused", beside=RAISED),
    "slim_scope": _tf1(f"{TF1}:slim_scope(fused=False)"),
    "contrib": _tf1("graph_styles/tf1_net.py:contrib"),
    "cond": _tf1("graph_styles/tf1_net.py:cond"),
    "without_gamma": _tf1("graph_styles/tf1_net.py:without_gamma", "bn.gamma (4,)", only=False),
    "leaky": _tf1("graph_styles/tf1_net.py:activated_in_a_scope", "first apart", only=False),
    "counts": _tf1(
        "graph_styles/tf1_net.py:counts",
        "steps () (not trained, never called in evaluation) of",
        only=False,
    ),
    "defaults": _tf1(f"{TF1}:defaults", "first apart: bn", "keeps 0.9", only=False),
    "defaults of small values": _tf1(f"{TF1}:small", beside=f"{TORCH}:Small"),
    "other defaults of small values": _tf1(
        f"{TF1}:small(1e-5)", "first apart: bn", only=False, beside=f"{TORCH}:Small"
    ),
    "valid": _tf1(f"{TF1}:valid", "first apart: conv", only=False),
    "model_fn": _tf1(f"{TF1}:model_fn", "stage load"),
    "Net": _tf1(f"{TF1}:Net", "stage load"),
}
OF_PYTORCH = {each: _torch(each) for each in RIGHT_TORCH} | WRONG_TORCH
OF_KERAS = {each: _keras(each) for each in RIGHT_KERAS} | WRONG_KERAS
OF_PADDLE = {each: _paddle(each) for each in RIGHT_PADDLE} | WRONG_PADDLE
OF_FLUID = {each: _fluid(each) for each in RIGHT_FLUID} | WRONG_FLUID
OF_TENSORFLOW_1 = {each: _tf1(f"{TF1}:{each}") for each in RIGHT_TF1} | WRONG_TF1

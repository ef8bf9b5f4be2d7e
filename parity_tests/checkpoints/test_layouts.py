"""Square kernels fit either way round: what says their layout is obeyed, and said."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from common import weights
from common.errors import TriptychError
from common.network import Network
from common.ops import BatchNorm, Conv2d, Dense, GlobalAvgPool2d
from common.serialize import to_json
from common.spec import Block
from frontends.checkpoints import naming
from frontends.checkpoints.convert import convert, read
from frontends.checkpoints.formats import FORMATS
from frontends.checkpoints.naming import Naming
from frontends.checkpoints.stored import Arrays
from frontends.convert import main
from parity_tests.checkpoints.pickled import save
from parity_tests.rows import rows


def _network(features: int, norm: bool = False) -> Network:
    layers: dict[str, Any] = {"conv": Conv2d(4, 3, bias=True)}
    layers |= {"bn": BatchNorm()} if norm else {}
    layers |= {"pool": GlobalAvgPool2d(), "fc": Dense(features)}
    return Network("little", Block("little", layers=layers), input_shape=(3, 8, 8))


SQUARE, OBLONG, NORMED = _network(4), _network(5), _network(4, True)
TORCH, PADDLE = naming.TORCH[0], naming.PADDLE[0]
KERAS, GRAPH = naming.KERAS_VARIABLES[0], naming.TENSORFLOW1[0]
CANONICAL = naming.CANONICAL


def _arrays(names: Naming, network: Network) -> Arrays:
    numbers = {name: a.astype("float32") for name, a in weights.probe(network).items()}
    return naming.from_canonical(names, network, numbers)


def _pickle(path: Path, arrays: Mapping[str, Any]) -> None:
    path.write_bytes(pickle.dumps(dict(arrays)))


def _of_paddle(path: Path, arrays: Mapping[str, Any]) -> None:
    _pickle(path, {**arrays, "StructuredToParameterName@@": {"fc.weight": "linear_0.w_0"}})


def _pairs(path: Path, arrays: Mapping[str, Any]) -> None:
    _pickle(path, {"network": {name: ("linear_0.w_0", a) for name, a in arrays.items()}})


def _plain(mark: str) -> Callable[[Path, Mapping[str, Any]], None]:
    return lambda path, arrays: save_file(dict(arrays), path, {"format": mark} if mark else None)


# How it is written, under which name, as whose, of which network; whose it is taken for, and why.
Row = tuple[Callable[..., object], str, Naming, Network, Naming, str]
READ: dict[str, Row] = {
    "pt": (_plain("pt"), "a.safetensors", TORCH, SQUARE, TORCH, "by its metadata, format pt"),
    "pd": (_plain("pd"), "a.safetensors", PADDLE, SQUARE, PADDLE, "by its metadata, format pd"),
    "tf": (_plain("tf"), "a.safetensors", KERAS, SQUARE, KERAS, "by its metadata, format tf"),
    "tf 1": (_plain("tf"), "a.safetensors", GRAPH, SQUARE, KERAS, "by its metadata, format tf"),
    "no format, by shapes": (_plain(""), "a.safetensors", PADDLE, OBLONG, PADDLE, "by its shapes"),
    "no format, by names": (_plain(""), "a.safetensors", TORCH, NORMED, TORCH, "by its names"),
    "np, by names": (_plain("np"), "a.safetensors", PADDLE, NORMED, PADDLE, "by its names"),
    "no format, canonical": (
        _plain(""), "a.safetensors", CANONICAL, SQUARE, CANONICAL, "by its names",
    ),
    "pickle .pth": (_pickle, "a.pth", TORCH, SQUARE, TORCH, "by its ending .pth"),
    "pickle .pt": (_pickle, "a.pt", TORCH, SQUARE, TORCH, "by its ending .pt"),
    "pickle .pdparams": (_pickle, "a.pdparams", PADDLE, SQUARE, PADDLE, "by its ending .pdparams"),
    "pickle .pth, by shapes": (_pickle, "a.pth", PADDLE, OBLONG, PADDLE, "by its shapes"),
    "pickle .pkl, by names": (_pickle, "a.pkl", TORCH, NORMED, TORCH, "by its names"),
    "paddle's in .pth": (
        _of_paddle, "a.pth", PADDLE, SQUARE, PADDLE, "by what paddle.save writes beside",
    ),
    "paddle's pairs in .pth": (
        _pairs, "a.pth", PADDLE, SQUARE, PADDLE, "by what paddle.save writes beside",
    ),
    "paddle's .pdparams": (_of_paddle, "a.pdparams", PADDLE, SQUARE, PADDLE, ""),
    "torch's": (lambda path, arrays: save(path, dict(arrays)), "a.pth", TORCH, SQUARE, TORCH, ""),
}  # fmt: skip


@rows("write, name, own, network, taken, ground", READ)
def test_the_layout_is_as_the_file_says(
    write: Callable[..., object], name: str, own: Naming, network: Network, taken: Naming,
    ground: str, tmp_path: Path,
) -> None:  # fmt: skip
    write(tmp_path / name, _arrays(own, network))
    found = read(tmp_path / name, network)
    assert (found.naming.framework, found.ground) == (taken.framework, ground)
    for canonical, array in weights.probe(network).items():
        expected = array.astype("float32")
        assert np.array_equal(found.checkpoint.weights[canonical], expected), canonical


EITHER = "its names and shapes fit the layouts of torch or paddle alike"
REFUSED: dict[str, tuple[Callable[..., object], str, Naming, Network, str]] = {
    "no format": (_plain(""), "a.safetensors", TORCH, SQUARE, EITHER),
    "np": (_plain("np"), "a.safetensors", PADDLE, SQUARE, EITHER),
    "mlx": (_plain("mlx"), "a.safetensors", TORCH, SQUARE, "known are pt, pd, tf, np, and --names"),
    "pd of torch": (
        _plain("pd"), "a.safetensors", TORCH, OBLONG,
        "by its metadata, format pd: fc.weight has shape (5, 4), expected (4, 5)",
    ),
    "pt of paddle's names": (
        _plain("pt"), "a.safetensors", PADDLE, NORMED,
        "by its metadata, format pt: not the weights of little, named as torch's",
    ),
    "tf of torch": (
        _plain("tf"), "a.safetensors", TORCH, SQUARE, "by its metadata, format tf: not the weights",
    ),
    "a pickle of no ending": (_pickle, "a", TORCH, SQUARE, EITHER),
    "a pickle of another ending": (_pickle, "a.pkl", TORCH, SQUARE, EITHER),
    "torch's shapes in .pdparams": (
        _pickle, "a.pdparams", TORCH, OBLONG, "by its ending .pdparams: fc.weight has shape (5, 4)",
    ),
}  # fmt: skip


@rows("write, name, own, network, message", REFUSED)
def test_what_is_not_clear_or_contradicts_is_refused(
    write: Callable[..., object], name: str, own: Naming, network: Network, message: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    write(tmp_path / name, _arrays(own, network))
    with pytest.raises(TriptychError, match=re.escape(message)) as caught:
        read(tmp_path / name, network)
    assert "\n" not in str(caught.value)


@rows("own", {"torch": TORCH, "paddle": PADDLE})
@rows("name", {"a pickle": "a.pkl", "safetensors": "a.safetensors"})
def test_the_option_decides(own: Naming, name: str, tmp_path: Path) -> None:
    (_pickle if name == "a.pkl" else _plain("mlx"))(tmp_path / name, _arrays(own, SQUARE))
    found = read(tmp_path / name, SQUARE, own.name)
    numbers = weights.probe(SQUARE)["fc.kernel"].astype("float32")
    assert np.array_equal(found.checkpoint.weights["fc.kernel"], numbers)


@rows("names", {name: name for name in ("torch", "paddle", "tensorflow", "tensorflow1")})
def test_safetensors_that_we_write_say_whose_layouts_they_have(names: str, tmp_path: Path) -> None:
    save_file(_arrays(CANONICAL, SQUARE), tmp_path / "a.safetensors")
    there, form = tmp_path / "b.safetensors", FORMATS["safetensors"]
    convert(tmp_path / "a.safetensors", there, form, SQUARE, target_names=names)
    found = read(there, SQUARE)
    assert found.naming.name == names.rstrip("1")  # TensorFlow's two have one layout
    assert found.ground.startswith("by its metadata, format ")
    numbers = weights.probe(SQUARE)["fc.kernel"].astype("float32")
    assert np.array_equal(found.checkpoint.weights["fc.kernel"], numbers)


INFERENCE = {
    "a folder": ("", ["model.json", "model.pdiparams"]),
    "a prefix": ("model", ["model.json", "model.pdiparams"]),
    "its weights": ("model.pdiparams", ["model.json", "model.pdiparams"]),
    "its program": ("model.json", ["model.json", "model.pdiparams"]),
    "an older program": ("model.pdmodel", ["model.pdmodel", "model.pdiparams"]),
}


@rows("given, files", INFERENCE)
def test_an_inference_model_of_paddle_is_told(given: str, files: list[str], tmp_path: Path) -> None:
    for each in files:
        (tmp_path / each).write_bytes(bytes(64))
    with pytest.raises(TriptychError, match=r"paddle\.jit\.save, .* convert the \.pdparams that"):
        read(tmp_path / given, SQUARE)


def test_the_command_says_the_ground(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pickle(tmp_path / "a.pth", _arrays(TORCH, SQUARE))
    (tmp_path / "little.json").write_text(to_json(SQUARE))
    given, out = str(tmp_path / "a.pth"), str(tmp_path / "b.safetensors")
    with pytest.raises(TriptychError, match=r"weights of which network\? Name it with --network"):
        main([given, out])
    assert main([given, out, "--network", str(tmp_path / "little.json")]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "read as pickle with the names and layouts of torch by its ending .pth, written as "
        "safetensors with canonical names"
    )
    assert main([out, "--list"]) == 0
    heads, _, first, *_ = capsys.readouterr().out.splitlines()[1:]
    assert heads.split() == ["tensor", "type", "shape", "byte", "bytes"]
    assert first.split()[:2] == ["conv.bias", "float32"]  # no column of the same names again

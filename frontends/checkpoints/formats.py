"""The formats of weights files: how each is recognized, and what may be in it beside weights."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from common.errors import TriptychError, choose
from frontends.checkpoints import naming
from frontends.checkpoints.bundle import SAVED_MODEL, index_of
from frontends.checkpoints.hdf5 import WEIGHTS
from frontends.checkpoints.naming import Naming

HUB, FLUID, COMBINED = "safetensors", "fluid", "fluid-combined"
INFERENCE = (".pdiparams", ".pdmodel")
LEGACY_TORCH = (
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the number that such a file begins with
)


@dataclass(frozen=True)
class Format:
    """A format of weights files.

    about: for --help. endings: of the names of files to write. namings: ways in which weights are
    named in it, the first as our written files have them. ignored: pattern of names that are of no
    network: what optimizers and counters keep.
    """

    name: str
    about: str
    endings: tuple[str, ...]
    namings: tuple[Naming, ...]
    ignored: str = r"(?!)"


_SLOTS = (
    r"global_step|save_counter|step|progress|_CHECKPOINTABLE_OBJECT_GRAPH|"
    r".*/(Momentum|Adam|Adam_1|AdamW?|RMSProp|RMSProp_1|Adagrad)|beta[12]_power|"
    r"(.*/)?optimizer/.*|(sgd|adamw?|rmsprop|adagrad|momentum)/.*|.*/ExponentialMovingAverage|"
    r".*/(biased|local_step)"
)
_FLUID_SLOTS = (
    r"learning_rate_\d+|@LR_DECAY_COUNTER@|steps|.*\.optimizer\..*|"
    r".*_(velocity|moment1|moment2|moment|beta1_pow_acc|"
    r"beta2_pow_acc|mean_square|mean_grad|momentum)_\d+"
)
_TRACKED = r".*\.num_batches_tracked"
_FORMATS = (
    Format(
        HUB,
        ".safetensors under canonical names, the network inside; or under a framework's names",
        (".safetensors",),
        (
            naming.CANONICAL,
            *naming.TORCH,
            *naming.PADDLE,
            *naming.KERAS_VARIABLES,
            *naming.TENSORFLOW1,
        ),
        _TRACKED,
    ),
    Format(
        "torch",
        "a state_dict of torch.save, .pt or .pth; or .pt2 of torch.export.save",
        (".pt", ".pth"),
        naming.TORCH,
        _TRACKED,
    ),
    Format("paddle", "a state dict of paddle.save, .pdparams", (".pdparams",), naming.PADDLE),
    Format(
        "keras",
        ".weights.h5, .keras or the legacy .h5",
        (".weights.h5", ".keras", ".h5"),
        naming.KERAS,
        r"(seed_generator|optimizer|sgd|adamw?|rmsprop|adagrad)[^/]*/.*",
    ),
    Format(
        "tensorflow1",
        "PREFIX.index and PREFIX.data-… of tf.train.Saver, or the folder of a SavedModel",
        (".index", ".ckpt"),
        (*naming.TENSORFLOW1, *naming.KERAS_VARIABLES),
        _SLOTS,
    ),
    Format(
        "tensorflow2",
        "the same of tf.train.Checkpoint",
        (),
        (*naming.KERAS_VARIABLES, *naming.TENSORFLOW1),
        _SLOTS,
    ),
    Format(FLUID, "a folder of Fluid 1.x, a file a variable", (), naming.FLUID, _FLUID_SLOTS),
    Format(COMBINED, "the one file of Fluid 1.x that filename= names", (), naming.FLUID),
)
FORMATS = {each.name: each for each in _FORMATS}
# What programs of any framework write, and so read alone.
PICKLE = Format("pickle", "names with numpy arrays", (), (*naming.TORCH, *naming.PADDLE), _TRACKED)


def recognized(path: Path) -> Format:
    """Return the format of what is there, by its first bytes. Raises TriptychError."""
    if (path / SAVED_MODEL).is_file():
        if not index_of(path).is_file():
            raise TriptychError(f"{path}: a SavedModel without {index_of(path).relative_to(path)}")
        return FORMATS["tensorflow1"]
    _check_inference(path)
    if path.is_dir():
        indices = sorted(path.glob("*.index"))
        if indices:
            raise TriptychError(
                f"{path}: a folder of TensorFlow's; name a checkpoint in it, "
                f"{path / indices[-1].name.removesuffix('.index')}"
            )
        return FORMATS[FLUID]
    if path.name.endswith(".index") or ".data-" in path.name or not path.exists():
        if not index_of(path).is_file():
            raise TriptychError(f"{path}: no such file")
        return FORMATS["tensorflow1"]
    if not path.is_file():
        raise TriptychError(f"{path}: no file")
    with path.open("rb") as stream:
        head = stream.read(64)
    if head.startswith(b"\x89HDF\r\n"):
        return FORMATS["keras"]
    if head.startswith(b"PK"):
        return _of_archive(path)
    if head.startswith(LEGACY_TORCH):
        return FORMATS["torch"]
    if head[8:9] == b"{":
        return FORMATS[HUB]
    if head.startswith(b"\x80"):
        return FORMATS["paddle"] if path.name.endswith(FORMATS["paddle"].endings) else PICKLE
    if head.startswith(bytes(12)):
        return FORMATS[COMBINED]
    raise TriptychError(f"{path}: begins as no weights file does: {', '.join(FORMATS)}")


def _check_inference(path: Path) -> None:
    """Raise a TriptychError for what paddle.jit.save wrote: by its folder, prefix or a file."""
    inside = path.is_dir() and any(path.glob(f"*{INFERENCE[0]}"))
    prefix = not path.exists() and path.with_name(path.name + INFERENCE[0]).is_file()
    beside = path.suffix == ".json" and path.with_suffix(INFERENCE[0]).is_file()
    if inside or prefix or beside or (path.name.endswith(INFERENCE) and path.is_file()):
        raise TriptychError(
            f"{path}: an inference model of paddle.jit.save, whose weights have no names: convert "
            "the .pdparams that paddle.save wrote, such as a program's best.pdparams"
        )


def _of_archive(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            keras = WEIGHTS in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise TriptychError(f"{path}: a broken archive: {error}") from None
    return FORMATS["keras" if keras else "torch"]


def wanted(out: str, name: str | None) -> Format:
    """Return the format to write: by its name, or by the ending of a file. Raises TriptychError."""
    if name:
        return FORMATS[choose("format", name, FORMATS)]
    for each in _FORMATS:
        if out.endswith(each.endings or ("\0",)):
            return each
    endings = ", ".join(ending for each in _FORMATS for ending in each.endings)
    raise TriptychError(f"{out}: which format? one of {endings}, or --format {'|'.join(FORMATS)}")


def is_ignored(form: Format, name: str) -> bool:
    """Return whether a name is of no network's weights, which optimizers and counters keep."""
    return re.fullmatch(form.ignored, name) is not None

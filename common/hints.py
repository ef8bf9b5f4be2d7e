"""What to write instead, where people write what the specification does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_PADDINGS = {
    "same": '"same" it is called',
    "valid": "write 0 for none",
    **dict.fromkeys(
        ("reflect", "replicate", "symmetric", "circular", "edge", "causal"),
        'convolutions and pools pad with zeros alone, in numbers or by "same"',
    ),
}
_OPS = {
    **dict.fromkeys(
        ("mul", "multiply"), "scale multiplies a map by a number per channel; no other product is"
    ),
    **dict.fromkeys(
        ("globalmaxpool2d", "globalmaxpooling2d", "adaptivemaxpool2d"),
        "write a max_pool2d over the whole map, and a flatten",
    ),
    "globalaveragepooling2d": "global_avg_pool2d it is called",
    "averagepooling2d": "avg_pool2d it is called",
    "maxpooling2d": "max_pool2d it is called",
    "linear": "dense it is called",
    "batchnormalization": "batch_norm it is called",
    "batchnorm2d": "batch_norm it is called",
}

# How people call frameworks -> how the options do.
_FRAMEWORKS = {
    **dict.fromkeys(("pytorch", "libtorch", "torchvision"), "torch"),
    **dict.fromkeys(("keras", "tf", "tf2", "tensorflow2", "tfkeras"), "tensorflow"),
    **dict.fromkeys(("tf1", "tensorflow115", "tensorflowv1"), "tensorflow1"),
    **dict.fromkeys(("paddlepaddle", "paddle3", "paddle2", "pp", "pdparams"), "paddle"),
    **dict.fromkeys(("paddlefluid", "fluid18", "paddle1", "paddle18"), "fluid"),
}


def of_name(given: str, available: Iterable[str]) -> str:
    """Return what is available and meant by a name that is not, "" where nothing is known."""
    plain, names = "".join(filter(str.isalnum, given.lower())), list(available)
    meant = [each for each in names if each.lower() in (plain, given.lower().strip())]
    known = [each for each in names if each == _FRAMEWORKS.get(plain)]
    found = next(iter([*meant, *known]), "")
    return f" (did you mean {found}?)" if found else ""


def of_padding(layer: Any) -> str:
    """Return what to write in place of a word for padding, "" where there is none."""
    padding = getattr(layer, "padding", None)
    known = _PADDINGS.get(padding.lower(), "") if isinstance(padding, str) else ""
    return f"; padding {padding!r}: {known}" if known else ""


def of_op(symbol: str, available: Iterable[str]) -> str:
    """Return what to write in place of an op that is unknown, "" where nothing is known."""
    plain = _plain(symbol)
    alike = [each for each in available if _plain(each) == plain]
    known = f"{alike[0]} it is called" if alike else _OPS.get(plain, "")
    return f"; {known}" if known else ""


def _plain(name: str) -> str:
    return name.lower().replace("_", "")

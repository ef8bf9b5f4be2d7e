"""Write weights in the formats of frameworks: beside, then renamed; what is there is left whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from safetensors.numpy import save

from common.errors import TriptychError
from common.files import followed, write_bytes
from common.network import Network
from frontends.checkpoints import bundle, lod
from frontends.checkpoints.fitting import mark_of
from frontends.checkpoints.formats import COMBINED, FLUID, HUB, Format
from frontends.checkpoints.naming import KERAS, Naming, from_canonical
from frontends.checkpoints.processes import write_file
from frontends.checkpoints.stored import Arrays
from frontends.workers.scratch import scratch

OF_MODELS = ("keras", "tensorflow2")  # written by way of the written file's model


def write(path: Path, form: Format, naming: Naming, network: Network, weights: Arrays) -> None:
    """Write canonical weights, named and laid out as in a format. Raises TriptychError."""
    if form.name in OF_MODELS and naming.name != KERAS[0].name:
        raise TriptychError(f"{form.name} holds a model: it is written under our files' own names")
    naming = KERAS[0] if form.name in OF_MODELS else naming
    arrays = from_canonical(naming, network, weights)
    if form.name == FLUID:
        write_folder(path, {name: lod.record(array) for name, array in arrays.items()})
    elif form.name == COMBINED:
        write_bytes(path, b"".join(lod.record(arrays[name]) for name in sorted(arrays)))
    elif form.name == HUB:
        write_bytes(path, save(arrays, {"network": network.name, "format": mark_of(naming)}))
    elif form.name == "tensorflow1":
        for name, data in bundle.files_of(_prefix(path), arrays).items():
            write_bytes(path.with_name(name), data)
    else:
        _by_framework(path, form, naming.framework, network, arrays)


def _by_framework(
    path: Path, form: Format, framework: str, network: Network, arrays: Arrays
) -> None:
    with scratch() as folder:
        source = []
        if form.name in OF_MODELS:
            from frontends.writing.emit import emit  # what only reads and lists does without

            written = emit(network, framework)
            (folder / "source.py").write_text(written.text, encoding="utf-8")
            source = [str(folder / "source.py"), written.entry]
        made = folder / "made"
        made.mkdir()
        write_file(form, framework, arrays, made / _prefix(path), folder / "arrays.npz", source)
        for each in sorted(made.iterdir()):  # data before the index
            write_bytes(path.with_name(each.name), each.read_bytes())


def _prefix(path: Path) -> str:
    return path.name.removesuffix(".index")


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a new folder of files, or fill an empty one: all of it or nothing.

    Raises TriptychError.
    """
    beside = None
    folder = followed(folder)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise TriptychError(f"{folder}: is there already; expected a new or an empty folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        for name, data in contents.items():
            (beside / name).write_bytes(data)
        beside.chmod(0o755)
        beside.rename(folder)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can bear
        raise TriptychError(f"{folder}: cannot be written: {error}") from None
    finally:
        if beside is not None:
            with suppress(OSError):
                shutil.rmtree(beside, ignore_errors=True)

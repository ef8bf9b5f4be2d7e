"""Weights from any format into any other, by way of canonical names and layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common import weights
from common.counting import with_statistics
from common.errors import TriptychError
from common.network import Network
from frontends.checkpoints import files, hub
from frontends.checkpoints.fitting import asked_for, candidates, fitting, nearest, told_apart
from frontends.checkpoints.formats import COMBINED, HUB, Format, recognized
from frontends.checkpoints.hub import Checkpoint
from frontends.checkpoints.naming import CANONICAL, Names, Naming, to_canonical
from frontends.checkpoints.processes import Contents, listed, read_arrays
from frontends.checkpoints.sets import Sets
from frontends.checkpoints.stored import Arrays, FileError

SLACK = 10_000_000  # bytes


@dataclass(frozen=True)
class Found:
    """What a file held: the checkpoint, its format, how it names weights, what was left out of it,
    and what it had no place for, which starts by its law. ground: what says the naming, where a
    file of its format may have several layouts. sets: which weights they are, and what is beside.
    """

    checkpoint: Checkpoint
    form: Format
    naming: Naming
    left_out: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    ground: str = ""
    sets: Sets = field(default_factory=Sets)


def read(
    path: Path, network: Network | None = None, names: str | None = None, key: str | None = None
) -> Found:
    """Return what a weights file holds of a network; nothing of it is run.

    network: None for a checkpoint of ours, which holds its own. names: of the naming, None for
    the one that fits. key: of the weights in a file that holds several sets. Raises TriptychError,
    one line with the file and the tensor.
    """
    form = recognized(path)
    notes = _notes(path) if form.name == HUB else None
    network = network or (notes.network if notes else None)
    if network is None:
        raise TriptychError(
            f"{path}: weights of which network? Name it with --network; only the safetensors that "
            "Triptych writes say it themselves"
        )
    namings, ground = candidates(path, form, names)
    known = _known(namings, network)
    _check_size(path, form, network)
    wanted = {name for own in known.values() for name in own.values()}
    held = read_arrays(form, path, budget(network), wanted, key or "")
    if notes is not None and names in (None, CANONICAL.name):
        found = replace(notes, network=network).checkpoint(held.arrays, str(path))
        return Found(found, form, CANONICAL, held.left_out)
    return _named(known, held, network, path, form, ground)


def _named(
    known: Mapping[Naming, Names],
    held: Contents,
    network: Network,
    path: Path,
    form: Format,
    ground: str,
) -> Found:
    """Return what a file holds, under the canonical names, by the naming that fits."""
    if not ground:
        known, ground = told_apart(known, held.sets.framework, path, form)
    arrays = held.arrays
    shapes = {name: array.shape for name, array in arrays.items()}
    naming, decided = fitting(known, shapes, network, path, form)
    if form.name == COMBINED:
        arrays = _in_order(known[naming], arrays, f"{path}: {network.name}")
    found = to_canonical(naming, network, arrays, f"{path}, {ground}" if ground else str(path))
    added = _added(network, found)
    checkpoint, ground = Checkpoint(network, {**found, **added}), ground or decided
    return Found(checkpoint, form, naming, held.left_out, tuple(added), ground, held.sets)


def arrays_of(path: Path, key: str | None = None) -> Arrays:
    """Return what a weights file holds, by its own names, but for what is of no network's.

    key: of the weights in a file that holds several sets. Nothing of it is run. Raises
    TriptychError, one line with the file and the tensor.
    """
    return contents(path, key).arrays


def contents(path: Path, key: str | None = None) -> Contents:
    """Return what `arrays_of` does, and what was left out. Raises TriptychError."""
    form = recognized(path)
    size = sum(each["nbytes"] for each in listed(form, path, key or "")[0])
    return read_arrays(form, path, size + SLACK, (), key or "")


def write(path: Path, form: Format, checkpoint: Checkpoint, names: str | None = None) -> Naming:
    """Write a checkpoint in a format; return how it names weights.

    names: of the naming, None for that of our written files. Every file is written beside and
    renamed. Raises TriptychError; then nothing is written.
    """
    naming = asked_for(form, names)[0] if names else form.namings[0]
    if form.name == HUB and naming == CANONICAL:
        hub.write(path, checkpoint)
        return naming
    checkpoint.check("what was read")
    files.write(path, form, naming, checkpoint.network, checkpoint.weights)
    return naming


def convert(
    source: Path,
    target: Path,
    form: Format,
    network: Network | None = None,
    names: str | None = None,
    target_names: str | None = None,
    key: str | None = None,
) -> tuple[Found, Naming]:
    """Read a file and write it in another format; see `read` and `write`. Raises TriptychError."""
    found = read(source, network, names, key)
    return found, write(target, form, found.checkpoint, target_names)


def tensors(
    path: Path, network: Network | None = None, key: str | None = None
) -> tuple[Format, list[Mapping[str, Any]], Sets]:
    """Return a file's format, what it says of its tensors: name, dtype, shape, file, offset and
    length in bytes, and, with a network, the canonical name; and what is beside them.

    key: of the weights in a file that holds several sets. Raises TriptychError.
    """
    form = recognized(path)
    found, sets = listed(form, path, key or "")
    notes = _notes(path) if form.name == HUB else None
    network = network or (notes.network if notes else None)
    if network is None:
        return form, found, sets
    known = _known((CANONICAL,) if notes else form.namings, network)
    naming = nearest(known, {each["name"]: () for each in found}, form)[0][0]
    canonical = {own: name for name, own in known[naming].items()}
    if form.name == COMBINED and len(found) == len(canonical):
        found = [{**each, "name": own} for each, own in zip(found, sorted(canonical))]
    return form, [{**each, "canonical": canonical.get(each["name"], "")} for each in found], sets


def budget(network: Network) -> int:
    """Return the bytes that a file's numbers take at most: float64, and an optimizer's with it."""
    return 3 * 8 * with_statistics(network) + SLACK


def _check_size(path: Path, form: Format, network: Network) -> None:
    size = path.stat().st_size if path.is_file() else 0
    if size > 2 * budget(network):
        raise TriptychError(
            f"{path}: {size:,} bytes; the weights of {network.name} take {budget(network):,} at "
            "most"
        )


def _notes(path: Path) -> hub.Notes | None:
    try:
        return hub.notes(path)
    except FileError as error:
        raise TriptychError(f"{path}: {error}") from None


def _known(namings: Sequence[Naming], network: Network) -> Mapping[Naming, Names]:
    """Return the names in each naming that has them all. Raises TriptychError if none has."""
    known = {naming: own for naming in namings if (own := _names(naming, network))}
    if not known:
        raise TriptychError(f"{network.name}: {namings[-1]} has no names for its parameters")
    return known


def _names(naming: Naming, network: Network) -> Names | None:
    try:
        return naming.names(network)
    except TriptychError:
        return None


def _in_order(names: Names, arrays: Arrays, where: str) -> Arrays:
    """Return the records of a combined file under their names. Raises TriptychError."""
    if len(names) != len(arrays):
        raise TriptychError(f"{where} has {len(names)} variables, the file {len(arrays)}")
    return dict(zip(sorted(names.values()), arrays.values()))


def _added(network: Network, found: Arrays) -> Arrays:
    """Return what is never called, and so in no file of functions, as its law has it start."""
    missing = network.elaboration.parameters.keys() - found.keys()
    if not missing:
        return {}
    dtype, start = next(iter(found.values())).dtype, weights.initial(network)
    return {name: start[name].astype(dtype) for name in sorted(missing)}

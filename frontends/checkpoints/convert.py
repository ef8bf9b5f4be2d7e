"""Weights from any format into any other, by way of canonical names and layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common import weights
from common.counting import with_statistics
from common.errors import TriptychError, choose
from common.network import Network
from frontends.checkpoints import files, hub
from frontends.checkpoints.formats import COMBINED, HUB, Format, recognized
from frontends.checkpoints.hub import Checkpoint
from frontends.checkpoints.naming import CANONICAL, Names, Naming, to_canonical
from frontends.checkpoints.processes import listed, read_arrays
from frontends.checkpoints.stored import Arrays, FileError

SLACK = 10_000_000  # bytes


@dataclass(frozen=True)
class Found:
    """What a file held: the checkpoint, its format, how it names weights, what was left out of it,
    and what it had no place for, which starts by its law."""

    checkpoint: Checkpoint
    form: Format
    naming: Naming
    left_out: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def read(path: Path, network: Network | None = None, names: str | None = None) -> Found:
    """Return what a weights file holds of a network; nothing of it is run.

    network: None for a checkpoint of ours, which holds its own. names: of the naming, None for
    the one that fits. Raises TriptychError, one line with the file and the tensor.
    """
    form = recognized(path)
    notes = _notes(path) if form.name == HUB else None
    network = network or (notes.network if notes else None)
    if network is None:
        raise TriptychError(f"{path}: of which network? --network says it")
    namings = _namings(form, names)
    known = {naming: own for naming in namings if (own := _names(naming, network))}
    if not known:
        raise TriptychError(f"{network.name}: {namings[-1]} has no names for its parameters")
    _check_size(path, form, network)
    wanted = {name for own in known.values() for name in own.values()}
    arrays, left_out = read_arrays(form, path, budget(network), wanted)
    if notes is not None and names in (None, CANONICAL.name):
        found = replace(notes, network=network).checkpoint(arrays, str(path))
        return Found(found, form, CANONICAL, left_out)
    naming = _fitting(known, len(arrays) if form.name == COMBINED else set(arrays))
    if form.name == COMBINED:
        arrays = _in_order(known[naming], arrays, f"{path}: {network.name}")
    found_weights = to_canonical(naming, network, arrays, str(path))
    added = _added(network, found_weights)
    checkpoint = Checkpoint(network, {**found_weights, **added})
    return Found(checkpoint, form, naming, left_out, tuple(added))


def arrays_of(path: Path) -> Arrays:
    """Return what a weights file holds, by its own names, but for what is of no network's.

    Nothing of it is run. Raises TriptychError, one line with the file and the tensor.
    """
    form = recognized(path)
    size = sum(each["nbytes"] for each in listed(form, path))
    return read_arrays(form, path, size + SLACK, ())[0]


def write(path: Path, form: Format, checkpoint: Checkpoint, names: str | None = None) -> Naming:
    """Write a checkpoint in a format; return how it names weights.

    names: of the naming, None for that of our written files. Every file is written beside and
    renamed. Raises TriptychError; then nothing is written.
    """
    naming = _namings(form, names)[0]
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
) -> tuple[Found, Naming]:
    """Read a file and write it in another format; see `read` and `write`. Raises TriptychError."""
    found = read(source, network, names)
    return found, write(target, form, found.checkpoint, target_names)


def tensors(path: Path, network: Network | None = None) -> tuple[Format, list[Mapping[str, Any]]]:
    """Return a file's format and what it says of its tensors: name, dtype, shape, file, offset and
    length in bytes, and, with a network, the canonical name. Raises TriptychError."""
    form = recognized(path)
    found = listed(form, path)
    notes = _notes(path) if form.name == HUB else None
    network = network or (notes.network if notes else None)
    if network is None:
        return form, found
    known = {naming: own for naming in form.namings if (own := _names(naming, network))}
    naming = _fitting(known, len(found) if form.name == COMBINED else {t["name"] for t in found})
    canonical = {own: name for name, own in known[naming].items()}
    if form.name == COMBINED and len(found) == len(canonical):
        found = [{**each, "name": own} for each, own in zip(found, sorted(canonical))]
    return form, [{**each, "canonical": canonical.get(each["name"], "")} for each in found]


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


def _namings(form: Format, names: str | None) -> Sequence[Naming]:
    if names is None:
        return form.namings
    chosen = choose(f"names in {form.name}", names, [each.name for each in form.namings])
    return [each for each in form.namings if each.name == chosen]


def _names(naming: Naming, network: Network) -> Names | None:
    try:
        return naming.names(network)
    except TriptychError:
        return None


def _fitting(known: Mapping[Naming, Names], given: set[str] | int) -> Naming:
    """Return the naming that fits what a file has, or else the one that fits best."""

    def unlike(naming: Naming) -> int:
        own = set(known[naming].values())
        return abs(len(own) - given) if isinstance(given, int) else len(own ^ given)

    return min(known, key=unlike)


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

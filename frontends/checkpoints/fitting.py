"""Which of its namings a file of weights has: by names, by shapes, or by what else it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from common.errors import TriptychError, choose
from common.network import Network
from frontends.checkpoints import hub, plain
from frontends.checkpoints.formats import COMBINED, HUB, PICKLE, Format
from frontends.checkpoints.naming import (
    CANONICAL,
    KERAS_VARIABLES,
    PADDLE,
    TENSORFLOW1,
    TORCH,
    Names,
    Naming,
)
from frontends.checkpoints.stored import FileError

Shapes = Mapping[str, tuple[int, ...]]
# What "format" of safetensors' metadata says of names and layouts.
MARKS = {
    "pt": TORCH,
    "pd": PADDLE,
    "tf": (*KERAS_VARIABLES, *TENSORFLOW1),
    "np": (CANONICAL, *TORCH, *PADDLE),
    hub.FORMAT: (CANONICAL,),
}
ENDINGS = {".pt": "torch", ".pth": "torch", ".pdparams": "paddle"}


def mark_of(naming: Naming) -> str:
    """Return the "format" that says a naming in safetensors' metadata."""
    return next(mark for mark, namings in MARKS.items() if naming in namings)


def candidates(path: Path, form: Format, names: str | None) -> tuple[Sequence[Naming], str]:
    """Return the namings that a file may have, and what says them, "" for its format alone.

    names: the one that is asked for. Raises TriptychError for one that its format lacks, and for
    safetensors that say a format which is not known.
    """
    if names is not None:
        return asked_for(form, names), "by --names"
    if form.name != HUB:
        return form.namings, ""
    try:
        mark = plain.metadata(path).get("format", "")
    except FileError as error:
        raise TriptychError(f"{path}: {error}") from None
    if not mark:
        return MARKS["np"], ""
    if mark not in MARKS:
        known = ", ".join(each for each in MARKS if " " not in each)
        raise TriptychError(
            f"{path}: its metadata says format {mark[:40]!r}, whose layouts are not known here; "
            f"known are {known}, and --names says which it has"
        )
    return MARKS[mark], "" if mark == "np" else f"by its metadata, format {mark}"


def asked_for(form: Format, names: str) -> Sequence[Naming]:
    """Return the namings of a format that bear a name. Raises TriptychError if none does."""
    chosen = choose(f"names in {form.name}", names, dict.fromkeys(n.name for n in form.namings))
    return [each for each in form.namings if each.name == chosen]


def told_apart(
    known: Mapping[Naming, Names], writer: str, path: Path, form: Format
) -> tuple[Mapping[Naming, Names], str]:
    """Return the namings of a pickle's writer, and what says so; "" where nothing does.

    writer: the framework of which the pickle shows signs, "" if there are none.
    """
    own = {naming: names for naming, names in known.items() if naming.framework == writer}
    if form.name == PICKLE.name and own:
        return own, f"by what {writer}.save writes beside"
    return known, f"by its ending {path.suffix}" if form.name == "paddle" and not writer else ""


def fitting(
    known: Mapping[Naming, Names], shapes: Shapes, network: Network, path: Path, form: Format
) -> tuple[Naming, str]:
    """Return the naming that fits what a file has, and what decided between several layouts.

    Where none fits it is the one that fits best. Raises TriptychError where several do that lay
    weights out differently and the file's ending says none of them.
    """
    near, exact = nearest(known, shapes, form)
    if not exact or form.name == COMBINED:
        return near[0], ""
    fits = [naming for naming in near if _fits(naming, known[naming], shapes, network)]
    if not fits or all(_alike(fits[0], each, network) for each in fits):
        said = "by its names" if len(near) == 1 else "by its shapes"
        several = len({each.framework for each in known}) > 1
        return (fits or near)[0], said if several else ""
    by_ending = [each for each in fits if each.framework == ENDINGS.get(path.suffix)]
    if by_ending:
        return by_ending[0], f"by its ending {path.suffix}"
    names = " or ".join(each.name for each in fits)
    raise TriptychError(
        f"{path}: its names and shapes fit the layouts of {names} alike, and nothing in it says "
        f"which: --names {fits[0]}, or another of these"
    )


def nearest(
    known: Mapping[Naming, Names], shapes: Shapes, form: Format
) -> tuple[Sequence[Naming], bool]:
    """Return the namings whose names are the most like those of a file, and whether they are all
    there. A combined file says no names: it is how many there are."""

    def unlike(naming: Naming) -> int:
        own = set(known[naming].values())
        return abs(len(own) - len(shapes)) if form.name == COMBINED else len(own ^ set(shapes))

    least = min(map(unlike, known))
    return [naming for naming in known if unlike(naming) == least], not least


def _fits(naming: Naming, names: Names, shapes: Shapes, network: Network) -> bool:
    parameters = network.elaboration.parameters
    return all(tuple(shapes[own]) == naming.shape(parameters[n]) for n, own in names.items())


def _alike(one: Naming, other: Naming, network: Network) -> bool:
    """Return whether two namings lay out every weight of a network alike."""
    held = network.elaboration.parameters.values()
    return all(one.layout(each).axes == other.layout(each).axes for each in held)

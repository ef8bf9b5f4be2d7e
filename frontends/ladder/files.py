"""The files that are compared with each other: how they are named, and what they were seen to be.

FILE.py:ENTRY is a class, a function or an instance; FILE.py:ENTRY(width=2) says its arguments and
FILE.py:ENTRY@torch its framework, which is found from the file's imports where it is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import TriptychError, choose
from frontends.frameworks import FRAMEWORKS
from frontends.ladder.subjects import MINE, Reader
from frontends.workers.protocol import Looked, NetworkFile

_REFERENCE = re.compile(r"(?P<file>.+\.py):(?P<entry>\w+)(?P<call>\(.*\))?(@(?P<framework>\w+))?")
_OF_1 = re.compile(  # what only TensorFlow 1 has, in a file that imports tensorflow
    r"\b(tf|tensorflow)\.(layers|contrib|placeholder|get_variable|variable_scope|Session)\b|"
    r"\bslim\b|\btf\.(nn\.moments|global_variables|truncated_normal|name_scope)\b"
)
EXPECTED = "expected FILE.py:ENTRY, FILE.py:ENTRY(width=2) or FILE.py:ENTRY@FRAMEWORK"


@dataclass(frozen=True)
class FileReference:
    """A network in a file. arguments: as Python writes them."""

    path: Path
    entry: str
    framework: str
    arguments: str = ""

    @property
    def title(self) -> str:
        """What it is called in reports."""
        return f"{self.path.name}:{self.entry}"


@dataclass(frozen=True)
class Brought(Reader):
    """A file that is compared with another one.

    look: what it was seen to be. channels, outputs: see protocol.NetworkFile.
    """

    arguments: str = ""
    channels: str = ""
    number: int = 0
    look: Looked | None = None
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def seen(self) -> Looked:
        """What it was seen to be."""
        assert self.look is not None
        return self.look

    @property
    def lane(self) -> str:
        """Its own: what one patches is not patched for another."""
        return f"{MINE} {self.number}"

    def network_file(
        self, shape: tuple[int, ...], dtype: str = "float64", absent: Iterable[str] = ()
    ) -> NetworkFile:
        """Return what a worker is told of it."""
        return NetworkFile(
            str(self.path),
            self.entry,
            shape,
            dtype,
            matched_names=None if self.look is None else dict(self.matched),
            absent=tuple(sorted(absent)),
            import_folder=str(self.path.parent),
            brought=True,
            compared=True,
            arguments=self.arguments,
            channels=self.channels,
            outputs={mode: tuple(keys) for mode, keys in self.outputs.items()},
        )


def is_file(reference: str) -> bool:
    """Return whether a reference is of a file that holds a framework's network."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return False
    path = Path(found["file"])
    return bool(found["framework"] or (path.is_file() and _found_framework(path)))


def parse_file(reference: str) -> FileReference:
    """Return what a reference says. Raises TriptychError."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise TriptychError(f"{reference}: {EXPECTED}")
    path, call = Path(found["file"]), (found["call"] or "()")[1:-1]
    if not path.is_file():
        raise TriptychError(f"{path}: no such file")
    _check_arguments(reference, call)
    framework = found["framework"] or _found_framework(path)
    if not framework:
        raise TriptychError(
            f"{path} imports no framework: {path.name}:{found['entry']}@torch says which, of "
            f"{', '.join(FRAMEWORKS)}"
        )
    choose("framework", framework, FRAMEWORKS)
    return FileReference(path.resolve(), found["entry"], framework, call)


def _check_arguments(reference: str, text: str) -> None:
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        for each in [*call.args, *(k.value for k in call.keywords)]:
            ast.literal_eval(each)
    except (ValueError, SyntaxError, AssertionError):
        raise TriptychError(
            f"{reference}: its arguments are no plain values, as in (10, width=2, name='x')"
        ) from None


def _found_framework(path: Path, known: frozenset[Path] = frozenset()) -> str:
    """Return the framework that a file imports, or a file beside it that it imports; "" if none."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError):
        return ""
    modules, beside = _imported(tree)
    roots = {each.partition(".")[0] for each in modules}
    if any(each.startswith("paddle.fluid") for each in modules):
        return "fluid"
    if roots & {"torch", "torchvision", "timm"}:
        return "torch"
    if "paddle" in roots:
        return "paddle"
    if "tensorflow" in roots and not roots & {"keras"} and _OF_1.search(text):
        return "tensorflow1"
    if roots & {"tensorflow", "keras", "tf_keras"}:
        return "tensorflow"
    near = [path.parent / f"{each.replace('.', '/')}.py" for each in (*beside, *modules)]
    for each in near:
        if each not in known and each.is_file():
            found = _found_framework(each, known | {path, each})
            if found:
                return found
    return ""


def _imported(tree: ast.Module) -> tuple[list[str], list[str]]:
    """Return the modules that a file imports, and those that it imports relatively."""
    modules, beside = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            beside.append(node.module or "__init__")
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
            modules += [f"{node.module}.{each.name}" for each in node.names]
    return modules, beside

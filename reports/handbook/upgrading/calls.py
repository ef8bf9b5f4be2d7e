"""The calls of TensorFlow 1 and Fluid in a reader's file, by its syntax tree: it never runs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

from common.errors import TriptychError
from common.files import read_bytes

# What the modules of the two are called in the tables: the first that fits.
ROOTS = {
    "tensorflow.compat.v1": "tf",
    "tensorflow": "tf",
    "paddle.fluid": "fluid",
    "paddle": "paddle",
    "tensorflow.contrib.slim": "tf.contrib.slim",
    "tf_slim": "tf.contrib.slim",
    "keras": "tf.keras",
}
TYPES = frozenset("float16 float32 float64 int8 int32 int64 uint8 bool string".split())
LONGEST = 2**22  # bytes of a file that is read


class Named(NamedTuple):
    """A name of TensorFlow or Fluid in a file: its line, and the name as the tables have it."""

    line: int
    name: str
    called: bool


def calls(path: str) -> list[Named]:
    """Return the names of TensorFlow and Fluid that a file calls or hands on, in its order.

    Raises TriptychError for a file that cannot be read or is no Python 3.
    """
    data = read_bytes(path, LONGEST, fewest=0)  # an __init__.py is often empty
    found = _Names()
    try:
        found.visit(ast.parse(data))  # of bytes: a byte-order mark and a declared encoding count
    except (RecursionError, MemoryError):
        raise TriptychError(f"{path}: cannot be read: nested too deeply") from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise TriptychError(
            f"{path}{f', line {line}' if line else ''}: not Python 3 ({_why(error)}); a file of "
            "Python 2 can be read after `2to3 -w` on a copy of it"
        ) from None
    return sorted(dict.fromkeys(found.named))


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


class _Names(ast.NodeVisitor):
    """Follows imports and plain assignments of modules; collects the longest dotted names."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.named: list[Named] = []

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            if each.asname:
                self.known[each.asname] = each.name
            else:
                top = each.name.partition(".")[0]
                self.known[top] = top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            if node.module and not node.level:
                self.known[each.asname or each.name] = f"{node.module}.{each.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        whole = self._whole(node.value)
        if not whole:  # a name that is given another is told where it is used
            self.visit(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                if whole:
                    self.known[target.id] = whole
                else:
                    self.known.pop(target.id, None)
            else:
                self.visit(target)

    def visit_Call(self, node: ast.Call) -> None:
        if not self._take(node.func, True):
            self.visit(node.func)
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(each)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not self._take(node, False):
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        self._take(node, False)

    def _take(self, node: ast.expr, called: bool) -> bool:
        """Record a name of the two frameworks; return whether it is one."""
        whole = self._whole(node)
        told = said(whole) if whole else ""
        if "." in told and told.rpartition(".")[2] not in TYPES:
            self.named.append(Named(node.lineno, told, called))
        return bool(told)

    def _whole(self, node: ast.expr) -> str:
        """Return the whole name of an expression, "" if it is none that is known."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.known:
            return ""
        return ".".join([self.known[node.id], *reversed(parts)])


def said(whole: str) -> str:
    """Return a name as the tables have it, "" for one of another package."""
    for root, short in sorted(ROOTS.items(), key=lambda each: -len(each[0])):
        if whole == root or whole.startswith(f"{root}."):
            return short + whole[len(root) :]
    return ""


def file_name(path: str) -> str:
    """Return the name of a file without its folder."""
    return Path(path).name

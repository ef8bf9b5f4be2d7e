"""Sums and products of sizes: each is an integer or an expression, the result is tidied."""

from __future__ import annotations

import ast
from typing import Any

from common.expressions import spliced, substitute, tree_of


def plus(size: Any, offset: int) -> Any:
    """Return size + offset, tidied: plus("n - 1", 1) == "n"."""
    if isinstance(size, int):
        return size + offset
    tree = tree_of(size)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub)):
        inner = tree.right
        if isinstance(inner, ast.Constant) and isinstance(inner.value, int):
            offset += inner.value if isinstance(tree.op, ast.Add) else -inner.value
            size = ast.unparse(tree.left)
    if not offset:
        return size
    return spliced(f"size {'+' if offset > 0 else '-'} {abs(offset)}", size=size)


def product(left: Any, right: Any) -> Any:
    """Return left * right, with a factor of one left out and literal factors multiplied."""
    if left == 1 or right == 1:
        return right if left == 1 else left
    return substitute("left * right", {"left": left, "right": right})


def total(*sizes: Any) -> Any:
    """Return the sum of sizes; literals are added up."""
    literals = sum(size for size in sizes if not isinstance(size, str))
    others = [str(size) for size in sizes if isinstance(size, str)]
    if len(others) > 1 and len(set(others)) == 1 and not literals:
        return product(len(others), others[0])
    if not others:
        return literals
    found = others[0]
    for other in others[1:]:
        found = spliced("left + right", left=found, right=other)
    return plus(found, literals)

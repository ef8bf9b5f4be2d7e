"""Cells of the handbook's Markdown tables."""

from __future__ import annotations


def code(text: str) -> str:
    """Return a snippet in a cell of a table, its lines one under another."""
    lines = [each for each in text.replace("|", "\\|").split("\n") if each.strip()]
    return "<br>".join(f"`{each.strip()}`" for each in lines)


def plain(text: str) -> str:
    """Return a text in a cell of a table: nothing in it is HTML, and code stays as it is."""
    parts = text.replace("|", "\\|").replace("\n", " ").split("`")
    if len(parts) % 2 == 0:  # the last mark opens no code
        parts[-2:] = ["`".join(parts[-2:])]
    return "`".join(p.replace("<", "&lt;") if n % 2 == 0 else p for n, p in enumerate(parts))

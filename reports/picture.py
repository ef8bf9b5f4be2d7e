"""Draw the README's picture: one block in three panels, and what the ladder said of it.

`python -m reports.picture` runs the ladder and writes reports/triptych.png.
"""

from __future__ import annotations

import ast
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from pygments import lex
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name

from common.errors import run_command
from common.files import write_bytes
from common.networks import load
from frontends.frameworks import MODERN, TABLE
from frontends.ladder.report import Report
from frontends.ladder.verify import verify
from frontends.writing.emit import emit
from frontends.writing.text import class_name

matplotlib.use("Agg")
from matplotlib import pyplot as plt

PANELS = {name: TABLE[name].title for name in MODERN}
OUT = Path(__file__).parent / "triptych.png"
FONT_SIZE, LINE, CHARACTER = 10.5, 0.21, 0.0878  # points, inches, inches
ROWS = 16  # of a panel


def block_text(text: str, kind: str) -> str:
    """Return the function or class of one kind of block, without its docstring."""
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in (
            kind,
            class_name(kind),
        ):
            lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
            return "\n".join(line for line in lines if '"""' not in line)
    raise KeyError(kind)


def draw(name: str, kind: str, report: Report, path: Path) -> None:
    """Write the picture: the panels' code side by side above the verdict."""
    network = load(name)
    texts = {panel: block_text(emit(network, panel).text, kind) for panel in PANELS}
    columns = [max(map(len, text.splitlines())) + 3 for text in texts.values()]
    size = (CHARACTER * sum(columns) + 0.4, LINE * (ROWS + 3.5))
    figure = plt.figure(figsize=size, facecolor="#fbfbf8")
    left = 0.2
    for (panel, text), width in zip(texts.items(), columns):
        _panel(figure, size, left, width, PANELS[panel], text)
        left += CHARACTER * width
    verdict = (
        f"{report.worst_float64:.0e} apart at most, in float64: outputs, batch and running "
        "statistics, every gradient"
    )
    centre = {"ha": "center", "color": "#1a6b3c", "weight": "bold", "size": 12}
    figure.text(
        0.5, 0.35 * LINE / size[1], f"{name}, proved the same network — {verdict}", **centre
    )
    drawn = BytesIO()
    figure.savefig(drawn, dpi=130, format="png")
    write_bytes(path, drawn.getvalue())


def _panel(
    figure: Any, size: tuple[float, float], left: float, width: int, title: str, text: str
) -> None:
    style = get_style_by_name("friendly")
    top = size[1] - 0.3
    figure.text(left / size[0], top / size[1], title, size=13, weight="bold", color="#333333")
    row, column = 1.5, 0
    for kind, value in lex(text, PythonLexer()):
        for index, piece in enumerate(value.split("\n")):
            row, column = (row + 1, 0) if index else (row, column)
            if piece.strip():
                place = (left + CHARACTER * column) / size[0], (top - LINE * row) / size[1]
                color = style.style_for_token(kind)["color"] or "222222"
                figure.text(*place, piece, family="monospace", size=FONT_SIZE, color=f"#{color}")
            column += len(piece)


def main() -> int:
    """Verify, draw, write."""
    report = verify(load("se_resnext_cifar"), list(PANELS))
    if not report.passed:
        print(report.text())
        return 1
    draw("se_resnext_cifar", "squeeze_excite", report, OUT)
    print(OUT)
    return 0


if __name__ == "__main__":
    run_command(main)

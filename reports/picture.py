"""Draw the README's picture: one block in three panels, and what the ladder said of it.

`python -m reports.picture` runs the ladder and writes reports/triptych.png.
"""

from __future__ import annotations

import ast
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from pygments import lex
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name

from common.arguments import Parser
from common.errors import run_command
from common.files import write_bytes
from common.networks import load
from frontends.frameworks import MODERN, TABLE
from frontends.ladder.report import Report
from frontends.ladder.verify import verify
from frontends.writing.emit import emit
from frontends.writing.text import class_name

PROG = "python -m reports.picture"
NETWORK, BLOCK = "se_resnext_cifar", "squeeze_excite"
OUT = Path(__file__).parent / "triptych.png"
FONT_SIZE, LINE, CHARACTER = 10.5, 0.21, 0.0878  # points, inches, inches
ROWS = 16  # of a panel
LEFT = 0.2  # inches
Size = tuple[float, float]  # width and height, inches


def block_text(text: str, kind: str) -> str:
    """Return the function or class of one kind of block, without its docstring.

    Raises KeyError if a written file has none of that kind.
    """
    names = (kind, class_name(kind))
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            left_out = _docstring_lines(node)
            shown = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            lines = text.splitlines()
            return "\n".join(lines[number - 1] for number in shown if number not in left_out)
    raise KeyError(kind)


def _docstring_lines(node: ast.FunctionDef | ast.ClassDef) -> range:
    if ast.get_docstring(node) is None:
        return range(0)
    first = node.body[0]
    return range(first.lineno, (first.end_lineno or first.lineno) + 1)


def draw(name: str, kind: str, report: Report) -> bytes:
    """Return the picture as a PNG file's content: the panels' code side by side above the
    verdict."""
    network = load(name)
    texts = {panel: block_text(emit(network, panel).text, kind) for panel in MODERN}
    columns = [max(map(len, text.splitlines())) + 3 for text in texts.values()]
    size = (CHARACTER * sum(columns) + 2 * LEFT, LINE * (ROWS + 3.5))
    figure = Figure(figsize=size, facecolor="#fbfbf8")
    left = LEFT
    for (panel, text), width in zip(texts.items(), columns):
        _panel(figure, size, left, TABLE[panel].title, text)
        left += CHARACTER * width
    _verdict(figure, size, name, report)
    drawn = BytesIO()
    figure.savefig(drawn, dpi=130, format="png")
    return drawn.getvalue()


def _panel(figure: Figure, size: Size, left: float, title: str, text: str) -> None:
    """Write a panel's title and its code, coloured, `left` inches from the edge."""
    style = get_style_by_name("friendly")
    top = size[1] - 0.3
    figure.text(left / size[0], top / size[1], title, size=13, weight="bold", color="#333333")
    row, column = 1.5, 0
    for kind, value in lex(text, PythonLexer()):
        for index, piece in enumerate(value.split("\n")):
            row, column = (row + 1, 0) if index else (row, column)
            if piece.strip():
                x, y = (left + CHARACTER * column) / size[0], (top - LINE * row) / size[1]
                color = f"#{style.style_for_token(kind)['color'] or '222222'}"
                figure.text(
                    x, y, piece, family="monospace", size=FONT_SIZE, color=color, parse_math=False
                )
            column += len(piece)


def _verdict(figure: Figure, size: Size, name: str, report: Report) -> None:
    text = (
        f"{name}, proved the same network — {report.worst_float64:.0e} apart at most, in float64: "
        "outputs, batch and running statistics, every gradient"
    )
    y = 0.35 * LINE / size[1]
    figure.text(0.5, y, text, ha="center", color="#1a6b3c", weight="bold", size=12)


def main(arguments: list[str] | None = None, prog: str = PROG) -> int:
    """Verify, draw, write; return 1 without a picture if the panels are not proved the same."""
    parser = Parser(
        prog=prog,
        description="Climb the ladder and draw the README's picture of one block in three panels.",
        epilog="Exit codes: 0 written, 1 not proved the same, 2 wrong usage.",
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help="default: README's")
    out = parser.parse_args(arguments).out
    report = verify(load(NETWORK), list(MODERN))
    if not report.proved:
        print(report.text())
        return 1
    write_bytes(out, draw(NETWORK, BLOCK, report))
    print(out)
    return 0


if __name__ == "__main__":
    run_command(main)

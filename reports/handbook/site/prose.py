"""Markdown pages as HTML: links go to the site's pages, headings have anchors, code is coloured."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from reports.handbook.columns import COLUMNS
from reports.handbook.links import anchor
from reports.handbook.networks.file import Part
from reports.handbook.site.code import highlighted

STACKED = re.compile(
    r"^# (?:" + "|".join(re.escape(c.title) for c in COLUMNS) + r")(?=\s|$).*$", re.M
)
PANEL_OF = {column.title: column.panel for column in COLUMNS}


def html(text: str) -> Markup:
    """Return a page's Markdown as HTML."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("heading_open", _heading)
    found = parser.render(text)
    found = re.sub(r'(href|src)="(?!https?:|#)([^"]+)"', _link, found)
    found = found.replace("<table>", '<div class="scroll"><table class="t">')
    found = found.replace("</table>", "</table></div>")
    return Markup(found.replace(' style="text-align:right"', ' class="num"'))


def _link(found: re.Match[str]) -> str:
    return f'{found[1]}="{address(found[2])}"'


def address(link: str) -> str:
    """Return where a link of a Markdown page leads on the site, where all pages lie side by
    side."""
    path, _, heading = link.partition("#")
    path = path.replace("../", "").removeprefix("pages/")
    if path.endswith(".md"):
        name = path.rpartition("/")[2].removesuffix(".md")
        path = f"{'index' if name == 'README' else name}.html"
    return f"{path}#{heading}" if heading else path


def _heading(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    text = re.sub(r"[`*]", "", tokens[index + 1].content)
    return f'<{tokens[index].tag} id="{escape(anchor(text))}">'


def _fence(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    body, info = tokens[index].content.rstrip("\n"), tokens[index].info.strip()
    heads = STACKED.findall(body) if info == "python" else []
    if len(heads) > 1:
        return _stacked(body)
    if info == "python":
        return f'<div class="snippet">{highlighted(Part("", body))}</div>'
    return f'<pre class="out">{escape(body)}</pre>'


def _stacked(body: str) -> str:
    """Return a fence in which every panel follows the comment that names it, in columns."""
    cells, parts = [], re.split(STACKED, body)[1:]
    for head, part in zip(STACKED.findall(body), parts):
        title = next(each for each in PANEL_OF if head.startswith(f"# {each}"))
        code = highlighted(Part("", part.strip("\n")))
        cells.append(
            f'<div class="cell" data-d="{PANEL_OF[title]}" data-label="{escape(head[2:])}">'
            f'<div class="label">{escape(head[2:])}</div>{code}</div>'
        )
    return f'<div class="group stacked">{"".join(cells)}</div>'

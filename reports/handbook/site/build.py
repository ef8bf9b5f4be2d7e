"""The static site, from the same data as the Markdown pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from common.files import write_text
from common.networks import available, load
from frontends.frameworks import TABLE
from reports.handbook.columns import COLUMNS, PANELS, PRESETS
from reports.handbook.evidence import Evidence
from reports.handbook.links import anchor
from reports.handbook.networks.markdown import figures, groups, ladder_rows, verdict
from reports.handbook.networks.model import Cell, Row
from reports.handbook.networks.notes import KINDS, Note
from reports.handbook.networks.page import NetworkPage, network_page
from reports.handbook.site import search
from reports.handbook.site.code import highlighted
from reports.handbook.site.prose import address, html

HERE = Path(__file__).parent
CLASSES = tuple(name for name, each in TABLE.items() if each.classes)
NAVIGATION = (
    ("index.html", "Start"),
    ("se_resnext_cifar.html", "Networks"),
    ("concepts.html", "Concepts"),
    ("official-table.html", "TF → Fluid"),
    ("fluid-to-paddle-3.html", "Fluid → Paddle 3"),
    ("api-map.html", "API map"),
    ("defaults.html", "Defaults"),
    ("pitfalls.html", "Pitfalls"),
    ("numbers-differ.html", "Other numbers?"),
)
FOOTER = "Written by triptych report handbook from the specifications and the records."


class Site:
    """The site in a folder: pages are added, `finish` writes the index and what they need."""

    def __init__(self, out: Path, evidence: Evidence) -> None:
        self.out, self.evidence = out, evidence
        self.sections: list[search.Found] = []
        self.wanted: set[str] = set()
        self.written: set[str] = set()
        loader = FileSystemLoader(HERE / "templates")
        self.jinja = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        self.jinja.globals.update(
            columns=COLUMNS, presets=PRESETS, classes=CLASSES, kinds=KINDS, code=highlighted,
            slug=anchor, inline=inline, address=address, evidence=evidence, between=between,
            footer=FOOTER, span=_span, grouped=lambda rows: groups(rows, PANELS),
        )  # fmt: skip

    def add_network(self, page: NetworkPage) -> None:
        """Add a network's page and its files."""
        seen: set[str] = set()
        text = self._render(
            "network.html", page.name, page.facts["title"], page=page, ladder=ladder_rows(page),
            verdict=html(verdict(page)), figures=figures(page),
            noted=lambda group: _noted(group, seen), others=_titles(),
        )  # fmt: skip
        self._add(page.name, page.facts["title"], text)
        for prefix, files in (("", page.files), ("train_", page.programs)):
            for panel, code in files.items():
                self._write(f"files/{prefix}{page.name}_{panel}.py", code)

    def add_prose(self, name: str, text: str) -> None:
        """Add a page of Markdown."""
        title = re.sub(r"[`*]", "", text.split("\n", 1)[0].removeprefix("# "))
        body = html(text)
        stacked = 'class="group stacked"' in body
        page = self._render("prose.html", name, title, html=body, stacked=stacked)
        self._add(name, title, page)

    def finish(self) -> list[str]:
        """Write styles, script and index, copy the records and images that pages link to; return
        the links that lead nowhere."""
        for path in sorted((HERE / "static").iterdir()):
            self._write(path.name, path.read_text(encoding="utf-8"))
        self._write("search-index.js", search.index(self.sections))
        for link in sorted(self.wanted):
            source = self.evidence.reports / link
            if link not in self.written and source.is_file():
                target = self.out / link
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                self.written.add(link)
        return sorted(self.wanted - self.written)

    def _render(self, template: str, name: str, title: str, **values: Any) -> str:
        here = f"{name}.html"
        found = self.jinja.get_template(template)
        return found.render(title=title, here=here, navigation=NAVIGATION, **values)

    def _add(self, name: str, title: str, text: str) -> None:
        self._write(f"{name}.html", text)
        self.sections += search.sections(name, title, text[text.index("<main") :])
        for link in re.findall(r'(?:href|src)="([^"#]+)', text):
            if not re.match(r"https?:|data:", link):
                self.wanted.add(link)

    def _write(self, name: str, text: str) -> None:
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
        self.written.add(name)


@cache
def _titles() -> list[tuple[str, str]]:
    """Return name and title of every network."""
    return [(name, load(name).title) for name in available()]


def inline(text: str) -> Markup:
    """Return a line of Markdown as HTML, without a paragraph around it."""
    found = MarkdownIt("commonmark").renderInline(text)
    return Markup(re.sub(r'(href|src)="(?!https?:|#)([^"]+)"', _addressed, found))


def _addressed(found: re.Match[str]) -> str:
    return f'{found[1]}="{address(found[2])}"'


def between(note: Note) -> str:
    """Return the groups of a note as the script reads them."""
    return "|".join(",".join(group) for group in note.between)


def _span(cell: Cell, group: Sequence[Row]) -> int:
    """Return how many rows of a group a cell covers."""
    steps = [row.step for row in group]
    own = [steps.index(each) for each in cell.steps if each in steps]
    return max(own) - min(own) + 1 if own else 1


def _noted(group: Iterable[Row], seen: set[str]) -> list[tuple[Note, bool]]:
    """Return the notes of a group's rows, and whether each is said for the first time."""
    found = []
    for note in dict.fromkeys(note for row in group for note in row.notes):
        found.append((note, note.anchor not in seen))
        seen.add(note.anchor)
    return found


def built(site: Path, reports: Path, pages: Mapping[str, str]) -> list[str]:
    """Build the site in a folder; return the links that lead nowhere.

    pages: path -> Markdown. Networks are rendered from their data instead, those of the whole
    catalogue. Raises TriptychError if a file cannot be written.
    """
    evidence = Evidence(reports)
    found = Site(site, evidence)
    networks = [network_page(name, evidence) for name in available()]
    names = {each.name for each in networks}
    for page in networks:
        found.add_network(page)
    others = {path.name: path.read_text(encoding="utf-8") for path in reports.glob("*.md")}
    others.pop("README.md", None)
    for path, text in {**others, **pages}.items():
        stem = "index" if path.endswith("README.md") else Path(path).stem
        if stem not in names:
            found.add_prose(stem, text)
    return found.finish()

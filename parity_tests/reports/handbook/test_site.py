"""The site: whole, without a request beyond its own files, and the same as the Markdown pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from parity_tests.reports.recorded import EVIDENCE, REPORTS
from parity_tests.rows import rows
from reports.handbook.links import anchor
from reports.handbook.networks.file import Mark, Part
from reports.handbook.networks.page import network_page
from reports.handbook.site import build, search
from reports.handbook.site.code import highlighted
from reports.handbook.site.prose import address, html


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> build.Site:
    """A site of one network and one page."""
    found = build.Site(tmp_path_factory.mktemp("site"), EVIDENCE)
    found.add_network(network_page("se_resnext_mnist", EVIDENCE))
    text = (REPORTS / "pages" / "numbers-differ.md").read_text(encoding="utf-8")
    found.add_prose("numbers-differ", text)
    return found


def test_a_network_s_page_has_its_files_and_every_step(site: build.Site) -> None:
    text = (site.out / "se_resnext_mnist.html").read_text(encoding="utf-8")
    files = set(re.findall(r'href="(files/[^"]+)"', text))
    assert len(files) == 10 and all((site.out / each).is_file() for each in files)
    page = network_page("se_resnext_mnist", EVIDENCE)
    steps = [row.step for section in page.sections for row in section.rows]
    assert re.findall(r'<div class="step" style="--r:\d+"><b>([^<]+)</b>', text) == steps
    written = (site.out / "files/se_resnext_mnist_fluid.py").read_text(encoding="utf-8")
    assert written == page.files["fluid"]


def test_nothing_is_asked_of_another_place(site: build.Site) -> None:
    for path in site.out.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        asked = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', text)
        assert asked and not [each for each in asked if re.match(r"(https?:)?//", each)]
    assert "url(" not in (build.HERE / "static/handbook.css").read_text(encoding="utf-8")


def test_a_dead_link_is_told(tmp_path: Path) -> None:
    found = build.Site(tmp_path, EVIDENCE)
    found.add_prose("page", "# Page\n\n[a](nowhere.md) [b](page.md) [c](../data/none.jsonl)")
    dead = found.finish()
    assert {"nowhere.html", "data/none.jsonl"} <= set(dead) and "page.html" not in dead


def test_search_finds_sections(site: build.Site) -> None:
    text = search.index(site.sections)
    places, table = json.loads(text.removeprefix("window.HANDBOOK=").rstrip(";\n"))
    first, *_ = table["tf.layers.batch_normalization"].split()
    assert places[int(first, 36)][0].startswith("se_resnext_mnist.html#")
    assert "batch_normalization" in table and len(text) < 100_000


def test_the_index_s_numbers_are_differences() -> None:
    found = [search.Found(str(n), "t", "", "word") for n in range(40)]
    packed = json.loads(search.index(found).removeprefix("window.HANDBOOK=").rstrip(";\n"))[1]
    assert packed["word"] == "0" + " 1" * 39


CODE = Part("", 'x = f(a,\n      stride=2)  # "why"\n', (Mark(1, 6, 14, "stride"),))


def test_code_is_marked_and_nothing_of_it_is_lost() -> None:
    text = str(highlighted(CODE))
    plain = re.sub(r"<[^>]+>", "", text.replace('</span><span class="l"', "</span>\n<span"))
    assert "stride" in plain and 'data-arg="stride"' in text
    lines = re.findall(r'<span class="l"[^>]*>(.*?)</span>(?=<span class="l"|</pre>)', text)
    shown = [re.sub(r"<[^>]+>", "", each).replace("&#34;", '"') for each in lines]
    assert shown == ["x = f(a,", '      stride=2)  # "why"', ""]
    longer = 'def f():\n    """One.\n\n        Two, of a docstring whose lines are long enough."""'
    found = re.sub(r"<[^>]+>", "", str(highlighted(Part("", longer))))
    assert found == longer.replace("\n", "").replace('"', "&#34;")


LINKS = {
    "pitfalls.md#epsilon": "pitfalls.html#epsilon",
    "../defaults.md": "defaults.html",
    "pages/README.md": "index.html",
    "../data/handbook/defaults.jsonl": "data/handbook/defaults.jsonl",
    "#here": "#here",
}


@rows("link, expected", {link: (link, expected) for link, expected in LINKS.items()})
def test_links_lead_to_the_site_s_pages(link: str, expected: str) -> None:
    assert address(link) == expected


def test_headings_have_the_anchors_of_code_hosts() -> None:
    assert anchor("L2 on batch normalization, too") == "l2-on-batch-normalization-too"
    assert 'id="a-b"' in html("## `A` b\n")


def test_snippets_of_several_panels_become_columns() -> None:
    code = "# TensorFlow 1.15\na\n\n# Paddle Fluid 1.8\nb\n\n# TensorFlow 2 (Keras)\nc"
    text = str(html(f"```python\n{code}\n```\n"))
    assert text.count('data-d="') == 3 and 'class="group stacked"' in text


@pytest.mark.complete
def test_the_whole_site_has_no_dead_link(tmp_path: Path) -> None:
    pages = {f"pages/{p.name}": p.read_text(encoding="utf-8") for p in
             (REPORTS / "pages").glob("*.md")}  # fmt: skip
    assert build.built(tmp_path, REPORTS, pages) == []
    assert sum(p.stat().st_size for p in tmp_path.rglob("*")) < 40_000_000

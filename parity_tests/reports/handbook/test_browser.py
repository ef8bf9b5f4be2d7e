"""The site in a real browser: nothing overflows, rows stand in line, text can be read, and it works
without script. It needs Debian's chromium: without one these fail, they are never skipped."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parity_tests.reports.recorded import REPORTS
from parity_tests.rows import rows
from reports.handbook.evidence import Evidence
from reports.handbook.networks.page import network_page
from reports.handbook.site.build import Site

pytestmark = pytest.mark.complete
WIDTHS = {str(width): width for width in (360, 390, 768, 1024, 1280, 1440, 1680, 1920)}
NETWORK, PROSE = (
    "se_resnext_cifar",
    ("README", "numbers-differ", "concepts", "pitfalls", "errors", "api-map"),
)
PAGES = {name: f"{name}.html" for name in (NETWORK, "index", *PROSE[1:], "official-table")}
OVERFLOWING = """() => [...document.querySelectorAll('.cell, .note, .step, main p, pre')]
    .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1)
    .map(e => e.textContent.slice(0, 60))"""
CONTRAST = """() => {
  const lum = c => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return rgb(getComputedStyle(document.body).backgroundColor); };
  const found = new Map();
  for (const e of document.querySelectorAll('body *')) {
    if (!e.offsetParent || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.set(e.tagName + '.' + e.className, ratio.toFixed(2));
  }
  return [...found];
}"""
MISALIGNED = """() => [...document.querySelectorAll('section .group')].flatMap(group => {
  const steps = [...group.querySelectorAll(':scope > .step')];
  return [...group.querySelectorAll(':scope > .cell')].filter(e => e.offsetParent).filter(cell => {
    const row = cell.style.getPropertyValue('--r');
    const step = steps.find(e => e.style.getPropertyValue('--r') === row);
    return Math.abs(step.getBoundingClientRect().top - cell.getBoundingClientRect().top) > 1;
  }).map(e => e.textContent.slice(0, 40)); })"""
CUT = """() => [...document.querySelectorAll('#says-identical-is-not ~ .scroll')].slice(0, 1)
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.scrollWidth)"""
TALL = """() => [...document.querySelectorAll('section.block:not(#the-whole-task):not(#file) .group')]
  .map(g => [...g.children].filter(e => e.offsetParent && !e.classList.contains('notes'))
    .map(e => e.getBoundingClientRect())).filter(b => b.length)
  .map(b => Math.max(...b.map(x => x.bottom)) - Math.min(...b.map(x => x.top))).filter(h => h > 720)"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    evidence = Evidence(REPORTS)
    found = Site(tmp_path_factory.mktemp("site"), evidence)
    found.add_network(network_page(NETWORK, evidence))
    for name in PROSE:
        text = (REPORTS / "pages" / f"{name}.md").read_text(encoding="utf-8")
        found.add_prose("index" if name == "README" else name, text)
    table = (REPORTS / "official-table.md").read_text(encoding="utf-8")
    found.add_prose("official-table", table)
    found.finish()
    return found.out


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    assert chromium, "no chromium: apt-get install chromium"
    playwright = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


def opened(browser: Any, site: Path, page: str, width: int = 1280, **how: Any) -> Any:
    """Return a page at a width, with what went wrong and what it asked for in `faults`."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **how)
    found = context.new_page()
    found.faults = []
    found.on("pageerror", lambda error: found.faults.append(str(error)))
    found.on("requestfailed", lambda request: found.faults.append(request.url))
    found.on("request", lambda request: found.faults.append(request.url) if not
             request.url.startswith(("file:", "data:")) else None)  # fmt: skip
    found.goto(f"file://{site}/{page}")
    return found


@rows("width", WIDTHS)
def test_nothing_overflows_and_nothing_is_fetched(browser: Any, site: Path, width: int) -> None:
    for name in PAGES.values():
        page = opened(browser, site, name, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(OVERFLOWING) == [] and page.faults == [], name
        page.context.close()


@rows("scheme", {"light": "light", "dark": "dark"})
def test_text_can_be_read(browser: Any, site: Path, scheme: str) -> None:
    for name in PAGES.values():
        page = opened(browser, site, name, color_scheme=scheme)
        assert page.evaluate(CONTRAST) == [], name
        page.context.close()


COLUMNS = {"two": "tensorflow1,fluid", "three": "tensorflow1,fluid,paddle", "two others":
           "tensorflow,torch", "five": "tensorflow1,fluid,paddle,tensorflow,torch"}  # fmt: skip


@rows("columns", COLUMNS)
def test_rows_of_a_step_are_in_line(browser: Any, site: Path, columns: str) -> None:
    page = opened(browser, site, f"{NETWORK}.html?cols={columns}", 1680)
    shown = page.locator("main .colhead >> nth=0 >> .name:visible")
    assert shown.count() == columns.count(",") + 1
    assert page.evaluate(MISALIGNED) == []
    page.context.close()


def test_every_step_fits_the_window(browser: Any, site: Path) -> None:
    page = opened(browser, site, f"{NETWORK}.html?cols=tensorflow1,fluid")
    assert page.evaluate(TALL) == []
    page.context.close()


def test_what_the_table_says_wrongly_is_seen_with_its_evidence(browser: Any, site: Path) -> None:
    page = opened(browser, site, "official-table.html")
    assert page.locator("#says-identical-is-not ~ .scroll").count() and page.evaluate(CUT) == []
    page.add_style_tag(content=".prose table.t code { white-space: nowrap }")
    assert page.evaluate(CUT)
    page.context.close()


def test_columns_are_kept_and_linkable(browser: Any, site: Path) -> None:
    page = opened(browser, site, f"{NETWORK}.html")
    page.click("text=Keras → PyTorch")
    assert page.url.endswith("?cols=tensorflow,torch")
    page.goto(f"file://{site}/{NETWORK}.html")
    assert page.locator("main .cell[data-d=torch]:visible").count() > 10
    assert page.locator("main .cell[data-d=fluid]:visible").count() == 0
    page.context.close()


def test_it_works_without_script(browser: Any, site: Path) -> None:
    page = opened(browser, site, f"{NETWORK}.html", 1680, java_script_enabled=False)
    assert page.locator("main .cell[data-d=paddle]:visible").count() > 10
    assert page.locator("#search:visible, #theme:visible, .preset:visible").count() == 0
    page.click("label.chip[data-d=torch]")
    assert page.locator("main .cell[data-d=torch]:visible").count() > 10
    page.context.close()


def test_keys_reach_the_columns_and_the_search(browser: Any, site: Path) -> None:
    page = opened(browser, site, f"{NETWORK}.html")
    page.focus("#c-torch")
    page.keyboard.press("Space")
    assert page.is_checked("#c-torch")
    page.focus("main")
    page.keyboard.press("/")
    page.keyboard.type("batch_normalization")
    page.wait_for_selector("#found a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/*.html*#*")
    page.context.close()


def test_what_overflows_and_what_cannot_be_read_is_seen(browser: Any, site: Path) -> None:
    page = opened(browser, site, "numbers-differ.html")
    page.add_style_tag(content="pre { width: 20px; white-space: pre !important } p { color: #ccc }")
    assert page.evaluate(OVERFLOWING) and page.evaluate(CONTRAST)
    page.context.close()

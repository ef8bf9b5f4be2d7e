"""The handbook's pages: committed as the build writes them, with links that lead somewhere and
claims that are recorded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.networks import available
from common.recipes.named import RECIPES
from frontends.workers.environments import ROOT
from parity_tests.commands.parsing import parse_only
from parity_tests.reports.recorded import EVIDENCE, REPORTS
from parity_tests.rows import rows, sooner
from reports.experiments.studies import STUDIES
from reports.handbook import (
    api_page,
    build,
    claims,
    decisions,
    experiments,
    index_page,
    upgrade_page,
)
from reports.handbook import pitfalls_page as pitfalls
from reports.handbook.api.asking import said
from reports.handbook.columns import PANELS
from reports.handbook.links import anchor
from reports.handbook.networks import notes, proofs
from reports.handbook.networks.file import ColumnFile
from reports.handbook.networks.markdown import markdown
from reports.handbook.networks.page import SOURCES, NetworkPage, network_page
from reports.handbook.networks.task import TOPICS
from reports.handbook.networks.transfer import STAGES, lines
from reports.handbook.pages import PROSE

MARKDOWN = REPORTS / "pages"
NAMES = {name: name for name in SOURCES}


def _committed(name: str) -> str:
    return (MARKDOWN / name).read_text(encoding="utf-8")


@rows("name", {name: name for name in PROSE})
def test_a_page_is_what_the_build_writes(name: str) -> None:
    assert _committed(name) == PROSE[name](EVIDENCE)


@rows("name", sooner(NAMES, ["se_resnext_mnist"]))
def test_a_network_s_page_is_what_the_build_writes(name: str) -> None:
    assert _committed(f"{name}.md") == markdown(network_page(name, EVIDENCE), EVIDENCE)


@pytest.mark.complete
def test_every_page_is_what_the_build_writes() -> None:
    written = build.every_page(REPORTS)
    assert {path.name for path in MARKDOWN.glob("*.md")} == {
        Path(each).name for each in written if each.startswith("pages/")
    }
    stale = [name for name, text in written.items()
             if (REPORTS / name).read_text(encoding="utf-8") != text]  # fmt: skip
    assert stale == []


def test_a_stale_page_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = PROSE["numbers-differ.md"](EVIDENCE)
    monkeypatch.setattr(decisions, "QUESTIONS", decisions.QUESTIONS[1:])
    assert PROSE["numbers-differ.md"](EVIDENCE) != before


# Links


def _anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {anchor(re.sub(r"[`*]", "", head)) for head in heads}


def dead(page: Path, text: str) -> Iterator[str]:
    """Yield the links of a page that lead nowhere: files and headings that are not there."""
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = link.partition("#")
        if re.match(r"https?:", link):
            continue
        target = (page.parent / path) if path else page
        if not target.is_file():
            yield link
        elif heading and target.suffix == ".md":
            own = text if target == page else target.read_text(encoding="utf-8")
            if heading not in _anchors(own):
                yield link


@rows("page", {p.name: p for p in sorted([*MARKDOWN.glob("*.md"), *REPORTS.glob("*.md")])})
def test_links_lead_somewhere(page: Path) -> None:
    assert list(dead(page, page.read_text(encoding="utf-8"))) == []


PLANTED = {
    "a page that is not there": "[x](nowhere.md)",
    "a heading that is not there": "[x](numbers-differ.md#9-nothing)",
    "a heading of the page itself": "[x](#nothing)",
    "a record that is not there": "[x](../data/none.jsonl)",
}


@rows("text", PLANTED)
def test_a_dead_link_is_seen(text: str) -> None:
    page = f"# Here\n\n{text} [y](numbers-differ.md) [z](#here)\n"
    assert list(dead(MARKDOWN / "README.md", page)) == [text[4:-1]]


# Claims


@rows("note", {f"{n.head} {i}": n for i, n in enumerate(notes.every_note())})
def test_a_note_rests_on_what_is_recorded(note: notes.Note) -> None:
    assert note.evidence and set(note.evidence) <= EVIDENCE.known
    assert "{" not in EVIDENCE.filled(note.text)


def test_every_kind_of_note_is_on_a_page() -> None:
    shown = {note.kind for note in network_page("se_resnext_cifar", EVIDENCE).notes}
    assert shown == set(notes.KINDS)


def test_a_note_without_evidence_does_not_appear() -> None:
    note = notes.Note("silent", "x", "y", (("torch",),), ("control:never",))
    assert notes.proved([note, notes.every_note()[0]], EVIDENCE.known) == (notes.every_note()[0],)


def test_every_pitfall_was_planted_and_found() -> None:
    lines = {line["control"]: line for line in EVIDENCE.controls}
    assert {each.control for each in pitfalls.PITFALLS} == set(lines)
    assert all(line["accused"] == [line["panel"]] for line in lines.values())


@rows("line", {line: line for line in decisions.commands()})
def test_a_leaf_is_a_command_that_exists(line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "triptych" and parse_only(words[1:]) is None


def test_a_leaf_that_is_no_command_is_seen() -> None:
    assert parse_only(["verify", "resnet51"]) and parse_only(["compare", "a", "b"])


def test_commands_that_the_index_names_exist() -> None:
    for command in re.findall(r"`triptych ([^`]+)`", _committed("README.md")):
        assert parse_only(shlex.split(command.replace("NAME", "resnet18").replace(
            "NETWORK", "resnet18"))) is None, command  # fmt: skip


def test_counts_of_the_index_are_those_of_the_records() -> None:
    page = _committed("README.md")
    ran = dict(index_page.ran(EVIDENCE))
    assert all(f"| {what} | {count} |" in page for what, count in ran.items())
    assert ran["defaults probed"] == len({line["probe"] for line in EVIDENCE.probes})


# Code in columns


def _code(page: NetworkPage, panel: str) -> str:
    cells = [row.cells[panel] for each in page.blocks for row in each.rows if panel in row.cells]
    return "\n".join(part.code for cell in cells for part in cell.parts)


@rows("name", sooner({n: n for n in available()}, ["se_resnext_mnist", "rir18"]))
def test_every_line_of_a_file_is_in_its_column(name: str) -> None:
    page = network_page(name, EVIDENCE)
    for panel, file in page._written.columns.items():
        shown = {line.strip() for line in _code(page, panel).splitlines()}
        missing = [r for r in _statements(file) if r.strip() not in shown]
        assert missing == [], (panel, missing)


def _statements(file: ColumnFile) -> Iterator[str]:
    """Yield the lines of a file but for docstrings, its encoding and what asks for __main__."""
    within = False
    for row in file.rows:
        quotes = row.count('"""')
        code = row.strip() and "__main__" not in row and "-*- coding" not in row
        if not within and not quotes and code:
            yield row
        within ^= quotes == 1


def test_every_step_has_a_row_and_every_panel_a_cell() -> None:
    page = network_page("se_resnext_mnist", EVIDENCE)
    for section in page.blocks[:-1]:
        for row in section.rows:
            fused = {s for r in section.rows for c in r.cells.values() for s in c.steps[1:]}
            assert set(row.cells) == set(PANELS) or row.step in fused
    assert page.task is not None
    assert [row.step for row in page.task.rows] == [t for t in TOPICS if t != "main"]


# The API map, and Fluid's names


def test_the_map_has_every_op_in_every_panel() -> None:
    text = _committed("api-map.md")
    assert all(f"## {title}\n" in text for title in api_page.TITLES.values())
    assert text.count("`nn.BatchNorm2d`") >= 2 and "| `epsilon` |" in text


CALLS = {
    "around another": ("global_avg_pool2d", "fluid", "fluid.layers.pool2d"),
    "behind another": ("flatten", "tensorflow", "layers.Flatten"),
    "around what stands in it": ("flatten", "tensorflow1", "tf.layers.flatten"),
    "made before": ("conv2d", "torch", "nn.Conv2d"),
    "of a helper, too": ("conv2d", "tensorflow1", "tf.layers.conv2d"),
}


@rows("symbol, panel, call", CALLS)
def test_the_call_of_an_op_is_its_own(symbol: str, panel: str, call: str) -> None:
    assert api_page.call(said()[symbol][panel]) == call


def test_a_word_of_the_table_follows_from_its_line() -> None:
    line = {
        "number": 1, "fluid": "paddle.fluid.x", "said": "paddle.x", "converts": True,
        "signatures": {"paddle.fluid.x": "(x)", "paddle.x": None},
    }  # fmt: skip
    (gone,) = upgrade_page.checked(type("R", (), {"lines": [line], "header": {"bounds": {}}}))
    assert gone.verdict.word == "gone" and gone.gone == ["paddle.x"]
    line["signatures"] = {"paddle.fluid.x": "(x)", "paddle.x": "(x)"}
    (there,) = upgrade_page.checked(type("R", (), {"lines": [line], "header": {"bounds": {}}}))
    assert there.verdict.word == "not run"


def test_the_readme_links_to_the_handbook() -> None:
    assert "reports/pages/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_claim_is_settled_by_what_was_recorded() -> None:
    lines = {line["claim"]: line for line in claims.recorded(REPORTS).lines}
    assert set(lines) == {each.name for each in claims.CLAIMS}
    for each in claims.CLAIMS:
        assert lines[each.name]["text"] == each.text and claims.settled(each, lines[each.name])
        assert each.why in _committed("published-pair.md")


def test_a_claim_that_a_run_contradicts_does_not_appear() -> None:
    (first, *_) = claims.CLAIMS
    assert not claims.settled(first, {"result": [1.0]}) and not claims.settled(
        first, {"error": "x"}
    )


def test_a_claim_whose_experiment_was_not_run_says_so(tmp_path: Path) -> None:
    told = list(experiments.verdicts(tmp_path))
    assert len(told) == sum(len(each.experiment.claims) for each in STUDIES.values()) > 10
    assert all("| not run yet | `triptych experiment " in each for each in told)


@rows("recipe", {name: name for name in STAGES})
def test_transfer_by_name_is_on_the_page_of_its_stage(recipe: str) -> None:
    text, (function, call, network) = _committed(f"task-{recipe}.md"), STAGES[recipe]
    assert "## Transfer by name" in text and f"fluid.io.{call}(" in lines(function, call)
    assert f"```python\n{lines(function, call)}\n```" in text and network in available()


def test_notes_of_a_task_are_of_its_recipe() -> None:
    heads = {
        name: {note.head for note in notes.notes_of_topic("optimizer", RECIPES[name])}
        for name in ("se_resnext_article", "rir")
    }
    assert heads == {
        "se_resnext_article": {"One rate", "The rate in the velocity"},
        "rir": {"Adam's epsilon"},
    }


def test_every_network_page_has_the_proof_of_its_network_as_it_is(tmp_path: Path) -> None:
    """What was verified of a network that was changed since is none."""
    committed = REPORTS / proofs.RECORD
    assert sorted(proofs.recorded(committed)) == sorted(SOURCES)
    assert all(each["proved"] for each in proofs.recorded(committed).values())
    specified = proofs.recorded(committed)[SOURCES[0]]["specification"]
    changed = tmp_path / "proofs.jsonl"
    changed.write_text(
        committed.read_text(encoding="utf-8").replace(specified, "0" * 64), encoding="utf-8"
    )
    assert sorted(proofs.recorded(changed)) == sorted(SOURCES[1:])

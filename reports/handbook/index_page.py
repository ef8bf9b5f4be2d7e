"""The handbook's first page: by what the reader has, then all pages, then what ran."""

from __future__ import annotations

from collections.abc import Iterator

from reports.handbook import claims, records, table_page, upgrade_page
from reports.handbook.columns import PANELS
from reports.handbook.concepts import measuring as concepts
from reports.handbook.evidence import Evidence
from reports.handbook.networks.page import SOURCES, NetworkPage, network_page
from reports.handbook.networks.proofs import RECORD, recorded
from reports.handbook.networks.task import TITLES
from reports.handbook.upgrading.measuring import read_upgrade

HAVE = (
    ("a TensorFlow 1 file", "`triptych upgrade FILE.py` lists its calls, each with its counterpart; "
     "then [the official table, executed](../official-table.md), [the networks side by side]"
     "(#networks), and what stands around a network, in [the whole task](#the-whole-task)"),
    ("a Fluid file", "`triptych upgrade FILE.py`, then [Fluid → Paddle 3](fluid-to-paddle-3.md)"),
    ("a model directory of Fluid", "`triptych convert FOLDER --list --network NAME` says what is in "
     "it, `triptych convert FOLDER out.pdparams --network NAME` carries it over; Fluid's own "
     "transfer by name is in [the whole task](task-transfer_classifier.md#transfer-by-name)"),
    ("a Keras model", "`triptych convert model.keras out.pdparams --network NAME`; [the API map]"
     "(api-map.md)"),
    ("a torch model", "`triptych convert model.pth out.pdparams --network NAME`; [the API map]"
     "(api-map.md)"),
    ("two files: are they the same?", "`triptych verify mine.py:Net port.py:build@paddle`, each in a "
     "framework of its own"),
    ("a file, and a network of these pages", "`triptych verify --mine my_net.py:build --dialect fluid "
     "--against NETWORK`"),
    ("numbers that differ", "[My port gives other numbers](numbers-differ.md)"),
    ("an error message", "[Error messages](errors.md): what raised them, and what to write instead"),
    ("a symptom without a message", "[Pitfalls, by symptom](pitfalls.md)"),
    ("a choice of framework to make", "[Which framework?](which-framework.md)"),
)  # fmt: skip
PAGES = (
    ("concepts.md", "Concepts, with snippets that ran in five frameworks"),
    ("../official-table.md", "The official TensorFlow → Fluid table, executed"),
    ("fluid-to-paddle-3.md", "Fluid → Paddle 2 → Paddle 3: the official table, checked"),
    ("api-map.md", "API map: each op and argument in each framework"),
    ("../defaults.md", "Defaults, probed"),
    ("pitfalls.md", "Pitfalls, by symptom"),
    ("errors.md", "Error messages, and what to write instead"),
    ("numbers-differ.md", "My port gives other numbers"),
    ("published-pair.md", "The published pair, difference by difference"),
    ("which-framework.md", "Which framework?"),
    ("../networks.md", "The networks and their counts"),
    ("../findings.md", "What was found in the frameworks"),
)
WORDS = (
    ("panel", "a framework in a comparison: TF 1 is TensorFlow 1.15, Fluid is Paddle 1.8.5, Keras is "
     "TensorFlow 2"),
    ("specification", "a network as data; every panel's file is written from it"),
    ("the ladder", "the checks of a verification, each a rung, from parameters to gradients; the first "
     "that fails names the step"),
    ("worst difference", "the largest between any two panels, of outputs, statistics and gradients, in "
     "float64, as a share of the tensor's largest value"),
    ("recipe", "how a network is trained, as data: loss, L2, optimizer, rate, what is frozen"),
    ("planted", "a mistake that was made on purpose in one panel, to see that the ladder finds it"),
    ("probed", "found by a small experiment in the installed framework, not read in its documentation"),
)  # fmt: skip
PAGE = """# Migration handbook

TensorFlow 1 → Paddle Fluid → Paddle 3, and to and from Keras and PyTorch. What is said here to have
been measured ran in real TensorFlow 1.15 and Fluid 1.8.5 and in today's frameworks, and what did not
run says so. Start with what you have.

| you have | go to |
| --- | --- |
{have}

## Networks

The same code in columns, rows are steps, with the whole task.

| network | parameters | proved in | worst difference | of |
| --- | ---: | --- | ---: | --- |
{networks}

## The whole task

From files to checkpoints, in the same columns: reader, batches, layout, loss, L2, optimizer, rate,
training and test program, loop, metrics, saving and loading, devices.

{tasks}

## All pages

{pages}

## Words

| word | what it means here |
| --- | --- |
{words}

## What ran

| what | how many |
| --- | ---: |
{ran}

This page is written by `triptych report handbook` from the records.
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    networks = [network_page(name, evidence) for name in SOURCES]
    tasks = [each for each in dict.fromkeys(page.recipe for page in networks) if each]
    return PAGE.format(
        have="\n".join(f"| {what} | {where} |" for what, where in HAVE),
        networks="\n".join(map(_network, networks)),
        tasks="\n".join(f"- [{TITLES[each]}](task-{each}.md)" for each in tasks),
        words="\n".join(f"| {word} | {what} |" for word, what in WORDS),
        pages="\n".join(f"- [{title}]({name})" for name, title in PAGES),
        ran="\n".join(f"| {what} | {count} |" for what, count in ran(evidence)),
    )


def _network(page: NetworkPage) -> str:
    proof = page.proof
    proved = f"{len(proof['panels'])} panels" if proof and proof["proved"] else "–"
    worst = f"{proof['worst']:.1e}" if proof and proof["proved"] else "–"
    source = page.facts["source"].partition(",")[0].partition(" (")[0]
    link = f"[{page.facts['title']}]({page.name}.md)"
    return f"| {link} | {page.counts['trainable']:,} | {proved} | {worst} | {source} |"


def ran(evidence: Evidence) -> Iterator[tuple[str, int]]:
    """Yield what ran, and how much of it. Raises TriptychError."""
    from reports.handbook import costs, experiments  # with them comes what draws: matplotlib

    record = records.read(evidence.reports / table_page.RECORD, records.RowLine)
    judged = table_page.judged(record)
    run = [each for each in judged if each.ran]
    yield "rows of the official TensorFlow → Fluid table that ran", len(run)
    yield "rows of it that cannot be run by a small experiment", len(judged) - len(run)
    wrong = [each for each in run if each.identical and each.fluid.word != "same"]
    yield 'rows of it that say "identical", and are not', len(wrong)
    names = upgrade_page.checked(read_upgrade(evidence.reports))
    tried = [each for each in names if "paddle" in each.line.get("ways", {})]
    yield "names of the official Fluid → Paddle 2 table that were looked up", len(names)
    yield "rows of it that ran", len(tried)
    yield (
        "rows of it that are not the same by default",
        sum(each.verdict.word != "same" for each in tried),
    )
    yield "rows of it whose name Paddle 3 no longer has", sum(bool(each.gone) for each in names)
    snippets = [way for line in concepts.recorded(evidence.reports).lines
                for ways in line["ways"].values() for way in ways]  # fmt: skip
    yield (
        "snippets of the concepts that ran, a fifth of them in each framework",
        sum("error" not in each for each in snippets),
    )
    claimed = claims.recorded(evidence.reports).lines
    yield "claims of the sources put to the frameworks", len(claimed)
    settled = [each for each in experiments.verdicts(evidence.reports) if "not run yet" not in each]
    yield "claims of the sources put to experiments", len(settled)
    yield "defaults probed", len({line["probe"] for line in evidence.probes})
    yield "mistakes planted, and found by the ladder", len(evidence.controls)
    yield "mistakes whose cost in accuracy was measured", len(costs.read_costs(evidence.reports))
    proofs = recorded(evidence.reports / RECORD).values()
    yield f"networks proved in {len(PANELS)} panels", sum(bool(each["proved"]) for each in proofs)

"""The pages of reports/pages, from the specifications and the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.handbook import (
    api_page,
    concepts_page,
    decisions,
    errors_page,
    index_page,
    pair_page,
    pitfalls_page,
    upgrade_page,
    which_page,
)
from reports.handbook.evidence import Evidence
from reports.handbook.networks.markdown import markdown
from reports.handbook.networks.page import SOURCES, network_page
from reports.handbook.networks.task_markdown import task_markdown

# Pages that need no network written: file name -> what writes it.
PROSE: Mapping[str, Callable[[Evidence], str]] = {
    "README.md": index_page.page,
    "api-map.md": api_page.page,
    "concepts.md": concepts_page.page,
    "errors.md": errors_page.page,
    "fluid-to-paddle-3.md": upgrade_page.page,
    "numbers-differ.md": lambda evidence: decisions.page(),
    "pitfalls.md": pitfalls_page.page,
    "published-pair.md": pair_page.page,
    "which-framework.md": which_page.page,
}


def handbook(evidence: Evidence) -> dict[str, str]:
    """Return file name -> Markdown. Raises TriptychError for a record that cannot be read."""
    networks = [network_page(name, evidence) for name in SOURCES]
    found = {name: write(evidence) for name, write in PROSE.items()}
    found |= {f"{each.name}.md": markdown(each, evidence) for each in networks}
    tasks = {each.recipe: each for each in reversed(networks) if each.recipe}
    return found | {
        f"task-{recipe}.md": task_markdown(each, evidence) for recipe, each in tasks.items()
    }

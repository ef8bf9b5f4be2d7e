"""The pages of reports/pages, from the specifications and the records."""

from __future__ import annotations

from reports.handbook import api_page, decisions, index_page, pitfalls_page, upgrade_page
from reports.handbook.evidence import CONTROLS, Evidence
from reports.handbook.networks.markdown import markdown, task_markdown
from reports.handbook.networks.page import SOURCES, network_page


def handbook(evidence: Evidence) -> dict[str, str]:
    """Return file name -> Markdown. Raises TriptychError for a record that cannot be read."""
    networks = [network_page(name, evidence) for name in SOURCES]
    found = {f"{each.name}.md": markdown(each, evidence) for each in networks}
    tasks = {each.recipe: each for each in reversed(networks) if each.task}
    for recipe, each in tasks.items():
        found[f"task-{recipe}.md"] = task_markdown(each, evidence)
    found["numbers-differ.md"] = decisions.page()
    if (evidence.reports / CONTROLS).exists():
        found["pitfalls.md"] = pitfalls_page.page(evidence)
    found["fluid-to-paddle-3.md"] = upgrade_page.page(evidence)
    found["api-map.md"] = api_page.page(evidence)
    recipes = [each for each in dict.fromkeys(page.recipe for page in networks) if each]
    return {"README.md": index_page.page(evidence, networks, recipes, set(found)), **found}

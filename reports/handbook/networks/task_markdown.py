"""The page of a whole task in Markdown: its recipe in words, and its topics in columns."""

from __future__ import annotations

from common.recipes.named import RECIPES
from reports.handbook.evidence import Evidence
from reports.handbook.networks.markdown import section, signs
from reports.handbook.networks.page import NetworkPage
from reports.handbook.networks.task import TITLES
from reports.handbook.networks.transfer import transfer

TASK_PAGE = """# The whole task: {task}

{about} The network is {title}: [its page]({name}.md). The recipe is `{recipe}`:
{words}; batches of {batch}, {epochs}.

```sh
triptych emit {name} --dialect all --with-training {recipe} --out .
```

{signs}

{table}
{transfer}
This page is written by `triptych report handbook` from the training programs of the five dialects.
"""


def task_markdown(page: NetworkPage, evidence: Evidence) -> str:
    """Return the page of the task that a network is trained by."""
    assert page.task is not None
    table = section(page.task, evidence).split("\n\n", 2)[2]
    recipe = RECIPES[page.recipe]
    return TASK_PAGE.format(
        task=TITLES[page.recipe],
        about=page.task.about,
        title=page.facts["title"],
        name=page.name,
        recipe=page.recipe,
        words=recipe.words(),
        batch=recipe.batch,
        epochs=f"{recipe.epochs} epochs" + (f", {recipe.steps} steps" if recipe.steps else ""),
        signs=signs(),
        table=table,
        transfer=transfer(page.recipe),
    )

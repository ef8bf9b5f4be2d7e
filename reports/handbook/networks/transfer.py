"""Transfer by the names of variables: the tutorial's lines, as the experiment ran them in Fluid."""

from __future__ import annotations

import ast

from common.experiments import TRANSFER
from reports.experiments.tutorial import PROGRAM

# Recipe -> the function that trains by it, the call that loads by name, and whose weights it loads.
STAGES = {
    "transfer_classifier": ("pretrain_model", "load_vars", "resnet50_fluid"),
    "transfer_all": ("train", "load_params", "resnet50_fluid_flowers"),
}
SECTION = """
## Transfer by name

The lines of the tutorial's stage, as they [ran in real Fluid 1.8.5](../experiment-{name}.md). A
variable is loaded where the folder has a file of its name; the others keep what they start from:

```python
{lines}
```

In the other frameworks the folder is carried over first, by the names in it, and loaded as that
framework loads its own, without the classifier where a new one trains; `--list` says what is in it:

```sh
triptych convert FOLDER --list --network {network}
triptych convert FOLDER out.pdparams --network {network}
```
"""


def transfer(recipe: str) -> str:
    """Return the section of a recipe that begins at a model's weights, "" of any other."""
    if recipe not in STAGES:
        return ""
    function, call, network = STAGES[recipe]
    return SECTION.format(name=TRANSFER.name, lines=lines(function, call), network=network)


def lines(function: str, call: str) -> str:
    """Return what a function of the tutorial does up to a call, at the margin."""
    (found,) = (n for n in ast.parse(PROGRAM).body if getattr(n, "name", "") == function)
    assert isinstance(found, ast.FunctionDef)
    body = found.body[1:]  # without its docstring
    last = next(each for each in body if f".{call}(" in ast.unparse(each))
    rows = PROGRAM.splitlines()[body[0].lineno - 1 : last.end_lineno]
    return "\n".join(row[4:] for row in rows)

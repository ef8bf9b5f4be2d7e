"""Train a network in several panels at once, and make the page of it: `triptych train NETWORK`."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from common.arguments import NETWORK, RUNS, Parser, named, seconds, whole
from common.datasets.augment import AUGMENTATIONS, load_augmentation
from common.errors import TriptychError, run_command
from common.files import folder_for
from common.network import Network
from common.networks import available, load
from common.networks.settings import add_set, with_settings
from common.recipes.named import RECIPES, load_recipe
from common.recipes.recipe import Recipe
from frontends.frameworks import FRAMEWORKS, HISTORICAL, select
from frontends.training.crossing import cross_evaluate
from frontends.training.experiment import PRECISIONS, Experiment, bounded
from frontends.training.history import RECORDS, read_settings
from frontends.training.run import Run
from frontends.training.start import checkpoint_of
from reports.build import write_training
from reports.training.records import read_training
from reports.training.tables import text

DEFAULT_RECIPE = "se_resnext_article"
DESCRIPTION = f"""\
Train a network in several panels at once: the same initial weights, the same batches, by the
functions of the programs that `emit --with-training` writes. Panels take turns; each has its
loss, accuracy and images/s in a line. What is recorded, step by step, is in DIR/{RECORDS}; the
page with table and curves is DIR/README.md; DIR/checkpoints/<panel>/last.safetensors and
best.safetensors hold weights and optimizer state for any panel and for `triptych convert`.
{RUNS}"""
EPILOG = """\
examples:
  train se_resnext_mnist --data mnist --epochs 1 --legacy
  train --resume trainings/20260102-030405-se_resnext_mnist --epochs 2
  train --from …/checkpoints/torch/last.safetensors --data mnist --framework paddle --epochs 2

data: a name or a path, as `triptych data` lists and shows them.

{recipes}

{networks}

exit codes: 0 every panel trained to the end; 1 a panel is missing, refused by the ladder, died,
hung or diverged (the table says which and why; the others trained); 2 wrong usage, nothing
trained; 130 interrupted (all is recorded and kept: --resume goes on)."""
# What a training is made of, which --resume takes as it began.
FIXED = (
    "network", "settings", "recipe", "data", "data_dir", "batch_size", "seed", "precision",
    "own_initialization", "out", "source", "augment",
)  # fmt: skip


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=DESCRIPTION,
        epilog=EPILOG.format(
            recipes=named("recipes", RECIPES), networks=named("networks", available())
        ),
    )
    add = made.add_argument
    add("network", nargs="?", help=NETWORK)
    add_set(made)
    add("--recipe", metavar="NAME|FILE", help=f"how it is trained (default {DEFAULT_RECIPE})")
    add("--data", metavar="NAME|PATH", help="what it is trained on (below)")
    add("--data-dir", metavar="DIR", help="where data sets are that have a name")
    add("--augment", metavar="NAME|FILE", help=f"of images: {', '.join(AUGMENTATIONS)}, or JSON")
    add("--framework", metavar="LIST", help=f"all (default), or a list of {','.join(FRAMEWORKS)}")
    add(
        "--legacy", "--historical", action="store_true",
        help=f"with all: the historical panels too ({', '.join(HISTORICAL)})",
    )  # fmt: skip
    add("--epochs", type=whole(1, 10**6), metavar="N", help="in all (default: the recipe's)")
    add("--steps", type=whole(0, 2**40), metavar="N", help="in all at most, if not 0")
    add("--batch-size", type=whole(1, 2**31), metavar="N", help="default: the recipe's")
    add("--seed", type=whole(0, 2**32 - 1), metavar="N", help="of weights and order (default 0)")
    add("--precision", choices=PRECISIONS, help="of weights and values (default float32)")
    add("--own-initialization", action="store_true", help="each file draws its own weights")
    add("--device", choices=("cpu", "gpu"), help="default cpu")
    add("--threads", type=whole(1, 4096), metavar="N", help="of each panel (default: its own)")
    add("--timeout", type=seconds, metavar="S", help="seconds without a sign (default 600)")
    add("--save-every", type=seconds, metavar="S", help="seconds between checkpoints (default 60)")
    add("--out", metavar="DIR", help="a new folder (default trainings/<time>-<network>)")
    add("--resume", metavar="DIR", help="go on with a training, from its last checkpoints")
    add(
        "--from", metavar="CHECKPOINT", dest="source",
        help="begin at a checkpoint of a training, whichever panel's: it says network and recipe",
    )  # fmt: skip
    add("--cross-evaluate", metavar="DIR", help="evaluate a training's weights in every panel")
    add("--unproved", action="store_true", help="leave out the ladder before training")
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options. Raises TriptychError for those that do not go together."""
    options = parser(prog).parse_args(arguments)
    given = {name for name, value in vars(options).items() if value not in (None, False, [], {})}
    if options.cross_evaluate:
        others = sorted(given - {"cross_evaluate"})
        if others:
            raise TriptychError(f"--cross-evaluate is of a training: no {_flag(others[0])} with it")
        return options
    if options.resume:
        fixed = sorted(given & set(FIXED))
        if fixed:
            raise TriptychError(f"--resume goes on as it began: no {_flag(fixed[0])} with it")
        return options
    if options.source and given & {"network", "settings", "recipe"}:
        raise TriptychError("--from says network and recipe: no NETWORK, --set or --recipe with it")
    if not (options.network or options.source):
        raise TriptychError(f"which network? {NETWORK}")
    if not options.data:
        raise TriptychError("--data: on what? a name (mnist) or a path (--help says which)")
    return options


def _flag(name: str) -> str:
    words = {"settings": "--set", "network": "NETWORK", "source": "--from"}
    return words.get(name, f"--{name.replace('_', '-')}")


def experiment(options: argparse.Namespace) -> Experiment:
    """Return the experiment that options ask for. Raises TriptychError."""
    network, recipe = _network_and_recipe(options)
    recipe = bounded(recipe, options.epochs, options.steps)
    if options.batch_size is not None:
        recipe = replace(recipe, batch=options.batch_size)
    how = _placed(options)
    if options.augment:
        how["augmentation"] = load_augmentation(options.augment)
    return Experiment(network, recipe, options.data, _panels(options), **how)


def _panels(options: argparse.Namespace) -> tuple[str, ...]:
    return tuple(select("all" if options.framework is None else options.framework, options.legacy))


def _placed(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of an experiment that are given."""
    named_so = {"timeout": options.timeout, "save_s": options.save_every, "seed": options.seed}
    named_so |= {n: getattr(options, n) for n in ("data_dir", "precision", "device", "threads")}
    found = {name: value for name, value in named_so.items() if value is not None}
    return found | ({"own_initialization": True} if options.own_initialization else {})


def _network_and_recipe(options: argparse.Namespace) -> tuple[Network, Recipe]:
    if options.source:
        found = checkpoint_of(Path(options.source))
        assert found.recipe is not None
        return found.network, found.recipe
    network = with_settings(load(options.network), options.settings)
    return network, load_recipe(options.recipe or DEFAULT_RECIPE)


def resumed(options: argparse.Namespace) -> Experiment:
    """Return the experiment of a folder, with the bounds and the place that are given. Raises
    TriptychError."""
    changed = _placed(options)
    if options.framework is not None or options.legacy:
        changed["panels"] = _panels(options)
    return read_settings(Path(options.resume), **changed).until(options.epochs, options.steps)


def command(options: argparse.Namespace) -> str:
    """Return the command that repeats a training, without where files lie."""
    parts = ["triptych train"]
    for name, value in vars(options).items():
        if value in (None, False, []) or name in ("out", "data_dir"):
            continue
        where = (name in ("data", "resume", "source") and Path(str(value)).name) or value
        if name == "network":
            parts.append(shlex.quote(str(value)))
        elif isinstance(value, list):
            parts += [f"--set {shlex.quote(each)}" for each in value]
        else:
            parts.append(_flag(name) + ("" if value is True else f" {shlex.quote(str(where))}"))
    return " ".join(parts)


def show(folder: Path) -> int:
    """Print the table of a folder's records, write its page; return 1 if a panel did not train."""
    training = read_training(folder / RECORDS, "curves")
    print(text(training))
    print(f"\n{write_training(training, folder, 'README', RECORDS)}")
    return 0 if all(panel.trained for panel in training.panels.values()) else 1


def begun(options: argparse.Namespace) -> Run:
    """Return the training that options ask for, its folder made. Raises TriptychError."""
    how: dict[str, Any] = {"proves": not options.unproved, "command": command(options)}
    if options.resume:
        return Run(resumed(options), Path(options.resume), resumes=True, **how)
    made = experiment(options)
    stamp = f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
    default = f"trainings/{stamp}-{made.network.name}"
    folder = folder_for(default if options.out is None else options.out)
    source = Path(options.source) if options.source else None
    return Run(made, folder, source=source, **how)


def main(arguments: Sequence[str] | None = None, prog: str = "python -m reports.train") -> int:
    """Train; an interrupt keeps what was done. Raises TriptychError."""
    options = parse(arguments, prog)
    if options.cross_evaluate:
        cross_evaluate(Path(options.cross_evaluate))
        return show(Path(options.cross_evaluate))
    run = begun(options)
    try:
        run.train()
    except KeyboardInterrupt:
        show(run.folder)
        raise
    return show(run.folder)


if __name__ == "__main__":
    run_command(main)

"""The whole task in columns: what the training programs of a network do, topic by topic."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from common.network import Network
from common.ops import Softmax
from common.recipes.named import RECIPES
from frontends.writing.emit import emit
from reports.handbook.columns import PANELS
from reports.handbook.networks.file import ColumnFile, Part, Piece, plainly
from reports.handbook.networks.model import Cell, Row, Section
from reports.handbook.networks.notes import notes_of_topic

TASK = "the whole task"
OWN = {
    "se_resnext_published_fluid": "se_resnext_article_fluid",
    "batchflow_resnet": "batchflow",
    "batchflow_se_resnet": "batchflow",
    "batchflow_resnet50": "batchflow",
    "batchflow_se_resnet50": "batchflow",
    "rir18": "rir",
    "resnet18_rir": "rir",
    "resnet50_fluid": "transfer_all",
    "resnet50_fluid_flowers": "transfer_classifier",
}
# Recipe -> what its page is called.
TITLES = {
    "se_resnext_article": "SE-ResNeXt, as the article's TensorFlow script trains it",
    "se_resnext_article_fluid": "SE-ResNeXt, as the article's Fluid script trains it",
    "batchflow": "ResNet and SE-ResNet on MNIST, as BatchFlow's notebook trains them",
    "rir": "RiR and ResNet-18 on CIFAR-10, as the reproduction in Paddle trains them",
    "transfer_all": "ResNet-50, all of it, as the tutorial on transfer learning in Fluid trains it",
    "transfer_classifier": "ResNet-50's new classifier alone, as Fluid's tutorial begins",
}
# Topics in the order of a program: what each is, and the functions that it takes whole.
TOPICS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "reader": ("files → arrays", ("decode",)),
    "checks": ("what does not fit ends the program", ("read",)),
    "batching": ("batches, in an order drawn from a seed", ("batches",)),
    "schedule": ("the rate of a step", ("learning_rate",)),
    "loss": ("", ("loss_of",)),
    "trained": ("which parameters train", ("trained",)),
    "optimizer": ("", ("create_optimizer",)),
    "step": ("forward, L2, backward, update", ("train_step", "apply_gradients")),
    "evaluation": ("loss and accuracy, nothing trains", ("evaluate", "metrics_of")),
    "options": ("the command line", ("parse",)),
    "device": ("places and devices", ()),
    "precision": ("bfloat16, where it is asked for", ()),
    "seed": ("of what the network starts from", ()),
    "input": ("declared, where there is a graph", ()),
    "network": ("made", ()),
    "training program": ("optimizer and step, made", ()),
    "start": ("session, executor, initial values", ()),
    "data": ("read", ()),
    "resume": ("load a checkpoint", ()),
    "feed": ("a batch, to the framework and its layout", ()),
    "train on": ("a batch", ()),
    "validate": ("over all batches", ()),
    "save": ("parameters, optimizer, progress", ("make_folder",)),
    "loop": ("epochs", ()),
    "export": (
        "the best network as it is in inference, and what it is worth",
        ("export", "predict"),
    ),
    "main": ("", ()),
}
# What a statement of `main` or `run` is about: the first pattern found in its text.
PATTERNS: tuple[tuple[str, str], ...] = (
    ("resume", r"^if options\.resume|^def restore\b"),
    ("feed", r"^def (feed|tensors)\b"),
    ("train on", r"^def (train_on|compiled)\b|^@tf\.function"),
    ("validate", r"^def validate\b"),
    ("save", r"^def save_as\b"),
    ("loop", r"^while "),
    ("export", r"^if best < 0|restore\(|predict\(|^images =|accuracy %"),
    ("export", r"export(ing|\()|inference\b"),
    ("data", r"read\(options\.data"),
    ("precision", r"^(with |if )?.*options\.precision"),
    ("loop", r"^(steps_per_epoch =|\(?epoch, .*\bbest\)? = )"),
    ("seed", r"seed"),
    ("device", r"set_device|tf\.device|CUDAPlace|CPUPlace|^device ="),
    ("network", r"^with tf\.variable_scope\(.*reuse=True"),
    ("input", r"tf\.placeholder|fluid\.data\("),
    ("evaluation", r"metrics_of|clone\(for_test|^inferred ="),
    ("training program", r"train_step|create_optimizer"),
    ("start", r"Session|Executor|CompiledProgram|global_variables_initializer|default_startup"),
    ("save", r"^kept =|makedirs|make_folder|Saver"),
    ("options", r"parse\(\)"),
)


def recipe_of(network: Network) -> str:
    """Return the name of the recipe that a network's page trains it by."""
    if network.name in OWN:
        return OWN[network.name]
    ends = isinstance(network.elaboration.steps[-1].op, Softmax)
    return "transfer_all" if ends else "se_resnext_article"


def programs(network: Network) -> tuple[dict[str, str], dict[str, ColumnFile]]:
    """Return the programs that train a network, as files and at the width of a column."""
    recipe = RECIPES[recipe_of(network)]
    sources = {panel: emit(network, panel, recipe=recipe) for panel in PANELS}
    texts = {panel: each.text for panel, each in sources.items()}
    return texts, {panel: ColumnFile(each, marked=False) for panel, each in sources.items()}


def task(columns: Mapping[str, ColumnFile], recipe: str) -> Section:
    """Return the task by a recipe as rows of topics."""
    cells: dict[str, dict[str, Cell]] = {}
    for panel, file in columns.items():
        for topic, parts in _topics(file).items():
            cells.setdefault(topic, {})[panel] = Cell(tuple(parts))
    rows = [
        Row(topic, what, cells=cells[topic], notes=notes_of_topic(topic, RECIPES[recipe]))
        for topic, (what, _) in TOPICS.items()
        if topic in cells
    ]
    about = "What files with `--with-training` do around the network, topic by topic."
    return Section(TASK, about, tuple(rows))


def _topics(file: ColumnFile) -> dict[str, list[Part]]:
    """Return topic -> pieces of code, for all lines behind the network."""
    found: dict[str, list[Part]] = {}
    whole = {function: topic for topic, (_, own) in TOPICS.items() for function in own}
    behind = False
    for node in file.tree.body:
        name = getattr(node, "name", "")
        behind = behind or plainly(name) == "learningrate"
        if not behind or not name:
            continue
        if name in ("main", "run"):
            for topic, piece in _statements(file, node):
                found.setdefault(topic, []).append(piece)
        else:
            topic = whole.get(name, "optimizer")
            found.setdefault(topic, []).extend(file.parts([file.whole(node)]))
    return found


def _statements(file: ColumnFile, node: Any) -> Iterator[tuple[str, Part]]:
    """Yield (topic, code) of a main function, what follows on the same topic together."""
    last, begun = "", 0
    body = node.body[1:] if ast.get_docstring(node) else node.body
    for each in body:
        topic = topic_of(each)
        start = ColumnFile.start(each) if hasattr(each, "decorator_list") else each.lineno
        while file.rows[start - 2].strip().startswith("#"):
            start -= 1
        if topic != last:
            if last:
                yield last, file.part(Piece("", begun, start - 1))
            last, begun = topic, start
    yield last, file.part(Piece("", begun, node.end_lineno))


def topic_of(statement: ast.AST) -> str:
    """Return what a statement of a main function is about."""
    text = ast.unparse(statement)
    found = (topic for topic, pattern in PATTERNS if re.search(pattern, text))
    if (topic := next(found, "")) != "":
        return topic
    return "network" if re.search(r"^(network|outputs) = ", text) else "main"

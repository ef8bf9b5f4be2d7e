"""The page "My port gives other numbers": questions whose leaves are commands of ours."""

from __future__ import annotations

from typing import NamedTuple


class Leaf(NamedTuple):
    """What to do: a command, as it is typed, and what its answer says."""

    command: str
    tells: str


class Question(NamedTuple):
    """A question in the order of asking: what to look at, and the leaf of each answer."""

    ask: str
    why: str
    answers: tuple[tuple[str, Leaf], ...]


QUESTIONS = (
    Question(
        "Is one of the two known to be right?",
        "Two ports that agree with each other may both be wrong: hold each against a specification "
        "that five frameworks agree on.",
        (
            ("no: which networks are there", Leaf("triptych networks list", "names, counts")),
            ("prove a network of the list here", Leaf("triptych verify se_resnext_cifar",
             "whether the panels of this machine realize it alike, rung by rung")),
        ),
    ),
    Question(
        "Have both the same parameters?",
        "A count that is off by a bias or a projection is found in a second. Mind which convention "
        "a figure is of.",
        (
            ("count", Leaf("triptych networks show resnet50", "parameters and multiply-adds by "
             "named convention, block by block")),
            ("weights of a file", Leaf("triptych convert resnet18.pth --list --network resnet18",
             "every tensor's name, shape, type, and at which byte it begins")),
        ),
    ),
    Question(
        "Do outputs differ with equal weights, in evaluation?",
        "Then it is the network, not the training. The first step that differs is named, with the "
        "worst index and both values.",
        (
            ("your file against your port of it", Leaf("triptych verify mine.py:Net port.py:build@paddle",
             "where the two part, named in both files, with its line")),
            ("your file against a network of the list", Leaf(
             "triptych verify --mine my_net.py:build --dialect fluid --against se_resnext_cifar",
             "the first step that differs")),
            ("two networks of the list", Leaf("triptych verify se_resnext_published_fluid --against "
             "se_resnext_published_tensorflow", "what differs between them, step by step")),
            ("it is not in the list", Leaf("triptych verify my_network.json",
             "whether your own specification, in JSON, is one network in all panels")),
        ),
    ),
    Question(
        "Do they agree in evaluation and differ in training?",
        "Batch statistics, running statistics and dropout: the ladder has a rung for each.",
        (
            ("every rung, every pair", Leaf("triptych verify se_resnext_cifar --every-row",
             "batch statistics, running statistics, gradients")),
            ("what an argument is that you left out", Leaf("triptych probe --framework all",
             "momentum, epsilon, dropout, padding, as the installed versions have them")),
        ),
    ),
    Question(
        "Are gradients equal, and losses part after some steps?",
        "Then it is the recipe: where epsilon stands, what L2 acts on, whether the rate is in the "
        "velocity, when it drops.",
        (
            ("20 steps of a recipe, held against numpy", Leaf(
             "triptych verify se_resnext_mnist --recipe se_resnext_article",
             "the first step and tensor that part")),
            ("both on the same batches, from the same start", Leaf(
             "triptych train se_resnext_mnist --data mnist --epochs 1 --legacy",
             "every loss, and from which step on they part beyond float32's rounding")),
            ("your two files, three steps along their own gradients", Leaf(
             "triptych verify mine.py:Net port.py:build@paddle --recipe se_resnext_article",
             "whether they go on alike when they train")),
        ),
    ),
    Question(
        "Do curves look alike, and the final accuracy not?",
        "First the data: channel order, scaling, splits, the last short batch. Then chance: one "
        "random seed proves nothing.",
        (
            ("what is in the data", Leaf("triptych data show my_folder",
             "counts, classes, shapes and a hash of what is yours")),
            ("evaluate each panel's weights in every panel", Leaf(
             "triptych train --cross-evaluate trainings/20260102-030405-se_resnext_mnist",
             "whether accuracies differ by weights or by panels")),
            ("go on from the other framework's checkpoint", Leaf(
             "triptych train --from trainings/20260102-030405-se_resnext_mnist/checkpoints/torch/"
             "last.safetensors --data mnist --framework paddle --epochs 2",
             "whether it is the framework or what came before")),
        ),
    ),
    Question(
        "Are weights carried over, and results a little worse than before?",
        "A map shifted by one cell, (in, out) for (out, in), NHWC flattened as NCHW: shapes agree, "
        "numbers do not.",
        (
            ("convert, and be refused where a tensor does not fit", Leaf(
             "triptych convert resnet18.pth resnet18.safetensors --network resnet18",
             "one line with file and tensor where something is wrong")),
            ("give the port the weights that you carry over", Leaf(
             "triptych verify mine.py:Net port.py:build@paddle --weights mine.pth",
             "whether it then gives what your file gives")),
            ("see what the other framework would have written", Leaf(
             "triptych emit resnet50 --dialect paddle", "the file, to lay beside yours")),
        ),
    ),
    Question(
        "Is it all equal to 1e-5, and you wonder whether that is rounding?",
        "The float32 rungs derive what rounding allows at every step from the step's own terms.",
        (
            ("is it within what rounding allows", Leaf("triptych verify resnet18",
             "the three rungs of rounding")),
            ("which panels work here at all", Leaf("triptych doctor", "versions, and what to do")),
        ),
    ),
)  # fmt: skip
PAGE = """# My port gives other numbers

From the first question on; stop at the first answer that fits. Each leaf is a command; what fails is
told with the step, the worst index and both values. The mistakes behind it are in
[the pitfalls](pitfalls.md), what frameworks do when nothing is said in
[the defaults](../defaults.md).

{questions}
This page is written by `triptych report handbook`; a test holds that each of its commands exists.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = []
    for number, question in enumerate(QUESTIONS, start=1):
        parts.append(f"## {number}. {question.ask}\n\n{question.why}\n")
        for answer, leaf in question.answers:
            parts.append(f"- **{answer[0].upper()}{answer[1:]}**: {leaf.tells}.\n")
            parts.append(f"  ```sh\n  {leaf.command}\n  ```\n")
    return PAGE.format(questions="\n".join(parts))


def commands() -> list[str]:
    """Return every command of the page."""
    return [leaf.command for question in QUESTIONS for _, leaf in question.answers]

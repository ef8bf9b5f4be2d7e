"""The experiments of the five sources, and one of the handbook, as data: networks, data, recipes,
random seeds, claims.

`triptych experiment` runs them; what is run of one, and how long it takes, is its scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from common.errors import choose
from common.networks.trials import TRIALS
from common.recipes.named import BATCHFLOW, RIR, SE_RESNEXT, TRANSFER_ALL, TRANSFER_CLASSIFIER
from common.recipes.recipe import Loss, Optimizer, Penalty, Recipe, Schedule

MODERN = ("tensorflow", "paddle", "torch")
ALL = (*MODERN, "fluid", "tensorflow1")


@dataclass(frozen=True)
class Claim:
    """What a source says; `name` is short, and stands in records and verdicts."""

    name: str
    words: str


@dataclass(frozen=True)
class Stage:
    """A training within an experiment. labels: of the samples that it takes, () for all; they are
    counted from 0 again."""

    recipe: Recipe
    labels: tuple[int, ...] = ()

    @property
    def frozen(self) -> tuple[str, ...]:
        """Patterns of the parameters that do not train."""
        return self.recipe.frozen


@dataclass(frozen=True)
class Scale:
    """How much of an experiment is run.

    panels: frameworks, all of which take part in turn. seeds: of weights and of the order of
    samples. steps: of every training. samples, tests: at most, to train and to test on; 0: all.
    shipped: the 10,000 test images that ship with the project stand for the whole of MNIST, cut in
    two. cost: in words.
    """

    panels: tuple[str, ...]
    seeds: tuple[int, ...]
    steps: int
    samples: int
    tests: int
    shipped: bool
    cost: str


@dataclass(frozen=True)
class Experiment:
    """An experiment of a source. networks: keys of `common.networks.trials.TRIALS`. shows: what the
    source's own figures show."""

    name: str
    title: str
    source: str
    question: str
    networks: tuple[str, ...]
    stages: Mapping[str, Stage]
    full: Scale
    quick: Scale
    claims: tuple[Claim, ...]
    shows: str

    def __post_init__(self) -> None:
        for network in self.networks:
            choose("network", network, TRIALS)

    def scale(self, quick: bool) -> Scale:
        """Return the full scale, or the quick one."""
        return self.quick if quick else self.full


RESNET_OR_SE = Experiment(
    "resnet_or_se",
    "ResNet against SE-ResNet on MNIST",
    "BatchFlow's notebook on squeeze and excitation",
    "Is an SE-ResNet better than the same ResNet without gates, and does it tell classes apart?",
    ("resnet", "se_resnet"),
    {"training": Stage(BATCHFLOW)},
    Scale(MODERN, (0, 1, 2, 3, 4), 500, 0, 0, False, "20 to 50 core minutes a seed and panel"),
    Scale(("torch",), (0, 1), 20, 3000, 600, True, "2 minutes"),
    (
        Claim(
            "better",
            "“Squeeze and excitation block on average gives better quality than simple ResNet.”",
        ),
        Claim(
            "as many",
            "“SE ResNet has approximately the same number of parameters”: 23,994,378, and "
            "23,495,690 without gates.",
        ),
        Claim(
            "by class",
            "With SE “depending on the class, the activation values vary greatly”; without it they "
            "are “practically independent of the class”.",
        ),
        Claim(
            "wider", "“The distribution of SE ResNet maps is wider than that of a simple ResNet.”"
        ),
    ),
    "The notebook draws the test loss of one run each: raw over 500 iterations, the last 200 with "
    "the axis cut at 0.3, and an exponentially weighted mean of span 50; then, for one batch of "
    "300 test images, the mean activation of each class behind the global average, smoothed with "
    "span 350 over the index of the map, on axes from 0 to 2,060 and from 0 to 1. The order of "
    "maps has no meaning, and smoothing over it none either: the unsmoothed measure stands beside.",
)

_TRANSFER = {
    "official": Stage(replace(TRANSFER_ALL, batch=64), (0, 1, 2, 3, 4)),
    "classifier": Stage(replace(TRANSFER_CLASSIFIER, batch=64), (5, 6, 7, 8, 9)),
    "whole": Stage(replace(TRANSFER_ALL, batch=64), (5, 6, 7, 8, 9)),
}
TRANSFER = Experiment(
    "transfer",
    "Transfer learning in two stages, with Fluid's names",
    "The tutorial on transfer learning in Paddle Fluid",
    "Does a network that was trained on digits 0 to 4 in real Fluid go on, by the names of its "
    "variables, with digits 5 to 9 in every panel?",
    ("transfer_resnet",),
    _TRANSFER,
    Scale(ALL, (0,), 300, 0, 0, False, "11 minutes of one core"),
    Scale(ALL, (0,), 25, 1600, 400, True, "3 minutes"),
    (
        Claim(
            "names",
            "“If the network structure changes but the names remain unchanged, the pre-trained "
            "model can be initialized layer by layer according to each parameter's name.”",
        ),
        Claim("frozen", "“pool.stop_gradient = True”: the layers below do not train."),
        Claim("converges", "“The convergence speed of the model can be accelerated” by transfer."),
        Claim("second", "The saved model “can be directly used to initialize the model later”."),
        Claim("memory", "“Optimize memory” by fluid.transpiler.memory_optimize."),
    ),
    "The tutorial prints “Load model: …” for each variable that it finds, and cost and accuracy "
    "every 100 batches; its first cost, 6.92, is near ln 1000 = 6.91, not near ln 102 = 4.62.",
)

SE_RESNEXT_PAIR = Experiment(
    "se_resnext_pair",
    "SE-ResNeXt in TensorFlow and Fluid, repaired and published",
    "PaperWeekly's article on SE-ResNeXt in TensorFlow and Paddle Fluid",
    "Are the two files one network, how far do they part, and by what?",
    ("se_resnext_mnist", "published_mnist", "gate_before", "gate_after", "gate_none"),
    {"training": Stage(replace(SE_RESNEXT, batch=16))},
    Scale(ALL, (0, 1, 2), 20, 10_000, 1000, False, "70 minutes of one core"),
    Scale(("torch", "paddle"), (0, 1), 3, 400, 100, True, "2 minutes"),
    (
        Claim("identical", "“The network structures in both files are completely identical.”"),
        Claim(
            "gradients",
            "SE behind the addition: “a scale operation on the backbone with a range of 0 to 1” "
            "makes it “easy for the gradient to vanish” in the layers close to the input.",
        ),
    ),
    "The article shows no figure of a training.",
)

RESNEXT_FORMS = Experiment(
    "resnext_forms",
    "ResNeXt's three forms, and cardinality against width",
    "The notes on ResNeXt and SENet in TensorFlow, and ResNeXt's paper",
    "Are the three forms of a block one function, what does each cost, and is it better to split?",
    ("resnext_summed", "resnext_concatenated", "resnext_grouped"),
    {"training": Stage(replace(SE_RESNEXT, batch=16))},
    Scale(ALL, (0, 1, 2), 100, 0, 2000, False, "12 minutes of one core"),
    Scale(("torch", "paddle"), (0,), 5, 400, 100, True, "2 minutes"),
    (
        Claim("equal", "The three forms of ResNeXt's block are equivalent."),
        Claim("third", "The third form is what is used in practice: one grouped convolution."),
        Claim("cheaper", "Two dense layers of an SE block have fewer parameters than one."),
        Claim("cardinality", "At as many parameters, more paths are better than wider ones."),
    ),
    "The notes show the three forms as diagrams (figure 3 of the paper).",
)

RIR_OR_RESNET = Experiment(
    "rir",
    "RiR-18 against its ResNet-18",
    "The reproduction of ResNet in ResNet in Paddle",
    "Is ResNet in ResNet better than the ResNet that it is compared with, at the same cost?",
    ("rir18_mnist", "resnet18_rir_mnist"),
    {"training": Stage(replace(RIR, schedule=Schedule("cosine", "step", length=1000)))},
    Scale(
        ("torch",), (0, 1, 2), 1000, 0, 0, False, "three hours of one core a seed; minutes on a GPU"
    ),
    Scale(("torch",), (0,), 6, 400, 100, True, "2 minutes"),
    (
        Claim("accuracy", "RiR-18 0.92514, ResNet-18 0.91980 on CIFAR-10: “about 0.6 %” better."),
        Claim("cost", "“with fewer parameters and FLOPs”: 9,532,234 and 164,831,593,728."),
        Claim("plain", "With a residual stream of zeros the block is a plain convolution."),
        Claim("residual", "With a transient stream of zeros the block is a residual block."),
    ),
    "The source draws loss and accuracy over 50 epochs of CIFAR-10, training and validation, and "
    "18 test images with label and prediction, whose normalized pixels are clipped.",
)

_MOMENTUM = Recipe(
    Optimizer("momentum", momentum=0.9, nesterov=True),
    learning_rate=0.01,
    loss=Loss(smoothing=0.1),
    schedule=Schedule("step", boundaries=(2,)),
    l2=Penalty(5e-3, on="kernels"),
)
_PITFALLS = {
    "momentum": Stage(_MOMENTUM),
    "frozen": Stage(replace(_MOMENTUM, frozen=("stem.*",))),
    "adam": Stage(Recipe(Optimizer("adam", epsilon=1e-4), 3e-3, l2=Penalty(5e-3))),
}
PITFALLS = Experiment(
    "pitfalls",
    "What each pitfall costs",
    "no source but the handbook's own page of pitfalls",
    "What does a mistake cost if a network is trained with it from scratch, and what if the right "
    "network's weights are carried over into the wrong one?",
    ("pitfalls",),
    _PITFALLS,
    Scale(("torch",), (0, 1, 2), 300, 3200, 2000, False, "12 minutes of one core"),
    Scale(("torch",), (0,), 12, 160, 100, True, "half a minute"),
    (),
    "A trial before the handbook had one: “same” at stride 2 in place of symmetric padding gave "
    "82 to 85 % either way trained, and 62 % with the weights carried over.",
)

EXPERIMENTS = {
    each.name: each
    for each in (
        RESNET_OR_SE, TRANSFER, SE_RESNEXT_PAIR, RESNEXT_FORMS, RIR_OR_RESNET, PITFALLS
    )
}  # fmt: skip

"""The Python API, from one place: `from frontends.api import Network, emit, verify`.

A network is data. One of the catalogue, its counts, its source in a framework, its weights:

>>> from frontends.api import Block, Network, counts, emit, from_json, load, ops, to_json, weights
>>> from frontends.api import initializers
>>> network = load("resnet18")
>>> f"{counts.trainable(network):,} parameters, {counts.macs(network):,} multiply-adds"
'11,689,512 parameters, 1,814,073,344 multiply-adds'
>>> "class ResNet" in emit(network, "torch").text
True
>>> weights.probe(network, seed=0)["stem.conv.kernel"].shape
(64, 3, 7, 7)

One of your own; the shapes of every step are checked as it is made:

>>> layers = {
...     "conv": ops.Conv2d(8, 3, padding=1),
...     "bn": ops.BatchNorm(),
...     "relu": ops.ReLU(),
...     "pool": ops.GlobalAvgPool2d(),
...     "fc": ops.Dense("classes"),
... }
>>> tiny = Network("tiny", Block("tiny", "classes=10", layers=layers), input_shape=(3, 8, 8))
>>> tiny.elaboration.output
(10,)
>>> from_json(to_json(tiny)) == tiny
True
>>> layers["fc"] = ops.ZeroPad2d(1)
>>> Network("tiny", Block("tiny", "classes=10", layers=layers), input_shape=(3, 8, 8))
Traceback (most recent call last):
common.errors.SpecificationError: step fc: zero_pad2d takes a map (C, H, W), got shape (8,)

What a kernel starts from is said where the source says it, or has its op's default:

>>> ops.Dense(10, kernel_initializer=initializers.Normal(0.01)).initializer("kernel")
Normal(std=0.01)

How it is trained is a recipe, by name or from FILE.json; with it the source trains, too:

>>> from frontends.api import load_recipe
>>> recipe = load_recipe("se_resnext_article")
>>> recipe.words()[:60]
'SGD with Nesterov momentum 0.9, learning rate 0.1, times 0.1'
>>> "optim.SGD(" in emit(network, "torch", recipe=recipe).text
True

What it gives in a framework, for weights and inputs of one's own, or for probe weights:

>>> from frontends.api import outputs
>>> import numpy as np
>>> batch = np.ones((1, 3, 8, 8))
>>> outputs(tiny, weights.probe(tiny), batch, "torch").shape
(1, 10)

Two files that someone wrote, in any two frameworks, are compared with no specification: by
`compare`, of which `reports/python.md` has examples that run.

`verify` starts a worker per framework and returns a Report, as `triptych verify` prints it (the
README has an example). `train` trains in several, and returns where its records and checkpoints
are; from any of these another panel goes on, `train(…, source=checkpoint)`. Nothing here imports a
framework.
"""

from __future__ import annotations

from common import counting as counts
from common import initializers, ops, weights
from common.differences import StructuralDifference, structural_differences
from common.errors import SpecificationError, TriptychError
from common.network import Network
from common.networks import available, load
from common.recipes.named import load_recipe
from common.recipes.recipe import Recipe
from common.serialize import from_json, to_json
from common.spec import Block, Chain, Parallel, Use, When, chain
from frontends.checkpoints.convert import arrays_of, convert
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN
from frontends.ladder.report import Report, Row
from frontends.ladder.single import outputs
from frontends.ladder.verify import compare, verify, verify_against, verify_files, verify_mine
from frontends.training.api import train
from frontends.training.run import Trained
from frontends.workers.pool import Workers
from frontends.writing.draft import Source
from frontends.writing.emit import emit

__all__ = [
    "FRAMEWORKS",
    "HISTORICAL",
    "MODERN",
    "Block",
    "Chain",
    "Network",
    "Parallel",
    "Recipe",
    "Report",
    "Row",
    "Source",
    "SpecificationError",
    "StructuralDifference",
    "Trained",
    "TriptychError",
    "Use",
    "When",
    "Workers",
    "arrays_of",
    "available",
    "chain",
    "compare",
    "convert",
    "counts",
    "emit",
    "from_json",
    "initializers",
    "load",
    "load_recipe",
    "ops",
    "outputs",
    "structural_differences",
    "to_json",
    "train",
    "verify",
    "verify_against",
    "verify_files",
    "verify_mine",
    "weights",
]

"""The recipes of the five sources, and the one that benchmarks train by."""

from __future__ import annotations

from dataclasses import replace

from common.errors import choose
from common.files import read_text
from common.limits import MOST_JSON
from common.recipes.recipe import Loss, Optimizer, Penalty, Recipe, Schedule
from common.recipes.serialize import from_json

# Small steps, so that outputs stay finite however long a timing takes.
THROUGHPUT = Recipe(Optimizer("momentum", momentum=0.9), learning_rate=1e-3)
# The configuration of the SE-ResNeXt scripts for CIFAR-10. The TensorFlow script follows it, with
# Nesterov's momentum and the penalty as a term of the loss; the Fluid script has neither the drops
# of the rate nor the penalty's 5e-4: it passes 1e-4.
SE_RESNEXT = Recipe(
    Optimizer("momentum", momentum=0.9, nesterov=True),
    learning_rate=0.1,
    schedule=Schedule("step", "epoch", boundaries=(30, 60, 90), factor=0.1),
    l2=Penalty(5e-4, at="loss"),
    epochs=100,
    batch=16,
)
SE_RESNEXT_FLUID = replace(
    SE_RESNEXT,
    optimizer=Optimizer("momentum", momentum=0.9),
    loss=Loss(on="probabilities"),
    schedule=Schedule(),
    l2=Penalty(1e-4, at="gradient"),
)
# TensorFlow's Adam, by its defaults.
BATCHFLOW = Recipe(
    Optimizer("adam", epsilon_at="uncorrected"), learning_rate=1e-3, epochs=3, steps=500, batch=300
)
# Paddle 2's Adam with an L2 of its own; the rate is stepped after every batch.
RIR = Recipe(
    Optimizer("adam", epsilon_at="corrected"),
    learning_rate=1e-3,
    loss=Loss(smoothing=0.1),
    schedule=Schedule("cosine", "step", length=50_000 // 128 * 50),
    l2=Penalty(1e-5, at="gradient"),
    epochs=50,
    batch=128,
)
# Fluid's Adam on the probabilities of ResNet-50 with a softmax: ten passes for a new classifier;
# how many for all of it the source leaves open, and here it is as many.
TRANSFER_ALL = Recipe(
    Optimizer("adam", epsilon_at="uncorrected"),
    learning_rate=1e-3,
    loss=Loss(on="probabilities"),
    epochs=10,
    batch=16,
)
TRANSFER_CLASSIFIER = replace(TRANSFER_ALL, frozen=("stem.*", "layer*"))
RECIPES = {
    "throughput": THROUGHPUT,
    "se_resnext_article": SE_RESNEXT,
    "se_resnext_article_fluid": SE_RESNEXT_FLUID,
    "batchflow": BATCHFLOW,
    "rir": RIR,
    "transfer_classifier": TRANSFER_CLASSIFIER,
    "transfer_all": TRANSFER_ALL,
}


def load_recipe(reference: str) -> Recipe:
    """Return a recipe by its name or from FILE.json.

    Raises TriptychError for an unknown name, SpecificationError for what is wrong in a file.
    """
    if reference.endswith(".json"):
        return from_json(read_text(reference, MOST_JSON), reference)
    return RECIPES[choose("recipe", reference, RECIPES)]

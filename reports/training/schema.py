"""What the records of a training hold: the fields of each kind and their types, declared once.

A file begins with a `training` record, and has a `resumed` record wherever it was gone on with. Of
what was recorded again, since the checkpoint was older, the later record holds.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from reports.schema import Colour, Count, Machine, Moment, Ratio, Text, Whole
from reports.validation import Matching, Sized, Within

SCHEMA = 1
MOST_STEPS = 1_000_000  # of one record
LongText = Annotated[
    str, Matching(r"[^\ud800-\udfff]*", "text that UTF-8 can say"), Sized(0, 5_000_000)
]
Digest = Annotated[str, Matching(r"[0-9a-f]{64}", "a SHA-256 in hexadecimal digits")]
Share = Annotated[float, Within(0.0, 1.0)]


class _Data(TypedDict):
    name: Text
    train: Count
    test: Count
    classes: Count


class Data(_Data, total=False):
    """What is trained on: samples of both splits, classes; in JSON what is done to images, where
    that is anything."""

    augmentation: Text


class PanelWords(TypedDict):
    """How a page shows a panel."""

    label: Text
    colour: Colour


class _Placed(TypedDict):
    kind: Text
    started: Moment
    command: Text
    end: Count  # steps in all
    panels: Annotated[dict[str, PanelWords], Sized(1, 20)]
    commit: Text | None
    machine: Machine
    load_before: Ratio | None
    threads: Count | None  # of each worker, None: as the framework has it
    device: Text


class TrainingRecord(_Placed):
    """The first record: what is about to be trained, by what, on what, and where."""

    schema: Count
    network: Text
    title: Text
    parameters: Whole
    macs: Whole
    input_shape: list[Count]
    specification: LongText  # the network in JSON
    recipe: LongText  # in JSON
    recipe_words: Text
    data: Data
    batch: Count
    steps_per_epoch: Count
    precision: Text
    seed: Whole
    own_initialization: bool
    draws: bool  # the network draws random numbers in training
    evaluation_batch: Count
    rounding: Ratio  # what rounding alone makes of a loss, of its value
    rounding_words: Text


class ResumedRecord(_Placed):
    """A training that goes on from its checkpoints, with its end and its panels."""


class _Proof(TypedDict):
    kind: Text
    panels: list[Text]
    passed: bool
    worst_float64: Ratio | None
    seconds: Ratio
    versions: dict[str, dict[str, Text]]


class ProofRecord(_Proof, total=False):
    """What the ladder said of the panels, those that train and one to compare with. uncompared: the
    rungs that could not be, as the training magnifies rounding."""

    uncompared: list[Text]


class StartedRecord(TypedDict):
    """A panel's process began behind a step. source: the checkpoint, "" for drawn weights."""

    kind: Text
    panel: Text
    step: Whole
    source: Text
    versions: dict[str, Text]
    seconds: Ratio


class LossesRecord(TypedDict):
    """Steps of a panel, counted from `first`, of each: loss (None: no finite number), samples that
    were right before it, samples, rate. digest: of all batches so far. seconds: of the steps."""

    kind: Text
    panel: Text
    first: Whole
    losses: Annotated[list[Annotated[float, Within(-1e300, 1e300)] | None], Sized(1, MOST_STEPS)]
    correct: Annotated[list[Whole], Sized(1, MOST_STEPS)]
    samples: Annotated[list[Count], Sized(1, MOST_STEPS)]
    rates: Annotated[list[Ratio], Sized(1, MOST_STEPS)]
    digest: Digest
    seconds: Ratio


class ValidationRecord(TypedDict):
    """Mean loss and accuracy over the test samples, behind a step."""

    kind: Text
    panel: Text
    step: Count
    loss: Annotated[float, Within(-1e300, 1e300)] | None
    accuracy: Share
    samples: Count
    seconds: Ratio


class CrossedRecord(TypedDict):
    """Mean loss and accuracy over the test samples in a panel, by the weights of `source`, a panel,
    behind a step."""

    kind: Text
    panel: Text
    source: Text
    step: Whole
    loss: Annotated[float, Within(-1e300, 1e300)] | None
    accuracy: Share
    samples: Count


class DistanceRecord(TypedDict):
    """|w - w'| / |w'| of a panel's parameters and another's behind a step; the furthest tensor."""

    kind: Text
    panel: Text
    other: Text
    step: Count
    distance: Ratio
    furthest: Text


class CheckpointRecord(TypedDict):
    """A checkpoint was written behind a step. best: that of the highest accuracy, too."""

    kind: Text
    panel: Text
    step: Whole
    best: bool


class OutcomeRecord(TypedDict):
    """How a panel ended: "trained", or what stopped it at which stage."""

    kind: Text
    panel: Text
    outcome: Text
    stage: Text
    message: Text


class Loading(TypedDict):
    """Samples that the process that makes batches made, the seconds that it took, ahead, and those
    that the training waited for them."""

    samples: Whole
    made: Ratio
    waited: Ratio


class _End(TypedDict):
    kind: Text
    state: Text
    seconds: Ratio
    load_after: Ratio | None


class EndRecord(_End, total=False):
    """How the training ended, "complete" or "interrupted"; and how its batches came."""

    loading: Loading


KINDS = {
    "training": TrainingRecord,
    "resumed": ResumedRecord,
    "proof": ProofRecord,
    "started": StartedRecord,
    "losses": LossesRecord,
    "validation": ValidationRecord,
    "crossed": CrossedRecord,
    "distance": DistanceRecord,
    "checkpoint": CheckpointRecord,
    "outcome": OutcomeRecord,
    "end": EndRecord,
}

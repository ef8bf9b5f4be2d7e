"""What the records of a run hold: the fields of each kind and their types, declared once.

A reader checks every record against these declarations (`reports.validation`) and may then rely on
them; mypy holds the code to the same. The `run` record carries every word that a page needs beside
measurements, so that a page never changes with the code that renders it. Schema 3: a case has a
precision, a batch and a variant, and is timed in several processes.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from reports.validation import Matching, Sized, Within

SCHEMA = 3

MOST = 2**53  # integers up to it are exact as floats
MOST_TEXT, MOST_SAMPLES, MOST_CASES, MOST_MODES = 10_000, 1_000_000, 2_000, 10
Text = Annotated[
    str, Matching(r"[^\ud800-\udfff]*", "text that UTF-8 can say"), Sized(0, MOST_TEXT)
]
Moment = Annotated[str, Matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+\-:\d]*", "an ISO 8601 time")]
Colour = Annotated[str, Matching(r"#[0-9A-Fa-f]{6}", "a colour as #RRGGBB")]
Count = Annotated[int, Within(1, MOST)]
Whole = Annotated[int, Within(0, MOST)]
Bytes = Whole
Ratio = Annotated[float, Within(0.0, 1e300)]
Seconds = Annotated[float, Within(1e-9, 1e9)]
Samples = Annotated[list[Seconds], Sized(1, MOST_SAMPLES)]
# Framework, style, mode, precision, batch; variant: "", or what is timed beside the written file.
Case = tuple[Text, Text, Text, Text, Count, Text]


class _FrameworkWords(TypedDict):
    label: Text
    colour: Colour
    styles: dict[str, Text]
    feeds_every_step: bool  # takes its batch from the host anew at each step


class FrameworkWords(_FrameworkWords, total=False):
    """How a page shows a framework. styles: name -> description, all that there were. tuned: mode
    -> the style that its documentation has for speed, and why."""

    tuned: dict[str, Text]


class ModeWords(TypedDict):
    """What a step of a mode is. passes: the forward passes that its arithmetic counts as."""

    passes: Count
    meaning: Text  # "" where the mode's name says it


class Method(TypedDict):
    """How was measured, in words: parts of a page's sentences, lines broken as on the page."""

    clock: Text  # what is inside, what outside
    apart: Text  # what else ran meanwhile
    waiting: Text  # what idle threads do
    first_step: Text
    memory: Text
    arithmetic: Text  # what is counted of a network
    product: Text  # and what it is compared with
    taken: Text  # and what else is
    ladder: Text  # what was proved before
    forward_bound: Text  # why the bound is what it is


class _Machine(TypedDict):
    cpu: Text
    cores: Count
    memory: Bytes | None
    os: Text
    architecture: Text
    python: Text


class Machine(_Machine, total=False):
    """What tells one machine from another. isa: vector instructions. huge_pages: when they are
    given."""

    isa: list[Text]
    huge_pages: Text


class _RunRecord(TypedDict):
    kind: Text
    schema: Count
    started: Moment
    command: Text  # that repeats the run
    commit: Text | None
    machine: Machine
    load_before: Ratio | None  # processes that wanted a core, mean of the last minute
    threads: Count  # of each framework
    processes: Count  # of each case
    rounds: Count  # of each process
    cases: Annotated[list[Case], Sized(0, MOST_CASES)]
    network: Text
    title: Text
    parameters: Whole
    macs: Whole  # of one image: multiply-adds of convolutions and dense layers
    input_shape: list[Count]  # (C, H, W)
    batch: Count  # the first one
    input: Text  # what that batch is made of
    frameworks: dict[str, FrameworkWords]  # of every panel, timed or proved with
    modes: Annotated[dict[str, ModeWords], Sized(0, MOST_MODES)]  # in the order of pages
    precisions: dict[str, Text]  # name -> what it is
    variants: dict[str, Text]  # name -> what it is
    method: Method


class RunRecord(_RunRecord, total=False):
    """The first record of a file: what is about to be measured, where, and in which words."""

    preset: Text
    round_s: Ratio
    planted: Whole  # pairs, one of each slowed by 10 %
    variables: dict[str, Text]  # of a worker's environment, by which threads and memory behave
    traffic: Whole  # bytes that one image's steps read and write in float32


class _Bounds(TypedDict):
    update: Ratio  # of the largest change that one update makes to the outputs


class Bounds(_Bounds, total=False):
    """What a timed style's float32 outputs may differ by from float64's."""

    forward: Ratio  # of the largest output, where no `prepared` record states it


class _ProofRecord(TypedDict):
    kind: Text
    panels: list[Text]
    passed: bool
    worst_float64: Ratio | None  # of any pair, of the tensor's largest value
    seconds: Ratio
    versions: dict[str, dict[str, Text]]
    bounds: Bounds


class ProofRecord(_ProofRecord, total=False):
    """What the ladder said. versions: framework -> distribution -> version. kept: by an earlier
    verification of the same content. rounding: the float32 rungs were climbed, too."""

    kept: bool
    rounding: bool


class _Prepared(TypedDict):
    kind: Text
    case: Case
    process: Whole
    versions: dict[str, Text]
    rss_after_import: Bytes
    device: Text
    build_s: Ratio
    first_step_s: Seconds
    second_step_s: Seconds
    forward_error: Ratio


class PreparedRecord(_Prepared, total=False):
    """A case's first two steps, and how far they are from float64."""

    forward_bound: Ratio
    update_error: Ratio  # of a training
    update_made: Ratio  # the share of the update that was made, in less than float32


class _Memory(TypedDict):
    rss: Bytes
    private: Bytes
    peak_rss: Bytes
    peak_device: Bytes | None


class Memory(_Memory, total=False):
    """Resident bytes of a worker at the end of its warm-up, and its GPU's. private: not shared with
    others."""

    device_name: Text | None  # of the GPU


class _Warm(TypedDict):
    kind: Text
    case: Case
    process: Whole
    group: Whole  # cases of one group are measured side by side
    seconds: Samples
    steady: Whole | None
    memory: Memory
    matmul_size: Count


class WarmRecord(_Warm, total=False):
    """A case's warm-up. steady: the index of the first step that the next repeats, None if none.
    per: the steps of a block that is waited for. settings, runtimes: see `protocol.Conditions`."""

    per: Count
    matmul_seconds: Samples
    settings: dict[str, Text]
    runtimes: list[Text]


class CopyRecord(TypedDict):
    """How long it took to copy memory."""

    kind: Text
    process: Whole
    device: Text
    bytes: Count
    seconds: Samples


class _Round(TypedDict):
    kind: Text
    case: Case
    process: Whole
    round: Whole
    seconds: Samples


class RoundRecord(_Round, total=False):
    """One round of a case: the seconds of each step; or of a block, a step. faults: page faults a
    step. clocks: MHz, W and °C by name, behind it."""

    matmul_seconds: Samples
    faults: Ratio | None
    clocks: dict[str, Ratio]


class PassRecord(TypedDict):
    """A process of every case of a mode and batch has ended."""

    kind: Text
    process: Whole
    mode: Text
    batch: Count
    load: Ratio | None


class ResumedRecord(TypedDict):
    """The run went on after it was interrupted."""

    kind: Text
    commit: Text | None
    load: Ratio | None


class OutcomeRecord(TypedDict):
    """How a case ended: "measured", or what stopped it at which stage."""

    kind: Text
    case: Case
    outcome: Text
    stage: Text
    message: Text


class EndRecord(TypedDict):
    """How the run ended: "complete" or "interrupted"."""

    kind: Text
    state: Text
    seconds: Ratio
    load_after: Ratio | None


KINDS = {
    "run": RunRecord,
    "proof": ProofRecord,
    "prepared": PreparedRecord,
    "warm": WarmRecord,
    "copy": CopyRecord,
    "round": RoundRecord,
    "pass": PassRecord,
    "resumed": ResumedRecord,
    "outcome": OutcomeRecord,
    "end": EndRecord,
}

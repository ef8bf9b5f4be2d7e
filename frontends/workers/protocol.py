"""Every message between a parent and its workers: requests and their answers. Python 3.7.

A message is a frozen dataclass of plain data; arrays travel in files.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Dict, Generic, Optional, Tuple, Type, TypeVar

Shape = Tuple[int, ...]


@dataclass(frozen=True)
class Message:
    """Anything that is sent."""


AnswerType = TypeVar("AnswerType", bound=Message)


# What messages are made of


@dataclass(frozen=True)
class Tensor:
    """A tensor that a network holds.

    shape: canonical. kind: "kernel", "gamma" …; "" if the layer that holds it is none that has a
    counterpart: then the shape is its own. trains: a step updates it by its gradient. layer: the
    framework's name of such a layer's class, "" for a reader's own.
    """

    shape: Shape
    kind: str = ""
    trains: bool = True
    layer: str = ""


@dataclass(frozen=True)
class Call:
    """A call of a layer or a function that a file made.

    name: path and class of the layer, or the function. place: file and line where the layer was
    made, or else where the function was called, "" if no line of the reader's led to it. text: that
    line. sources: the calls whose results it was given, by number; -1 is the input. takes: the
    parameters that it was given, by the file's own names.
    """

    name: str
    place: str
    text: str
    sources: Tuple[int, ...] = ()
    takes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class NetworkFile:
    """A Python file and the network in it.

    path: of the file. entry: the class or function in it that is the network. input_shape:
    without the batch, channels first. dtype: "float64" or "float32", of parameters and values.
    device: "cpu" or "gpu". official_names: own name -> canonical, of the parameters, their
    layers and the blocks of a written file. step_names: own path of a step -> canonical,
    where they differ. block_names: own path of the call of a layer -> the block whose result it
    gives, "" for none: of blocks that are no module of the file. matched_names: own name ->
    canonical, of the parameters of a reader's file, those without a counterpart left out; None
    where the file's own names are canonical. absent: canonical names of parameters that the file
    has no place for. import_folder: where the file finds what it imports. brought: a reader's own
    file, whose dropouts are told and set to rate 0. seed: of what the network draws by itself.
    dropping: a dropout of rate p gives x + p sin x of its input x in training: what is known, and
    the same in every framework.
    """

    path: str
    entry: str
    input_shape: Shape
    dtype: str = "float64"
    device: str = "cpu"
    official_names: Dict[str, str] = field(default_factory=dict)
    step_names: Dict[str, str] = field(default_factory=dict)
    block_names: Dict[str, str] = field(default_factory=dict)
    matched_names: Optional[Dict[str, str]] = None
    absent: Tuple[str, ...] = ()
    import_folder: Optional[str] = None
    brought: bool = False
    seed: Optional[int] = None
    compared: bool = False
    arguments: str = ""
    channels: str = ""
    outputs: Dict[str, Tuple[str, ...]] = field(default_factory=dict)
    dropping: bool = False


@dataclass(frozen=True)
class ArrayFiles:
    """The files of a job's arrays (see frontends.workers.arrays).

    weights: every parameter under its canonical name, in its canonical layout. inputs: "input",
    N first and channels second; with it "cotangent", which the gradients start from, or "labels",
    class indices. results: the file that the worker writes.
    """

    weights: str
    inputs: str
    results: str


@dataclass(frozen=True)
class Observe:
    """What is seen of a network beside its output.

    keep_blocks: write what blocks give; otherwise only its shapes are told. keep_steps: write what
    passes the taps of a tapped file; of a reader's file what its layers give, and what they are
    given. keep_cotangents: write the gradients with respect to that.
    """

    keep_blocks: bool = False
    keep_steps: bool = False
    keep_cotangents: bool = False
    keep_calls: bool = False

    def keeps(self, name: str) -> bool:
        """Return whether a result, block/<path> or step/<path> or any other, is written."""
        kept = {"block": self.keep_blocks, "step": self.keep_steps, "given": self.keep_steps}
        return kept.get(name.partition("/")[0], True)


@dataclass(frozen=True)
class TimedStep:
    """A step that is taken again and again.

    mode: "inference", or by the functions of a file that trains "training", always on the same
    batch, and "loading", each on the next batch that the file's own `batches` makes. style: how the
    framework runs it, a key of its `styles`. precision: "float32", "tf32" or the type of autocast.
    slowed: a planted fault, the share of its time that a step is busy afterwards for nothing.
    """

    mode: str
    style: str
    precision: str = "float32"
    slowed: float = 0.0


@dataclass(frozen=True)
class Calling:
    """How a snippet is run.

    weights: the inputs that are not names of the snippet but the values of the parameters that it
    makes, in the order of their creation. images: values of rank 4 and 5 are channels last here.
    gradients: those of the results, times a fixed cotangent, with respect to every input of real
    numbers and to the weights. runs: how often; above 1 every input has a slice for each run, and
    results are stacked. optimizer: the snippet makes one, which takes a step on `w` for every
    gradient of `g`. dtype: of what layers make.
    """

    weights: Tuple[str, ...] = ()
    images: bool = False
    gradients: bool = True
    runs: int = 1
    optimizer: bool = False
    dtype: str = "float32"


# Answers


@dataclass(frozen=True)
class Versions(Message):
    """The versions of what runs in a worker, by distribution, and its process id."""

    versions: Dict[str, str]
    pid: int


@dataclass(frozen=True)
class Parameters(Message):
    """All tensors that a file's network holds, by name, in the order of their creation."""

    tensors: Dict[str, Tensor]

    @property
    def shapes(self) -> Dict[str, Shape]:
        """Their shapes."""
        return {name: each.shape for name, each in self.tensors.items()}


@dataclass(frozen=True)
class Structure(Message):
    """Shapes by canonical name: of parameters, canonical, and of what blocks gave, N first.

    frozen: parameters that have a gradient by their kind, and do not train. Of a reader's file also
    mode -> each dropout that drops in it, in words, and dropped_at, as many lines of the reader's;
    how many average pools and how many fused batch normalizations it calls in training, None where
    they are not counted; what else it was seen to do, in words: `odd` what no network does,
    `remarks` what is not of the network. calls: mode -> the calls of a file that is compared, in
    order.
    """

    parameters: Dict[str, Shape]
    blocks: Dict[str, Shape]
    frozen: Tuple[str, ...] = ()
    dropouts: Dict[str, Tuple[str, ...]] = field(default_factory=dict)
    dropped_at: Dict[str, Tuple[str, ...]] = field(default_factory=dict)
    average_pools: Optional[int] = None
    fused_norms: Optional[int] = None
    odd: Tuple[str, ...] = ()
    remarks: Tuple[str, ...] = ()
    calls: Dict[str, Tuple[Call, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked(Message):
    """A file that was called once in either mode, with what it starts from.

    tensors: what it holds, in the order of creation. order: their names in the order in which calls
    took them first, those never taken left out. outputs: mode -> the shapes of its outputs by key
    or place, N first. input_shape: without the batch, channels first, as it was taken. places:
    name -> the line that made its layer. odd: what no network does, in words. follows: layer ->
    the layers in front of it, of those that hold parameters.
    """

    tensors: Dict[str, Tensor]
    order: Tuple[str, ...]
    outputs: Dict[str, Dict[str, Shape]]
    input_shape: Shape
    places: Dict[str, str]
    odd: Tuple[str, ...] = ()
    follows: Dict[str, Tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared(Message):
    """Seconds that it took to build a network and to take its first two steps."""

    build_s: float
    first_step_s: float
    second_step_s: float


@dataclass(frozen=True)
class Trained(Message):
    """The loss at every step of a training, and the rate that the file said for it."""

    losses: Tuple[float, ...]
    rates: Tuple[float, ...]


@dataclass(frozen=True)
class Advanced(Message):
    """What steps of a training gave: of each its loss, how many samples were right before it, how
    many there were, and its rate; the digest of all batches so far; and the seconds of the steps,
    reading not included."""

    losses: Tuple[float, ...]
    correct: Tuple[int, ...]
    samples: Tuple[int, ...]
    rates: Tuple[float, ...]
    digest: str
    seconds: float


@dataclass(frozen=True)
class Evaluated(Message):
    """The mean loss and the accuracy over some samples, and the seconds that it took."""

    loss: float
    accuracy: float
    samples: int
    seconds: float


@dataclass(frozen=True)
class Kept(Message):
    """How many updates were made of what was written."""

    step: int


@dataclass(frozen=True)
class Seconds(Message):
    """The seconds that each repetition took, and the page faults of them all."""

    seconds: Tuple[float, ...]
    faults: int = 0


@dataclass(frozen=True)
class Conditions(Message):
    """Under what a worker computes: what its framework says of threads, precision and algorithms,
    by name, and the thread runtimes and math libraries that it has loaded."""

    settings: Dict[str, str]
    runtimes: Tuple[str, ...]


@dataclass(frozen=True)
class MemoryUse(Message):
    """Bytes of a worker: resident now, resident and not shared, resident at the peak; and the
    peak of the GPU's memory, and what the GPU is called, None without a GPU."""

    rss: int
    private: int
    peak_rss: int
    peak_device: Optional[int]
    device_name: Optional[str] = None


@dataclass(frozen=True)
class Executed(Message):
    """A snippet ran. no_gradient: why its gradients could not be taken, "" if they were."""

    no_gradient: str = ""


@dataclass(frozen=True)
class Stage(Message):
    """Said before the answer: what the worker is doing from now on."""

    name: str


@dataclass(frozen=True)
class Failure(Message):
    """In place of an answer. kind: an outcome (see frontends.workers.outcomes)."""

    kind: str
    stage: str
    message: str


# Requests


@dataclass(frozen=True)
class Request(Message, Generic[AnswerType]):
    """What a worker is asked for; answered by a message of the type `answer`."""

    answer: ClassVar[Type[Message]]


@dataclass(frozen=True)
class Hello(Request[Versions]):
    """Start, and tell the versions."""

    answer: ClassVar[Type[Message]] = Versions


@dataclass(frozen=True)
class Describe(Request[Parameters]):
    """Load a file and tell its parameters."""

    answer: ClassVar[Type[Message]] = Parameters
    file: NetworkFile


@dataclass(frozen=True)
class Look(Request[Looked]):
    """Load a file that is compared and call it on normal numbers, `batch` samples in its dtype.

    An input shape of () is that which the model itself declares, or its parameters tell.
    """

    answer: ClassVar[Type[Message]] = Looked
    file: NetworkFile
    batch: int = 2


@dataclass(frozen=True)
class Run(Request[Structure]):
    """Load a file, set its parameters, and write what it gives in each mode.

    modes: "evaluate" writes the output in eval mode; "train" writes the output with batch
    statistics, the gradients of its product with the cotangent, and the statistics afterwards.
    The results are <mode>/output, <mode>/block/<path>, <mode>/step/<path>, train/cotangent/<path>
    of a step, train/gradient/<parameter or "input">, train/statistics/<parameter>; of a reader's
    file <mode>/given/<path>, the input of a layer; of one that is compared <mode>/call/<number>,
    <mode>/output/<number> of further outputs, and "cotangent/<number>" is taken for them. Where the
    output is of another shape than the cotangent there are no gradients. A mode may be
    <name>/evaluate or <name>/train: a further call of the network as the calls before left it, on
    the inputs of that name. The mode "statistics" is no call: it sets the running statistics anew
    and leaves all else as it is. The one mode "initial" sets nothing and writes
    initial/<parameter>: what the network starts from.
    """

    answer: ClassVar[Type[Message]] = Structure
    file: NetworkFile
    arrays: ArrayFiles
    modes: Tuple[str, ...] = ("evaluate", "train")
    observe: Observe = field(default_factory=Observe)


@dataclass(frozen=True)
class Train(Request[Trained]):
    """Load a file that trains, set its parameters, and take steps, each on a batch of its own.

    The inputs are <step>/input and <step>/labels, with steps from 0. The results are
    <step>/<parameter> of every parameter and statistic behind each step that is in `recorded`.
    """

    answer: ClassVar[Type[Message]] = Trained
    file: NetworkFile
    arrays: ArrayFiles
    steps: int
    steps_per_epoch: int
    recorded: Tuple[int, ...]


@dataclass(frozen=True)
class Begin(Request[Kept]):
    """Load a file that trains, and set what its training goes on from.

    weights: a file of every parameter by canonical name, None where the file's own are kept. state:
    a file of what the optimizer keeps, <key>/<canonical name>, behind `step` updates; None before
    the first. optimizer: that of the recipe, a key of `common.recipes.recipe.STATE`. summed: the
    loss is a sum over the batch. debiased: running means that are rid of their start at zero, with
    their momentum, for the framework that can.
    """

    answer: ClassVar[Type[Message]] = Kept
    file: NetworkFile
    optimizer: str
    summed: bool
    weights: Optional[str] = None
    state: Optional[str] = None
    step: int = 0
    debiased: Dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Advance(Request[Advanced]):
    """Take the next steps of what was begun. batches: a file of <step>/input and <step>/labels, all
    of which are taken in their order. digest: of the batches before them."""

    answer: ClassVar[Type[Message]] = Advanced
    batches: str
    steps_per_epoch: int
    digest: str


@dataclass(frozen=True)
class Evaluate(Request[Evaluated]):
    """Evaluate what was begun on files of batches, as Advance has them."""

    answer: ClassVar[Type[Message]] = Evaluated
    batches: Tuple[str, ...]


@dataclass(frozen=True)
class Keep(Request[Kept]):
    """Write what was trained: every parameter by canonical name, and optimizer/<key>/<name>."""

    answer: ClassVar[Type[Message]] = Kept
    results: str


@dataclass(frozen=True)
class Prepare(Request[Prepared]):
    """Load a file for timing and take two steps. The results are "first" and "second", the
    outputs of each."""

    answer: ClassVar[Type[Message]] = Prepared
    file: NetworkFile
    arrays: ArrayFiles
    step: TimedStep


@dataclass(frozen=True)
class Steps(Request[Seconds]):
    """Take further steps: at least `least`, and until they took `for_s` seconds. per: how many are
    taken before they are waited for; then each counts as their mean."""

    answer: ClassVar[Type[Message]] = Seconds
    least: int
    for_s: float = 0.0
    per: int = 1


@dataclass(frozen=True)
class Matmul(Request[Seconds]):
    """Multiply two square matrices of `size` rows, `count` times. dtype: another than float32 is
    PyTorch's alone."""

    answer: ClassVar[Type[Message]] = Seconds
    size: int
    count: int
    device: str = "cpu"
    dtype: str = "float32"


@dataclass(frozen=True)
class Copy(Request[Seconds]):
    """Copy `size` bytes from memory to memory, `count` times, by every core or by the device."""

    answer: ClassVar[Type[Message]] = Seconds
    size: int
    count: int
    device: str = "cpu"


@dataclass(frozen=True)
class Under(Request[Conditions]):
    """Tell the conditions that steps are taken under."""

    answer: ClassVar[Type[Message]] = Conditions


@dataclass(frozen=True)
class Memory(Request[MemoryUse]):
    """Tell the memory of the process and of its device, and what this is called."""

    answer: ClassVar[Type[Message]] = MemoryUse


@dataclass(frozen=True)
class Execute(Request[Executed]):
    """Run a snippet of a reader's code, which finds its inputs by name and leaves its results in
    `y`. These are y/<number>; with them go gradient/<input>, and state/<number> of what is kept
    beside trained parameters.
    """

    answer: ClassVar[Type[Message]] = Executed
    text: str
    inputs: str
    results: str
    how: Calling = field(default_factory=Calling)


REQUESTS = (
    Hello,
    Describe,
    Look,
    Run,
    Train,
    Begin,
    Advance,
    Evaluate,
    Keep,
    Prepare,
    Steps,
    Matmul,
    Copy,
    Under,
    Memory,
    Execute,
)
ANSWERS = (
    Versions,
    Parameters,
    Looked,
    Structure,
    Trained,
    Advanced,
    Evaluated,
    Kept,
    Prepared,
    Seconds,
    Conditions,
    MemoryUse,
    Executed,
    Stage,
    Failure,
)

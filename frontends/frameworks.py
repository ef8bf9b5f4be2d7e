"""The frameworks: one row each, with everything that the rest of the house has to know of one.

A *framework* is the library, a *panel* a framework in a comparison, a *dialect* the code that
writes for it. Adding one is a row here and a folder of its name with dialect, layout and runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.errors import TriptychError
from common.hints import of_name


@dataclass(frozen=True)
class Framework:
    """What is known of a framework without importing it.

    name: of its folder, in options and in records. title: in the header of a written file. label:
    in tables and plots. package: the distribution whose version is its own. imports: the
    top-level modules that its written files may import beside numpy. styles: name -> description,
    the ways in which a step can be run.
    """

    name: str
    title: str
    label: str
    package: str
    imports: tuple[str, ...]
    styles: Mapping[str, str]
    colour: str  # of Okabe and Ito's palette: told apart with any kind of colour vision
    classes: bool = False  # blocks are classes: layers that are never called exist, too
    # Running variances are of the estimate, with n / (n - 1), of layers with an epsilon from here.
    unbiased_from: float | None = None
    zero_debias: bool = False  # can have running means that are rid of their start at zero
    rounds_pool_gradients: bool = False  # see frontends.ladder.predictions
    pools_globally: bool = False  # a global average is a pool of its, too, and no mean
    shares_as_models: bool = False  # blocks that are called again are a model of their own
    feeds_every_step: bool = False  # the batch is taken from the host anew at each step
    # Styles that are of inference, or of a GPU, alone.
    for_inference: tuple[str, ...] = ()
    for_gpu: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ("float32",)  # that its steps can be timed in
    # Mode -> the style that its documentation has for speed, and why.
    tuned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()  # of its own Python 3.7 environment, if it is historical

    @property
    def historical(self) -> bool:
        """Whether it runs in a Python 3.7 environment of its own."""
        return bool(self.requirements)


_GRAPH = dict.fromkeys(("inference", "training"), ("graph", "it has no other"))
_TABLE = (
    Framework(
        name="tensorflow",
        title="TensorFlow (Keras)",
        label="TensorFlow",
        package="tensorflow",
        imports=("tensorflow", "keras"),
        styles={
            "eager": "eager",
            "graph": "graph: tf.function",
            "compiled": "compiled: tf.function with XLA",
            "frozen": "frozen: a graph whose weights are constants",
        },
        for_inference=("frozen",),
        precisions=("float32", "bfloat16", "float16"),
        tuned={
            "inference": ("frozen", "batch normalization folds where variables are constants"),
            "training": ("graph", "a step runs without Python; XLA was behind it on CPUs"),
        },
        colour="#E69F00",
        shares_as_models=True,
    ),
    Framework(
        name="paddle",
        title="PaddlePaddle",
        label="Paddle",
        package="paddlepaddle",
        imports=("paddle",),
        styles={
            "eager": "eager: dygraph",
            "graph": "graph: paddle.jit.to_static",
            "frozen": "frozen: Paddle Inference without oneDNN",
            "onednn": "onednn: Paddle Inference as it comes, with oneDNN",
        },
        for_inference=("frozen", "onednn"),
        precisions=("float32", "bfloat16", "float16"),
        tuned={
            "inference": (
                "frozen",
                "its passes fuse a convolution with what follows; oneDNN's crash on SE-ResNeXt",
            ),
            "training": ("eager", "to_static was no faster"),
        },
        colour="#0072B2",
        classes=True,
        rounds_pool_gradients=True,
    ),
    Framework(
        name="torch",
        title="PyTorch",
        label="PyTorch",
        package="torch",
        imports=("torch",),
        styles={
            "eager": "eager",
            "channels_last": "channels_last: that memory format",
            "compiled": "compiled: torch.compile on channels_last",
            "frozen": "frozen: torch.compile on channels_last with freezing",
            "cuda_graph": "cuda_graph: a CUDA graph of the step on channels_last",
        },
        for_inference=("frozen",),
        for_gpu=("cuda_graph",),
        precisions=("float32", "tf32", "bfloat16", "float16"),
        tuned={
            "inference": ("frozen", "batch normalization folds and layouts are chosen once"),
            "training": ("compiled", "Inductor fuses what is no convolution"),
        },
        colour="#D55E00",
        classes=True,
        unbiased_from=0.0,
    ),
    Framework(
        name="fluid",
        title="Paddle Fluid 1.8",
        label="Paddle Fluid",
        package="paddlepaddle",
        imports=("paddle",),
        styles={"graph": "graph: Program and Executor"},
        tuned=_GRAPH,
        colour="#56B4E9",
        rounds_pool_gradients=True,
        pools_globally=True,
        feeds_every_step=True,
        requirements=("paddlepaddle==1.8.5", "protobuf<3.21", "numpy<1.22"),
    ),
    Framework(
        name="tensorflow1",
        title="TensorFlow 1.15",
        label="TensorFlow 1",
        package="tensorflow",
        imports=("tensorflow",),
        styles={"graph": "graph: Session"},
        tuned=_GRAPH,
        colour="#F0C94A",
        # Below 1.001e-5, in float32, its fused kernel takes another epsilon: no file fuses.
        unbiased_from=1.0009999641624745e-05,
        zero_debias=True,
        feeds_every_step=True,
        requirements=("tensorflow==1.15.5", "protobuf<3.21", "numpy<1.19"),
    ),
)
TABLE = {each.name: each for each in _TABLE}
FRAMEWORKS = tuple(TABLE)
MODERN = tuple(name for name, each in TABLE.items() if not each.historical)
HISTORICAL = tuple(name for name, each in TABLE.items() if each.historical)


def select(names: str, historical: bool = False) -> list[str]:
    """Return the frameworks that `all` or a comma-separated list names.

    `all` means the modern ones, with `historical` the others too. Raises TriptychError.
    """
    if historical and names != "all":
        raise TriptychError("--legacy adds panels to all: with a list, name them in --framework")
    if names == "all":
        return list(FRAMEWORKS if historical else MODERN)
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in TABLE]
    if unknown or not chosen:
        hint = of_name(unknown[0], FRAMEWORKS) if unknown else ""
        raise TriptychError(
            f"unknown framework {', '.join(unknown) or names!r}{hint}; "
            f"available: all, {', '.join(FRAMEWORKS)}"
        )
    return list(dict.fromkeys(chosen))

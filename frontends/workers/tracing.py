"""What a file that is compared with another one calls, in order, and what comes of it. Python 3.7.

Tensors are followed by their identity, so all of a call are kept until it is over.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

import ast
import inspect
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

import numpy as np

from frontends.workers.outcomes import MismatchError
from frontends.workers.places import Place
from frontends.workers.protocol import Call, Shape

MOST_KEPT = 1 << 14  # numbers of what a call gives, but one sample at least
_SIZES = (32, 64, 224, 28, 96, 299)  # of images, where nobody says one
_REALS = ("eps", "epsilon", "momentum", "negative_slope")


class Trace:
    """The calls of each mode, and the parameters in the order in which they were taken first.

    numbers: gives the array of a tensor, a copy. keep: whether arrays are kept.
    """

    def __init__(self, numbers: Callable[[Any], Any], keep: bool) -> None:
        self.calls: Dict[str, Tuple[Call, ...]] = {}
        self.order: Dict[str, None] = {}
        self.on = False
        self._numbers, self._keep = numbers, keep
        self._found: List[Call] = []
        self._values: Dict[int, Any] = {}
        self._known: Dict[int, int] = {}
        self._alive: List[Any] = []
        self._batch = 0

    @contextmanager
    def recording(self, mode: str, batch: int, given: Any) -> Iterator[None]:
        """Record the calls that are made within, on a batch."""
        self._found, self._values, self._alive = [], {}, [given]
        self._known, self._batch, self.on = {id(given): -1}, batch, True
        try:
            yield
        finally:
            self.on = False
            self.calls[mode] = tuple(self._found)
            self._alive, self._known = [], {}

    def took(self, names: Iterable[str]) -> None:
        """Note that parameters are taken."""
        self.order.update(dict.fromkeys(names))

    def put(self, name: str, place: Place, given: Any, result: Any, takes: Iterable[str]) -> None:
        """Note a call that is over."""
        takes = tuple(dict.fromkeys(takes))
        self.took(takes)
        sources = [self._known[id(each)] for each in leaves(given) if id(each) in self._known]
        for each in leaves(result):
            if len(getattr(each, "shape", ())) and int(each.shape[0]) == self._batch:
                self._alive.append(each)
                self._put(Call(name, *place, tuple(dict.fromkeys(sources)), takes), each)

    def _put(self, call: Call, result: Any) -> None:
        number = len(self._found)
        if self._keep:
            value = np.asarray(self._numbers(result))
            if value.dtype.kind != "f":
                return
            self._values[number] = value[: kept_samples(value.shape)].copy()
        self._found.append(call)
        self._known[id(result)] = number

    def items(self) -> Iterator[Tuple[str, Any]]:
        """Yield (call/<number>, array) of the mode that was recorded last, and forget it."""
        for number, value in self._values.items():
            yield "call/%d" % number, value
        self._values = {}


def kept_samples(shape: Iterable[Any]) -> int:
    """Return how many samples of what a call gives are kept: enough to know it again.

    shape: N first; a size that is not known counts as 1.
    """
    sizes = [max(1, int(size or 1)) for size in list(shape)[1:]]
    return max(1, MOST_KEPT // int(np.prod(sizes, dtype=np.int64)))


def follows_of(calls: Iterable[Call]) -> Dict[str, Tuple[str, ...]]:
    """Return, by layer that holds parameters, those whose results it is given, through whatever."""
    behind: Dict[int, Dict[str, None]] = {}
    found: Dict[str, Dict[str, None]] = {}
    for number, call in enumerate(calls):
        before: Dict[str, None] = {}
        for source in call.sources:
            before.update(behind.get(source, {}))
        layers = dict.fromkeys(name.rpartition(".")[0] for name in call.takes)
        for layer in layers:
            found.setdefault(layer, {}).update((b, None) for b in before if b not in layers)
        behind[number] = layers or before
    return {layer: tuple(before) for layer, before in found.items()}


def leaves(value: Any) -> Iterator[Any]:
    """Yield what is in lists, tuples and dicts, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def outputs_of(output: Any, kind: Any, wanted: Iterable[str] = ()) -> Dict[str, Any]:
    """Return the tensors that a network gave, by key or place, "" for a single one.

    wanted: of them, in order; where a key is not there, what stands in its place. Raises
    MismatchError if there is no tensor.
    """
    found = dict(_named(output, kind, ""))
    found = {key: each for key, each in found.items() if len(each.shape)}
    if not found:
        raise MismatchError("the network gives a %s, expected tensors" % type(output).__name__)
    keys = list(found)
    return {
        key: found[key] if key in found else found[keys[index]]
        for index, key in enumerate(wanted or keys)
        if key in found or index < len(keys)
    }


def _named(output: Any, kind: Any, path: str) -> Iterator[Tuple[str, Any]]:
    if isinstance(output, kind):
        yield path, output
    elif isinstance(output, dict):
        for key, each in output.items():
            yield from _named(each, kind, ("%s.%s" % (path, key)).strip("."))
    elif isinstance(output, (list, tuple)):
        for index, each in enumerate(output):
            yield from _named(each, kind, ("%s.%d" % (path, index)).strip("."))


def numbered(outputs: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """Yield (output, tensor), (output/1, tensor) …, as results are called."""
    for index, each in enumerate(outputs.values()):
        yield ("output/%d" % index if index else "output"), each


def cotangents(inputs: Any, outputs: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """Return {key: array to begin gradients from}; None if there is none of some output, or one
    of another shape."""
    found = {}
    for (name, each), key in zip(numbered(outputs), outputs):
        given = name.replace("output", "cotangent")
        if given not in inputs:
            return None
        array = inputs.get(given)
        if tuple(array.shape) != tuple(int(size) for size in each.shape):
            return None
        found[key] = array
    return found


class _Rounding(ast.NodeTransformer):
    """Brings the reals of a file to their float32 values: some frameworks keep them in float32."""

    def visit_Constant(self, node: Any) -> Any:
        if isinstance(node.value, float):
            node.value = rounded(node.value)
        return node

    def visit_Num(self, node: Any) -> Any:  # Python 3.7
        if isinstance(node.n, float):
            node.n = rounded(node.n)
        return node


def rounded(value: float) -> float:
    """Return a real at its float32 value, as it is where float32 has none near it."""
    return float(np.float32(value)) if 1e-30 < abs(value) < 1e30 else value


def round_reals(layer: Any) -> None:
    """Bring a layer's reals that some frameworks keep in float32 to these values."""
    for name in _REALS:
        value = vars(layer).get(name)
        if isinstance(value, float):
            object.__setattr__(layer, name, rounded(value))


def round_defaults(functions: Iterable[Any]) -> None:
    """Bring the reals that functions, and those that make objects of classes, take by default to
    their float32 values."""
    for each in functions:
        made = vars(each).get("__init__") if isinstance(each, type) else each
        own = inspect.unwrap(made) if callable(made) else None
        if isinstance(own, FunctionType) and own.__defaults__:
            own.__defaults__ = tuple(
                rounded(value) if isinstance(value, float) else value for value in own.__defaults__
            )


def run_rounded(path: str, names: Dict[str, Any]) -> None:
    """Run a file with its reals at their float32 values."""
    tree = _Rounding().visit(ast.parse(Path(path).read_bytes(), path))
    exec(compile(tree, path, "exec"), names)


class Probed:
    """Normal numbers of a shape, as an ArrayReader gives them."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def get(self, name: str) -> Any:
        """Return the array, whatever its name is."""
        return np.random.RandomState(0).standard_normal(self._shape)


def called(entry: Any, arguments: str) -> Any:
    """Return what an entry gives when it is called with arguments as Python writes them. Raises
    MismatchError if it takes others."""
    call = _Rounding().visit(ast.parse("f(%s)" % arguments, mode="eval")).body  # type: Any
    plain = [ast.literal_eval(each) for each in call.args]
    named = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    takes = _but_takes(entry, *plain, **named)
    if takes:
        name = getattr(entry, "__name__", "the entry")
        given = "%s takes %s, and is given (%s)" % (name, takes, arguments)
        raise MismatchError("%s: FILE.py:%s(width=2) says arguments" % (given, name))
    return entry(*plain, **named)


def check_one_input(function: Any) -> None:
    """Raise a MismatchError for a network that takes several inputs."""
    takes = _but_takes(function, None)
    if takes:
        raise MismatchError("the network takes %s: expected one input" % takes)


def _but_takes(function: Any, *arguments: Any, **named: Any) -> str:
    """Return the signature of a function that does not take such arguments, "" of one that does."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it has none that Python knows
        return ""
    try:
        signature.bind(*arguments, **named)
    except TypeError:
        return str(signature)
    return ""


def likely_shapes(tensors: Iterable[Any]) -> List[Shape]:
    """Return the shapes of inputs that a network with such tensors may take, the likeliest first.

    tensors: protocol.Tensor in the order of creation.
    """
    kernels = [each.shape for each in tensors if each.kind == "kernel"]
    for shape in kernels:
        if len(shape) == 4:
            channels = [shape[1]] if shape[1] > 1 or shape[0] > 32 else [1, 3, shape[0]]
            return [(each, size, size) for each in dict.fromkeys(channels) for size in _SIZES]
        if len(shape) == 3:
            return [(shape[1], size) for size in (64, 256)]
        return [(shape[1],), (1, 28, 28), (3, 32, 32)]
    return [(3, size, size) for size in _SIZES]

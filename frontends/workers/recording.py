"""What runners share: names and layouts of parameters, and results in the order of calls.

Python 3.7.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

from types import ModuleType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Tuple,
    TypeVar,
)

import numpy as np

from frontends.workers.layouts import Layout, Slot, Table
from frontends.workers.outcomes import MismatchError
from frontends.workers.protocol import Observe, Shape

if TYPE_CHECKING:
    from frontends.workers.arrays import ArrayReader
    from frontends.workers.layouts import Array

Value = TypeVar("Value")


# Results


class Recorder:
    """Collects results by path; a path that comes again is numbered #2, #3 …

    Where only shapes are asked for (`keep` false) no result is held.
    """

    def __init__(self, keep: bool = True) -> None:
        self.results: Dict[str, Any] = {}
        self._keep = keep

    def clear(self) -> None:
        """Forget everything."""
        self.results = {}

    def put(self, path: str, value: Any) -> str:
        """Store a value, or each of several under path[0], path[1] …; return its number's path."""
        values = value if isinstance(value, (tuple, list)) else [value]
        number, key = 1, path
        while key in self.results or key + "[0]" in self.results:
            number += 1
            key = f"{path}#{number}"
        for index, each in enumerate(values):
            kept = each if self._keep else hollow(each.shape)
            self.results[key if len(values) == 1 else f"{key}[{index}]"] = kept
        return key

    def hook(self, path: str) -> Callable[[Any, Any, Any], None]:
        """Return a forward hook that records what a layer gives."""

        def record(layer: Any, inputs: Any, output: Any) -> None:
            self.put(path, output)

        return record


class Recordings:
    """What blocks and steps give, by path, and the gradients that come back to steps.

    symbolic: values of a graph are recorded, which cost nothing; then all are, and `fetches` says
    which of them are needed. Else the values that are not wanted are hollow.
    """

    def __init__(self, observe: Optional[Observe], symbolic: bool = False) -> None:
        self._observe = observe or Observe()
        self.blocks = Recorder(symbolic or self._observe.keep_blocks)
        self.steps = Recorder(symbolic or self._observe.keep_steps)
        self._cotangents: Dict[str, Any] = {}

    @property
    def keeps_cotangents(self) -> bool:
        """Whether the gradients that come back to steps are wanted."""
        return self._observe.keep_cotangents

    def clear(self) -> None:
        """Forget everything."""
        self.blocks.clear()
        self.steps.clear()
        self._cotangents = {}

    def items(self) -> Iterator[Tuple[str, Any]]:
        """Yield (block/<path> or step/<path>, value)."""
        for kind, recorder in (("block", self.blocks), ("step", self.steps)):
            for path, value in recorder.results.items():
                yield f"{kind}/{path}", value

    def cotangents(self) -> Iterator[Tuple[str, Any]]:
        """Yield (cotangent/<path>, gradient) of every step after a backward pass; of one that
        does not reach the output None."""
        for path in self.steps.results if self.keeps_cotangents else ():
            yield f"cotangent/{path}", self._cotangents.get(path)

    def fetches(self, name: str) -> bool:
        """Return whether what `items` calls so is needed, for itself or for its gradient."""
        step = name.startswith("step/")
        return self._observe.keeps(name) or (step and self.keeps_cotangents)

    def steps_of(self, observed: Mapping[str, Value]) -> Dict[str, Value]:
        """Return {cotangent/<path>: value} of the observed steps whose gradients are wanted."""
        return {
            name.replace("step/", "cotangent/", 1): value
            for name, value in observed.items()
            if self.keeps_cotangents and name.startswith("step/")
        }

    def tap(self, path: str, value: Value) -> Value:
        """Record what a step of a tapped file gives, and pass it on."""
        self.steps.put(path, value)
        return value

    def tap_tensor(self, path: str, value: Any, differentiable: bool) -> Any:
        """Record a tensor and, where wanted, the gradient that comes back to it; pass it on.

        What is passed on is a copy then: of a step that returns its input, or is followed by one
        that writes into its input, the gradient is still its own.
        """
        key = self.steps.put(path, value.detach())
        if not (differentiable and self.keeps_cotangents):
            return value
        passed = value.clone()

        def record(gradient: Any) -> None:
            self._cotangents[key] = gradient.detach().clone()

        passed.register_hook(record)
        return passed


def hollow(shape: Iterable[int]) -> Array:
    """Return an array of a shape that takes no memory."""
    return np.broadcast_to(np.float32(0), tuple(shape))


def watch_blocks(module: ModuleType, entry: str, recorder: Recorder) -> None:
    """Wrap a file's block functions, so that what they return is recorded by their `name`."""
    for attribute, function in list(vars(module).items()):
        own = getattr(function, "__module__", None) == module.__name__
        if own and callable(function) and not isinstance(function, type) and attribute != entry:
            setattr(module, attribute, _watching(function, recorder))


def _watching(function: Callable[..., Value], recorder: Recorder) -> Callable[..., Value]:
    def wrapped(*arguments: Any, **named: Any) -> Value:
        value = function(*arguments, **named)
        if "name" in named:
            recorder.put(named["name"], value)
        return value

    return wrapped


# Parameters


def resolved(table: Table, namespace: Any) -> Dict[Any, Mapping[str, Slot]]:
    """Return a layout table with the layers' classes, attributes of a namespace, as its keys."""
    return {getattr(namespace, name): slots for name, slots in table.items()}


def slots_of(layer: Any, layers: Mapping[Any, Mapping[str, Slot]]) -> Mapping[str, Slot]:
    """Return {own name: slot} of a layer, {} of a block; a subclass is what it extends."""
    return next((slots for kind, slots in layers.items() if isinstance(layer, kind)), {})


def matched(parameters: Dict[str, Value], names: Optional[Mapping[str, str]]) -> Dict[str, Value]:
    """Return a reader's parameters under canonical names, those without one left out.

    Without `names` the parameters' own names are canonical.
    """
    if names is None:
        return parameters
    return {names[name]: value for name, value in parameters.items() if name in names}


def layers_of(names: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """Return {own layer: canonical layer} for {own parameter: canonical parameter}."""
    return {own.rpartition(".")[0]: new.rpartition(".")[0] for own, new in (names or {}).items()}


def check_keys(expected: Iterable[str], given: Iterable[str]) -> None:
    """Raise a MismatchError that lists what is missing or too much among parameter names."""
    missing, extra = sorted(set(expected) - set(given)), sorted(set(given) - set(expected))
    if missing or extra:
        raise MismatchError(
            f"{len(missing)} parameters of the file have no weights: {missing[:5]}; "
            f"{len(extra)} weights have no parameter: {extra[:5]}"
        )


def own_array(
    weights: ArrayReader, name: str, layout: Layout, shape: Iterable[int], dtype: str
) -> Array:
    """Return a canonical parameter in a layout. Raises MismatchError unless it has the shape."""
    expected = tuple(shape)
    array = layout.from_canonical(weights.get(name), expected)
    check_shape(name, expected, array.shape)
    return np.ascontiguousarray(array.astype(dtype))


def check_shape(name: str, expected: Shape, given: Shape) -> None:
    """Raise a MismatchError unless two shapes are equal."""
    if tuple(expected) != tuple(given):
        raise MismatchError(f"{name}: shape {tuple(given)}, expected {tuple(expected)}")

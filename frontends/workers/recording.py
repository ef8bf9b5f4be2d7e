"""What runners share of results: what blocks, steps and layers give, in the order of calls.

Python 3.7.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

import random
from contextlib import contextmanager
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
    Set,
    Tuple,
    TypeVar,
)

import numpy as np

from frontends.workers import generators
from frontends.workers.outcomes import MismatchError
from frontends.workers.places import Place
from frontends.workers.protocol import NetworkFile, Observe

if TYPE_CHECKING:
    from frontends.workers.layouts import Array

Value = TypeVar("Value")
STACK = "stack"  # the function of a written file that makes a stage, which is no block
DROPOUT = "dropout"  # the path of a reader's dropouts, which have no name to be matched by
FUSED = "fused_in_float64"  # is in the names of calls of a fused batch normalization


class Recorder:
    """Collects results by path; a path that comes again is numbered #2, #3 …

    Where only shapes are asked for (`keep` false) no result is held. names: numbered path -> what
    to call it, "" for what is left out.
    """

    def __init__(self, keep: bool = True, names: Optional[Mapping[str, str]] = None) -> None:
        self.results: Dict[str, Any] = {}
        self._keep, self._names = keep, names or {}
        self._known: Set[str] = set()

    def clear(self) -> None:
        """Forget everything."""
        self.results, self._known = {}, set()

    def put(self, path: str, value: Any) -> str:
        """Store a value, or each of several under path[0], path[1] …; return what it is called."""
        values = value if isinstance(value, (tuple, list)) else [value]
        number, key = 1, path
        while key in self._known:
            number += 1
            key = f"{path}#{number}"
        self._known.add(key)
        name = self._names.get(key, key)
        for index, each in enumerate(values if name else ()):
            kept = each if self._keep else hollow(each.shape)
            self.results[name if len(values) == 1 else f"{name}[{index}]"] = kept
        return name

    def forget(self, path: str) -> bool:
        """Forget all results of a path, numbered ones too; return whether there were any."""
        self._known = {each for each in self._known if each.split("#")[0] != path}
        found = [each for each in self.results if each.split("#")[0].split("[")[0] == path]
        for each in found:
            del self.results[each]
        return bool(found)

    def hook(self, path: str) -> Callable[[Any, Any, Any], None]:
        """Return a forward hook that records what a layer gives; a copy, as it may be written
        over."""

        def record(layer: Any, inputs: Any, output: Any) -> None:
            values = output if isinstance(output, (tuple, list)) else [output]
            self.put(path, [each.detach().clone() for each in values] if self._keep else output)

        return record


class Seen:
    """What a reader's file does that no array tells."""

    def __init__(self) -> None:
        self.dropouts: Dict[str, Tuple[str, ...]] = {}
        self.dropped_at: Dict[str, Tuple[str, ...]] = {}  # as many lines
        self.average_pools: Optional[int] = None
        self.fused_norms: Optional[int] = None
        self.mode = ""
        self.odd: Dict[str, None] = {}  # see protocol.Structure
        self.remarks: Dict[str, None] = {}

    def start(self, mode: str) -> None:
        """Forget what was seen in a mode that begins anew."""
        self.mode, self.dropouts[mode], self.dropped_at[mode] = mode, (), ()
        if self.average_pools is not None:
            self.average_pools = 0
        if self.fused_norms is not None:
            self.fused_norms = 0

    def drops(self, kind: str, rate: Any, shape: Iterable[Any], place: Place) -> None:
        """Note a dropout that drops: its kind, its rate, None if that is computed, the input's
        shape, N first, and its line."""
        if self.mode:
            count = int(np.prod([int(size) for size in list(shape)[1:]], dtype=np.int64))
            how = "of a computed rate" if rate is None else f"{float(rate):g}"
            words = f"{kind} {how} of {count} values"
            self.dropouts[self.mode] += (words,)
            self.dropped_at[self.mode] += (": ".join(filter(None, place)),)

    def note(self, line: str) -> None:
        """Note what no network does."""
        self.odd[line] = None

    def strays(self, shape: Iterable[int]) -> None:
        """Note a tensor that takes gradients and that the model does not hold."""
        size = tuple(int(each) for each in shape)
        self.note(f"a tensor {size} of mine takes gradients and is no parameter of its model")

    @contextmanager
    def draws(self, state: Callable[[], Any]) -> Iterator[None]:
        """Note whether random numbers are drawn in a mode; state: of all generators, to be
        compared."""
        before = state()
        yield
        if self.mode and state() != before:
            words = {"evaluate": "evaluation", "train": "training"}
            self.note(f"mine draws random numbers in {words[self.mode]}")

    def lowers(self, how: str) -> None:
        """Note that fewer bits than those of its values may be computed with."""
        self.note(f"mine computes under {how}")

    def remark(self, lines: Iterable[str]) -> None:
        """Note what is not of the network."""
        self.remarks.update(dict.fromkeys(lines))

    def averages(self) -> None:
        """Note a call of an average pool."""
        self.average_pools = (self.average_pools or 0) + 1

    def fuses(self) -> None:
        """Note a call of a fused batch normalization."""
        self.fused_norms = (self.fused_norms or 0) + 1


class Recordings:
    """What blocks and steps give, by path, and the gradients that come back to steps.

    symbolic: values of a graph are recorded, which cost nothing; then all are, and `fetches` says
    which of them are needed. Else the values that are not wanted are hollow. file: a written one,
    whose steps and blocks are called by their canonical names.
    """

    def __init__(
        self,
        observe: Optional[Observe],
        symbolic: bool = False,
        file: Optional[NetworkFile] = None,
    ) -> None:
        self._observe = observe or Observe()
        named = (file.block_names, file.step_names) if file else ({}, {})
        self.blocks = Recorder(symbolic or self._observe.keep_blocks, named[0])
        self.steps = Recorder(symbolic or self._observe.keep_steps, named[1])
        self.given = Recorder(symbolic or self._observe.keep_steps)
        self.seen = Seen()
        self._cotangents: Dict[str, Any] = {}

    @property
    def keeps_cotangents(self) -> bool:
        """Whether the gradients that come back to steps are wanted."""
        return self._observe.keep_cotangents

    @property
    def keeps_steps(self) -> bool:
        """Whether what steps or layers give is wanted."""
        return self._observe.keep_steps

    def start(self, mode: str) -> None:
        """Begin a mode: forget every result."""
        self.blocks.clear()
        self.steps.clear()
        self.given.clear()
        self._cotangents = {}
        self.seen.start(mode)

    def items(self) -> Iterator[Tuple[str, Any]]:
        """Yield (block/<path>, step/<path> or given/<path>, value)."""
        kinds = {"block": self.blocks, "step": self.steps, "given": self.given}
        for kind, recorder in kinds.items():
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

        What is passed on is a copy where either is kept: of a step that returns its input, or is
        followed by one that writes into its input, both are still its own.
        """
        key = self.steps.put(path, value.detach())
        if not (self.keeps_steps or self.keeps_cotangents):
            return value
        passed = value.clone()

        def record(gradient: Any) -> None:
            self._cotangents[key] = gradient.detach().clone()

        if differentiable and self.keeps_cotangents:
            passed.register_hook(record)
        return passed


def python_random() -> Any:
    """Return the states of the generators of Python and numpy, and of a file's own."""
    return random.getstate(), generators.plain(np.random.get_state()), generators.states()


def the_tensor(output: Any, kind: Any) -> Any:
    """Return what a network gave. Raises MismatchError unless it is one tensor."""
    if isinstance(output, kind):
        return output
    many = f" of {len(output)}" if isinstance(output, (tuple, list, dict)) else ""
    raise MismatchError(f"the network gives a {type(output).__name__}{many}, expected one tensor")


def hollow(shape: Iterable[int]) -> Array:
    """Return an array of a shape that takes no memory."""
    return np.broadcast_to(np.float32(0), tuple(shape))


def watch_blocks(
    module: ModuleType, entry: str, recorder: Recorder, path: Callable[[str], str]
) -> None:
    """Wrap a file's block functions, so that what they return is recorded.

    path: the canonical path of a block of a `name`.
    """
    for attribute, function in list(vars(module).items()):
        own = getattr(function, "__module__", None) == module.__name__
        watched = callable(function) and not isinstance(function, type)
        if own and watched and attribute not in (entry, STACK):
            setattr(module, attribute, _watching(function, recorder, path))


def _watching(
    function: Callable[..., Value], recorder: Recorder, path: Callable[[str], str]
) -> Callable[..., Value]:
    def wrapped(*arguments: Any, **named: Any) -> Value:
        value = function(*arguments, **named)
        if "name" in named:
            recorder.put(path(named["name"]), value)
        return value

    return wrapped

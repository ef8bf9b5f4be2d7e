"""What climbs the ladder: a file that a dialect wrote, or one that a reader brings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.errors import TriptychError
from common.network import Network
from common.ops import AdaptiveAvgPool2d, AvgPool2d, BatchNorm, GlobalAvgPool2d, Op
from common.recipes.recipe import Recipe
from common.spec import Chain, Use, plain
from frontends.frameworks import TABLE, Framework
from frontends.workers.outcomes import NOT_WRITABLE, Outcome, WorkerError
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from frontends.writing.text import EmitError

MINE = "mine"
ROUNDED: tuple[type[Op], ...] = (AvgPool2d, AdaptiveAvgPool2d)
UNCALLED = "layers that are never called have no place in a graph"
WITHIN = "they are within a model that is called again"
UNMATCHED = "no parameter of the file was matched with it"
Fault = Callable[[str], str]  # changes a written text: a negative control


@dataclass(frozen=True)
class Subject(ABC):
    """Something that can be run and compared: it has a name in reports and a framework."""

    name: str
    framework: str

    @property
    def row(self) -> Framework:
        """What is known of its framework."""
        return TABLE[self.framework]

    @property
    def names(self) -> Mapping[str, str] | None:
        """Own name of a parameter -> canonical; None where the file bears canonical names."""
        return None

    @property
    def file(self) -> Path | None:
        """A file that stands where it is, beside what it imports; None for one that is written."""
        return None

    @property
    def lane(self) -> str:
        """Which of its framework's processes it runs in."""
        return ""

    @abstractmethod
    def source(self, network: Network, taps: bool, recipe: Recipe | None = None) -> Source:
        """Return the file that realizes the network; with `taps`, one that shows every step, with a
        recipe one that trains by it.

        Raises WorkerError, outcome "not writable".
        """

    @abstractmethod
    def absent(self, network: Network) -> dict[str, str]:
        """Return the parameters that it is exempt from having, each with the reason."""

    def silent_blocks(self, network: Network) -> dict[str, str]:
        """Return the blocks whose output shapes it is exempt from telling, each with the reason."""
        return {}

    def silent_steps(self, network: Network) -> dict[str, str]:
        """Return the steps whose values it is exempt from telling, each with the reason."""
        return {}

    def is_unbiased(self, network: Network, op: BatchNorm, fused: int | None) -> bool:
        """Is the running variance of a layer that of the estimate, with n / (n - 1)?

        fused: how many batch normalizations it fuses, None if it did not count them.
        """
        least = self.row.unbiased_from
        return least is not None and isinstance(op.epsilon, float) and op.epsilon >= least

    def rounded_pools(self, network: Network, called: int | None) -> tuple[type[Op], ...]:
        """Return the average pools whose gradients it scales by a rounded 1/n, where its framework
        does.

        called: how many average pools it calls, None if it did not count them.
        """
        return (*ROUNDED, GlobalAvgPool2d) if self.row.pools_globally else ROUNDED


@dataclass(frozen=True)
class Written(Subject):
    """The file that a dialect writes of the network; `fault` changes its text."""

    fault: Fault | None = None

    def source(self, network: Network, taps: bool, recipe: Recipe | None = None) -> Source:
        try:
            source = emit(network, self.framework, taps, recipe)
        except EmitError as error:
            outcome = Outcome(self.framework, NOT_WRITABLE, "write", str(error))
            raise WorkerError(outcome) from None
        if self.fault is None:
            return source
        text = self.fault(source.text)
        if text == source.text:
            raise TriptychError(f"the fault for {self.name} changed nothing")
        return replace(source, text=text)

    def absent(self, network: Network) -> dict[str, str]:
        if self.row.classes:
            return {}
        parameters = network.elaboration.parameters.values()
        return {each.name: UNCALLED for each in parameters if not each.used}

    def silent_blocks(self, network: Network) -> dict[str, str]:
        within = self._within_models(network, (Chain,))
        blocks = network.elaboration.blocks
        return {each.path: WITHIN for each in blocks if each.path.startswith(within)}

    def silent_steps(self, network: Network) -> dict[str, str]:
        within = self._within_models(network, (Chain, Use))
        steps = network.elaboration.steps
        return {each.path: WITHIN for each in steps if each.path.startswith(within)}

    def _within_models(self, network: Network, kinds: tuple[type, ...]) -> tuple[str, ...]:
        """Return what the paths within models open with: layers that are called again."""
        if not self.row.shares_as_models:
            return ()
        return tuple(
            f"{each.path}.{name}.".lstrip(".")
            for each in network.elaboration.blocks
            for name, layer in each.block.layers.items()
            if isinstance(plain(layer), kinds) and each.block.calls_of(name) > 1
        )


@dataclass(frozen=True)
class Reader(Subject):
    """A reader's own file: its entry, and {own name: canonical name} of what was matched."""

    path: Path = Path()
    entry: str = ""
    matched: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, str]:
        return self.matched

    @property
    def file(self) -> Path:
        return self.path

    @property
    def lane(self) -> str:
        """Its own: what it patches is patched for itself alone."""
        return MINE

    def source(self, network: Network, taps: bool, recipe: Recipe | None = None) -> Source:
        return Source(self.framework, "", self.entry, classes=False)

    def absent(self, network: Network) -> dict[str, str]:
        known = set(self.matched.values())
        return dict.fromkeys(
            (n for n in network.elaboration.parameters if n not in known), UNMATCHED
        )

    def is_unbiased(self, network: Network, op: BatchNorm, fused: int | None) -> bool:
        """It may fuse all, or none, whatever their epsilon."""
        steps = network.elaboration.steps
        every = sum(isinstance(step.op, BatchNorm) for step in steps)
        if fused in (0, every):
            return fused == every
        return super().is_unbiased(network, op, fused)

    def rounded_pools(self, network: Network, called: int | None) -> tuple[type[Op], ...]:
        """Its global average may be a pool over the whole map where ours is a mean: the number of
        pools that it calls tells. Where it tells neither, nothing is predicted."""
        steps = network.elaboration.steps
        for kinds in (ROUNDED, (*ROUNDED, GlobalAvgPool2d)):
            if called == sum(isinstance(step.op, kinds) for step in steps):
                return kinds
        return ()


def written(panels: Iterable[str], faults: Mapping[str, Fault] | None = None) -> list[Subject]:
    """Return the written files of some frameworks, with faults planted by name."""
    return [Written(name, name, (faults or {}).get(name)) for name in panels]

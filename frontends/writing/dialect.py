"""The contracts: what a dialect has to say of its framework.

A dialect of classes writes a block as a class with attributes and a `forward`; a dialect of
functions writes it as a function. In both, a table says of each op which function writes it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from common.network import Network
from common.ops import Op, Shape
from frontends.frameworks import TABLE, Framework
from frontends.writing.draft import LINE_LENGTH, Draft
from frontends.writing.names import Words
from frontends.writing.naming import Naming
from frontends.writing.sites import Body, ClassSite, FunctionSite, Site, Written
from frontends.writing.statements import Statement, of_steps
from frontends.writing.text import EmitError

# What files call builtins, loops and themselves by; `tap` is what a tapped twin calls.
_ALWAYS = frozenset(
    "chr float int len max min print range str sum super tap zip ValueError".split()
)
OF_CLASSES = _ALWAYS | {"self", "block", "path", "_", "i"}
OF_FUNCTIONS = _ALWAYS | {"name", "training", "i", "stack"}
Writes = Callable[[Any, FunctionSite], Body]  # what a row of a dialect of functions is


class Option(NamedTuple):
    """An argument of the network's function: its default and its type as source, what it is."""

    default: str
    hint: str
    about: str


AnySite = TypeVar("AnySite", bound=Site)
AnyWritten = TypeVar("AnyWritten")


class Dialect(ABC, Generic[AnySite, AnyWritten]):
    """What both kinds of dialects say.

    name: the framework's in `frontends.frameworks`. table: op -> what writes it, a function of an
    op and its site. own: what its files import, define, or name by themselves.
    """

    name: ClassVar[str]
    own: ClassVar[frozenset[str]]
    line_length: ClassVar[int] = LINE_LENGTH  # of its files
    table: ClassVar[Mapping[type[Op], Callable[[Any, Any], Any]]]

    @property
    @abstractmethod
    def words(self) -> Words:
        """What no kind, argument or value of a file may be called."""

    @property
    def framework(self) -> Framework:
        """What is known of the framework."""
        return TABLE[self.name]

    def op(self, op: Op, site: AnySite) -> AnyWritten:
        """Return an op as written at a site. Raises EmitError where no row of `table` says how."""
        if type(op) not in self.table:
            raise EmitError(
                f"block {site.block.kind}, layer {site.layer}: {op.symbol} is not writable in "
                f"{self.framework.title}"
            )
        written: AnyWritten = self.table[type(op)](op, site)
        return written

    @abstractmethod
    def says_same(self, op: Op) -> bool:
        """Does the framework pad an op by the word "same"? If not, the padding is put in numbers
        where there are no strides; elsewhere the file works it out from the map that it is given.
        """

    @abstractmethod
    def imports(self, draft: Draft) -> list[str]:
        """Return the lines that import what a file uses, behind its docstring."""

    def helpers(self, draft: Draft) -> list[str]:
        """Return the functions and classes, as text, that stand before the network's own."""
        return []


class ClassDialect(Dialect[ClassSite, Written]):
    """A framework with modules. An op is written as `Written`, at a `ClassSite`."""

    base: ClassVar[str]  # the class of all modules
    sequential: ClassVar[str]
    module_list: ClassVar[str]
    reserved: ClassVar[frozenset[str]]  # the names of the base class, which no layer can bear
    typed_docstrings: ClassVar[bool] = False  # do docstrings say types and defaults?

    @property
    def words(self) -> Words:
        return Words(OF_CLASSES | self.own, classes=True)

    def op(self, op: Op, site: ClassSite) -> Written:
        found = super().op(op, site)
        parts = (found.value, found.init, found.pad, found.before)
        return Written(*(of_steps(each, site.steps) for each in parts))

    @abstractmethod
    def merged(self, merge: str, paths: tuple[Any, ...]) -> Any:
        """Return the "sum" of values, or their "concat" along the channels, as an expression.

        `paths` are the values, or the one `Each` that yields them.
        """

    def started(self, site: ClassSite) -> tuple[Statement, ...]:
        """Return what initializes an op behind the statement that makes it."""
        return ()

    def close_init(self, draft: Draft) -> list[Statement]:
        """Return what ends the `__init__` of the network's own class."""
        return []

    @abstractmethod
    def demo(self, entry: str, shape: Shape) -> list[str]:
        """Return the lines that end a file: the class `entry` on zeros of (1, *shape)."""


class FunctionDialect(Dialect[FunctionSite, Body]):
    """A framework whose networks are functions. An op is written as statements that set
    `site.output`, at a `FunctionSite`.
    """

    channels_last: ClassVar[bool]
    fstrings: ClassVar[bool]  # may a file hold f-strings? In 2019 it held none
    threads_training: ClassVar[bool]  # do functions take `training`?
    tensor: ClassVar[str] = ""  # the type of values in signatures, "" where these have no types
    model: ClassVar[str] = ""  # the type of what the network's function returns

    @property
    def words(self) -> Words:
        return Words(OF_FUNCTIONS | self.own, classes=False)

    def op(self, op: Op, site: FunctionSite) -> Body:
        return list(of_steps(super().op(op, site), site.steps))

    def naming(self, network: Network) -> Naming:
        """Return how a file names its parts. Raises TriptychError for an unknown naming."""
        return Naming()

    def names(self, op: Op) -> bool:
        """Does a file give an op a name, so that the function around takes one?"""
        return op.is_named

    def fused(self, statement: Statement, op: Op, when: Any) -> Statement | None:
        """Return a statement with the activation `op` of its result taken in, None where the
        framework has no such word. `when`: the condition of an optional activation.
        """
        return None

    @abstractmethod
    def merged(self, merge: str, paths: tuple[Any, ...], site: FunctionSite) -> Any:
        """Return the "sum" of values, or their "concat" along the channels, as an expression.

        `paths` are the values, or the one `Each` that yields them; `site` names the step.
        """

    @abstractmethod
    def shared_op(self, site: FunctionSite, first: bool, body: Body) -> Body:
        """Return the statements of an op that is called more than once, at its first call or at a
        later one; `body` is what a single call would be.
        """

    @abstractmethod
    def shared_block(self, site: FunctionSite, first: bool, body: Body, apart: Body) -> Body:
        """Return the statements of a block (or several) that is called more than once; `body` is
        what a single call would be, `apart` that call on the values of `standalone(site)`.
        """

    @abstractmethod
    def root_inputs(self, draft: Draft) -> list[str]:
        """Return the parameters that the network's function takes for its input."""

    def root_options(self, draft: Draft) -> dict[str, Option]:
        """Return what else the network's function takes by name, as its framework's zoo has it."""
        return {}

    def open_root(self, draft: Draft) -> Body:
        """Return the statements that the network's function starts with."""
        return []

    def close_root(self, draft: Draft, value: str) -> Any:
        """Return what the network's function returns for its output, as an expression."""
        return value

    @abstractmethod
    def batched(self, shape: Shape) -> str:
        """Return a shape (C, H, W) or (F,) with its batch, as the framework has it: "(N, …)"."""

    @abstractmethod
    def demo(self, draft: Draft, entry: str) -> list[str]:
        """Return the lines that end a file: the function `entry` on zeros of one sample."""

    def check(self, functions: Sequence[Statement]) -> None:
        """Raise an EmitError if the framework would refuse the functions of a file."""

"""What the functions of a file take beside their inputs."""

from __future__ import annotations

from common.ops import Op
from common.spec import Block, Layer, plain, references, uses
from frontends.writing.dialect import FunctionDialect
from frontends.writing.draft import Draft


class Needs:
    """Which kinds use `name` and `training`, and which of its arguments each refers to."""

    def __init__(self, draft: Draft, dialect: FunctionDialect, taps: bool) -> None:
        self.name: dict[str, bool] = {}
        self.training: dict[str, bool] = {}
        self.arguments: dict[str, list[str]] = {}
        for block in draft.kinds():
            called = _called(block)
            ops = [op for op in map(plain, called) if isinstance(op, Op)]
            inner = [use.block.kind for layer in called for use in uses(layer)]
            self.name[block.kind] = (
                taps
                or any(map(dialect.names, ops))
                or any(self.name.get(kind, False) for kind in inner)
            )
            self.training[block.kind] = dialect.threads_training and (
                any(op.has_modes for op in ops)
                or any(self.training.get(kind, False) for kind in inner)
            )
            self.arguments[block.kind] = self._referred(block)

    @staticmethod
    def _referred(block: Block) -> list[str]:
        found = set().union(set(), *map(references, _called(block)))
        return [name for name, _ in block.arguments if name in found]


def _called(block: Block) -> list[Layer]:
    return [layer for name, layer in block.layers.items() if name not in block.unused]

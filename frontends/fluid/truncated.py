"""Float64 where Fluid has float32 alone: its truncated normal draws no other. Python 3.7."""

from paddle.fluid import unique_name
from paddle.fluid.core import VarDesc
from paddle.fluid.initializer import TruncatedNormalInitializer

_drawn = TruncatedNormalInitializer.__call__


def allow_float64():
    """Have the truncated normal of a float64 parameter drawn in float32, and cast."""

    def started(self, variable, block):
        if variable.dtype != VarDesc.VarType.FP64:
            return _drawn(self, variable, block)
        name = unique_name.generate(variable.name + ".float32")
        single = block.create_var(name=name, shape=variable.shape, dtype="float32")
        block._prepend_op(  # startup ops stand in reverse: the draw comes to stand before this
            type="cast",
            inputs={"X": single},
            outputs={"Out": variable},
            attrs={"in_dtype": single.dtype, "out_dtype": variable.dtype},
        )
        return _drawn(self, single, block)

    TruncatedNormalInitializer.__call__ = started

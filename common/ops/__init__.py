"""The ops of a specification: frozen data that says everything on which frameworks disagree.

Shapes are those of one sample, channels first: (C, H, W) for maps, (F,) for vectors. Sizes may be
expressions over the arguments of the block that an op stands in; `bind` evaluates them. A pair is
(height, width); padding is one size, a pair, ((top, bottom), (left, right)), or "same" as in
TensorFlow. `OPS` maps a symbol to its op.
"""

from __future__ import annotations

from common.ops.activations import *  # noqa: F403
from common.ops.arranging import *  # noqa: F403
from common.ops.base import *  # noqa: F403
from common.ops.layers import *  # noqa: F403
from common.ops.pooling import *  # noqa: F403

"""What a PyTorch file that is compared calls: layers and functions, in order.

Also, in float64 the gradient of its hard sigmoid is rid of PyTorch's own rounding of 1/6, and what
it casts to float32 stays in float64.
"""

import numpy
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from frontends.workers.places import Layers, Places
from frontends.workers.tracing import leaves, round_defaults, rounded

EXACT = "gradients of hard sigmoids of mine: without PyTorch's own rounding of 1/6"
WATCHED = Layers(nn.Module, "torch", Places(torch, numpy))
_hardsigmoid = nn.functional.hardsigmoid


def watch_calls(seen):
    """Have layers remember the line that made them; what is taken by default is rounded."""
    WATCHED.watch()
    torch.compiler.set_stance("force_eager")
    round_defaults([*vars(nn.functional).values(), *vars(nn).values()])

    def hardsigmoid(input, inplace=False):
        if input.dtype != torch.float64:
            return _hardsigmoid(input, inplace)
        seen.remark([EXACT])
        return torch.clamp(input / 6 + 0.5, 0, 1)

    nn.functional.hardsigmoid = hardsigmoid


def round_share(layer):
    """Have a batch normalization keep the float32 value of the share of the old that it keeps,
    which is what other frameworks call the momentum."""
    momentum = vars(layer).get("momentum")
    if isinstance(layer, nn.modules.batchnorm._NormBase) and momentum is not None:
        layer.momentum = 1 - rounded(1 - momentum)


def widen(model):
    """Bring a model to float64, unless it holds something in half precision."""
    held = [*model.parameters(), *model.buffers()]
    kinds = {each.dtype for each in held if each.is_floating_point()}
    if kinds <= {torch.float32, torch.float64}:
        model.to(torch.float64)


def _widened(function, arguments, named):
    """Return a call without its cast to float32 where the network runs in float64."""
    if torch.get_default_dtype() != torch.float64:
        return function, arguments, named
    if function is torch.Tensor.float:
        function = torch.Tensor.double
    wide = [torch.float64 if each is torch.float32 else each for each in arguments]
    named = {k: torch.float64 if each is torch.float32 else each for k, each in named.items()}
    return function, wide, named


class Tracing(TorchFunctionMode):
    """Records every call of a function of PyTorch's on tensors.

    names: id of a parameter -> its name. paths: id of a layer -> its path.
    """

    def __init__(self, trace, names, paths):
        super().__init__()
        self._trace, self._names, self._paths = trace, names, paths

    def __torch_function__(self, function, types, arguments=(), named=None):
        function, arguments, named = _widened(function, arguments, named or {})
        result = function(*arguments, **named)
        if not self._trace.on:
            return result
        given = [each for each in leaves([arguments, named]) if torch.is_tensor(each)]
        takes = [self._names[id(each)] for each in given if id(each) in self._names]
        changed = arguments[0] if result is None and arguments else result
        changed = [each for each in leaves(changed) if torch.is_tensor(each)]
        name = getattr(function, "__name__", str(function)).strip("_")
        self._trace.put(*WATCHED.said(name, self._paths), given, changed, takes)
        return result

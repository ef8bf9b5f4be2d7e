"""What a PyTorch file that is compared calls: layers and functions, in order."""

import numpy
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from frontends.workers.tracing import NOWHERE, Places, leaves, rounded

_init, _call = nn.Module.__init__, nn.Module.__call__
_PLACES = Places(torch, numpy)
_open = []  # modules that are being called


def _made(self, *arguments, **named):
    _init(self, *arguments, **named)
    object.__setattr__(self, "_made_at", _PLACES.here())


def _called(self, *arguments, **named):
    _open.append(self)
    try:
        return _call(self, *arguments, **named)
    finally:
        _open.pop()


def watch_layers():
    """Have every layer remember the line that made it, and know which is being called."""
    nn.Module.__init__, nn.Module.__call__ = _made, _called


def made_at(layer):
    """Return the line that made a layer."""
    return vars(layer).get("_made_at", NOWHERE)


def round_share(layer):
    """Have a batch normalization keep the float32 value of the share of the old that it keeps,
    which is what other frameworks call the momentum."""
    momentum = vars(layer).get("momentum")
    if isinstance(layer, nn.modules.batchnorm._NormBase) and momentum is not None:
        layer.momentum = 1 - rounded(1 - momentum)


class Tracing(TorchFunctionMode):
    """Records every call of a function of PyTorch's on tensors.

    names: id of a parameter -> its name. paths: id of a layer -> its path.
    """

    def __init__(self, trace, names, paths):
        super().__init__()
        self._trace, self._names, self._paths = trace, names, paths

    def __torch_function__(self, function, types, arguments=(), named=None):
        result = function(*arguments, **(named or {}))
        if not self._trace.on:
            return result
        given = [each for each in leaves([arguments, named or {}]) if torch.is_tensor(each)]
        takes = [self._names[id(each)] for each in given if id(each) in self._names]
        changed = arguments[0] if result is None and arguments else result
        changed = [each for each in leaves(changed) if torch.is_tensor(each)]
        self._trace.put(*self._said(function), given, changed, takes)
        return result

    def _said(self, function):
        """Return what to call a call, and its line."""
        layer = _open[-1] if _open else None
        if layer is not None and type(layer).__module__.startswith("torch."):
            path, kind = self._paths.get(id(layer), ""), type(layer).__name__
            return f"{path} ({kind})" if path else kind, made_at(layer)
        return getattr(function, "__name__", str(function)).strip("_"), _PLACES.here()

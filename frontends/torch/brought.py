"""What a reader's PyTorch file is watched for, in a process that runs nothing else."""

import inspect

from torch import nn

_KINDS = "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split()
_originals = {kind: getattr(nn.functional, kind) for kind in _KINDS}


def watch_dropout(seen):
    """Have every dropout run at rate 0, and told when it would drop."""
    for kind in _KINDS:
        setattr(nn.functional, kind, _watched(kind, seen))


def _watched(kind, seen):
    signature = inspect.signature(_originals[kind])

    def dropout(*arguments, **named):
        given = signature.bind(*arguments, **named)
        given.apply_defaults()
        rate = given.arguments["p"]
        if given.arguments["training"] and rate:
            seen.drops(kind, rate, given.arguments["input"].shape)
        given.arguments["p"] = 0.0
        return _originals[kind](*given.args, **given.kwargs)

    return dropout

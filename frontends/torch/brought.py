"""What a reader's PyTorch file is watched for, in a process that runs nothing else."""

import inspect

from torch import nn

from frontends.workers.recording import DROPOUT

_KINDS = "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split()
_originals = {kind: getattr(nn.functional, kind) for kind in _KINDS}


def watch_dropout(recordings):
    """Have every dropout run at rate 0, and told when it would drop."""
    for kind in _KINDS:
        setattr(nn.functional, kind, _watched(kind, recordings))


def _watched(kind, recordings):
    signature = inspect.signature(_originals[kind])

    def dropout(*arguments, **named):
        given = signature.bind(*arguments, **named)
        given.apply_defaults()
        rate, x = given.arguments["p"], given.arguments["input"]
        if given.arguments["training"] and rate:
            recordings.seen.drops(kind, rate, x.shape)
        given.arguments["p"] = 0.0
        result = _originals[kind](*given.args, **given.kwargs)
        if rate and recordings.keeps_steps:
            recordings.given.put(DROPOUT, x.detach().clone())
            recordings.steps.put(DROPOUT, result.detach().clone())
        return result

    return dropout

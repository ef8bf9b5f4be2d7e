"""What runners share: names for results, and the order of calls. Python 3.7."""

import numpy as np


class Recorder:
    """Collects results by path; a path that comes again is numbered #2, #3 …

    Where only shapes are asked for (`keep` false) no result is held.
    """

    def __init__(self, keep=True):
        self.results = {}
        self._keep = keep

    def clear(self):
        self.results = {}

    def put(self, path, value):
        """Store a value, or each of several under path[0], path[1] …"""
        values = value if isinstance(value, (tuple, list)) else [value]
        number, key = 1, path
        while key in self.results or key + "[0]" in self.results:
            number += 1
            key = "%s#%d" % (path, number)
        for index, each in enumerate(values):
            kept = each if self._keep else hollow(each.shape)
            self.results[key if len(values) == 1 else "%s[%d]" % (key, index)] = kept


def hollow(shape):
    """Return an array of a shape that takes no memory."""
    return np.broadcast_to(np.float32(0), tuple(shape))


def watch_blocks(module, entry, recorder):
    """Wrap a file's block functions, so that what they return is recorded by their `name`."""
    for attribute, function in list(vars(module).items()):
        own = getattr(function, "__module__", None) == module.__name__
        if own and callable(function) and not isinstance(function, type) and attribute != entry:
            setattr(module, attribute, _watching(function, recorder))


def _watching(function, recorder):
    def wrapped(*arguments, **named):
        value = function(*arguments, **named)
        if "name" in named:
            recorder.put(named["name"], value)
        return value

    return wrapped


class MismatchError(Exception):
    """A file that runs, but has other parameters than its specification."""


def check_keys(expected, given):
    """Raise a MismatchError that lists what is missing or too much among parameter names."""
    missing, extra = sorted(set(expected) - set(given)), sorted(set(given) - set(expected))
    if missing or extra:
        raise MismatchError(
            "%d parameters of the file have no weights: %s; %d weights have no parameter: %s"
            % (len(missing), missing[:5], len(extra), extra[:5])
        )


def check_shape(name, expected, given):
    """Raise a MismatchError unless two shapes are equal."""
    if tuple(expected) != tuple(given):
        raise MismatchError("%s: shape %s, expected %s" % (name, tuple(given), tuple(expected)))


def renamed(parameters, names):
    """Return a reader's parameters under canonical names, those without one left out."""
    if names is None:
        return parameters
    return {names[name]: value for name, value in parameters.items() if name in names}


def parameters_of(layer, kinds):
    """Return {own: canonical} of a layer, {} of a block; a subclass is what it extends."""
    return next((names for kind, names in kinds.items() if isinstance(layer, kind)), {})


def layers_of(names):
    """Return {own layer: canonical layer} for {own parameter: canonical parameter}."""
    return {own.rpartition(".")[0]: new.rpartition(".")[0] for own, new in (names or {}).items()}

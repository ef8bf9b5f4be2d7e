"""What running a snippet has in common in all frameworks. Python 3.7, numpy alone."""

import numpy as np


def listed(result):
    """Return the results that a snippet left in `y`, one or several within one another."""
    if isinstance(result, (list, tuple)):
        return [leaf for each in result for leaf in listed(each)]
    return [result]


def parts(text):
    """Return what makes the layers of a snippet, and what calls them: a blank line stands between
    the two; without one nothing is made beforehand."""
    make, blank, call = text.partition("\n\n")
    return (make, call) if blank else ("", make)


def cotangent(shape, dtype, images):
    """Return what the gradients of a result start from: the same for a place in a picture
    whether its channels come first or last."""
    if images and len(shape) in (4, 5):
        count, channels, places = shape[0], shape[-1], tuple(shape[1:-1])
        first = cotangent((count, channels, *places), dtype, False)
        return np.moveaxis(first, 1, -1)
    return np.cos(np.arange(int(np.prod(shape, dtype=int)))).reshape(shape).astype(dtype)


def slices(given, how):
    """Return the inputs of every run, without the weights."""
    names = [name for name in given if name not in how.weights]
    if how.runs == 1:
        return [{name: given[name] for name in names}]
    return [{name: given[name][run] for name in names} for run in range(how.runs)]


def is_real(array):
    """Return whether an array holds real numbers, which have gradients."""
    return np.asarray(array).dtype.kind == "f"


def stacked(values):
    """Return the results of several runs as one list of results; those of one run as they are."""
    if len(values) == 1:
        return [np.asarray(each) for each in values[0]]
    return [np.stack([np.asarray(run[index]) for run in values]) for index in range(len(values[0]))]


def numbered(kind, arrays):
    """Return arrays by name: <kind>/<number>."""
    return {"%s/%d" % (kind, number): array for number, array in enumerate(arrays)}


def in_a_line(error):
    """Return what an error says in one line."""
    text = str(error).rpartition("Error Message Summary:")[2]
    return "%s: %s" % (type(error).__name__, " ".join(text.strip("- \n").split())[:300])

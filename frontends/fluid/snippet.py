"""Runs snippets of a reader's code in Paddle Fluid 1.8. Python 3.7."""

import numpy as np
import paddle
import paddle.fluid as fluid

from frontends.workers.snippets import (
    cotangent,
    in_a_line,
    is_real,
    listed,
    numbered,
    slices,
    stacked,
)


def execute(text, given, how):
    """Return the arrays that a snippet leaves, by name, and why there are no gradients."""
    main, startup = fluid.Program(), fluid.Program()
    main.random_seed = startup.random_seed = 1
    scope, names = fluid.scope_guard(fluid.Scope()), fluid.unique_name.guard()
    with scope, names, fluid.program_guard(main, startup):
        return _execute(text, given, how, main, startup)


def _execute(text, given, how, main, startup):
    executor = fluid.Executor(fluid.CPUPlace())
    if how.optimizer:
        return _steps(text, given, executor, main, startup), ""
    runs = slices(given, how)
    inputs = {name: _data(name, array) for name, array in runs[0].items()}
    space = {"fluid": fluid, "paddle": paddle, "np": np, **inputs}
    exec(text, space)
    results = listed(space["y"])
    executor.run(startup)
    trained = [each for each in main.all_parameters() if each.trainable]
    weights = dict(zip(how.weights, trained))
    for name, parameter in weights.items():
        _set(parameter, given[name])
    values = [executor.run(main, run, results) for run in runs]
    found = numbered("y", stacked(values))
    written = {name for op in main.global_block().ops for name in op.output_arg_names}
    kept = [each for each in main.all_parameters() if each.name in written]
    found.update(numbered("state", [_read(each) for each in kept]))
    try:
        if how.gradients and how.runs == 1:
            wanted = {n: v for n, v in inputs.items() if is_real(given[n])}
            wanted.update(weights)
            found.update(_gradients(executor, main, results, values[0], wanted, runs[0]))
    except Exception as error:
        return found, in_a_line(error)
    return found, ""


def _data(name, array):
    variable = fluid.data(name, list(array.shape), str(array.dtype))
    variable.stop_gradient = not is_real(array)
    return variable


def _tensor(variable):
    return fluid.global_scope().find_var(variable.name).get_tensor()


def _set(variable, array):
    _tensor(variable).set(array, fluid.CPUPlace())


def _read(variable):
    return np.array(_tensor(variable))


def _gradients(executor, main, results, values, wanted, run):
    pairs = [(r, np.asarray(v)) for r, v in zip(results, values) if is_real(v)]
    if not pairs:
        return {}
    starts = {"ct%d" % n: cotangent(v.shape, v.dtype, False) for n, (_, v) in enumerate(pairs)}
    fed = [fluid.data(name, list(array.shape), str(array.dtype)) for name, array in starts.items()]
    gradients = fluid.gradients([r for r, _ in pairs], list(wanted.values()), fed)
    kept = {n: g for n, g in zip(wanted, gradients) if g is not None}
    arrays = executor.run(main, {**run, **starts}, list(kept.values())) if kept else []
    return {"gradient/" + name: np.asarray(array) for name, array in zip(kept, arrays)}


def _steps(text, given, executor, main, startup):
    w = fluid.layers.create_parameter(list(given["w"].shape), str(given["w"].dtype), name="w")
    g = fluid.data("g", list(given["w"].shape), str(given["w"].dtype))
    space = {"fluid": fluid, "paddle": paddle, "np": np, "w": w}
    exec(text, space)
    space["optimizer"].minimize(fluid.layers.reduce_sum(w * g))
    executor.run(startup)
    _set(w, given["w"])
    found = []
    for gradient in given["g"]:
        executor.run(main, {"g": gradient})
        found.append(_read(w))
    return {"y/0": np.stack(found)}

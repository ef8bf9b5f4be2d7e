"""Fluid's own saving and loading of a written network: `fluid_files.py TODO ENTRY SHAPE`.

save: give its parameters other values and save them with every function that Fluid has. train: take
a step, save what is persistable. load: load `given` as the tutorial does, by a predicate, then
`given_combined` by its name; print how many there were, and whether both are the same. Then keep
the values in values.npz. Python 3.7.
"""

import json
import sys
from pathlib import Path

import numpy as np
import paddle.fluid as fluid
import written

todo, entry, shape = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
x = fluid.data("image", [None, *shape], "float32")
output = getattr(written, entry)(x)
program = fluid.default_main_program()
base = program.clone(for_test=True)
executor = fluid.Executor(fluid.CPUPlace())
if todo == "train":
    loss = fluid.layers.mean(output)
    fluid.optimizer.Momentum(0.1, 0.9).minimize(loss)
executor.run(fluid.default_startup_program())
names = sorted(
    v.name for v in base.list_vars() if v.persistable and v.name not in ("feed", "fetch")
)


def value(name):
    return fluid.global_scope().find_var(name).get_tensor()


feed = {"image": np.ones([2, *shape], "float32")}
if todo == "train":
    executor.run(program, feed=feed, fetch_list=[loss])
    fluid.io.save_persistables(executor, "persistables")
elif todo == "save":
    random = np.random.RandomState(0)
    for name in names:
        array = np.array(value(name))
        value(name).set(random.uniform(0.5, 1.5, array.shape).astype("float32"), fluid.CPUPlace())
    fluid.io.save_params(executor, "params")
    fluid.io.save_vars(executor, "vars", base, predicate=lambda v: v.name in names)
    fluid.io.save_params(executor, "combined", filename="all")
    fluid.io.save_inference_model("inference", ["image"], [output], executor)
else:

    def if_exist(var):
        return (Path("given") / var.name).exists()

    fluid.io.load_vars(executor, "given", base, predicate=if_exist)
    found = {name: np.array(value(name)) for name in names}
    fluid.io.load_params(executor, "combined", base, filename="given_combined")
    same = all(np.array_equal(found[name], np.array(value(name))) for name in names)
    exist = sum((Path("given") / name).exists() for name in names)
    print(json.dumps({"exist": exist, "same": same}))
np.savez("values.npz", **{name: np.array(value(name)) for name in names})

"""Run a library's own network in a process of its own: `run LIBRARY JSON`.

It takes our weights and writes outputs and gradients, or, asked to save, leaves files of them, or
of the weights that it was made with, and writes the output of these.
"""

import importlib
import json
import sys

from frontends.workers.arrays import ArrayReader, write_arrays


def main():
    options = json.loads(sys.argv[2])
    module = importlib.import_module(f"parity_tests.cases.programs.libraries.{sys.argv[1]}")
    network = module.Network(options["name"], options["dtype"], options["size"])
    with ArrayReader(options["given"]) as given:
        arrays = dict(given.items())
    x, cotangent = arrays.pop("input"), arrays.pop("cotangent", None)
    if options["saved"]:
        if arrays:
            network.load(arrays)
        network.save(options["saved"])
        found = {"output": network.outputs(x)}
    else:
        network.load(arrays)
        found = {"evaluate/output": network.outputs(x)}
        found["train/output"], slopes = network.gradients(x, cotangent)
        found.update((f"train/gradient/{name}", array) for name, array in slopes.items())
    write_arrays(options["out"], found)


if __name__ == "__main__":
    main()

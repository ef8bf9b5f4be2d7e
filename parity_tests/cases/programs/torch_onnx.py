"""Export written files to ONNX and run them without PyTorch: `torch_onnx OUT JSON`.

JSON: {name: [folder, entry, {own name: canonical}]}, a folder with written.py, weights.npz and
inputs.npz.
"""

import json
import sys
from functools import partial

import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator

from frontends.torch.runner import Runner
from frontends.workers.arrays import ArrayReader, ArrayWriter
from frontends.workers.protocol import NetworkFile, Observe
from frontends.workers.worker import load_module


def exported(folder, entry, names, dtype):
    """Return the path of a model file, and the input as an array."""
    file = NetworkFile(f"{folder}/written.py", entry, (), dtype, official_names=names)
    runner = Runner(file, partial(load_module, entry=entry), Observe(), None)
    with ArrayReader(f"{folder}/weights.npz") as arrays:
        runner.assign(arrays)
    with ArrayReader(f"{folder}/inputs.npz") as given:
        x = torch.from_numpy(given.get("input").astype(dtype))
    path = f"{folder}/{dtype}.onnx"
    torch.onnx.export(runner._model.eval(), (x,), path, dynamo=True, verbose=False)
    return path, x.numpy()


def main():
    with ArrayWriter(sys.argv[1]) as out:
        for name, place in json.loads(sys.argv[2]).items():
            path, x = exported(*place, "float64")
            model = ReferenceEvaluator(path)
            out.put(f"{name}/float64", model.run(None, {model.input_names[0]: x})[0])
            path, x = exported(*place, "float32")
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            out.put(f"{name}/float32", session.run(None, {session.get_inputs()[0].name: x})[0])


if __name__ == "__main__":
    main()

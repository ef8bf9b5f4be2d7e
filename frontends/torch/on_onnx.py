"""The worker's side of ONNX Runtime: a network in PyTorch, exported, as an outside yardstick."""

import tempfile
from pathlib import Path

import onnxruntime
import torch

from frontends.torch import runner
from frontends.torch.runner import device_memory, device_name, matmul  # noqa: F401

onnxruntime.set_default_logger_severity(3)


def versions():
    """Return the versions of what runs here."""
    return {"onnxruntime": onnxruntime.__version__, **runner.versions()}


def settings():
    """Return what ONNX Runtime is told of threads."""
    return {"threads": str(torch.get_num_threads()), "inter-op threads": "1"}


class Runner(runner.Runner):
    """A network of PyTorch that ONNX Runtime runs, in inference."""

    def stepper(self, inputs):
        """Return a function that takes one step and gives (output, None)."""
        if self._step.mode != "inference":
            raise ValueError("ONNX Runtime is timed in inference alone")
        x, options = self._in(inputs, "input"), onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "network.onnx")
            torch.onnx.export(self._model.eval(), (x,), path, verbose=False)
            session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        given = {session.get_inputs()[0].name: x.numpy()}
        return lambda: (session.run(None, given)[0], None)

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return result[0]

"""paddle.vision's networks."""

import paddle
from paddle.vision import models


class Network:
    def __init__(self, name, dtype, size):
        paddle.set_default_dtype(dtype)
        paddle.seed(1)
        self._network = getattr(models, name)()

    def load(self, weights):
        given = {name: paddle.to_tensor(array) for name, array in weights.items()}
        missing, extra = self._network.set_state_dict(given)
        assert not missing and not extra, (missing, extra)

    def gradients(self, x, cotangent):
        """Return the output with batch statistics, and {parameter: gradient}."""
        output = self._run(x, True)
        (output * paddle.to_tensor(cotangent)).sum().backward()
        trained = {n: p for n, p in self._network.named_parameters() if not p.stop_gradient}
        return output.numpy(), {name: tensor.grad.numpy() for name, tensor in trained.items()}

    def outputs(self, x):
        with paddle.no_grad():
            return self._run(x, False).numpy()

    def save(self, folder):
        paddle.save(self._network.state_dict(), f"{folder}/weights.pdparams")

    def _run(self, x, training):
        if training:
            self._network.train()
        else:
            self._network.eval()
        return self._network(paddle.to_tensor(x, stop_gradient=False))

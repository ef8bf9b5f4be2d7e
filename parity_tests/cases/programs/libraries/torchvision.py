"""torchvision's networks."""

import sys
import types

import torch

# torchvision's compiled ops need the very build of torch that they were made for; its networks,
# which are all that is wanted here, do not.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("not needed")
from torchvision import models  # noqa: E402 - not before the line above


class Network:
    def __init__(self, name, dtype, size):
        torch.set_default_dtype(getattr(torch, dtype))
        torch.manual_seed(1)
        self._network = getattr(models, name)()

    def load(self, weights):
        given = {name: torch.from_numpy(array) for name, array in weights.items()}
        missing, extra = self._network.load_state_dict(given, strict=False)
        assert all(name.endswith("num_batches_tracked") for name in missing), missing
        assert not extra, extra

    def gradients(self, x, cotangent):
        """Return the output with batch statistics, and {parameter: gradient}."""
        self._network.train()
        output = self._network(torch.from_numpy(x))
        (output * torch.from_numpy(cotangent)).sum().backward()
        found = {name: tensor.grad.numpy() for name, tensor in self._network.named_parameters()}
        return output.detach().numpy(), found

    def outputs(self, x):
        self._network.eval()
        with torch.no_grad():
            return self._network(torch.from_numpy(x)).numpy()

    def save(self, folder):
        torch.save(self._network.state_dict(), f"{folder}/weights.pth")

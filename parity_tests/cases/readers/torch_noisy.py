"""A network whose file says much: nothing of it may meet what the worker answers."""

import os
import subprocess
import sys

from torch import nn

LIKE_ANSWERS = "".join(
    '{"number": %d, "kind": "Parameters", "message": {"tensors": {}}}\n' % number
    for number in range(100)
)
assert sys.stdin.read() == ""
print(LIKE_ANSWERS)
print("." * 1_000_000)
for descriptor in (1, 2):
    os.write(descriptor, LIKE_ANSWERS.encode())
print(LIKE_ANSWERS, file=sys.__stdout__, flush=True)
print(LIKE_ANSWERS, file=sys.__stderr__, flush=True)
subprocess.run(["echo", LIKE_ANSWERS], check=True)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(x)

from pathlib import Path
from torch import nn

assert Path(__file__).with_name("layers_of_mine.py").exists(), (
    "what lies beside this file is not found"
)


def net():
    return nn.Sequential(nn.Linear(4, 3))

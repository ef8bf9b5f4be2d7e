"""Data sets by name or by path, and their batches."""

from __future__ import annotations

from common.datasets.dataset import Dataset, Scaling, Split
from common.datasets.loading import load
from common.datasets.mnist import COUNT, mnist_test

__all__ = ["COUNT", "Dataset", "Scaling", "Split", "load", "mnist_test"]

"""Time what has been proved the same: `python -m benchmarks.run`."""

from common import signals as signals  # before all else

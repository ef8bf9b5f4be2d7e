"""Time what has been proved the same: `python -m benchmarks.run`."""

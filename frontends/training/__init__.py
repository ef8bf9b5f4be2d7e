"""Training in several panels at once: from the same weights, on the same batches."""

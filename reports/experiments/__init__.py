"""The experiments of the sources: run in parts that are recorded one by one, and shown."""

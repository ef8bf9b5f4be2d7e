"""The sources' experiments: their data, their measures, their records and pages, and small runs."""

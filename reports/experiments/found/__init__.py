"""What the records of experiments show: verdicts, tables, drawings."""

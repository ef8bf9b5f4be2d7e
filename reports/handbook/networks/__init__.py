"""The handbook's pages of networks: code in columns, rows are steps."""

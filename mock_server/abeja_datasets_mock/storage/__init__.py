"""The data on SQLite, and the index of `q`."""

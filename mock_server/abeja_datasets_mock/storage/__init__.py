"""The data: SQLite, and the index that `q` is answered from."""

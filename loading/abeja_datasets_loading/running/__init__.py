"""A run from its beginning to its end, with Ctrl-C."""

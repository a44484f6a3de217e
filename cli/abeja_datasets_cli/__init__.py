"""The command `abeja-datasets` and the pytest plugins."""

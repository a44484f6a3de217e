"""`abeja-datasets import`: the command, and the steps of an import."""

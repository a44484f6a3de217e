"""Faults: the command `fault-proxy`, and the help that lists the faults."""

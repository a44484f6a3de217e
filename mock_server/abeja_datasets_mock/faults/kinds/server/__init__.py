"""Kinds of faults in the server."""

"""Kinds of faults on the wire."""

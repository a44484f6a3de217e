"""Fuzzing a server with schemathesis, which reads the document itself."""

from .run import PHASES, Counts, Report, fuzz

__all__ = ["PHASES", "Counts", "Report", "fuzz"]

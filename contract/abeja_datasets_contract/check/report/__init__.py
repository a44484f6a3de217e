"""The reports of a check: for a person, a browser, a CI server, a program, and whoever wants to see the traffic."""

from .files import write

__all__ = ["write"]

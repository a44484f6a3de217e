"""The reports of a check: for a person, a browser, a CI server, and a program, and the traffic."""

from .files import write

__all__ = ["write"]

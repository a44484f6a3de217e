"""What a command says when Ctrl-C ends it."""

import shlex
import sys
from typing import Final

INTERRUPTED: Final = 130
"""The exit code."""


def message() -> str:
    """Return what happened, with the command that goes on."""
    return f"interrupted; {again()}"


def again() -> str:
    """Return how to run the command again."""
    return f"to go on, run again: {shlex.join(['abeja-datasets', *sys.argv[1:]])}"

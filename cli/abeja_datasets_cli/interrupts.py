"""What a command says when Ctrl-C ends it."""

import os
import select
import shlex
import signal
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


def terminal_line() -> str:
    """Return a line of standard input, a terminal; nothing at its end.

    `input()` misses a Ctrl-C that comes between its last look for signals and its read, and waits for a key. Here the
    signal itself ends the waiting, since its handler writes into a pipe.
    """
    if sys.platform != "win32":
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        earlier = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            select.select([sys.stdin, reader], [], [])
        finally:
            signal.set_wakeup_fd(earlier)
            os.close(reader)
            os.close(writer)
    return sys.stdin.readline()

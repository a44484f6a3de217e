"""Run a program in a process group of its own, and end all of it when this process is interrupted."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 5
"""Seconds that a program has to clean up, and to end its own children, such as the servers of tests."""


def end_like_ctrl_c() -> None:
    """Make SIGTERM and SIGHUP a KeyboardInterrupt, which cleans up. A second one does not disturb the cleaning up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _ENDING:
        # nohup ignores SIGHUP, and that is to stay so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def run(words: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a program; return its exit code and what it printed.

    Raises:
        OSError: it can't be started.
    """
    process = None
    try:
        with _held_back():
            process = subprocess.Popen(  # noqa: S603 - our own commands
                words, cwd=cwd, env=environment, text=True, process_group=0,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        out, err = process.communicate()
    except BaseException:
        if process is not None:
            with process:
                _end(process)
        raise
    return process.returncode, out, err


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Hold signals back until a program that starts is known: it would go on alone."""
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *_ENDING)}
    caught = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in caught:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in caught.items():
            signal.signal(number, handler)
        for each in came[:1]:
            signal.raise_signal(each)


def _end(process: "subprocess.Popen[str]") -> None:
    """End a program and its children: first as Ctrl-C does, then by force."""
    try:
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=_PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

"""The options, messages and log lines that `mock` and `fault-proxy` share."""

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from abeja_datasets_cli.commands import COMMANDS
from abeja_datasets_cli.extras import explain

if TYPE_CHECKING:
    from abeja_datasets_mock.faults import Applied

FILE = click.Path(path_type=Path, dir_okay=False)
EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)
PORT = click.IntRange(0, 65535)
_EXTRAS = COMMANDS["mock"].extras
ADMIN_TOKEN = "ABEJA_DATASETS_MOCK_ADMIN_TOKEN"


class Unusable(click.ClickException):
    """A program can't start; the message is one line.

    Args:
        message: the line.
        form: "json" for an object with the message.
    """

    exit_code = 2

    def __init__(self, message: str, form: str | None = None) -> None:
        super().__init__(message)
        self._form = form

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to stderr."""
        if self._form != "json":
            super().show(file)
            return
        from abeja_datasets_mock.http.logs import error_line

        log(error_line(self.message))


def finite(_context: click.Context, _parameter: click.Parameter, value: float | None) -> float | None:
    """Check that a number, if it is passed, is finite: click's ranges accept "nan" and "inf"."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


@contextlib.contextmanager
def explained(program: str, form: str | None = None) -> Iterator[None]:
    """Turn the errors of a program that starts into one line and the exit code 2.

    Args:
        program: its name in messages, such as "the server".
        form: "json" for all log lines as JSON.
    """
    try:
        from abeja_datasets_mock import UnusableDatabase
        from abeja_datasets_mock.program import CannotListen
    except ModuleNotFoundError as error:
        raise Unusable(f"{program} {explain(error, _EXTRAS)}") from error
    if form == "json":
        from abeja_datasets_mock.http.logs import write_json

        write_json()
    try:
        yield
    except OSError as error:
        raise Unusable(f"{error.filename}: {error.strerror}" if error.filename else str(error), form) from error
    except (UnusableDatabase, CannotListen, ValueError) as error:
        raise Unusable(str(error), form) from error


def admin_token(path: Path | None) -> str | None:
    """Return the token of the admin route, from a file or else the environment; None closes the route.

    Raises:
        ValueError: the file has no token.
        OSError: the file can't be read.
    """
    if path is None:
        return os.environ.get(ADMIN_TOKEN) or None
    try:
        token = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not UTF-8; write the token as UTF-8 text") from None
    if not token:
        raise ValueError(f"{path}: has no token; write one into it")
    return token


def fault_line(record: "Applied", form: str | None) -> str:
    """Return the log line of a fault that struck, with its request."""
    if form != "json":
        return f"fault: {record}"
    from abeja_datasets_mock.http.logs import json_line

    return json_line(fault=record.as_json())


def log(line: str) -> None:
    """Write a line to stderr. A closed stderr does not end the program."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)

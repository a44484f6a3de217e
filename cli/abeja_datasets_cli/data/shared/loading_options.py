"""The options of the commands that read, load or delete many items: how to go on, how fast, and what to show."""

import functools
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeVar

import click

from abeja_datasets_cli.shared import finite

_FASTEST: Final = 1_000_000_000
_Command = TypeVar("_Command", bound=Callable[..., Any])


class Errors(NamedTuple):
    """What to do where rows are rejected."""

    on_error: Literal["continue", "stop"]
    max_errors: int | None

    def stopped_by(self, rejected: int) -> str | None:
        """Return the option that ends a command after so many rejected rows; None where it goes on."""
        if rejected and self.on_error == "stop":
            return "--on-error stop"
        return "--max-errors" if self.max_errors is not None and rejected > self.max_errors else None


class How(NamedTuple):
    """How to load."""

    errors: Errors
    rate: float | None
    concurrency: int
    on_progress: Literal[False] | None

    @property
    def options(self) -> dict[str, Any]:
        """The options of `create_items` and its like."""
        return {
            "rate": self.rate,
            "concurrency": self.concurrency,
            "on_error": self.errors.on_error,
            "max_errors": self.errors.max_errors,
            "on_progress": self.on_progress,
        }


def rate_option(text: str) -> Callable[[_Command], _Command]:
    """Return the option `--rate`, given its help."""
    kind = click.FloatRange(0, _FASTEST, min_open=True)
    return click.option("--rate", type=kind, callback=finite, metavar="N", help=text)


_ERRORS: Final = (
    click.option(
        "--on-error", type=click.Choice(["continue", "stop"]), default="continue", show_default=True,
        help="What to do when a row is rejected: go on with the others, or stop.",
    ),
    click.option("--max-errors", type=click.IntRange(min=0), metavar="N", help="Stop when more rows are rejected."),
)  # fmt: skip
_SPEED: Final = (
    rate_option("The most requests a second."),
    click.option(
        "--concurrency", type=click.IntRange(min=1), default=64, show_default=True, help="The most requests at once."
    ),
)


def with_progress(command: _Command) -> _Command:
    """Add `--no-progress` to a command, and pass it on as `on_progress`: False, or None for a bar or lines."""

    @functools.wraps(command)
    def run(*args: Any, no_progress: bool, **options: Any) -> Any:
        return command(*args, on_progress=False if no_progress else None, **options)

    made: _Command = _with(run, click.option("--no-progress", is_flag=True, help="Show no progress."))
    return made


def with_errors(command: _Command) -> _Command:
    """Add `--on-error` and `--max-errors` to a command, and pass them on as `errors`."""

    @functools.wraps(command)
    def run(*args: Any, on_error: Any, max_errors: int | None, **options: Any) -> Any:
        return command(*args, errors=Errors(on_error, max_errors), **options)

    made: _Command = _with(run, *_ERRORS)
    return made


def with_loading(command: _Command) -> _Command:
    """Add all of these options to a command, and pass them on as `how`."""

    @with_progress
    @functools.wraps(command)
    def run(*args: Any, errors: Errors, rate: float | None, concurrency: int, on_progress: Any, **options: Any) -> Any:
        return command(*args, how=How(errors, rate, concurrency, on_progress), **options)

    made: _Command = with_errors(_with(run, *_SPEED))
    return made


def _with(command: Callable[..., Any], *options: Callable[..., Any]) -> Any:
    for option in reversed(options):
        command = option(command)
    return command

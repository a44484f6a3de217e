"""The command `abeja-datasets`, whose subcommands load when they are called."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any, Final, TextIO

import click

from abeja_datasets_cli.commands import COMMANDS
from abeja_datasets_cli.interrupts import INTERRUPTED, message

CLOSED_PIPE: Final = 141
"""The exit code that shells report where a closed pipe ends a program: 128 + SIGPIPE."""


class _LazyGroup(click.Group):
    """A group that imports a subcommand's module when that subcommand is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the list of commands. It needs none of their modules, which take most of the time to load."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in sorted(COMMANDS)])

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the words before the subcommand, and do what `--help` and `--version` ask for."""
        with _ended_quietly():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        with _ended_quietly():
            result = super().invoke(ctx)
            _flush()
        return result


@contextlib.contextmanager
def _ended_quietly() -> Iterator[None]:
    """End with the exit code 141 where a pipe is closed, and with 130 after a Ctrl-C that nothing handled."""
    try:
        yield
    except BrokenPipeError:
        discard_output()
        raise click.exceptions.Exit(CLOSED_PIPE) from None
    except click.ClickException as said:
        from abeja_datasets_cli.terminal import safe

        said.message = safe(said.message)  # type: ignore[misc]  # as below
        raise
    except KeyboardInterrupt:
        failure = click.ClickException(message())
        failure.exit_code = INTERRUPTED  # type: ignore[misc]  # click reads it of the instance
        raise failure from None


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        failure = click.ClickException(f"standard output: {error.strerror or error}")
        failure.exit_code = click.UsageError.exit_code  # type: ignore[misc]  # as above
        raise failure from error


def discard_output(*streams: TextIO) -> None:
    """Connect streams, by default stdout, to nothing, since Python flushes them once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams or (sys.stdout,):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from abeja_datasets import __version__

        click.echo(f"abeja-datasets {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def main(**_options: Any) -> None:
    """Tools for the ABEJA Dataset API. `abeja-datasets COMMAND --help` describes each."""

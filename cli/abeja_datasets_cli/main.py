"""The command `abeja-datasets`, whose subcommands load when they are called."""

import importlib
import os
import sys
from typing import Any, Final

import click

from abeja_datasets_cli.commands import COMMANDS
from abeja_datasets_cli.interrupts import INTERRUPTED, message

_WRONG_USE: Final = 2
_CLOSED_PIPE: Final = 141
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

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand. Ctrl-C while its module loads, or where it is not handled, ends with exit code 130."""
        try:
            result = super().invoke(ctx)
            _flush()
        except BrokenPipeError:
            discard_output()
            ctx.exit(_CLOSED_PIPE)
        except click.ClickException as said:
            from abeja_datasets_cli.terminal import safe

            said.message = safe(said.message)  # type: ignore[misc]  # as below
            raise
        except KeyboardInterrupt:
            failure = click.ClickException(message())
            failure.exit_code = INTERRUPTED  # type: ignore[misc]  # click reads it of the instance
            raise failure from None
        return result


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        failure = click.ClickException(f"standard output: {error.strerror or error}")
        failure.exit_code = _WRONG_USE  # type: ignore[misc]  # as above
        raise failure from error


def discard_output() -> None:
    """Connect stdout to nothing, since Python flushes it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
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

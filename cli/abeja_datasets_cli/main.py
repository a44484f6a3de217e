"""`abeja-datasets`: the one command, whose subcommands load when they are called."""

import importlib
from typing import Any

import click

# By name: the module of ours and the command in it.
_COMMANDS = {
    "check": "abeja_datasets_cli.check:check",
    "diff": "abeja_datasets_cli.diff:diff",
    "doctor": "abeja_datasets_cli.doctor.command:doctor",
    "fault-proxy": "abeja_datasets_cli.fault_proxy:fault_proxy",
    "mock": "abeja_datasets_cli.mock:mock",
}


class _LazyGroup(click.Group):
    """A group that imports a subcommand's module when that subcommand, or its help, is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from abeja_datasets import __version__

        click.echo(f"abeja-datasets {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show it.")
def main(**_options: Any) -> None:
    """Tools around the ABEJA Dataset API. `abeja-datasets COMMAND --help` tells of each."""

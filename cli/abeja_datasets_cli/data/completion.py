"""`abeja-datasets completion`: what makes a shell complete the commands."""

import click
from click.shell_completion import get_completion_class


@click.command(epilog='\b\nExample:\n  eval "$(abeja-datasets completion bash)"     in ~/.bashrc')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands and options."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has these three
    click.echo(kind(context.find_root().command, {}, "abeja-datasets", "_ABEJA_DATASETS_COMPLETE").source())

"""The message for an extra that is not installed. This module needs none itself."""

import importlib
import sys

from abeja_datasets_cli.commands import COMMANDS

WRONG_USE = 2


def explain(error: ModuleNotFoundError, extras: str) -> str:
    """Return which module is missing, and what installs it, on one line.

    Args:
        error: what the import raised.
        extras: the extras that hold all that is needed, such as "mock,cli".
    """
    return f"needs {error.name}, which is not installed: pip install 'abeja-datasets[{extras}]'"


def require(command: str, *modules: str) -> None:
    """Import modules that a subcommand needs; exit with one line where one is missing.

    Args:
        command: the name of the subcommand.
        modules: the modules.
    """
    try:
        for name in modules:
            importlib.import_module(name)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"abeja-datasets {command}: {explain(error, COMMANDS[command].extras)}\n")
        raise SystemExit(WRONG_USE) from None

"""The command line for a next step, made of the options of the command that runs."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

_OF_ONE_RUN: Final = frozenset({"files", "dataset_id", "name", "dry_run", "is_status", "journal", "rejected"})


def import_of(paths: Iterable[Path], dataset_id: Any) -> str:
    """Return the command that imports other files into a dataset, with the options of the import that runs."""
    context = click.get_current_context()
    given = [
        parameter
        for parameter in context.command.params
        if parameter.name not in _OF_ONE_RUN
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    ]
    options = [word for each in given for word in _words(each, context.params[str(each.name)])]
    files = [f"./{path}" if str(path).startswith("-") else str(path) for path in paths]
    return shlex.join(["abeja-datasets", "import", *files, "--dataset", str(dataset_id), *options])


def _words(parameter: click.Parameter, value: Any) -> Iterator[str]:
    for each in value if parameter.multiple else (value,):
        yield parameter.opts[0]
        if not getattr(parameter, "is_flag", False):
            yield str(each)

"""The page of the command line, from the commands themselves: what `--help` prints, with a table of the options."""

import re
from collections.abc import Iterator
from textwrap import dedent
from typing import Final

import click
from docs.site.making import table

from abeja_datasets_cli.main import main

_PROGRAM: Final = "abeja-datasets"
_WIDTH: Final = 84
_PARAGRAPHS: Final = re.compile(r"\n\s*\n")
_VERBATIM: Final = "\b\n"
_CODE: Final = re.compile(r"(?<![\w`-])(--?[a-z][\w-]*|\w+_\w*)(?![\w`])")
"""What Markdown should show as code: options, variables and fields."""


def commands() -> str:
    """Return a section for each command and subcommand, in Markdown."""
    return "\n\n".join(_sections(main, click.Context(main, info_name=_PROGRAM), ()))


def _sections(command: click.Command, context: click.Context, words: tuple[str, ...]) -> Iterator[str]:
    yield f"{'#' * (2 + max(0, len(words) - 1))} {' '.join((_PROGRAM, *words))}"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```"
    yield from _prose(command.help or "")
    if rows := [*_options(command, context)]:
        yield table(("option", "meaning"), rows)
    yield from _epilog(command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found and not found.hidden:
                yield from _sections(found, click.Context(found, info_name=name, parent=context), (*words, name))


def _prose(text: str) -> Iterator[str]:
    for paragraph in _PARAGRAPHS.split(text.strip()):
        if paragraph.startswith(_VERBATIM):
            yield f"```text\n{paragraph.removeprefix(_VERBATIM)}\n```"
        else:
            yield _marked(" ".join(paragraph.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        names, meaning = parameter.get_help_record(context) or ("", "")
        if meaning and "--help" not in parameter.opts:
            yield f"`{names}`", _marked(meaning)


def _epilog(command: click.Command, context: click.Context) -> Iterator[str]:
    """Return what stands below the options, which some commands write by code."""
    formatter = click.HelpFormatter(width=_WIDTH)
    command.format_epilog(context, formatter)
    if text := dedent(formatter.getvalue()).strip("\n"):
        yield f"```text\n{text}\n```"


def _marked(text: str) -> str:
    """Return a text of the help with its options, variables and fields as code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _CODE.sub(r"`\1`", _escaped(part)) for part in parts)


def _escaped(text: str) -> str:
    return text.replace("<", "\\<").replace("*", "\\*").replace("[", "\\[")

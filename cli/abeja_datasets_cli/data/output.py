"""The one layer of output: data on stdout, everything else on stderr."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

FORMATS: Final = ("auto", "table", "json", "jsonl", "csv", "ids")
_LONGEST_CELL: Final = 60
_MOST_NOTES: Final = 20
_Write = Callable[[Iterable[Mapping[str, Any]], Sequence[str]], None]
_Command = TypeVar("_Command", bound=Callable[..., Any])


def format_option(command: _Command) -> _Command:
    """Add `--format` to a command."""
    option = click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="auto",
        show_default=True,
        help="auto: a table on a terminal, JSON lines in a pipe. ids: one id a line.",
    )
    return option(command)


def show(records: Iterable[Mapping[str, Any]], form: str, columns: Sequence[str]) -> None:
    """Write records to stdout.

    Args:
        records: what to write.
        form: one of `FORMATS`.
        columns: of a table and of CSV; the first is the id.
    """
    if form == "auto":
        form = "table" if sys.stdout.isatty() else "jsonl"
    _WRITERS[form](records, columns)


def note(text: str) -> None:
    """Write a line to stderr."""
    click.echo(text, err=True)


class Notes:
    """Writes the first lines of many to stderr, and counts all.

    Attributes:
        count: how many there were.
    """

    def __init__(self) -> None:
        self.count = 0

    def add(self, text: str) -> None:
        """Write a line, or count it."""
        self.count += 1
        if self.count <= _MOST_NOTES:
            note(text)

    def end(self) -> None:
        """Write how many lines were not shown."""
        if self.count > _MOST_NOTES:
            note(f"… and {self.count - _MOST_NOTES:,} more remarks")


def _jsonl(records: Iterable[Mapping[str, Any]], _columns: Sequence[str]) -> None:
    for record in records:
        click.echo(_text(record))


def _json(records: Iterable[Mapping[str, Any]], _columns: Sequence[str]) -> None:
    before = "[\n"
    for record in records:
        click.echo(before + _text(record), nl=False)
        before = ",\n"
    click.echo("[]" if before == "[\n" else "\n]")


def _ids(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    for record in records:
        click.echo(record[columns[0]])


def _csv(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(_value(record, column)) for column in columns])


def _table(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # The last part of a path such as source_data.0.data_uri is enough for a heading.
    table = Table(*(column.rpartition(".")[2] for column in columns), box=box.SIMPLE_HEAD, pad_edge=False)
    count = 0
    for record in records:
        # Text: what a server sends is never markup, and draws nothing on the terminal.
        table.add_row(*(Text(_shortened(_cell(_value(record, column)))) for column in columns))
        count += 1
    if count:
        Console().print(table)


_WRITERS: Final[dict[str, _Write]] = {
    "jsonl": _jsonl,
    "json": _json,
    "ids": _ids,
    "csv": _csv,
    "table": _table,
}


def _text(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return json.dumps(record)
    return text


def _value(record: Mapping[str, Any], column: str) -> Any:
    """Return a value by a path such as `source_data.0.data_uri`."""
    value: Any = record
    for part in column.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shortened(text: str) -> str:
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return plain if len(plain) <= _LONGEST_CELL else f"{plain[: _LONGEST_CELL - 1]}…"

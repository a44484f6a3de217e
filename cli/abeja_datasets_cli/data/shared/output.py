"""The one layer of output: data on stdout, everything else on stderr."""

import contextlib
import csv
import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from abeja_datasets_cli.terminal import safe, safe_json

FORMATS: Final = ("auto", "table", "json", "jsonl", "csv", "ids")
_LONGEST_CELL: Final = 60
_JOINERS: Final = re.compile("[\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}]")
_MARK: Final = "\N{REPLACEMENT CHARACTER}"
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


def limit_option(what: str) -> Callable[[_Command], _Command]:
    """Return the option `--limit`, given the end of its help."""
    return click.option("--limit", type=click.IntRange(1, sys.maxsize), metavar="N", help=f"The most {what}")


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
    click.echo(_encodable(safe(text), sys.stderr), err=True)


def say(text: str) -> None:
    """Write a line for a person to stdout."""
    _write(_encodable(safe(text), sys.stdout))


def _write(text: str, end: str = "\n") -> None:
    with _named():
        click.echo(f"{text}{end}", nl=False)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Name standard output in an error of writing to it."""
    try:
        yield
    except OSError as error:
        error.filename = "standard output"
        raise


def _encodable(text: str, stream: Any) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


class Notes:
    """Writes the first lines of many to stderr, and counts all.

    Attributes:
        count: how many there were.
        losses: how many of them say what is lost.
    """

    def __init__(self) -> None:
        self.count = self.losses = 0

    def add(self, text: str, *, is_loss: bool = True) -> None:
        """Write a line, or count it."""
        self.count += 1
        self.losses += is_loss
        if self.count <= _MOST_NOTES:
            note(text)

    def end(self) -> None:
        """Write how many lines were not shown."""
        if self.count > _MOST_NOTES:
            note(f"… and {self.count - _MOST_NOTES:,} more remarks")


def _jsonl(records: Iterable[Mapping[str, Any]], _columns: Sequence[str]) -> None:
    for record in records:
        _write(_text(record))


def _json(records: Iterable[Mapping[str, Any]], _columns: Sequence[str]) -> None:
    before = "[\n"
    for record in records:
        _write(before + _text(record), "")
        before = ",\n"
    _write("[]" if before == "[\n" else "\n]")


def _ids(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    for record in records:
        _write(_on_terminal(str(record[columns[0]]), safe))


def _csv(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    rows = ([_on_terminal(_cell(_value(record, column)), safe) for column in columns] for record in records)
    for row in itertools.chain([columns], rows):
        writer.writerow(row)
        _write(line.getvalue(), "")
        line.seek(0)
        line.truncate()


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
        console = Console()
        with _named(), console.capture() as drawn:  # rich writes to the output even then: nothing
            console.print(table)
        _write(_encodable(drawn.get(), sys.stdout), "")


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
    return _on_terminal(text, safe_json)


def _on_terminal(text: str, escape: Callable[[str], str]) -> str:
    """Return data with its control characters escaped on a terminal, and as it is elsewhere."""
    return escape(text) if sys.stdout.isatty() else text


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
    # Terminals differ in the width of what joiners join.
    plain = safe(_JOINERS.sub("", text), _MARK).replace("\n", _MARK)
    return plain if len(plain) <= _LONGEST_CELL else f"{plain[: _LONGEST_CELL - 1]}…"

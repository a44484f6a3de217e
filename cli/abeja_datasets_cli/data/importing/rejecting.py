"""The file of rejected rows: in the input's own format, with the reasons, ready to be imported again."""

import itertools
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from abeja_datasets_cli.data.importing import commands_again
from abeja_datasets_cli.data.shared import keeping
from abeja_datasets_cli.data.shared.inputs import Input
from abeja_datasets_cli.data.shared.output import note

if TYPE_CHECKING:
    from abeja_datasets_loading.formats.model import Record

_COPIED: Final = frozenset({".xml", ".yaml", ".yml"})
"""Formats of several files: what is rejected is a folder, also where the input is one file."""


class Places(NamedTuple):
    """Where rejected rows go."""

    book: Path
    """The journal, beside which they go where the input's folder can't be written."""
    given: Path | None
    """`--rejected`, for a single input file."""

    def of(self, file: Path, count: int) -> Path:
        """Return the place for the rejected rows of an input file, of so many."""
        from abeja_datasets_loading.formats.sources.text import STDIN_COPY

        if self.given is not None and count == 1:
            return self.given
        if file.name == STDIN_COPY:
            return self.book.with_name(f"{self.book.name}.rejected")
        file = Path(os.path.abspath(file))  # noqa: PTH100 - resolve() would follow links
        if file.suffix.lower() == ".gz" and not file.is_dir():
            file = file.with_suffix("")  # what is rejected is not packed
        suffix = "" if file.suffix.lower() in _COPIED or file.is_dir() else file.suffix
        folder = file.parent if os.access(file.parent, os.W_OK) else self.book.parent
        stem = file.name.removesuffix(file.suffix) if suffix or not file.is_dir() else file.name
        return Path(os.path.relpath(folder / f"{stem}.rejected{suffix}"))


def report(given: Input, rejected: Iterable[tuple[int, str]], places: Places, dataset_id: Any) -> None:
    """Write the rejected rows of a run, a file for each input file, and say where they are and how to import them.

    Args:
        given: the input.
        rejected: the indexes of the rows, in their order, each with the reason.
        places: where to write.
        dataset_id: of the dataset that the rows are for.
    """
    written = []
    for file, records in itertools.groupby(_records(given, iter(rejected)), lambda each: each[0]):
        target = places.of(Path(file), len(given.paths))
        path = keeping.put(target, partial(_write, file, (each[1:] for each in records), given))
        written.append(path)
        kept = "" if path == target else f" ({target} has other content, and stays as it is)"
        note(f"rejected rows: {path}{kept}")
    if written:
        note(f"correct them, then run: {commands_again.import_of(written, dataset_id)}")


def _write(file: str, records: "Iterator[tuple[Record, str]]", given: Input, target: Path) -> None:
    from abeja_datasets_loading.formats.rejected import write_rejected

    write_rejected(file, target, records, given.options, given.form)


def _records(given: Input, rejected: Iterator[tuple[int, str]]) -> "Iterator[tuple[str, Record, str]]":
    from abeja_datasets_loading.formats.model import Note, Rejected

    wanted = next(rejected, None)
    if wanted is None:
        return
    index = -1
    for file, record in given.records():
        if wanted is None:
            return
        if isinstance(record, Note):
            continue
        index += 1
        if index == wanted[0]:
            yield file, record, record.reason if isinstance(record, Rejected) else wanted[1]
            wanted = next(rejected, None)

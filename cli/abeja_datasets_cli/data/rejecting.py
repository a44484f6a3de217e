"""The file of rejected rows: in the input's own format, with the reasons, ready to be imported again."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abeja_datasets_cli.data.inputs import Input

if TYPE_CHECKING:
    from abeja_datasets_loading import Report
    from abeja_datasets_loading.formats.model import Record


def write(given: Input, report: "Report", path: Path | None) -> list[Path]:
    """Write the rejected rows of a run, a file for each input file; return the paths.

    Args:
        given: the input.
        report: of the run, whose indexes are those of the input.
        path: where to write; for several input files, and by default, a path beside each.
    """
    if not report.rejected:
        return []
    from abeja_datasets_loading.formats.rejected import write_rejected

    reasons = ((index, reason) for index, _, reason in report.iter_rejected())
    written = []
    for file, records in _by_file(_rejected(given, reasons)):
        target = path if path is not None and len(given.paths) == 1 else _beside(Path(file))
        write_rejected(file, target, records, given.options)
        written.append(target)
    return written


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.stem}.rejected{file.suffix}" if file.suffix else f"{file.name}.rejected")


def _rejected(given: Input, reasons: Iterator[tuple[int, str]]) -> "Iterator[tuple[str, Record, str]]":
    from abeja_datasets_loading.formats.model import Note, Rejected

    wanted = next(reasons, None)
    index = -1
    for file, record in given.records():
        if wanted is None:
            return
        if isinstance(record, Note):
            continue
        index += 1
        if index == wanted[0]:
            yield file, record, record.reason if isinstance(record, Rejected) else wanted[1]
            wanted = next(reasons, None)


def _by_file(found: "Iterable[tuple[str, Record, str]]") -> "Iterator[tuple[str, list[tuple[Any, str]]]]":
    current: str | None = None
    records: list[tuple[Any, str]] = []
    for file, record, reason in found:
        if current is not None and file != current:
            yield current, records
            records = []
        current = file
        records.append((record, reason))
    if current is not None:
        yield current, records

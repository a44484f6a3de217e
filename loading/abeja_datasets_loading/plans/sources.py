"""The source files of a plan: which file it is, how many rows it has, and whether it is the same still."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from abeja_datasets_loading.errors import PlanError, SourceChanged
from abeja_datasets_loading.formats.registry import of_items
from abeja_datasets_loading.plans.storage import explained, has_protocol, opened

FORMATS: Final = ("jsonl", "parquet", "csv", "json")
"""The formats that a source may have."""
_TAGS: Final = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
"""The properties that distinguish two files of one size, the best first, as the packages behind fsspec name them."""
_WILDCARDS: Final = frozenset("*?[")


class Stat(NamedTuple):
    """The value that changes when the file does."""

    size: int
    etag: str


class Source(NamedTuple):
    """A source file of a plan."""

    path: str
    size: int
    etag: str
    """That of an object; of a local file the time of its last change."""
    form: str
    """One of `FORMATS`."""
    is_seekable: bool
    """Whether a unit reads its own rows alone; else it reads the file from its start."""
    rows: int


def stat(path: str) -> Stat:
    """Return a value that changes when the file does.

    Raises:
        PlanError: it can't be found or read.
    """
    files, name = opened(path)
    try:
        with explained(path):
            files.invalidate_cache()
            info = files.info(name)
    except FileNotFoundError:
        raise PlanError(
            path, "there is no such source; pass the path of a file, or of files with *", "source"
        ) from None
    if info.get("type") == "directory":
        raise PlanError(path, f"is a folder; pass its files, as in {path.rstrip('/')}/*.parquet", "source")
    tag = next((info[key] for key in _TAGS if info.get(key) is not None), "")
    return Stat(int(info.get("size") or 0), repr(tag) if isinstance(tag, float) else str(tag).strip('"'))


def check_unchanged(source: Source) -> None:
    """Check that a source is the one that the plan was made of.

    Raises:
        SourceChanged: it has another size or etag, or is gone.
        PlanError: the storage can't be used.
    """
    try:
        found = stat(source.path)
    except PlanError as error:
        if error.kind == "source":
            raise SourceChanged(source.path, "the source is gone; put the file back") from None
        raise
    for name, old, new in (("size", source.size, found.size), ("etag", source.etag, found.etag)):
        if old != new:
            raise SourceChanged(
                source.path,
                f"the source has changed since the plan was made: its {name} is {new}, not {old}; put the old file "
                "back, or make a plan of the new one for a dataset of its own",
            )


def expanded(paths: Iterable[str]) -> Iterator[str]:
    """Iterate over the paths that are named: those with `*` are looked up, and sorted.

    Raises:
        PlanError: one is there twice, or no file matches it.
    """
    seen: set[str] = set()
    for path in paths:
        found = _matching(path) if _WILDCARDS & set(path) else [_absolute(path)]
        for each in found:
            if each in seen:
                raise PlanError(each, "the source is named twice; its rows would be created twice", "source")
            seen.add(each)
            yield each


def format_of(path: str, given: str | None) -> str:
    """Return the format of a source.

    Raises:
        PlanError: the name does not show it, or its rows can't be divided into units.
    """
    form = given or of_items(Path(path.lower().removesuffix(".gz")).suffix)
    if form not in FORMATS:
        raise PlanError(
            path,
            f"the format {form or 'of this name'} can't be divided into units; convert it first: "
            "abeja-datasets convert FILE rows.jsonl, or pass a format, one of " + ", ".join(FORMATS),
            "source",
        )
    return form


def _absolute(path: str) -> str:
    """Return a path that means the same in every process: a local one without its `file://`, but from the root."""
    files, name = opened(path)
    return name if has_protocol(files, "file") else str(files.unstrip_protocol(name))


def _matching(pattern: str) -> list[str]:
    files, name = opened(pattern)
    with explained(pattern):
        found = sorted(str(each) for each in files.glob(name))
    if not found:
        raise PlanError(pattern, "no file matches it", "source")
    return found if has_protocol(files, "file") else [str(files.unstrip_protocol(each)) for each in found]

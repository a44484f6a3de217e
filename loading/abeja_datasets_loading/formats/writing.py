"""Writing items as annotation files: whole, or not at all."""

import contextlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place
from abeja_datasets_loading.formats.parts import Part
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.sources.uris import check_sources
from abeja_datasets_loading.items.items import RESPONSE_KEYS

Item = Mapping[str, Any]
_LEFT_OUT: Final = "has no place in this format, and is left out"

_KNOWN: Final = RESPONSE_KEYS | {"source_data", "attributes"}
"""Keys of an item that each format holds, and those of a response, which no item is made with."""


class Writer(ABC):
    """Writes items into a new file or folder.

    Args:
        target: where the whole file or folder will be. What is written lies beside it until then.
        props: returns the props of the dataset; they are complete once all items were written.
        dataset_type: the type of the dataset, by which readers choose the list of an entry.
        voc_origin: 1 where Pascal VOC coordinates count from 1.
    """

    is_folder = False
    holds_all = False
    """Whether the format holds any key of an item."""

    def __init__(
        self,
        target: Path,
        props: Callable[[], Mapping[str, Any]],
        *,
        dataset_type: str | None = None,
        voc_origin: int = 0,
    ) -> None:
        self.props = props
        self.dataset_type = dataset_type
        self.voc_origin = voc_origin
        self._target = target
        self._part = _part(target, is_folder=self.is_folder)

    @property
    def path(self) -> Path:
        """Where to write."""
        return self._part.path

    def start(self) -> None:  # noqa: B027 - not each format has a beginning
        """Begin to write."""

    @abstractmethod
    def add(self, item: Item) -> Iterable[str]:
        """Write an item; return what of it the format can't hold."""

    @abstractmethod
    def finish(self) -> Iterable[str]:
        """Write what follows the items; return what of the dataset the format can't hold."""

    @abstractmethod
    def close(self) -> None:
        """Close the files."""

    def commit(self) -> None:
        """Put what was written in its place."""
        self._part.commit()

    def discard(self) -> None:
        """Remove what was written."""
        self._part.discard()


class LinesWriter(Writer):
    """Writes a text file."""

    _newline: str | None = "\n"
    _errors = "strict"

    def start(self) -> None:
        """Open the file."""
        self._text: IO[str] = self.path.open("w", encoding="utf-8", errors=self._errors, newline=self._newline)

    def close(self) -> None:
        """Close the file."""
        self._text.close()

    def finish(self) -> Iterable[str]:
        """Write nothing more."""
        return ()


class JsonTextWriter(LinesWriter):
    """Writes JSON. Half a surrogate pair, which UTF-8 has no form for, is escaped as JSON escapes it."""

    _errors = "backslashreplace"


def _part(target: Path, *, is_folder: bool) -> Part:
    place = Place(name_of(target))
    try:
        if is_folder:
            if target.exists() and (not target.is_dir() or any(target.iterdir())):
                raise FileRefused(place, "is there already; pass a new folder")
        elif target.is_dir():
            raise FileRefused(place, "is a folder; a file is needed")
        return Part(target, is_folder=is_folder)
    except OSError as error:
        raise FileRefused(place, error.strerror or str(error)) from error


def write_items(items: Iterable[Item], target: Path | str, make: Callable[[Path], Writer]) -> Iterator[Note]:
    """Write items, and iterate over remarks on what the format can't hold.

    The target is replaced only when all items are written. A failure leaves it as it was.

    Args:
        items: as the API has them.
        target: the file or folder.
        make: the writer's class, with all but its first argument.

    Raises:
        FileRefused: the target can't be written.
    """
    writer = make(Path(target))
    place = Place(name_of(target))
    with contextlib.ExitStack() as unless_whole:
        unless_whole.callback(writer.discard)
        with _refusing(place):
            writer.start()
            responses = Counter[str]()
            try:
                for number, item in enumerate(items):
                    responses.update(() if writer.holds_all else RESPONSE_KEYS & item.keys())
                    for text in _added(writer, item):
                        yield Note(place, f"item {number}: {text}")
                for lost in writer.finish():
                    yield Note(place, f"{lost} {_LEFT_OUT}")
            finally:
                writer.close()
            writer.commit()
        unless_whole.pop_all()
    if responses:
        yield Note(place, _of_responses(responses), is_loss=False)


def _of_responses(counts: Counter[str]) -> str:
    names = ", ".join(f"{key} ({count:,} times)" for key, count in sorted(counts.items()))
    return f"what the server makes itself has no place in this format, and is left out: {names}"


def _added(writer: Writer, item: Item) -> Iterator[str]:
    try:
        check_sources(item)
    except Invalid as error:
        yield f"{error.pointer}: {error.reason}; the item is left out"
        return
    others = [] if writer.holds_all else [key for key in item if key not in _KNOWN]
    for lost in (*writer.add(item), *others):
        yield f"{lost} {_LEFT_OUT}"


@contextlib.contextmanager
def _refusing(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileRefused(place, error.strerror or str(error)) from error

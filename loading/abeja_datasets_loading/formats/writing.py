"""Writing items as annotation files: whole, or not at all."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place
from abeja_datasets_loading.formats.parts import Part
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.sources.uris import check_sources
from abeja_datasets_loading.formats.values.geometry import ENTRY_KINDS, SIDES
from abeja_datasets_loading.formats.values.numbers import is_number
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
        voc_origin: 1 where Pascal VOC coordinates count from 1.
    """

    is_folder = False
    holds_all = False
    """Whether the format holds any key of an item."""

    def __init__(self, target: Path, props: Callable[[], Mapping[str, Any]], *, voc_origin: int = 0) -> None:
        self.props = props
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
            try:
                for number, item in enumerate(items):
                    for text in _added(writer, item):
                        yield Note(place, f"item {number}: {text}")
                for lost in writer.finish():
                    yield Note(place, f"{lost} {_LEFT_OUT}")
            finally:
                writer.close()
            writer.commit()
        unless_whole.pop_all()


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


def entries_of(item: Item) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the entries of an item's attributes, and the names of what is not a list of entries."""
    entries: list[dict[str, Any]] = []
    lost: list[str] = []
    for key, value in (item.get("attributes") or {}).items():
        found = [value] if key == "classification" and isinstance(value, Mapping) else value
        is_entries = key in ENTRY_KINDS and isinstance(found, list)
        if is_entries and all(isinstance(each, Mapping) and "label_id" in each for each in found):
            entries += map(dict, found)
        else:
            lost.append(f"attributes.{key}")
    return entries, lost


def source_of(item: Item) -> tuple[dict[str, Any], list[str]]:
    """Return the first source of an item, and the names of the others."""
    sources = item.get("source_data") or [{}]
    return dict(sources[0]), [f"source_data[{number}]" for number in range(1, len(sources))]


def box_of(entry: dict[str, Any]) -> tuple[Mapping[str, Any] | None, list[str]]:
    """Take the rect out of an entry; return it where its sides are numbers, and the names of what else it holds."""
    box = entry.pop("rect", None)
    if box is None:
        return None, []
    if not isinstance(box, Mapping) or not all(is_number(box.get(side)) for side in SIDES):
        return None, ["rect"]
    return box, [f"rect.{key}" for key in box if key not in SIDES]


class LabelNames:
    """The names of labels, by category and label id, from the props of a dataset and from entries."""

    def __init__(self, props: Mapping[str, Any]) -> None:
        self.labels: dict[tuple[int, int], dict[str, Any]] = {}
        self.add(props)

    def add(self, props: Mapping[str, Any]) -> None:
        """Take the labels of props."""
        for category in props.get("categories") or ():
            for label in category.get("labels") or ():
                self.labels[category["category_id"], label["label_id"]] = dict(label)

    def note(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the label of an entry, with the name that the entry has where the props have none."""
        label = self.labels.setdefault(
            (entry.get("category_id", 1), entry["label_id"]), {"label_id": entry["label_id"]}
        )
        if "label" in entry:
            label.setdefault("label", entry["label"])
        return label

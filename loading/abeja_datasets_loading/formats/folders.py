"""Image folders for classification: the class of an image is the first folder of its path."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.images import is_image
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.sources.tree import files_below, is_junk
from abeja_datasets_loading.formats.values.labels import NamedLabels

_SPLITS: Final = frozenset({"train", "val", "valid", "validation", "test"})


class FolderFiles:
    """The images below a folder of classes.

    Args:
        path: the folder.
        options: how to read it.

    Attributes:
        props: the props of a dataset for it. A class without images is a label too.

    Raises:
        FileRefused: it is not a folder, or has no folders of classes.
    """

    def __init__(self, path: Path | str, options: Options) -> None:
        self._root = Path(path)
        self._options = options
        place = Place(name_of(path))
        if not self._root.is_dir():
            raise FileRefused(place, "is not a folder" if self._root.exists() else "No such file or directory")
        try:
            self._classes = [
                each.name for each in sorted(self._root.iterdir()) if each.is_dir() and not is_junk(each.name)
            ]
        except OSError as error:
            raise FileRefused(place, error.strerror or str(error)) from error
        if not self._classes:
            raise FileRefused(place, "is a folder that has no folders; one for each class is needed, or a file")
        self._labels = NamedLabels(self._classes, options.props)
        self.props: dict[str, Any] = self._labels.props

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the images in the order of their names, with what is odd beside them."""
        for name in self._classes:
            if name.lower() in _SPLITS:
                text = "is read as a class; pass one of these folders where they are the splits of a dataset"
                yield Note(Place(name_of(self._root / name)), text)
        others: Counter[str] = Counter()
        for path in files_below(self._root):
            if path.is_symlink() and not path.exists():
                yield Rejected(Place(name_of(path)), "is a link to a file that is not there", path)
            elif is_image(path):
                yield self._record(path)
            else:
                others[path.suffix.lower() or "no suffix"] += 1
        for suffix, count in sorted(others.items()):
            yield Note(Place(name_of(self._root)), f"{count} files are no images, and are left out: {suffix}")

    def _record(self, path: Path) -> Record:
        place = Place(name_of(path))
        parts = path.relative_to(self._root).parts
        if len(parts) == 1:
            return Rejected(place, "lies in no folder of a class", path)
        try:
            uri = self._options.uris(Path(*parts).as_posix())
            entry = self._labels.entry(parts[0])
        except Invalid as error:
            return Rejected(place, error.reason, path)
        return Row(place, {"source_data": [{"data_uri": uri}], "attributes": {"classification": [entry]}}, path)

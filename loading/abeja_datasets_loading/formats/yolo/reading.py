"""YOLO: images, a label file beside each, and a `data.yaml` with the names (https://docs.ultralytics.com/datasets/)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.remarks import remarked
from abeja_datasets_loading.formats.sources import images
from abeja_datasets_loading.formats.sources.images import Size
from abeja_datasets_loading.formats.sources.text import TextSource, name_of
from abeja_datasets_loading.formats.sources.tree import files_below
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.labels import CATEGORY_ID
from abeja_datasets_loading.formats.yolo.config import YoloConfig, read_config
from abeja_datasets_loading.formats.yolo.label_files import label_of, labels_of
from abeja_datasets_loading.formats.yolo.labels import entry_of

_SPACES: Final = " \t\r"
_NO_IMAGE: Final = "there is no image for this label file; add it, or pass its path and size in --sizes FILE"


class _Image(NamedTuple):
    """An image and its label file, which may be absent."""

    path: Path
    label: Path
    name: str
    """Relative to the dataset's folder, or to that of its split."""


class YoloFiles:
    """The images of a `data.yaml`, or of a folder with `data.yaml` or `classes.txt` in it.

    Args:
        path: the file or folder.
        options: how to read it.

    Attributes:
        props: the props of a dataset for it.

    Raises:
        FileRefused: a file can't be read.
    """

    def __init__(self, path: Path | str, options: Options) -> None:
        self._options = options
        self._sizes = {} if options.sizes is None else images.read_sizes(options.sizes, options.encoding)
        self._config: YoloConfig = read_config(
            Path(os.path.normpath(path)), options.encoding, has_sizes=bool(self._sizes)
        )
        self.props: dict[str, Any] = self._config.props

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the images in the order of the splits, with what is odd beside them."""
        return remarked(self._records())

    def _records(self) -> Iterator[Record]:
        yield from self._config.notes
        labels = {labels_of(place) for place in self._config.splits if not place.is_file()}
        used: set[Path] = set()
        for image in self._images():
            used.add(image.label)
            if ".." not in image.label.parts:  # such an image is rejected
                labels.add(image.label.parent)
            size = self._size(image)
            yield self._record(image, size)
            if size is not None and size.is_turned:
                yield Note(Place(name_of(image.path)), "its EXIF orientation swaps width and height")
        yield from _without_image(labels, used.union(self._config.splits))

    def _images(self) -> Iterator[_Image]:
        for place in self._config.splits:
            used = set()
            for path in _listed(place, self._config.root, self._options.encoding):
                image = _Image(path, label_of(path), self._name(path, place))
                used.add(image.label)
                yield image
            yield from (image for image in self._elsewhere(place) if image.label not in used)

    def _elsewhere(self, place: Path) -> Iterator[_Image]:
        """Iterate over the images of a folder that are not there, and have a label file and a size in `--sizes`."""
        for name in self._sizes if not place.is_file() else ():
            path = self._config.root / name
            label = label_of(path)
            if path.is_relative_to(place) and label.exists() and not path.exists():
                yield _Image(path, label, name)

    def _name(self, path: Path, place: Path) -> str:
        """Return the name of an image; one that lies outside all folders of the dataset is absolute, or has `..`."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
        for folder in (self._config.root, self._config.base, place):
            above = os.path.abspath(folder)  # noqa: PTH100 - as above
            if absolute.is_relative_to(above) and str(absolute) != above:
                return absolute.relative_to(above).as_posix()
        return str(path) if path.is_absolute() else os.path.relpath(path, self._config.root)

    def _size(self, image: _Image) -> Size | None:
        return images.size_of(image.path) or self._sizes.get(image.name) or self._sizes.get(image.path.name)

    def _record(self, image: _Image, size: Size | None) -> Record:
        label_file = image.label
        if size is None and not image.path.exists():
            return Rejected(Place(name_of(image.path)), "there is no such image", image)
        try:
            source = {"data_uri": self._options.uris(image.name)}
        except Invalid as error:
            return Rejected(Place(name_of(image.path)), error.reason, image)
        if size is not None:
            source |= {"width": size.width, "height": size.height}  # type: ignore[dict-item]  # JSON values
        attributes: dict[str, Any] = {}
        try:
            for number, line in self._lines(label_file):
                self._add(attributes, Place(name_of(label_file), number), line, size)
        except FileRefused as error:
            return Rejected(error.place, error.reason, image)
        return Row(Place(name_of(image.path)), {"source_data": [source], "attributes": attributes}, image)

    def _lines(self, path: Path) -> Iterator[tuple[int, str]]:
        if not path.exists() or not path.stat().st_size:
            return
        source = TextSource(path, self._options.encoding)
        try:
            yield from ((number, line) for number, line in source.lines() if line.strip(_SPACES))
        finally:
            source.close()

    def _add(self, attributes: dict[str, Any], place: Place, line: str, size: Size | None) -> None:
        try:
            entry = self._entry(line, size)
        except Invalid as error:
            raise FileRefused(place, error.reason) from None
        geometry.add_entry(attributes, entry, self._options.dataset_type)

    def _entry(self, line: str, size: Size | None) -> dict[str, Any]:
        index, shape = entry_of(line, size)
        if self._config.has_keypoints and "segmentation" in shape:
            raise Invalid("has keypoints (kpt_shape), which are not read; leave them out")
        return {"category_id": CATEGORY_ID, "label_id": index, **self._config.label(index), **shape}


def _listed(place: Path, root: Path, encoding: str | None) -> Iterator[Path]:
    """Iterate over the images of a folder, of a list in a text file, or over an image itself.

    The names in a list are relative to its folder, or to the folder of the dataset.
    """
    if place.is_dir():
        yield from filter(images.is_image, files_below(place))
    elif not place.exists():
        return  # the images of these labels are elsewhere
    elif place.suffix.lower() == ".txt":
        source = TextSource(place, encoding)
        try:
            for _, line in source.lines():
                if name := line.strip(_SPACES):
                    path = name.replace("\\", "/").removeprefix("./")
                    beside = place.parent / path
                    yield beside if beside.exists() or not (root / path).exists() else root / path
        finally:
            source.close()
    else:
        yield place


def _without_image(folders: set[Path], used: set[Path]) -> Iterator[Note]:
    for folder in sorted(folders):
        for path in files_below(folder) if folder.is_dir() else ():
            if path.suffix.lower() == ".txt" and path not in used and path.name != "classes.txt":
                used.add(path)  # folders may lie in each other
                yield Note(Place(name_of(path)), _NO_IMAGE)

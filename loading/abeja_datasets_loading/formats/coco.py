"""COCO: one JSON document of images, annotations and categories (https://cocodataset.org/#format-data).

Images and annotations may stand in any order, and are joined outside memory.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from . import geometry, json_values
from .coco_categories import CocoCategories
from .coco_geometry import box_of, take_points
from .joining import Joining, Kept, data_of
from .json_file import JsonFile
from .labels import canonical
from .model import FileRefused, Invalid, Note, Place, Record, Rejected, Row
from .options import Options
from .remarks import Remarks
from .sources import TextSource, name_of

_JOINED: Final = frozenset({"image_id", "category_id", "bbox"})
"""Keys of an annotation that the item holds otherwise."""
_SPECIAL: Final = _JOINED | geometry.RESERVED
_SECTIONS: Final = ("images", "annotations", "categories")


class CocoSource(NamedTuple):
    """The records of a file that make an item."""

    image: Kept | None
    annotations: list[Kept]


class CocoFile:
    """A COCO file that was read, ready to iterate over its records.

    Args:
        path: the file.
        options: how to read it.

    Attributes:
        props: the props of a dataset for it.

    Raises:
        FileRefused: it is no COCO file.
    """

    def __init__(self, path: Path | str, options: Options) -> None:
        self._options = options
        self._file = name_of(path)
        self._images_file = self._file
        self._joining = Joining()
        self._categories: list[Any] = []
        self._notes: list[Note] = []
        self._lost: list[str] = []
        """What the item that is made can't hold."""
        self._unread: list[Record] = []
        with contextlib.ExitStack() as unless_read:
            unless_read.callback(self.close)
            self._read(path, options.encoding)
            if options.images is not None:
                self._read_images(options.images)
            self._labels = CocoCategories(self._categories, Place(self._file), renumber=options.renumber)
            unless_read.pop_all()
        self.props: dict[str, Any] = self._labels.props

    def close(self) -> None:
        """Remove the temporary files."""
        self._joining.close()

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the images in the order of the file, with what is wrong beside them."""
        yield from self._notes
        yield from self._labels.notes
        yield from self._unread
        remarks = Remarks()
        for image, is_twice, annotations in self._joining.images():
            record = self._record(image, annotations, is_twice=is_twice)
            yield record
            if isinstance(record, Row):
                yield from (Note(record.place, text) for text in self._lost)
                yield from remarks.on(record)
        for key, annotation in self._joining.orphans():
            place = self._place("annotations", annotation.number)
            yield Rejected(place, f"there is no image with the id {key}", CocoSource(None, [annotation]))

    def _read(self, path: Path | str, encoding: str | None) -> None:
        source = TextSource(path, encoding)
        try:
            document = JsonFile(source)
            if document.peek() == "[":
                if self._options.images is None:
                    raise FileRefused(document.place, "is a bare list of results; give --images FILE with its images")
                self._read_annotations(document)
            else:
                found = self._read_sections(document)
                if self._options.images is not None and "images" in found:
                    raise FileRefused(Place(self._file), "has images of its own; leave out --images")
            document.end()
        finally:
            source.close()

    def _read_sections(self, document: JsonFile) -> set[str]:
        found: set[str] = set()
        for key in document.members():
            found.add(key)
            if key == "images":
                self._read_image_list(document)
            elif key == "annotations":
                self._read_annotations(document)
            elif key == "categories":
                self._categories = self._checked_list(document)
            else:
                document.value()
                self._notes.append(
                    Note(Place(self._file, pointer=f"/{key}"), "is not part of an item, and is left out")
                )
        if not found & set(_SECTIONS):
            raise FileRefused(document.place, f"has none of {', '.join(_SECTIONS)}: this is no COCO file")
        return found

    def _read_images(self, path: Path | str) -> None:
        """Read the images and categories of another file, for a bare list of results."""
        self._images_file = name_of(path)
        source = TextSource(path, self._options.encoding)
        try:
            document = JsonFile(source)
            for key in document.members():
                if key == "images":
                    self._read_image_list(document)
                elif key == "categories":
                    self._categories = self._checked_list(document)
                elif document.peek() == "[":
                    for _ in document.elements():
                        pass
                else:
                    document.value()
            document.end()
        finally:
            source.close()

    def _checked_list(self, document: JsonFile) -> list[Any]:
        place = document.place
        value, text = document.value()
        if not isinstance(value, list):
            raise FileRefused(place, "categories is no array")
        try:
            json_values.check(text)
        except Invalid as error:
            raise FileRefused(place, f"categories: {error.reason}") from None
        return value

    def _read_image_list(self, document: JsonFile) -> None:
        for number, (image, text) in enumerate(document.elements()):
            key = canonical(image.get("id")) if isinstance(image, dict) else None
            if key is None:
                place = self._place("images", number)
                self._unread.append(Rejected(place, "is no image with an id", CocoSource(Kept(number, text), [])))
            else:
                self._joining.add("image", key, number, data_of(image, text, is_long=document.has_long(text)))

    def _read_annotations(self, document: JsonFile) -> None:
        for number, (annotation, text) in enumerate(document.elements()):
            key = canonical(annotation.get("image_id")) if isinstance(annotation, dict) else None
            if key is None:
                place = self._place("annotations", number)
                self._unread.append(
                    Rejected(place, "is no annotation with an image_id", CocoSource(None, [Kept(number, text)]))
                )
            else:
                data = data_of(annotation, text, is_long=document.has_long(text))
                self._joining.add("annotation", key, number, data)

    def _record(self, image: Kept, annotations: list[Kept], *, is_twice: bool) -> Record:
        place = self._place("images", image.number)
        source = CocoSource(image, annotations)
        if is_twice:
            return Rejected(place, "/id: the id stands at several images", source)
        try:
            item = self._item(image.value, annotations)
        except Invalid as error:
            return Rejected(place, f"{error.pointer}: {error.reason}".removeprefix(": "), source)
        return Row(place, item, source)

    def _item(self, image: Mapping[str, Any], annotations: list[Kept]) -> dict[str, Any]:
        self._lost.clear()
        uri = self._uri(image)
        kept = {key: value for key, value in image.items() if key != "file_name" or value != uri}
        attributes: dict[str, Any] = {}
        for annotation in annotations:
            try:
                geometry.add_entry(attributes, self._entry(annotation), self._options.dataset_type)
            except Invalid as error:
                raise Invalid(error.reason, f"/annotations/{annotation.number}{error.pointer}") from None
        if image.get("data_uri", uri) != uri:
            self._lost.append("the data_uri of the image is no URI, and is left out")
        return {"source_data": [{**kept, "data_uri": uri}], "attributes": attributes}

    def _uri(self, image: Mapping[str, Any]) -> str:
        """Return the URI of an image. One that we have written may hold its own, in `data_uri`."""
        own = image.get("data_uri")
        uris = self._options.uris
        return uris.of_uri(own) if isinstance(own, str) and own else uris(image.get("file_name"))

    def _entry(self, record: Kept) -> dict[str, Any]:
        annotation: Mapping[str, Any] = record.value
        entry = self._labels.entry(annotation.get("category_id"))
        box = box_of(annotation.get("bbox"), record)
        if box is not None:
            entry["rect"] = box
        for key, value in annotation.items():
            if key in _SPECIAL:
                self._leave_out(record, key, value, entry)
            else:
                entry[key] = value
        if not entry.get("segmentation", True):
            del entry["segmentation"]  # null, or an empty list
        if "segmentation" in entry:
            take_points(entry)
        return entry

    def _leave_out(self, record: Kept, key: str, value: Any, entry: Mapping[str, Any]) -> None:
        if key not in _JOINED and entry.get(key) != value:
            self._lost.append(f"/annotations/{record.number}/{key}: an entry has a key of this name; it is left out")

    def _place(self, section: str, number: int) -> Place:
        file = self._images_file if section == "images" else self._file
        return Place(file, pointer=f"/{section}/{number}")

"""COCO: one JSON document of images, annotations and categories (https://cocodataset.org/#format-data).

Images and annotations may stand in any order, and are joined outside memory.
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from abeja_datasets_loading.formats.coco.batches import batches
from abeja_datasets_loading.formats.coco.boxes import put_box, take_points
from abeja_datasets_loading.formats.coco.categories import CocoCategories
from abeja_datasets_loading.formats.coco.joining import Image, Joining, Kept
from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.remarks import remarked
from abeja_datasets_loading.formats.sources.text import TextSource, name_of
from abeja_datasets_loading.formats.values import geometry, json_values
from abeja_datasets_loading.formats.values.json_file import JsonFile

_SECTIONS: Final = ("images", "annotations", "categories")


class Orphan(NamedTuple):
    """An annotation without an image."""

    annotations: list[Kept]
    image: None = None


class CocoFile:
    """A COCO file that was read, ready to iterate over its records.

    Args:
        path: the file.
        options: how to read it.

    Attributes:
        props: the props of a dataset for it.

    Raises:
        FileRefused: it is not a COCO file.
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
        return remarked(self._records())

    def _records(self) -> Iterator[Record]:
        yield from self._notes
        yield from self._labels.notes
        for image in self._joining.images():
            record = self._record(image)
            yield record
            if isinstance(record, Row):
                yield from [Note(record.place, text) for text in self._lost]
        for key, annotation in self._joining.orphans():
            reason = "is not an annotation with an image_id" if key is None else f"there is no image with the id {key}"
            yield Rejected(self._place("annotations", annotation.number), reason, Orphan([annotation]))

    def _read(self, path: Path | str, encoding: str | None) -> None:
        source = TextSource(path, encoding, self._options.on_read)
        try:
            document = JsonFile(source)
            if document.peek() == "[":
                if self._options.images is None:
                    raise FileRefused(document.place, "is a bare list of results; pass --images FILE with its images")
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
            if key in _SECTIONS and document.peek() not in ("[", ""):
                raise FileRefused(document.place, f"{key} is not an array")
            if key == "images":
                self._read_image_list(document)
            elif key == "annotations":
                self._read_annotations(document)
            elif key == "categories":
                self._categories = self._checked_list(document)
            else:
                document.leave_out()
                self._notes.append(
                    Note(Place(self._file, pointer=f"/{key}"), "is not part of an item, and is left out")
                )
        if not found & set(_SECTIONS):
            reason = f"has none of {', '.join(_SECTIONS)}: this is not a COCO file; pass --format jsonl for items"
            raise FileRefused(document.place, reason)
        return found

    def _read_images(self, path: Path | str) -> None:
        """Read the images and categories of another file, for a bare list of results."""
        self._images_file = name_of(path)
        source = TextSource(path, self._options.encoding, self._options.on_read)
        try:
            document = JsonFile(source)
            for key in document.members():
                if key == "images":
                    self._read_image_list(document)
                elif key == "categories":
                    self._categories = self._checked_list(document)
                else:
                    document.leave_out()
            document.end()
        finally:
            source.close()

    def _checked_list(self, document: JsonFile) -> list[Any]:
        place = document.place
        value, text = document.value()
        if not isinstance(value, list):
            raise FileRefused(place, "categories is not an array")
        try:
            json_values.check(text)
        except Invalid as error:
            raise FileRefused(place, f"categories: {error.reason}") from None
        return value

    def _read_image_list(self, document: JsonFile) -> None:
        for batch in batches(document, "id"):
            self._joining.add("images", batch)

    def _read_annotations(self, document: JsonFile) -> None:
        for batch in batches(document, "image_id"):
            self._joining.add("annotations", batch)

    def _record(self, image: Image) -> Record:
        place = self._place("images", image.image.number)
        try:
            item = self._item(image)
        except Invalid as error:
            return Rejected(place, f"{error.pointer}: {error.reason}".removeprefix(": "), image)
        return Row(place, item, image)

    def _item(self, image: Image) -> dict[str, Any]:
        self._lost.clear()
        _check_id(image)
        value: dict[str, Any] = self._value(image.image, "images")
        uri = self._uri(value)
        kept = {key: each for key, each in value.items() if key != "file_name" or each != uri}
        attributes: dict[str, Any] = {}
        texts = [each.text for each in image.annotations] if image.has_long else itertools.repeat(None)
        for annotation, number, text in zip(self._values(image), image.numbers, texts):  # noqa: B905 - one may have no end
            try:
                entry = self._entry(annotation, number, text)
                geometry.add_entry(attributes, entry, self._options.dataset_type)
            except Invalid as error:
                raise _at(number, error) from None
        if value.get("data_uri", uri) != uri:
            self._lost.append("the data_uri of the image is not a URI, and is left out")
        return {"source_data": [{**kept, "data_uri": uri}], "attributes": attributes}

    def _uri(self, image: Mapping[str, Any]) -> str:
        """Return the URI of an image. One that we have written may hold its own, in `data_uri`."""
        own = image.get("data_uri")
        uris = self._options.uris
        return uris.of_uri(own) if isinstance(own, str) and own else uris(image.get("file_name"))

    def _values(self, image: Image) -> list[dict[str, Any]]:
        """Return the annotations of an image. They are decoded together, which takes less time than one by one."""
        try:
            values: list[dict[str, Any]] = json_values.again(image.annotation_array)
        except (Invalid, *json_values.FAILURES):
            values = [self._annotation(each) for each in image.annotations]
        return values

    def _annotation(self, record: Kept) -> dict[str, Any]:
        try:
            value: dict[str, Any] = self._value(record, "annotations")
        except Invalid as error:
            raise _at(record.number, error) from None
        return value

    def _value(self, record: Kept, section: str) -> Any:
        try:
            return json_values.again(record.text)
        except json_values.FAILURES as error:
            raise FileRefused(self._place(section, record.number), json_values.refusal(error)) from None

    def _entry(self, annotation: dict[str, Any], number: int, text: str | None) -> dict[str, Any]:
        entry = self._labels.entry(annotation.pop("category_id", None))
        annotation.pop("image_id")
        bbox = annotation.pop("bbox", None)
        if bbox is not None:
            put_box(entry, bbox, text)
        if not geometry.RESERVED.isdisjoint(annotation):
            annotation = self._without_reserved(number, annotation, entry)
        entry |= annotation
        if entry.get("segmentation"):
            take_points(entry)
        return entry

    def _without_reserved(self, number: int, annotation: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
        for key in geometry.RESERVED:
            if key in annotation and entry.get(key) != annotation[key]:
                where = f"/annotations/{number}/{key}"
                self._lost.append(f"{where}: an entry has a key of this name; it is left out")
        return {key: value for key, value in annotation.items() if key not in geometry.RESERVED}

    def _place(self, section: str, number: int) -> Place:
        file = self._images_file if section == "images" else self._file
        return Place(file, pointer=f"/{section}/{number}")


def _check_id(image: Image) -> None:
    if not image.times:
        raise Invalid("is not an image with an id")
    if image.times > 1:
        raise Invalid("the id belongs to several images", "/id")


def _at(number: int, error: Invalid) -> Invalid:
    return Invalid(error.reason, f"/annotations/{number}{error.pointer}")

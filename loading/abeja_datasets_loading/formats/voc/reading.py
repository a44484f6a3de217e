"""Pascal VOC: a folder of XML files, one an image (http://host.robots.ox.ac.uk/pascal/VOC/)."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.remarks import remarked
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.sources.tree import files_below
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.geometry import ENTRY_KINDS
from abeja_datasets_loading.formats.values.labels import NamedLabels
from abeja_datasets_loading.formats.values.numbers import minus, number, scalar, whole
from abeja_datasets_loading.formats.voc import xml_values
from abeja_datasets_loading.formats.voc.elements import FLAGS, IGNORED, OBJECT_KEYS, SIZE
from abeja_datasets_loading.formats.voc.xml_values import text_of

_POINT: Final = re.compile("[xy][1-9][0-9]*|pt")
_SUFFIXES: Final = (".xml", ".xml.gz")


class VocFiles:
    """The annotations below a folder, or one file.

    Args:
        path: the folder or file.
        options: how to read it.

    Attributes:
        props: the props of a dataset for it.

    Raises:
        FileRefused: the path can't be read.
    """

    def __init__(self, path: Path | str, options: Options) -> None:
        self._root = Path(path)
        if not self._root.exists():
            raise FileRefused(Place(name_of(path)), "No such file or directory")
        self._options = options
        self._lost: list[str] = []
        """What the item that is made can't hold."""
        self._labels = NamedLabels(self._names(), options.props)
        self.props = self._labels.props

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the files in the order of their names, with what is odd beside them."""
        return remarked(self._records())

    def _records(self) -> Iterator[Record]:
        for path in self._files():
            self._lost.clear()
            record = self._record(path)
            yield record
            if isinstance(record, Row):
                yield from (Note(record.place, text) for text in self._lost)

    def _files(self) -> Iterator[Path]:
        if self._root.is_file():
            return iter([self._root])
        return (path for path in files_below(self._root) if path.name.lower().endswith(_SUFFIXES))

    def _names(self) -> Iterator[str]:
        for path in self._files():
            try:
                objects = xml_values.parse(path, self._options.encoding).findall("object")
            except (FileRefused, Invalid):
                continue  # it is rejected when it is read for its record
            yield from filter(None, (text_of(each.find("name")) for each in objects))

    def _record(self, path: Path) -> Record:
        place = Place(name_of(path))
        try:
            return Row(place, self._item(path), path)
        except Invalid as error:
            return Rejected(place, f"{error.pointer}: {error.reason}".removeprefix(": "), path)
        except FileRefused as error:
            return Rejected(error.place, error.reason, path)

    def _item(self, path: Path) -> dict[str, Any]:
        root = xml_values.parse(path, self._options.encoding)
        if root.tag != "annotation":
            raise Invalid(f"the root is <{root.tag}>; <annotation> is needed")
        self._lost += xml_values.unheld(root)
        uri = self._options.uris(self._name(path, root))
        source = {"data_uri": uri, **self._size(xml_values.only(root, "size"))}
        attributes: dict[str, Any] = {}
        for position, element in enumerate(root.findall("object"), 1):
            try:
                geometry.add_entry(attributes, self._entry(element), self._options.dataset_type)
            except Invalid as error:
                raise Invalid(error.reason, f"object[{position}]{error.pointer}") from None
        self._lost += _wrapped(root)
        for key, value in xml_values.children(root, IGNORED).items():
            if key in ENTRY_KINDS:
                self._lost.append(f"<{key}> is left out: attributes have entries of this name")
            else:
                attributes[key] = value
        return {"source_data": [source], "attributes": attributes}

    def _name(self, path: Path, root: Element) -> str:
        given = text_of(xml_values.only(root, "filename"))
        if given is None:
            raise Invalid("<filename> is missing")
        last = given.replace("\\", "/").rpartition("/")[2]
        if not last:
            raise Invalid(f"<filename> is {given!r}, which is that of a folder")
        folder = path.parent.relative_to(self._root) if self._root.is_dir() else Path()
        return given if "://" in given else (folder / last).as_posix()

    def _entry(self, element: Element) -> dict[str, Any]:
        name = text_of(xml_values.only(element, "name"))
        if name is None:
            raise Invalid("<name> is missing")
        entry = self._labels.entry(name)
        box = xml_values.only(element, "bndbox")
        if box is not None:
            entry["rect"] = _rect(box, self._options.voc_origin)
        self._lost += _beside_geometry(element)
        for key, inner in xml_values.children(element, OBJECT_KEYS).items():
            if key in geometry.RESERVED or key == "segmentation":
                self._lost.append(f"<{key}> of an object is left out: an entry has a key of this name")
            else:
                entry[key] = scalar(inner) if key in FLAGS and isinstance(inner, str) else inner
        parts = [_part(each, self._options.voc_origin) for each in element.findall("part")]
        if parts:
            entry["part"] = parts
        polygons = [_points(each) for each in element.findall("polygon") if len(each) or text_of(each)]
        if polygons:
            entry["segmentation"] = polygons
            entry.setdefault("rect", geometry.extent(polygons))
        return entry

    def _size(self, size: Element | None) -> dict[str, Any]:
        """Return the size of the image as keys of its source data; a size of 0 says that it is not known."""
        found: dict[str, Any] = {}
        for key, text in ({} if size is None else xml_values.children(size)).items():
            if key not in SIZE:
                self._lost.append(f"<{key}> of <size> is left out")
                continue
            value = whole(text) if isinstance(text, str) else None
            if text != "" and (value is None or value < 0):
                raise Invalid(f"{text!r} is not a number of pixels", f"size/{key}")
            if value:
                found[key] = value
        return found


def _wrapped(root: Element) -> Iterator[str]:
    """Iterate over the elements that hold objects in place of the annotation."""
    for child in root:
        if child.tag != "object" and child.find(".//object") is not None:
            yield f"the objects in <{child.tag}> make no entries, since <annotation> is not their parent"


def _beside_geometry(element: Element) -> Iterator[str]:
    """Iterate over what a box or a polygon of an object holds beside its coordinates."""
    for place in (*element.iter("bndbox"), *element.findall("polygon")):
        for child in place:
            if child.tag not in geometry.SIDES if place.tag == "bndbox" else not _POINT.fullmatch(child.tag):
                yield f"<{child.tag}> of <{place.tag}> is left out"


def _rect(box: Element, origin: int) -> geometry.Rect:
    sides = {}
    for side in geometry.SIDES:
        sides[side] = _coordinate(xml_values.only(box, side), f"/bndbox/{side}")
    for side in ("xmin", "ymin") if origin else ():
        sides[side] = minus(sides[side], origin)
    try:
        return geometry.rect(**sides)
    except Invalid as error:
        raise Invalid(error.reason, "/bndbox") from None


def _coordinate(element: Element | None, pointer: str) -> int | float:
    text = text_of(element)
    value = None if text is None else number(text)
    if value is None:
        raise Invalid("is missing" if text is None else f"{text!r} is not a number", pointer)
    return value


def _part(element: Element, origin: int) -> dict[str, Any]:
    part = xml_values.children(element, ("bndbox",))
    box = xml_values.only(element, "bndbox")
    return part if box is None else part | {"rect": _rect(box, origin)}


def _points(polygon: Element) -> list[int | float]:
    """Return the points of a polygon, as `<x1>`, `<y1>`, … or as `<pt>` with `<x>` and `<y>`."""
    points = polygon.findall("pt")
    if points:
        pairs = [(point.find("x"), point.find("y")) for point in points]
    else:
        pairs = []
        for position in itertools.count(1):
            pair = polygon.find(f"x{position}"), polygon.find(f"y{position}")
            if pair == (None, None):
                break
            pairs.append(pair)
        if len(pairs) < sum(_POINT.fullmatch(child.tag) is not None for child in polygon) / 2:
            raise Invalid(f"<x{position}> and <y{position}> are missing, and other points follow", "/polygon")
    if not pairs:
        raise Invalid("has no points", "/polygon")
    return [_coordinate(each, "/polygon") for pair in pairs for each in pair]

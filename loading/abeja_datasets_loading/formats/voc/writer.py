"""Writing Pascal VOC: a folder of XML files, one an item."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from abeja_datasets_loading.formats.coco.boxes import BBOX, repeats
from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.sources.paths import Names
from abeja_datasets_loading.formats.sources.uris import Uris
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.geometry import ENTRY_KINDS
from abeja_datasets_loading.formats.values.labels import NamedLabels
from abeja_datasets_loading.formats.values.numbers import is_number, plus, scalar
from abeja_datasets_loading.formats.voc.elements import FLAGS, IGNORED, OBJECT_KEYS, SIZE
from abeja_datasets_loading.formats.voc.xml_values import is_text
from abeja_datasets_loading.formats.writing import Item, Writer
from abeja_datasets_loading.formats.written_items import (
    Entry,
    LabelNames,
    box_of,
    entries_of,
    name_of_attribute,
    source_of,
)

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_HELD: Final = frozenset({"category_id", "label_id", "label"})
"""Keys of an entry that the name of its object holds."""


class VocWriter(Writer):
    """Writes a folder of XML files."""

    is_folder = True

    def start(self) -> None:
        """Prepare the names of files and labels."""
        self._names, self._labels = Names(".xml"), LabelNames(self.props())

    def add(self, item: Item) -> Iterable[str]:
        """Write the file of an item."""
        source, lost = source_of(item)
        uri = source.pop("data_uri", "")
        path = self._names.of(uri)
        name = uri if "://" in uri else uri.rpartition("/")[2]
        read = _read_uri(name, path)
        if read is None:
            return [f"all of it, since no file has the name {name!r}: it"]
        lost += [] if read == uri else [f"the data_uri {uri!r}, which is {read!r} now,"]
        entries, others, missing = entries_of(item)
        root = Element("annotation")
        SubElement(root, "filename").text = name
        lost += [*_size(root, source), *missing]
        for key, value in others.items():
            shown = name_of_attribute(key)
            lost += [shown] if key in ENTRY_KINDS or key in IGNORED else _append(root, key, value, shown)
        for position, entry in enumerate(entries):
            lost += [f"entry {position}: {each}" for each in self._object(root, entry)]
        file = self.path / f"{path}.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        indent(root)
        ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
        return lost

    def finish(self) -> Iterable[str]:
        """Return what of the props and of the labels a folder of XML files can't hold."""
        props = self.props()
        return [*(f"props.{key}" for key in props if key != "categories"), *self._ids_lost(props)]

    def close(self) -> None:
        """Do nothing: each file is closed."""

    def _ids_lost(self, props: Mapping[str, Any]) -> Iterator[str]:
        """Iterate over the labels whose ids the reader does not find by their names."""
        named = {pair: name for pair, name in self._labels.used.items() if name and is_text(name)}
        found = NamedLabels(named.values(), props)
        for (category, number), name in sorted(named.items()):
            try:
                entry = found.entry(name)
            except Invalid:
                entry = {}
            if (entry.get("category_id"), entry.get("label_id")) != (category, number):
                yield f"the category_id {category} and the label_id {number} of the label {name!r}"

    def _object(self, root: Element, entry: Entry) -> list[str]:
        name, lost = self._labels.note(entry.value)
        if not name or not is_text(name):
            return [f"all of it, since its label is {name!r}, and"]
        element = SubElement(root, "object")
        SubElement(element, "name").text = name
        box, others = box_of(entry.value)
        if box is not None:
            _box(element, box, self.voc_origin)
        polygon = False
        for key, value in entry.value.items():
            if key in _HELD or (key == BBOX and repeats(box, value)):
                continue
            if key == "segmentation":
                polygon = _polygon(element, value)
                others += [] if polygon else [key]
            elif key == "part":
                others += _parts(element, value, self.voc_origin)
            else:
                others += [key] if key in OBJECT_KEYS else _append(element, key, value, key, is_flag=key in FLAGS)
        read = {"rect": box} if box is not None or polygon else {}
        return lost + others + entry.elsewhere(read, self.dataset_type)


def _read_uri(name: str, path: PurePosixPath) -> str | None:
    """Return the URI that the reader makes of the name in a file; None where it rejects it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    if not last or not is_text(name):
        return None
    try:
        return Uris()(name if "://" in name else (path.parent / last).as_posix())
    except Invalid:
        return None


def _size(root: Element, source: dict[str, Any]) -> list[str]:
    """Write the size of the image; return the names of what else a source holds. A size of 0 is one not known."""
    size = SubElement(root, "size")
    for key in SIZE:
        is_known = type(source.get(key)) is int and source[key] > 0
        SubElement(size, key).text = str(source.pop(key) if is_known else 0)
    return [f"source_data[0].{key}" for key in source]


def _box(parent: Element, box: Mapping[str, Any], origin: int) -> None:
    element = SubElement(parent, "bndbox")
    for side in geometry.SIDES:
        value: Any = box.get(side)
        if is_number(value):
            SubElement(element, side).text = repr(plus(value, origin) if origin and side in ("xmin", "ymin") else value)


def _parts(parent: Element, value: Any, origin: int) -> list[str]:
    """Write the parts of an object; return what they can't hold."""
    if not isinstance(value, list) or not value or not all(isinstance(each, Mapping) for each in value):
        return ["part"]
    lost = []
    for number, part in enumerate(value):
        element = SubElement(parent, "part")
        rest = dict(part)
        box, others = box_of(rest)
        if box is not None:
            _box(element, box, origin)
        for key, each in rest.items():
            others += [key] if key == "bndbox" else _append(element, key, each, key)
        lost += [f"part[{number}].{each}" for each in others]
    return lost


def _polygon(parent: Element, value: Any) -> bool:
    """Write a single polygon, which is all that the format holds."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], list) or len(value[0]) % 2:
        return False
    if not value[0] or not all(map(is_number, value[0])):
        return False
    element = SubElement(parent, "polygon")
    for position, number in enumerate(value[0]):
        SubElement(element, f"{'xy'[position % 2]}{position // 2 + 1}").text = repr(number)
    return True


def _append(parent: Element, key: str, value: Any, name: str, *, is_flag: bool = False) -> list[str]:
    """Write a value as an element; return its name where it does not come back as it is."""
    if not _NAME.fullmatch(key) or not _is_held(value):
        return [name]
    for each in value if isinstance(value, list) else [value]:
        element = SubElement(parent, key)
        if isinstance(each, Mapping):
            for child, inner in each.items():
                _append(element, child, inner, name)
        else:
            element.text = each if isinstance(each, str) else repr(each)
    if is_flag and not isinstance(value, list | Mapping):
        return [] if _stays(value) else [f"the {'number' if is_number(value) else 'text'} type of {name}"]
    return [f"the number type in {name}"] if _has_number(value) else []


def _stays(flag: Any) -> bool:
    """Return whether a number or text comes back as a number or text where the reader takes it for a flag."""
    return is_number(scalar(flag if isinstance(flag, str) else repr(flag))) is is_number(flag)


def _has_number(value: Any) -> bool:
    if isinstance(value, Mapping | list):
        return any(map(_has_number, value.values() if isinstance(value, Mapping) else value))
    return is_number(value)


def _is_held(value: Any) -> bool:
    if isinstance(value, str):
        return is_text(value)
    if isinstance(value, Mapping):
        return bool(value) and all(_NAME.fullmatch(key) and _is_held(child) for key, child in value.items())
    if isinstance(value, list):
        return len(value) > 1 and all(not isinstance(each, list) and _is_held(each) for each in value)
    return is_number(value)

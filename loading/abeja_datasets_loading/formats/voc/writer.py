"""Writing Pascal VOC: a folder of XML files, one an item."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from abeja_datasets_loading.formats.coco.boxes import BBOX, repeats
from abeja_datasets_loading.formats.sources.paths import Names
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.geometry import ENTRY_KINDS
from abeja_datasets_loading.formats.values.numbers import is_number, plus
from abeja_datasets_loading.formats.writing import Item, LabelNames, Writer, box_of, entries_of, source_of

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SIZE: Final = ("width", "height", "depth")
_HELD: Final = frozenset({"category_id", "label_id", "label"})
"""Keys of an entry that the name of its object holds."""


class VocWriter(Writer):
    """Writes a folder of XML files."""

    is_folder = True

    def start(self) -> None:
        """Prepare the names of files and labels."""
        self._names, self._labels = Names(), LabelNames(self.props())

    def add(self, item: Item) -> Iterable[str]:
        """Write the file of an item."""
        source, lost = source_of(item)
        uri = source.pop("data_uri", "")
        entries, others = entries_of(item)
        root = Element("annotation")
        path = self._names.of(uri)
        SubElement(root, "filename").text = uri if "://" in uri else uri.rpartition("/")[2]
        size = SubElement(root, "size")
        for key in _SIZE:
            known = type(source.get(key)) is int and source[key] >= 0
            SubElement(size, key).text = str(source.pop(key) if known else 0)
        for key in source:
            lost.append(f"source_data[0].{key}")
        for key in others:
            name = key.removeprefix("attributes.")
            if name in ENTRY_KINDS or not _append(root, name, item["attributes"][name]):
                lost.append(key)
        for position, entry in enumerate(entries):
            lost += [f"entry {position}: {each}" for each in self._object(root, entry)]
        file = self.path / f"{path}.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        indent(root)
        ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
        return lost

    def finish(self) -> Iterable[str]:
        """Return what of the props a folder of XML files can't hold."""
        return [f"props.{key}" for key in self.props() if key != "categories"]

    def close(self) -> None:
        """Do nothing: each file is closed."""

    def _object(self, root: Element, entry: dict[str, Any]) -> list[str]:
        name = self._labels.note(entry).get("label")
        if not name or _NO_XML.search(name) or name != name.strip():
            return [f"the label {name!r}"]
        element = SubElement(root, "object")
        SubElement(element, "name").text = name
        box, lost = box_of(entry)
        if box is not None:
            _box(element, box, self.voc_origin)
        for key, value in entry.items():
            if key in _HELD or (key == BBOX and repeats(box, value)):
                continue
            if key == "segmentation":
                is_held = not value or _polygon(element, value)
            elif key == "part" and isinstance(value, list):
                held = [_part(element, each, self.voc_origin) for each in value]
                is_held = all(held)
            else:
                is_held = _append(element, key, value)
            lost += [] if is_held else [key]
        return lost


def _box(parent: Element, box: Mapping[str, Any], origin: int) -> None:
    element = SubElement(parent, "bndbox")
    for side in geometry.SIDES:
        value: Any = box.get(side)
        if is_number(value):
            SubElement(element, side).text = repr(plus(value, origin) if origin and side in ("xmin", "ymin") else value)


def _part(parent: Element, part: Any, origin: int) -> bool:
    if not isinstance(part, Mapping):
        return False
    element = SubElement(parent, "part")
    is_held = True
    for key, value in part.items():
        if key == "rect" and isinstance(value, Mapping):
            _box(element, value, origin)
        else:
            is_held &= _append(element, key, value)
    return is_held


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


def _append(parent: Element, key: str, value: Any) -> bool:
    """Write a value as an element; return whether it comes back as it is."""
    if not _NAME.fullmatch(key) or not _is_held(value):
        return False
    for each in value if isinstance(value, list) else [value]:
        element = SubElement(parent, key)
        if isinstance(each, Mapping):
            for child, inner in each.items():
                _append(element, child, inner)
        else:
            element.text = each if isinstance(each, str) else repr(each)
    return True


def _is_held(value: Any) -> bool:
    if isinstance(value, str):
        return not _NO_XML.search(value) and value == value.strip()
    if isinstance(value, Mapping):
        return bool(value) and all(_NAME.fullmatch(key) and _is_held(child) for key, child in value.items())
    if isinstance(value, list):
        return len(value) > 1 and all(not isinstance(each, list) and _is_held(each) for each in value)
    return is_number(value)

"""Writing COCO."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from typing import IO, Any, Final

from abeja_datasets_loading.formats.coco.boxes import BBOX, bbox_text, is_exact, repeats, take_points
from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.sources.uris import Uris
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.labels import canonical
from abeja_datasets_loading.formats.writing import Item, JsonTextWriter
from abeja_datasets_loading.formats.written_items import (
    Entry,
    LabelNames,
    box_of,
    entries_of,
    name_of_attribute,
    source_of,
)

_HELD: Final = frozenset({"category_id", "label_id", "label"})
"""Keys of an entry that its annotation and category hold otherwise."""
_OWN: Final = ("image_id", BBOX)
"""Keys of an annotation that a key of an entry never replaces."""
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_PIECE: Final = 1 << 16


class _Ids:
    """The ids of one kind: kept where they are given, and counted on from 1 where not."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._next = 1

    def take(self, record: dict[str, Any], lost: list[str]) -> Any:
        """Take the id out of a record, or count on; name one that is not an id, or was taken before."""
        is_given = "id" in record
        given = record.pop("id", None)
        key = canonical(given)
        if key is None or key in self._used:
            if is_given:
                lost.append(f"the id {_encode(given)}")
            while str(self._next) in self._used:
                self._next += 1
            given, key = self._next, str(self._next)
        self._used.add(key)
        return given


class CocoWriter(JsonTextWriter):
    """Writes a COCO file. Annotations wait in a temporary file until the images are written."""

    def start(self) -> None:
        """Begin the images."""
        super().start()
        self._annotations: IO[str] = tempfile.TemporaryFile(  # noqa: SIM115 - closed by `close`
            "w+", encoding="utf-8", errors=self._errors, newline="\n"
        )
        self._names = LabelNames(self.props())
        self._image_ids, self._annotation_ids = _Ids(), _Ids()
        self._text.write('{"images": [')
        self._before = self._before_annotation = "\n"

    def add(self, item: Item) -> Iterable[str]:
        """Write an image and its annotations."""
        source, lost = source_of(item)
        entries, others, missing = entries_of(item)
        lost += [*missing, *map(name_of_attribute, others)]
        uri = source.pop("data_uri", None)
        lost += ["source_data[0].file_name"] if source.get("file_name") == uri else []
        name = source.pop("file_name", uri)
        key = self._image_ids.take(source, lost)
        is_name = name == uri and Uris().is_plain(uri)
        image = {"id": key, "file_name": name} | ({} if is_name else {"data_uri": uri}) | source
        self._text.write(f"{self._before}{_encode(image)}")
        self._before = ",\n"
        for position, entry in enumerate(entries):
            lost += [f"entry {position}: {each}" for each in self._annotate(key, entry)]
        return lost

    def finish(self) -> Iterable[str]:
        """Write the annotations and categories."""
        props = self.props()
        self._names.add(props)
        categories = self._categories()
        lost = [f"props.{key}" for key in props if key != "categories"]
        self._text.write('\n], "annotations": [')
        self._annotations.seek(0)
        while piece := self._annotations.read(_PIECE):
            self._text.write(piece)
        self._text.write(f'\n], "categories": {_encode(categories)}}}\n')
        return [*lost, *self._names.categories_lost()]

    def close(self) -> None:
        """Close the files."""
        super().close()
        self._annotations.close()

    def _annotate(self, image_id: Any, entry: Entry) -> list[str]:
        value = entry.value
        _, lost = self._names.note(value)
        box, others = box_of(value)
        bbox = value.get(BBOX)
        others += [key for key in _OWN if key in value and not (key == BBOX and repeats(box, bbox))]
        if not _is_read(value):
            others.append("segmentation")
            del value["segmentation"]
        number = self._annotation_ids.take(value, others)
        annotation = {"id": number, "image_id": image_id, "category_id": value["label_id"]}
        rest = {key: each for key, each in value.items() if key not in _HELD and key not in _OWN}
        text = "" if box is None else bbox_text(box, bbox)
        rect = f'"{BBOX}": {text}, ' if text else ""
        self._annotations.write(f"{self._before_annotation}{{{rect}{_encode(annotation | rest)[1:]}")
        self._before_annotation = ",\n"
        if box is not None and not is_exact(box, text):
            others.append("digits of rect")
        return lost + others + entry.elsewhere(_read(rest, box), self.dataset_type)

    def _categories(self) -> list[dict[str, Any]]:
        found = []
        for number, label in self._names.numbers(self._target).items():
            name = {"name": label["label"]} if "label" in label else {}
            others = {key: value for key, value in label.items() if key not in ("label_id", "label", "id", "name")}
            found.append({"id": number, **name, **others})
        return found


def _is_read(entry: Mapping[str, Any]) -> bool:
    """Return whether the reader takes the segmentation of an entry."""
    if not entry.get("segmentation"):
        return True
    try:
        take_points({"segmentation": entry["segmentation"]})
    except Invalid:
        return False
    return True


def _read(annotation: Mapping[str, Any], box: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the geometry of an annotation as the reader has it: points without a box make one."""
    points = annotation.get("segmentation")
    has_box = box is not None or (points and not geometry.is_rle(points))
    return {"segmentation": points} | ({"rect": box} if has_box else {})

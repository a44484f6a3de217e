"""Writing COCO."""

import json
import tempfile
from collections.abc import Iterable
from typing import IO, Any, Final

from abeja_datasets_loading.formats.coco.boxes import BBOX, bbox_text, repeats
from abeja_datasets_loading.formats.model import FileRefused, Place
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.values.labels import canonical
from abeja_datasets_loading.formats.writing import Item, JsonTextWriter, LabelNames, box_of, entries_of, source_of

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

    def take(self, given: Any, lost: list[str]) -> Any:
        """Return the id of a record; name the one that is given where it is none, or stands there already."""
        key = canonical(given)
        if key is None or key in self._used:
            if given is not None:
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
        entries, others = entries_of(item)
        uri = source.pop("data_uri", None)
        name = source.pop("file_name", uri)
        key = self._image_ids.take(source.pop("id", None), lost)
        image = {"id": key, "file_name": name} | ({} if name == uri else {"data_uri": uri}) | source
        self._text.write(f"{self._before}{_encode(image)}")
        self._before = ",\n"
        for position, entry in enumerate(entries):
            lost += [f"entry {position}: {each}" for each in self._annotate(key, entry)]
        return lost + others

    def finish(self) -> Iterable[str]:
        """Write the annotations and categories."""
        props = self.props()
        self._names.add(props)
        categories = self._categories()
        self._text.write('\n], "annotations": [')
        self._annotations.seek(0)
        while piece := self._annotations.read(_PIECE):
            self._text.write(piece)
        self._text.write(f'\n], "categories": {_encode(categories)}}}\n')
        return [f"props.{key}" for key in props if key != "categories"]

    def close(self) -> None:
        """Close the files."""
        super().close()
        self._annotations.close()

    def _annotate(self, image_id: Any, entry: dict[str, Any]) -> list[str]:
        self._names.note(entry)
        box, lost = box_of(entry)
        bbox = entry.get(BBOX)
        lost += [key for key in _OWN if key in entry and not (key == BBOX and repeats(box, bbox))]
        number = self._annotation_ids.take(entry.pop("id", None), lost)
        annotation = {"id": number, "image_id": image_id, "category_id": entry["label_id"]}
        rest = {key: value for key, value in entry.items() if key not in _HELD and key not in _OWN}
        rect = "" if box is None else f'"{BBOX}": {bbox_text(box, bbox)}, '
        self._annotations.write(f"{self._before_annotation}{{{rect}{_encode(annotation | rest)[1:]}")
        self._before_annotation = ",\n"
        return lost

    def _categories(self) -> list[dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for (_, number), label in self._names.labels.items():
            name = {"name": label["label"]} if "label" in label else {}
            others = {key: value for key, value in label.items() if key not in ("label_id", "label", "id", "name")}
            if number in found:
                raise FileRefused(
                    Place(name_of(self._target)),
                    f"the label_id {number} is in several categories, which COCO does not allow",
                )
            found[number] = {"id": number, **name, **others}
        return list(found.values())

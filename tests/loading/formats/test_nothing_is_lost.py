"""Each part of any item that the API takes comes back from a file of each format, or the remarks name it."""

import itertools
import json
import operator
import re
import tempfile
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.loading.formats.reading import read

from abeja_datasets_loading.formats.model import FileRefused
from abeja_datasets_loading.formats.sources.uris import Uris, read_mapping
from abeja_datasets_loading.formats.targets import target_of
from abeja_datasets_loading.formats.writing import write_items

END: Final = "\0end\0"
"""Follows each remark: an item may hold line ends."""
KINDS: Final = ("detection", "segmentation", "classification")
SIDES: Final = ("xmin", "ymin", "xmax", "ymax")
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([0.1, 12345.678901234567, 1e22, 2**63, "007", "1", ""])
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab猫") | st.text(max_size=3), inner),
    max_leaves=4,
)
POINTS = st.lists(st.lists(st.integers(0, 99) | st.floats(0, 99), min_size=6, max_size=8), min_size=1, max_size=2)
SHAPES: Final[st.SearchStrategy[Any]] = POINTS | st.sampled_from(
    [[], None, {"counts": [1], "size": [1, 1]}, {"counts": "a", "size": [1, 1]}]
)
PARTS = st.lists(st.fixed_dictionaries({"name": st.text(max_size=2)}, optional={"rect": JSON, "bndbox": JSON}))
IN_ENTRIES: Final = {
    "segmentation": SHAPES | JSON, "part": PARTS | JSON, "confidence": st.floats(0, 1) | JSON,
    "difficult": st.integers(0, 1) | JSON, "bbox": JSON, "id": st.integers(0, 9) | JSON,
    **dict.fromkeys(("image_id", "polygon", "bndbox", "name", "pose", "truncated", "iscrowd"), JSON),
}  # fmt: skip
IN_ITEMS: Final = dict.fromkeys(("filename", "folder", "size", "object", "segmented", "difficult", "data_uri"), JSON)
IN_SOURCES: Final = dict.fromkeys(("id", "file_name", "depth"), JSON)
URIS = st.sampled_from(["a.jpg", "s3://b/c d.png", "/x/a", "a//b.c", "a\\b", "../a", "x/猫.jpg", " a"])


DOCUMENT: Final = yaml.safe_load(resources.files("abeja_datasets_openapi").joinpath("openapi.yaml").read_text("utf-8"))


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return the values that a schema of the document takes."""
    if "$ref" in schema:
        found = DOCUMENT
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return values(found)
    if "oneOf" in schema:
        return st.one_of([values(each) for each in schema["oneOf"]])
    return OF_TYPES[schema.get("type")](schema)


def objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    known = {key: values(each) for key, each in schema.get("properties", {}).items()}
    required = {key: each for key, each in known.items() if key in schema.get("required", ())}
    others = {key: each for key, each in known.items() if key not in required}
    more = (
        st.dictionaries(st.text(max_size=3), JSON, max_size=1)
        if schema.get("additionalProperties", True)
        else st.just({})
    )
    return st.builds(operator.or_, more, st.fixed_dictionaries(required, optional=others))


OF_TYPES: Final[dict[Any, Callable[[Any], st.SearchStrategy[Any]]]] = {
    "object": objects,
    "array": lambda schema: st.lists(values(schema["items"]), min_size=schema.get("minItems", 0), max_size=3),
    "string": lambda schema: (
        st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(min_size=1, max_size=4)
    ),
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum", 2**60)),
    "number": lambda _: st.integers(-9, 5000) | st.floats(-9, 5000) | st.floats(allow_nan=False, allow_infinity=False),
    "null": lambda _: st.none(),
    None: lambda _: JSON,
}
SCHEMAS: Final = "#/components/schemas"
ITEMS = st.one_of([values({"$ref": f"{SCHEMAS}/{name}"}) for name in ("CreateDatasetItemRequest", "DatasetItem")])
ENTRIES = values({"$ref": f"{SCHEMAS}/DetectionLabel"})


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """Return an item by the document, with the keys that formats have uses of their own for."""
    item: dict[str, Any] = draw(ITEMS)
    sources = [source | draw(some(IN_SOURCES)) for source in item["source_data"][:2]]
    if draw(st.booleans()):
        sources[0] |= {"data_uri": draw(URIS), "width": draw(st.integers(0, 99)), "height": draw(st.integers(0, 99))}
    attributes = (item.get("attributes") or {}) | draw(some(IN_ITEMS))
    for kind in KINDS:
        if draw(st.booleans()):
            attributes[kind] = draw(st.lists(ENTRIES, max_size=2))
        found = attributes.get(kind)
        for entry in found if isinstance(found, list) else ():
            if isinstance(entry, dict):
                entry.update(draw(some(IN_ENTRIES)))
                _order(entry)
    return item | {"source_data": sources, "attributes": attributes}


def some(keys: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return some of the keys, each with a value of its own strategy."""
    few = st.lists(st.sampled_from(sorted(keys)), max_size=2, unique=True)
    return few.flatmap(lambda names: st.fixed_dictionaries({name: keys[name] for name in names}))


def _order(entry: dict[str, Any]) -> None:
    """Order the sides of a rect: readers reject those that are swapped."""
    parts = entry.get("part")
    for holder in (entry, *(each for each in (parts if isinstance(parts, list) else ()) if isinstance(each, dict))):
        box = holder.get("rect")
        if isinstance(box, dict) and set(SIDES) <= box.keys() and all(type(box[s]) in (int, float) for s in SIDES):
            for low, high in (("xmin", "xmax"), ("ymin", "ymax")):
                box[low], box[high] = sorted((box[low], box[high]))


def canonical(value: Any) -> str:
    """Return a value as text, the same for 1 and 1.0, and another for True."""

    def plain(each: Any) -> Any:
        if isinstance(each, dict):
            return {key: plain(inner) for key, inner in each.items()}
        if isinstance(each, list):
            return [plain(inner) for inner in each]
        return int(each) if isinstance(each, float) and each.is_integer() else each

    return json.dumps(plain(value), sort_keys=True)


def are_entries(key: str, value: Any) -> bool:
    """Return whether an attribute is a list of entries, or the one entry that a response may have."""
    entries = [value] if key == "classification" and isinstance(value, dict) else value
    if key not in KINDS or not isinstance(entries, list) or not entries:
        return False
    return all(isinstance(each, dict) and {"category_id", "label_id"} <= each.keys() for each in entries)


def unnamed(item: dict[str, Any], back: dict[str, Any], text: str) -> Iterator[str]:
    """Iterate over the parts of an item that are neither in what was read nor in the remarks."""
    yield from _unnamed_sources(item["source_data"], back["source_data"], text)
    left = {key: list(value) if isinstance(value, list) else value for key, value in back["attributes"].items()}
    numbers = itertools.count()
    for key, value in item["attributes"].items():
        if f" attributes.{key} has no" in text or f"that attributes.{key} is a number" in text:
            if key not in KINDS:  # else entries of other lists may be there
                left.pop(key, None)
        elif not are_entries(key, value):
            if canonical(left.pop(key, "absent")) != canonical(value):
                yield f"attributes.{key}: {value!r}"
        elif isinstance(value, dict) and canonical(left.get(key)) == canonical(value):
            del left[key]
        else:
            if isinstance(value, dict) and f"that attributes.{key} is an entry" not in text:
                yield f"attributes.{key}: {value!r}"
            for entry in [value] if isinstance(value, dict) else value:
                yield from _unnamed_entry(entry, key, next(numbers), left, text)
    yield from (f"more: {key}: {value!r}" for key, value in left.items() if value)


def _unnamed_sources(sources: list[Any], back: list[Any], text: str) -> Iterator[str]:
    for number, source in enumerate(sources):
        found = back[number] if number < len(back) else {}
        for key, value in source.items():
            shown = repr(value) if key == "data_uri" else json.dumps(value, ensure_ascii=False)
            names = (f"source_data[{number}] ", f"source_data[{number}].{key} ", f"the {key} {shown}")
            if canonical(found.get(key, "absent")) != canonical(value) and not any(name in text for name in names):
                yield f"source_data[{number}].{key}: {value!r}"


def _unnamed_entry(entry: dict[str, Any], key: str, count: int, left: dict[str, Any], text: str) -> Iterator[str]:
    said = " ".join(each for each in text.split(END) if f": entry {count}: " in each)
    if f"entry {count}: all of it" in said:
        return
    moved = re.search(rf"that it is in {key}, and not in (\w+),", said)
    found = left.get(moved[1] if moved else key) or []
    if not found:
        yield f"entry {count}"
        return
    back = found.pop(0)
    for name, value in entry.items():
        if canonical(back.get(name, "absent")) == canonical(value):
            continue
        ids = name in ("category_id", "label_id") and f"the {name} {value}" in text
        label = name == "label" and f"the label {value!r}" in said
        number = name == "id" and f"the id {json.dumps(value, ensure_ascii=False)}" in said
        if not ids and not label and not number and not any(f" {name}{end}" in said for end in " .["):
            yield f"entry {count}: {name}: {value!r}, {back.get(name, 'absent')!r}"


def options(form: str, path: Path) -> dict[str, Any]:
    if form != "yolo":
        return {}
    return {"sizes": path / "sizes.csv", "uris": Uris(mapping=read_mapping(path / "uris.csv"))}


def check(form: str, item: Any) -> None:
    """Check that an item comes back from a file of a format, but for what the remarks name."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{form}"
        try:
            text = "".join(f" {note.text}{END}" for note in write_items([item], path, target_of(path, form, dict)))
        except FileRefused as error:
            assert "in several categories" in str(error)  # noqa: PT017 - a refusal names what is lost
            return
        result = read(path, form, **options(form, path))
        assert not result.rejected
        if not result.items:
            assert "all of it" in text or "that it is an item" in text
            return
        assert list(unnamed(item, result.items[0], text)) == []


FORMS: Final = ("jsonl", "csv", "parquet", "coco", "voc", "yolo")
UNCHECKED = settings(deadline=None, suppress_health_check=[*HealthCheck], phases=[Phase.explicit, Phase.generate])


@pytest.mark.parametrize("form", FORMS)
@settings(UNCHECKED, max_examples=6, derandomize=True)
@given(item=items())
def test_each_part_comes_back_or_is_named(form: str, item: Any) -> None:
    check(form, item)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@settings(UNCHECKED, max_examples=300)
@given(item=items())
def test_each_part_of_many_items_comes_back_or_is_named(form: str, item: Any) -> None:
    check(form, item)


@pytest.mark.parametrize(
    "uri", [".x", "a/.b.jpg", "__MACOSX/a.jpg", "x" * 300, "d/" * 5000 + "a.jpg", "data:,a/b.xml/c"]
)
@pytest.mark.parametrize("form", ["voc", "yolo"])
def test_a_uri_that_makes_no_file_name_comes_back_or_is_named(form: str, uri: str) -> None:
    check(form, {"source_data": [{"data_uri": uri, "width": 9, "height": 9}], "attributes": {}})


def notes_of(form: str, folder: Path, item: Any, props: Any = None, **more: Any) -> list[str]:
    folder.mkdir(exist_ok=True)
    path = folder / f"out.{form}"
    return [note.text for note in write_items([item], path, target_of(path, form, lambda: props or {}, **more))]


def item_of(**attributes: Any) -> dict[str, Any]:
    return {"source_data": [{"data_uri": "a.jpg", "width": 9, "height": 9}], "attributes": attributes}


CAT: Final = {"category_id": 1, "label_id": 0, "label": "cat"}
BOXED: Final = CAT | {"rect": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}}


@pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
def test_the_list_of_an_entry_is_named_where_it_does_not_come_back(form: str, tmp_path: Path) -> None:
    elsewhere = notes_of(form, tmp_path, item_of(segmentation=[BOXED]))
    assert "that it is in segmentation, and not in detection," in elsewhere[0]
    again = tmp_path / "again"
    assert notes_of(form, again, item_of(segmentation=[BOXED]), dataset_type="segmentation") == []
    assert read(again / f"out.{form}", form, dataset_type="segmentation", **options(form, again / f"out.{form}")).items


@pytest.mark.parametrize("form", ["coco", "voc"])
def test_a_detection_without_a_box_is_named(form: str, tmp_path: Path) -> None:
    (note,) = notes_of(form, tmp_path, item_of(detection=[CAT]))
    assert "entry 0: that it is in detection, and not in classification," in note


@pytest.mark.parametrize("form", ["coco", "yolo"])
def test_a_category_that_is_not_the_one_of_the_file_is_named(form: str, tmp_path: Path) -> None:
    (note,) = notes_of(form, tmp_path, item_of(detection=[BOXED | {"category_id": 2}]))
    assert note.startswith("the category_id 2, which is 1 now,")


def test_cells_with_a_carriage_return_and_keys_with_nul_come_back(tmp_path: Path) -> None:
    for number, uri in enumerate(("a\rb", "\0猫", "\r", "a\0d800")):
        item = {"source_data": [{"data_uri": uri, "data_type": "\r"}], "attributes": {}}
        assert notes_of("csv", tmp_path / str(number), item) == []
        assert read(tmp_path / str(number) / "out.csv").items == [item]


def test_names_of_yolo_keep_the_line_ends_of_yaml(tmp_path: Path) -> None:
    item = item_of(detection=[BOXED | {"label": "a\x85b\u2028c"}])
    assert notes_of("yolo", tmp_path, item) == []
    assert (
        read(tmp_path / "out.yolo", "yolo", **options("yolo", tmp_path / "out.yolo")).entries[0]["label"]
        == "a\x85b\u2028c"
    )


def test_ids_that_voc_does_not_find_by_their_names_are_named(tmp_path: Path) -> None:
    item = item_of(detection=[BOXED | {"label_id": 7}])
    (note,) = notes_of("voc", tmp_path, item)
    assert note.startswith("the category_id 1 and the label_id 7 of the label 'cat'")
    labels = [{"label_id": 7, "label": "cat"}]
    props = {"categories": [{"category_id": 1, "name": "labels", "labels": labels}]}
    assert notes_of("voc", tmp_path / "again", item, props) == []


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("score", 0.5, "the number type in score"),
        ("difficult", 1, ""),
        ("truncated", 0.0597, ""),
        ("occluded", "1", "the text type of occluded"),
        ("pose", "Left", ""),
        ("pose", {"yaw": 1}, "the number type in pose"),
        ("name", "x", "name has no place"),
        ("text", "a\rb", "text has no place"),
    ],
)
def test_numbers_of_voc_are_text_but_for_flags(key: str, value: Any, named: str, tmp_path: Path) -> None:
    notes = notes_of("voc", tmp_path, item_of(detection=[BOXED | {key: value}]))
    assert [named in note for note in notes] == ([True] if named else [])
    (entry,) = read(tmp_path / "out.voc", "voc").entries
    assert entry.get(key) == {"score": "0.5", "occluded": 1, "name": None, "text": None}.get(
        key, {"yaw": "1"} if isinstance(value, dict) else value
    )


@pytest.mark.parametrize("form", ["csv", "parquet", "coco", "voc", "yolo"])
def test_keys_of_a_response_are_counted_once(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{form}"
    found = [item_of() | {"created_at": "2018", "dataset_item_id": 1}, item_of() | {"dataset_item_id": 2}]
    notes = [note for note in write_items(found, path, target_of(path, form, dict)) if not note.is_loss]
    assert [note.text for note in notes] == [
        (
            "what the server makes itself has no place in this format, and is left out: "
            "created_at (1 times), dataset_item_id (2 times)"
        )
    ]

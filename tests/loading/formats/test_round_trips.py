"""What is written comes back as it was, or is named."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.loading.formats.reading import read

from abeja_datasets_loading.formats.model import FileRefused
from abeja_datasets_loading.formats.targets import target_of
from abeja_datasets_loading.formats.writing import write_items

LABELS = ["cat", "dog", "猫", "no", "0123"]
PROPS = {
    "categories": [
        {
            "category_id": 1,
            "name": "labels",
            "labels": [{"label_id": n, "label": name} for n, name in enumerate(LABELS)],
        }
    ]
}
NUMBERS = st.one_of(
    st.integers(0, 5000), st.floats(0, 5000, allow_nan=False).filter(lambda value: value == 0 or value > 1e-9)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CHECKED = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@st.composite
def boxes(draw: st.DrawFn) -> dict[str, Any]:
    xs, ys = sorted([draw(NUMBERS), draw(NUMBERS)]), sorted([draw(NUMBERS), draw(NUMBERS)])
    return {"xmin": xs[0], "ymin": ys[0], "xmax": xs[1], "ymax": ys[1]}


def entries(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    def entry(number: int, box: Any, others: Any) -> dict[str, Any]:
        return {"category_id": 1, "label_id": number, "label": LABELS[number], "rect": box, **others}

    return st.builds(entry, st.integers(0, len(LABELS) - 1), boxes(), st.fixed_dictionaries({}, optional=more))


def items(entry: st.SearchStrategy[Any], **source: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    def build(found: list[Any]) -> list[dict[str, Any]]:
        return [
            {
                "source_data": [{"data_uri": f"x/{number}.png", **keys}],
                "attributes": {"detection": each} if each else {},
            }
            for number, (each, keys) in enumerate(found)
        ]

    return st.lists(st.tuples(st.lists(entry, max_size=3), st.fixed_dictionaries(source)), max_size=3).map(build)


def one_box(ymin: float, ymax: float, **source: Any) -> list[dict[str, Any]]:
    """Return one item with one box."""
    box = {"xmin": 0, "ymin": ymin, "xmax": 1, "ymax": ymax}
    entry = {"category_id": 1, "label_id": 0, "label": "cat", "rect": box}
    return [{"source_data": [{"data_uri": "x/0.png", **source}], "attributes": {"detection": [entry]}}]


# The height, 512.1142772085438, is not a double; the nearest one is written with a 9 at its end.
SIXTEEN_DIGITS = one_box(512.7319229823191, 1024.8462001908629, id="1")
# The centre, as a part of the height, has 30 digits, more than Python's decimals keep by default.
TINY = one_box(1.709369903864235e-09, 4000, width=1, height=2)


def round_trip(found: list[Any], name: str, form: str, before: Callable[[Path], None] = lambda _: None) -> Any:
    """Write items and read them; return what was read, and what was named as left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        notes = [note.text for note in write_items(found, path, target_of(path, form, lambda: PROPS))]
        before(path)
        result = read(path, form, props=PROPS if form == "voc" else None)
        assert not result.rejected
        return result.items, notes


@pytest.mark.parametrize(("name", "form"), [("a.jsonl", "jsonl"), ("a.json", "json"), ("a.parquet", "parquet")])
@CHECKED
@given(attributes=st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_items_of_any_content(name: str, form: str, attributes: Any) -> None:
    item = {"source_data": [{"data_uri": "a", "height": 3}, {"data_uri": "b"}], "attributes": attributes}
    if form == "parquet":
        pytest.importorskip("pyarrow")
    assert round_trip([item, item], name, form) == ([item, item], [])


@CHECKED
@given(items(entries()), st.dictionaries(st.sampled_from(["custom", "x"]), JSON, max_size=2))
def test_csv(found: Any, more: Any) -> None:
    for item in found:
        item["attributes"].update(more)
    assert round_trip(found, "a.csv", "csv") == (found, [])


@CHECKED
@example(SIXTEEN_DIGITS)
@given(
    items(
        entries(iscrowd=st.integers(0, 1), area=NUMBERS, score=JSON, segmentation=st.just([[1, 2, 3.5, 4, 5, 6]])),
        width=st.integers(1, 5000), height=st.integers(1, 5000), id=st.uuids().map(str),
    )
)  # fmt: skip
def test_coco(found: Any) -> None:
    result, notes = round_trip(found, "a.json", "coco")
    for item in result:
        for entry in item["attributes"].get("detection", []):
            del entry["id"]
    assert (result, notes) == (found, [])


@CHECKED
@given(
    items(
        entries(difficult=st.integers(0, 1), pose=st.sampled_from(["Left", "007"]), truncated=st.just(0.0597),
                segmentation=st.just([[1, 2, 3.5, 4, 5, 6]])),
        width=st.integers(1, 5000), height=st.integers(1, 5000),
    )
)  # fmt: skip
def test_voc(found: Any) -> None:
    assert round_trip(found, "a", "voc") == (found, [])


@CHECKED
@example(TINY)
@given(items(entries(confidence=st.floats(0, 1)), width=st.integers(1, 50), height=st.integers(1, 50)))
def test_yolo(found: Any) -> None:
    def put_images(path: Path) -> None:
        for item in found:
            source = item["source_data"][0]
            place = path / "images" / source["data_uri"]
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.new("1", (source["width"], source["height"])).save(place)

    result, notes = round_trip(found, "a", "yolo", put_images)
    for item in result:
        item["source_data"][0]["data_uri"] = item["source_data"][0]["data_uri"].removeprefix("images/")
    assert (result, notes) == (found, [])


def test_what_a_format_can_not_hold_is_named(tmp_path: Path) -> None:
    rle = {"category_id": 1, "label_id": 0, "segmentation": {"counts": [1], "size": [1, 1]}}
    item = {
        "source_data": [{"data_uri": "a", "x": 1}, {"data_uri": "b"}],
        "attributes": {"segmentation": [rle], "custom": {"a b": 1}},
    }
    named = {}
    for form in ("coco", "voc", "yolo", "csv"):
        path = tmp_path / form
        named[form] = " ".join(note.text for note in write_items([item], path, target_of(path, form, lambda: PROPS)))
    for text in ("source_data[1]", "attributes.custom"):
        assert [text in named[form] for form in ("coco", "voc", "yolo")] == [True] * 3
    assert "entry 0: segmentation" in named["voc"]
    assert "width and height of the image are not known" in named["yolo"]
    assert "source_data[0].x" in named["csv"]


def test_a_failure_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a.jsonl"
    target.write_text("before")

    def failing() -> Any:
        yield {"source_data": []}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(write_items(failing(), target, target_of(target, None, dict)))
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_target_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    for target, form, reason in (
        (tmp_path / "full", "voc", "is there already"),
        (tmp_path / "full", "jsonl", "is a folder"),
        (tmp_path / "absent/a.jsonl", "jsonl", "No such file"),
    ):
        with pytest.raises(FileRefused, match=reason):
            list(write_items([], target, target_of(target, form, dict)))
    with pytest.raises(FileRefused, match="pass --to"):
        target_of("a.xyz", None, dict)


def test_one_label_id_in_two_categories_is_refused_for_coco(tmp_path: Path) -> None:
    item = {"attributes": {"classification": [{"category_id": number, "label_id": 1} for number in (1, 2)]}}
    with pytest.raises(FileRefused, match="is in several categories"):
        list(write_items([item], tmp_path / "a.json", target_of("a.json", "coco", dict)))

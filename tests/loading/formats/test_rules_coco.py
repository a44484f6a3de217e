"""COCO files, a small one for each rule of docs/formats.md that a file can try."""

import gzip
import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import Found, read, refusal, write

from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.model import Rejected
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.rejected import write_rejected
from abeja_datasets_loading.formats.sources.uris import Uris, read_mapping
from abeja_datasets_loading.formats.targets import target_of
from abeja_datasets_loading.formats.values import json_values
from abeja_datasets_loading.formats.writing import write_items

IMAGES = '[{"id": 1, "file_name": "a", "width": 10, "height": 10}]'
RECT = {"xmin": 1, "ymin": 2, "xmax": 4, "ymax": 6}
CATEGORIES = '[{"id": 7, "name": "cat"}]'


def text_of(annotation: str, images: str = IMAGES, categories: str = CATEGORIES) -> str:
    """Return a file with one annotation, whose other keys are given as JSON."""
    one = f'{{"image_id": 1, "category_id": 7{annotation and ", "}{annotation}}}'
    return f'{{"annotations": [{one}], "images": {images}, "categories": {categories}}}'


@pytest.mark.parametrize(
    ("annotation", "rect"),
    [
        ('"bbox": [0.1, 0.7, 0.2, 0.1]', [0.1, 0.7, 0.3, 0.8]),
        ('"bbox": [1, 2, 3, 4]', [1, 2, 4, 6]),
        ('"bbox": [1, 2, 3.0, 4]', [1, 2, 4.0, 6]),
        ('"bbox": [1.1, 2.2, 3.3, 4.4]', [1.1, 2.2, 4.4, 6.6]),
        ('"bbox": [1e2, 2E0, 3e-1, 4]', [100.0, 2.0, 100.3, 6.0]),
        ('"bbox": [0.30000000000000001, 0, 0.6000000000000000000001, 1]', [0.3, 0, 0.9, 1]),
        ('"bbox": [-0.5, -2, 1, 4]', [-0.5, -2, 0.5, 2]),
        ('"bbox": [9007199254740993, 0, 1, 1]', [9007199254740993, 0, 9007199254740994, 1]),
        ('"bbox": [5, 5, 0, 0]', [5, 5, 5, 5]),
        ('"segmentation": [[1, 2, 3, 4.5]]', [1, 2, 3, 4.5]),
        ('"segmentation": [[1, 2]]', [1, 2, 1, 2]),
        ('"segmentation": [[1, 2, 3, 4], [0, 9]], "bbox": null', [0, 2, 3, 9]),
        ('"bbox": [1, 2, 3, 4], "segmentation": [[100, 100, 0, 0]]', [1, 2, 4, 6]),
    ],
)
def test_rects(tmp_path: Path, annotation: str, rect: list[float]) -> None:
    (entry,) = read(write(tmp_path, "a.json", text_of(annotation))).entries
    assert repr([*entry["rect"].values()]) == repr(rect)


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ('"bbox": [1.7e308, 0, 1.7e308, 1]', "greater than any number"),
        ('"bbox": [1e400, 0, 1, 1]', "1e400 is greater"),
        ('"bbox": [1, 0, 1, 1], "area": 1E+0400', "1E+0400 is greater"),
        ('"bbox": [1, 2, 3]', "/bbox: four numbers"),
        ('"bbox": [1, 2, 3, 4, 5]', "/bbox: four numbers"),
        ('"bbox": {"x": 1}', "/bbox: four numbers"),
        ('"bbox": [[1, 2, 3, 4]]', "/bbox: four numbers"),
        ('"bbox": [1, 2, 3, null]', "/bbox: four numbers"),
        ('"bbox": "1 2 3 4"', "/bbox: four numbers"),
        ('"bbox": 5', "/bbox: four numbers"),
        ('"bbox": [1, 2, 3, -4]', "/bbox: the size is negative"),
        ('"segmentation": [1, 2, 3, 4]', "/segmentation/0: is not a list of numbers"),
        ('"segmentation": [[1, 2, true]]', "/segmentation/0: is not a list of numbers"),
        ('"segmentation": [[1, 2], [1, 2, 3]]', "/segmentation/1: has 3 numbers"),
        ('"segmentation": {"counts": "x"}', "/segmentation: is neither"),
        ('"segmentation": {"counts": [1], "size": [2]}', "/segmentation: is neither"),
        ('"segmentation": 5', "/segmentation: is neither"),
    ],
)
def test_geometry_that_rejects_the_image(tmp_path: Path, annotation: str, reason: str) -> None:
    found = read(write(tmp_path, "a.json", text_of(annotation)))
    assert (found.items, len(found.rejected)) == ([], 1)
    assert reason in found.rejected[0]


@pytest.mark.parametrize("key", ["label", "label_id", "rect"])
def test_a_key_that_an_entry_has_already_is_left_out_and_named(tmp_path: Path, key: str) -> None:
    found = read(write(tmp_path, "a.json", text_of(f'"bbox": [1, 2, 3, 4], "{key}": "x"')))
    assert found.entries[0]["rect"] == {"xmin": 1, "ymin": 2, "xmax": 4, "ymax": 6}
    where = f"{tmp_path}/a.json: /images/0: /annotations/0/{key}"
    assert found.notes == [f"{where}: an entry has a key of this name; it is left out"]


@pytest.mark.parametrize(
    ("annotation", "key"),
    [("", "classification"), ('"bbox": [1, 2, 3, 4]', "segmentation"), ('"segmentation": [[1, 2]]', "segmentation")],
)
def test_a_dataset_of_the_type_segmentation(tmp_path: Path, annotation: str, key: str) -> None:
    path = write(tmp_path, "a.json", text_of(annotation))
    assert list(read(path, dataset_type="segmentation").items[0]["attributes"]) == [key]


@pytest.mark.parametrize(
    "keys",
    [
        {"iscrowd": 1, "area": 0.1},
        {"keypoints": [1, 2, 0] * 17, "num_keypoints": 0},
        {"attributes": {"occluded": False, "track_id": None}},
        {"segmentation": {"counts": [0, 3, 1], "size": [2, 2]}, "bbox": [0, 0, 1, 1]},
        {"segmentation": {"counts": "0_1`", "size": [2, 2]}, "bbox": [0, 0, 1, 1]},
        {"segmentation": [[0, 0, 1, 1, 1, 0], [0.25, 0.25, 0.5, 0.5]], "bbox": [0, 0, 1, 1]},
        {"id": "x", "score": 0.30000000000000004, "text": "猫\ud800"},
    ],
)
def test_all_other_keys_are_kept_as_they_are(tmp_path: Path, keys: dict[str, Any]) -> None:
    (entry,) = read(write(tmp_path, "a.json", text_of(json.dumps(keys)[1:-1]))).entries
    for key in keys.keys() - {"bbox"}:
        assert entry[key] == keys[key]


@pytest.mark.parametrize(
    ("images", "annotation_ids", "counts"),
    [
        ('[{"id": 0, "file_name": "a"}]', "0", [1]),
        ('[{"id": 1.0, "file_name": "a"}]', '"1"', [1]),
        ('[{"id": "01", "file_name": "a"}, {"id": 1, "file_name": "b"}]', '"1"', [0, 1]),
        ('[{"id": "a/b", "file_name": "a"}]', '"a/b"', [1]),
        ('[{"id": 18446744073709551617, "file_name": "a"}]', "18446744073709551617", [1]),
        ('[{"id": -3, "file_name": "a"}]', "-3", [1]),
        ('[{"id": "\\ud800", "file_name": "a"}]', '"\\ud800"', [1]),
    ],
)
def test_ids_of_mixed_types(tmp_path: Path, images: str, annotation_ids: str, counts: list[int]) -> None:
    text = text_of("", images=images).replace('"image_id": 1', f'"image_id": {annotation_ids}')
    found = read(write(tmp_path, "a.json", text))
    assert [len(item["attributes"].get("classification", ())) for item in found.items] == counts
    assert not found.rejected


def test_an_id_of_5000_digits_is_not_taken_for_another(tmp_path: Path) -> None:
    images = f'[{{"id": 0, "file_name": "a"}}, {{"id": {"9" * 5000}, "file_name": "b"}}]'
    found = read(write(tmp_path, "a.json", text_of("", images=images).replace('"image_id": 1', '"image_id": 0')))
    assert [len(item["attributes"]) for item in found.items] == [1]
    assert "more digits than" in found.rejected[0]


@pytest.mark.parametrize("key", ["null", "true", "1.5", "[]", '""'])
def test_what_is_no_id_rejects_the_image(tmp_path: Path, key: str) -> None:
    found = read(write(tmp_path, "a.json", text_of("", images=f'[{{"id": {key}, "file_name": "a"}}]')))
    assert found.items == []
    assert "/images/0: is not an image with an id" in found.rejected[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"images": [], "categories": [{"id": 1, "name": "a", "x": 1e400}]}', "1e400 is greater"),
        ('{"images": [], "categories": null}', "categories is not an array"),
        ('{"images": null}', "images is not an array"),
        ('{"images": [], "annotations": {"1": {}}}', "annotations is not an array"),
        ('{"images": [],}', "not JSON"),
        ('{"images": [1 2]}', "not JSON"),
        ("{'images': []}", "not JSON"),
        ('{"images": []} x', "more follows the end"),
        ('{"images": [{"id": 1, "id": 2}]}', 'the key "id" twice'),
        ('{"images": [{"id": -Infinity}]}', "-Infinity is not a JSON value"),
        ('{"images": ["\x01"]}', "not JSON"),
        ("", "0 bytes"),
        ("\ufeff", "the text ends"),
        ("3", "not JSON"),
    ],
)
def test_what_refuses_the_file(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.json", text), "coco")


@pytest.mark.parametrize(
    ("encoding", "given"),
    [("utf-8-sig", None), ("utf-16", None), ("utf-16-le", "utf-16-le"), ("cp932", "cp932"), ("euc-jp", "euc_jp")],
)
def test_encodings(tmp_path: Path, encoding: str, given: str | None) -> None:
    text = text_of("").replace('"cat"', '"猫"').replace(", ", ",\r\n")
    assert read(write(tmp_path, "a.json", text.encode(encoding)), encoding=given).entries[0]["label"] == "猫"


@pytest.mark.parametrize("encoding", ["cp932", "euc-jp", "latin-1"])
def test_an_encoding_that_nothing_declares_is_refused_with_the_place(tmp_path: Path, encoding: str) -> None:
    text = (
        text_of("")
        .replace('cat"', 'é"' if encoding == "latin-1" else '日本"')
        .replace('"categories"', '\n"categories"')
    )
    assert refusal(write(tmp_path, "a.json", text.encode(encoding))).startswith(f"{tmp_path}/a.json:2: the byte 0x")


def test_gzip_and_a_cut_one(tmp_path: Path) -> None:
    packed = gzip.compress(text_of('"x": "' + "y" * 5000 + '"').encode())
    assert len(read(write(tmp_path, "a.json.gz", packed)).items) == 1
    assert "cut short" in refusal(write(tmp_path, "b.json.gz", packed[:-9]))
    assert "damaged" in refusal(write(tmp_path, "c.json.gz", packed[:20] + b"\xff" * 20 + packed[40:]))
    assert "0 bytes" in refusal(write(tmp_path, "d.json.gz", gzip.compress(b"")))


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a//b.jpg", "s3://b/a//b.jpg"),
        ("././a.jpg", "s3://b/a.jpg"),
        (".\\a.jpg", "s3://b/a.jpg"),
        ("a..b/..c.jpg", "s3://b/a..b/..c.jpg"),
        ("100%.jpg", "s3://b/100%.jpg"),
        ("a b+c&d.jpg", "s3://b/a b+c&d.jpg"),
        ("gs://x/../a.jpg", "gs://x/../a.jpg"),
        ("\u304c.jpg", "s3://b/\u304c.jpg"),
        ("\u304b\u3099.jpg", "s3://b/\u304b\u3099.jpg"),
        ("...", "s3://b/..."),
    ],
)
def test_names(tmp_path: Path, name: str, uri: str) -> None:
    path = write(tmp_path, "a.json", text_of("", images=json.dumps([{"id": 1, "file_name": name}])))
    assert read(path, uris=Uris("s3://b/{path}")).items[0]["source_data"][0]["data_uri"] == uri


def test_a_mapping_has_also_absolute_names_and_a_url_needs_no_entry(tmp_path: Path) -> None:
    mapping = read_mapping(write(tmp_path, "m.csv", "/data/a.jpg,datalake://1/a\nC:\\b.jpg,datalake://1/b\n"))
    names = ["/data/a.jpg", "C:\\b.jpg", "https://h/c.jpg", "d.jpg"]
    images = json.dumps([{"id": number, "file_name": name} for number, name in enumerate(names)])
    found = read(write(tmp_path, "a.json", text_of("", images=images)), uris=Uris(None, mapping))
    uris = [item["source_data"][0]["data_uri"] for item in found.items]
    assert uris == ["datalake://1/a", "datalake://1/b", "https://h/c.jpg"]
    assert "'d.jpg' is not in the mapping" in found.rejected[0]


@pytest.mark.parametrize("uri", ["\ud800", "a\ud800"])
def test_half_a_surrogate_pair_in_a_uri_is_rejected(tmp_path: Path, uri: str) -> None:
    images = json.dumps([{"id": 1, "file_name": "a", "data_uri": uri}])
    found = read(write(tmp_path, "a.json", text_of("", images=images)))
    assert "half a surrogate pair" in found.rejected[0]


def test_a_data_uri_that_is_no_text_is_left_out_and_named(tmp_path: Path) -> None:
    images = json.dumps([{"id": 1, "file_name": "a", "data_uri": 7}])
    found = read(write(tmp_path, "a.json", text_of("", images=images)))
    assert (found.items[0]["source_data"], len(found.notes)) == ([{"id": 1, "data_uri": "a"}], 1)


def test_images_are_given_once(tmp_path: Path) -> None:
    images = write(tmp_path, "i.json", text_of(""))
    assert "leave out --images" in refusal(write(tmp_path, "a.json", text_of("")), images=images)
    results = write(tmp_path, "r.json", '[{"image_id": 1}]')
    assert "more follows" in refusal(results, images=write(tmp_path, "j.json", '{"images": []} x'))


def test_the_file_of_rejected_images_has_each_annotation_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", text_of("", images=f"{IMAGES[:-1]}, {IMAGES[1:]}"))
    opened = open_file(path, Options())
    rejected = [(record, record.reason) for record in opened if isinstance(record, Rejected)]
    opened.close()
    write_rejected(path, tmp_path / "b.json", rejected, Options())
    document = json.loads((tmp_path / "b.json").read_text())
    assert [len(document[key]) for key in ("images", "annotations", "categories")] == [2, 1, 1]
    document["images"][1]["id"] = 2
    found = read(write(tmp_path, "b.json", json.dumps(document)))
    assert [len(item["attributes"]) for item in found.items] == [1, 0]


@pytest.mark.parametrize(
    ("member", "is_twice"),
    [
        ('"a": 1, "a": 2', True),
        ('"a" : 1, "a" : ":"', True),
        ('"a": {"b": 1, "b": 2}', True),
        ('"a": [{"b": 1, "b": 2}]', True),
        ('"a": 1, "\\u0061": 2', True),
        ('"a:": ":", "b": {"a:": 1}', False),
        ('"a": [{"b": 1}, {"b": 2}], "b": "a\\":"', False),
    ],
)
def test_a_key_twice_is_found_wherever_it_stands(tmp_path: Path, member: str, is_twice: bool) -> None:
    path = write(tmp_path, "a.json", text_of(member))
    if is_twice:
        assert "twice" in refusal(path)
    else:
        assert len(read(path).items) == 1


@pytest.mark.parametrize("number", ["0.1234567890123456789", "12345678901234567890.5", "1e+0100", "1E100", "1e-0001"])
def test_long_numbers_are_summed_over_their_digits(tmp_path: Path, number: str) -> None:
    (entry,) = read(write(tmp_path, "a.json", text_of(f'"bbox": [0, 0, {number}, 1], "area": {number}'))).entries
    assert entry["rect"]["xmax"] == entry["area"] == float(number)


def boxes(count: int) -> list[list[float]]:
    """Return boxes as of a model: doubles, singles, and numbers with some digits."""
    chance = random.Random(7)
    found: list[list[float]] = []
    while len(found) < count:
        doubles = [chance.uniform(0, 2000) for _ in range(4)]
        digits, size = chance.randrange(12), 10 ** chance.randrange(-8, 9)
        found += [doubles, [*struct.unpack("4f", struct.pack("4f", *doubles))], [*map(int, doubles)]]
        found += [[round(number, digits) for number in doubles], [number * size for number in doubles]]
    return found


def write_coco(found: Found, target: Path) -> tuple[Any, list[str]]:
    """Write items as COCO; return the document and what was named."""
    make = target_of(target, "coco", lambda: found.props)
    notes = [note.text for note in write_items(found.items, target, make)]
    return json_values.parse(target.read_text()), notes


def test_the_way_back_gives_the_same_digits(tmp_path: Path) -> None:
    annotations = [
        {"id": number, "image_id": 1, "category_id": 7, "bbox": box} for number, box in enumerate(boxes(300), 1)
    ]
    text = f'{{"images": {IMAGES}, "categories": {CATEGORIES}, "annotations": {json.dumps(annotations)}}}'
    found = read(write(tmp_path, "a.json", text))
    document, notes = write_coco(found, tmp_path / "b.json")
    assert [repr(each["bbox"]) for each in document["annotations"]] == [repr(each["bbox"]) for each in annotations]
    assert notes == []
    for form in ("voc", "yolo"):  # their rect says the same
        target = tmp_path / form
        left_out = [
            note.text for note in write_items(found.items, target, target_of(target, form, lambda: found.props))
        ]
        assert not [text for text in left_out if "bbox" in text]


@pytest.mark.parametrize(
    ("keys", "lost"),
    [
        ({"rect": RECT, "bbox": [1, 2, 3, 5]}, ["bbox"]),
        ({"rect": RECT, "bbox": [1, 2, 3, 4]}, []),
        ({"bbox": [1, 2, 3, 4]}, ["bbox"]),
        ({"rect": RECT, "image_id": 5}, ["image_id"]),
        ({"rect": RECT | {"angle": 3}}, ["rect.angle"]),
        ({"rect": {"xmin": 1}}, ["rect"]),
        ({"rect": RECT, "id": 1}, ["the id 1"]),
        ({"rect": RECT, "id": True}, ["the id true"]),
    ],
)
def test_keys_that_an_annotation_has_otherwise_are_named(tmp_path: Path, keys: dict[str, Any], lost: list[str]) -> None:
    label = {"category_id": 1, "label_id": 7}
    item = {"source_data": [{"data_uri": "a"}], "attributes": {"detection": [{**label, "id": 1}, label | keys]}}
    document, notes = write_coco(Found([item], [], [], {}), tmp_path / "a.json")
    named = [note.split(" has no place")[0] for note in notes if "that it is in detection" not in note]
    assert named == [f"item 0: entry 1: {each}" for each in lost]
    assert [each["image_id"] for each in document["annotations"]] == [1, 1]
    assert document["annotations"][1].get("bbox") == ([1, 2, 3, 4] if "xmax" in keys.get("rect", {}) else None)


@pytest.mark.parametrize(
    ("category", "note"),
    [
        ('{"id": 7}', "/categories/0: has no name"),
        ('{"id": 7, "name": "a", "label_id": 3}', "/categories/0: label_id: a label has a key of this name"),
    ],
)
def test_what_a_label_can_not_hold_is_named(tmp_path: Path, category: str, note: str) -> None:
    found = read(write(tmp_path, "a.json", text_of("", categories=f"[{category}]")))
    assert (len(found.items), len(found.notes)) == (1, 1)
    assert note in found.notes[0]


@pytest.mark.parametrize("segmentation", [None, []])
def test_a_segmentation_that_holds_nothing_is_kept(tmp_path: Path, segmentation: Any) -> None:
    text = json.dumps({"bbox": [1, 2, 3, 4], "segmentation": segmentation})[1:-1]
    found = read(write(tmp_path, "a.json", text_of(text)))
    assert found.items[0]["attributes"]["detection"][0]["segmentation"] == segmentation
    assert write_coco(found, tmp_path / "b.json")[0]["annotations"][0]["segmentation"] == segmentation

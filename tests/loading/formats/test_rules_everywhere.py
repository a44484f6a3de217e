"""Rules of docs/formats.md for all formats, tried on those whose own files of tests leave them out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import Found, read, refusal, write
from tests.loading.formats.test_rules_voc import text_of
from tests.loading.formats.test_yolo_files import picture

from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.model import Rejected
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.rejected import write_rejected
from abeja_datasets_loading.formats.sources.uris import Uris
from abeja_datasets_loading.formats.targets import target_of
from abeja_datasets_loading.formats.writing import write_items

Box = tuple[float, float, float, float]
Make = Callable[..., Path]


def voc(folder: Path, box: Box, name: str = "a.jpg") -> Path:
    xmin, ymin, xmax, ymax = (f"> {side}\n<" for side in box)
    sides = f"<xmin{xmin}/xmin><ymin{ymin}/ymin><xmax{xmax}/xmax><ymax{ymax}/ymax>"
    size = "<size><width>10</width><height>10</height></size>"
    write(folder, "a.xml", text_of(f"<name>c</name><bndbox>{sides}</bndbox>", more=size, name=name))
    return folder


def yolo(folder: Path, box: Box, name: str = "a.jpg") -> Path:
    xmin, ymin, xmax, ymax = (side / 10 for side in box)
    picture(folder / "images" / name, (10, 10))
    row = f"0 {(xmin + xmax) / 2:+e} {(ymin + ymax) / 2} {xmax - xmin} {ymax - ymin} \n"
    write(folder, f"labels/{Path(name).with_suffix('.txt')}", row)
    write(folder, "data.yaml", "train: images\nnames: [c]\n")
    return folder


def csv(folder: Path, box: Box, name: str = "a.jpg") -> Path:
    cells = ",".join(f" {side} " for side in box)
    return write(folder, "a.csv", f"data_uri,label_id,label,xmin,ymin,xmax,ymax\n{name},0,c,{cells}\n")


@pytest.mark.parametrize("make", [voc, yolo, csv])
def test_a_dataset_of_segmentation_holds_entries_there(tmp_path: Path, make: Make) -> None:
    found = read(make(tmp_path, (1, 2, 3, 4)), dataset_type="segmentation")
    assert [*found.items[0]["attributes"]] == ["segmentation"]


@pytest.mark.parametrize(
    ("make", "box", "note"),
    [
        *((make, (-1, 2, 3, 4), "negative") for make in (voc, yolo, csv)),
        *((make, (3, 2, 3, 4), "no area") for make in (voc, yolo, csv)),
        *((make, (8, 2, 19, 4), "beyond the image") for make in (voc, yolo)),
    ],
)
def test_an_odd_box_is_kept_and_reported(tmp_path: Path, make: Make, box: Box, note: str) -> None:
    found = read(make(tmp_path, box))
    assert [*found.entries[0]["rect"].values()] == pytest.approx(list(box))
    assert [note in each for each in found.notes] == [True]


@pytest.mark.parametrize("make", [voc, yolo, csv])
def test_two_unicode_forms_of_a_name_stay_apart(tmp_path: Path, make: Make) -> None:
    names = ["caf\u00e9.jpg", "cafe\u0301.jpg"]
    found = []
    for at, name in enumerate(names):
        (tmp_path / str(at)).mkdir()
        found.append(read(make(tmp_path / str(at), (1, 2, 3, 4), name)))
    assert [uri_of(each).rpartition("/")[2] for each in found] == names


def uri_of(found: Found) -> str:
    return str(found.items[0]["source_data"][0]["data_uri"])


def line(uri: str, **attributes: Any) -> str:
    return json.dumps({"source_data": [{"data_uri": uri}], "attributes": attributes})


def test_a_file_name_twice_makes_two_items_and_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "v/a.xml", text_of())
    write(tmp_path, "v/b.xml", text_of())
    found = read(tmp_path / "v")
    assert (len(found.items), len(found.notes)) == (2, 1)
    assert "'a' is in the input twice" in found.notes[0]


@pytest.mark.parametrize("name", ["/data/a.jpg", "C:\\a.jpg", "C:/a.jpg"])
def test_an_absolute_name_needs_a_mapping(tmp_path: Path, name: str) -> None:
    images = [{"id": 1, "file_name": name}]
    found = read(write(tmp_path, "a.json", json.dumps({"images": images, "annotations": [], "categories": []})))
    assert "--uri-map" in found.rejected[0]


def test_an_origin_of_1_is_added_to_xmin_and_ymin_when_writing(tmp_path: Path) -> None:
    entry = {"category_id": 1, "label_id": 0, "label": "c", "rect": {"xmin": 0, "ymin": 1, "xmax": 3, "ymax": 4}}
    item = {"source_data": [{"data_uri": "a"}], "attributes": {"detection": [entry]}}
    target = tmp_path / "v"
    assert [*write_items([item], target, target_of(target, "voc", dict, voc_origin=1))] == []
    assert [*read(target).entries[0]["rect"].values()] == [1, 2, 3, 4]
    assert read(target, voc_origin=1).items == [item]


def test_the_labels_of_the_dataset_decide_for_image_folders(tmp_path: Path) -> None:
    labels = [{"label_id": 5, "label": "cat"}]
    for name in ("cat/a.jpg", "dog/b.jpg"):
        write(tmp_path, f"in/{name}", "x")
    found = read(tmp_path / "in", props={"categories": [{"category_id": 3, "name": "x", "labels": labels}]})
    assert found.entries == [{"category_id": 3, "label_id": 5, "label": "cat"}]
    assert 'no label of the name "dog"' in found.rejected[0]


def test_rejected_xml_files_are_copied_beside_a_list_of_reasons(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    bad = text_of("<name/>")
    write(source, "x/a.xml", bad)
    write(source, "x/b.xml", text_of())
    opened = open_file(source, Options())
    write_rejected(source, target, [(each, each.reason) for each in opened if isinstance(each, Rejected)], Options())
    assert [path.relative_to(target).as_posix() for path in target.rglob("*.xml")] == ["x/a.xml"]
    reasons = [path.read_text() for path in target.iterdir() if path.is_file()]
    assert len(reasons) == 1
    assert "<name> is missing" in reasons[0]
    write(target, "x/a.xml", text_of())
    assert len(read(target).items) == 1


@pytest.mark.parametrize("value", ["\ufeff", "0123", "yes", "1_000", "\uff11", "\ud800"])
def test_what_is_text_stays_text(tmp_path: Path, value: str) -> None:
    assert read(write(tmp_path, "a.jsonl", line("a", x=value))).items[0]["attributes"] == {"x": value}


def test_a_folder_without_a_class_is_refused_and_an_image_at_the_root_rejected(tmp_path: Path) -> None:
    write(tmp_path, "in/a.jpg", "x")
    assert refusal(tmp_path / "in", "folder")
    write(tmp_path, "in/c/b.jpg", "x")
    found = read(tmp_path / "in", "folder")
    assert (len(found.items), len(found.rejected)) == (1, 1)


def api_items(folder: Path, form: str, *items: Any) -> Path:
    """Write the API's own items as a file of a format."""
    path = folder / f"a.{form}"
    assert [*write_items(items, path, target_of(path, form, dict))] == []
    return path


def item_with(box: dict[str, Any], **source: Any) -> dict[str, Any]:
    entry = {"category_id": 1, "label_id": 2, "rect": box, "x": 1}
    return {"source_data": [{"data_uri": "a", **source}], "attributes": {"segmentation": [entry]}}


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
def test_boxes_of_the_own_items_of_the_api_have_the_same_rules(tmp_path: Path, form: str) -> None:
    swapped = {"xmin": 3, "ymin": 2, "xmax": 1, "ymax": 4}
    beyond = {"xmin": -1, "ymin": 2, "xmax": 30, "ymax": 2}
    path = api_items(tmp_path, form, item_with(swapped), item_with(beyond, width=9, height=9), item_with({"xmin": 1}))
    found = read(path, form)
    assert [item["attributes"]["segmentation"][0]["rect"] for item in found.items] == [beyond, {"xmin": 1}]
    assert "/attributes/segmentation/0/rect: xmax is 1, less than xmin 3" in found.rejected[0]
    texts = ["has no area", "begins at a negative position", "reaches beyond the image"]
    assert [text for text in texts for note in found.notes if f"segmentation[0]: the box {text}" in note] == texts


@pytest.mark.parametrize("form", ["csv", "parquet", "coco", "voc", "yolo"])
def test_an_unknown_key_of_an_item_is_named(tmp_path: Path, form: str) -> None:
    item = {"source_data": [{"data_uri": "a"}], "attributes": {}, "foo": 1, "dataset_item_id": 3}
    path = tmp_path / "out"
    notes = [note.text for note in write_items([item], path, target_of(path, form, dict)) if note.is_loss]
    assert [note for note in notes if "that it is an item" not in note] == [
        "item 0: foo has no place in this format, and is left out"
    ]
    for holding in ("jsonl", "json"):
        assert read(api_items(tmp_path, holding, item), holding).items == [item]


def test_two_items_of_one_uri_are_named_where_a_table_makes_them_one(tmp_path: Path) -> None:
    items = [{"source_data": [{"data_uri": uri}], "attributes": {}} for uri in ("a", "b", "a")]
    path = tmp_path / "a.csv"
    (note,) = write_items(items, path, target_of(path, "csv", dict))
    assert note.text.startswith("item 2: that it is an item beside the one before with the data_uri 'a'")


@pytest.mark.parametrize(("name", "form"), [("a.jsonl", None), ("a.csv", None), ("a.json", "coco"), ("a.xml", None)])
def test_utf_16_without_a_byte_order_mark_is_refused_with_the_option(
    tmp_path: Path, name: str, form: str | None
) -> None:
    text = text_of() if name == "a.xml" else f"{line('a')}\n" if name == "a.jsonl" else "data_uri\na\n"
    path = write(tmp_path, name, (text if form is None else '{"images": []}').encode("utf-16-le"))
    reason = "has a NUL byte at its start, as UTF-16 has; pass --encoding NAME"
    assert reason in (read(path, form).rejected[0] if name == "a.xml" else refusal(path, form))
    read(path, form, encoding="utf-16-le")


ONE_BAD = {
    "jsonl": '{"source_data": [{"data_uri": "猫"}], "attributes": {"x": 1e400}}\n',
    "json": '[{"source_data": [{"data_uri": "猫"}], "attributes": {"x": 1e400}}]',
    "csv": "data_uri,label_id,label,x\n猫,w,犬,1e400\n",
    "coco": '{"images": [{"id": 1, "file_name": "猫", "x": 1e400}], "categories": [{"id": 1, "name": "犬"}]}',
}


@pytest.mark.parametrize("form", ONE_BAD)
def test_rejected_rows_of_another_encoding_can_be_imported_with_the_same_option(tmp_path: Path, form: str) -> None:
    source, target = write(tmp_path, f"a.{form}", ONE_BAD[form].encode("cp932")), tmp_path / "b"
    reject(source, target, form, Options(encoding="cp932"))
    target.write_bytes(target.read_bytes().replace(b"1e400", b"1").replace(b",w,", b",2,"))
    for encoding in ("cp932", None):
        assert uri_of(read(target, form, encoding=encoding)) == "猫"


def test_rejected_images_of_another_encoding_can_be_imported_with_the_same_option(tmp_path: Path) -> None:
    source, target = yolo(tmp_path / "in", (1, 2, 3, 4), "猫.jpg"), tmp_path / "out"
    write(source, "labels/猫.txt", "0 1 1")
    write(source, "data.yaml", "train: images\nnames: [犬]\n".encode("cp932"))
    reject(source, target, "yolo", Options(encoding="cp932"))
    write(target, "labels/猫.txt", "0 0.5 0.5 0.5 0.5")
    assert read(target, encoding="cp932").entries[0]["label"] == "犬"


def reject(source: Path, target: Path, form: str, options: Options) -> None:
    """Write the rejected rows of a file."""
    opened = open_file(source, options, form)
    rejected = [(record, record.reason) for record in opened if isinstance(record, Rejected)]
    opened.close()
    assert rejected
    write_rejected(source, target, rejected, options, form)


@pytest.mark.parametrize(("name", "codec"), [("Windows-31J", "cp932"), ("x-sjis", "cp932"), ("x-euc-jp", "euc_jp")])
def test_names_of_encodings_that_python_has_under_others(tmp_path: Path, name: str, codec: str) -> None:
    label = "①表" if codec == "cp932" else "表"
    declared = f"<?xml version='1.0' encoding='{name}'?>{text_of(f'<name>{label}</name>')}"
    assert read(write(tmp_path, "a.xml", declared.encode(codec))).entries[0]["label"] == label
    assert read(write(tmp_path, "b.jsonl", line("表").encode(codec)), encoding=name).items


HALF = "x\ud800"


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("position", [0, 1])
def test_half_a_surrogate_pair_in_a_uri_rejects_its_item(tmp_path: Path, name: str, position: int) -> None:
    sources = [{"data_uri": "a"}, {"data_uri": "b"}]
    sources[position] = {"data_uri": HALF}
    items = [{"source_data": [{"data_uri": "a"}]}, {"source_data": sources}]
    text = "\n".join(map(json.dumps, items)) if name == "a.jsonl" else json.dumps(items)
    found = read(write(tmp_path, name, text))
    assert found.items == items[:1]
    place = "a.jsonl:2: " if name == "a.jsonl" else "a.json:1: /1"
    assert f"{place}/source_data/{position}/data_uri: the name 'x\\ud800' holds half" in found.rejected[0]


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "parquet"])
def test_in_attributes_it_is_kept(tmp_path: Path, form: str) -> None:
    entry = {"category_id": 1, "label_id": 1, "label": HALF}
    items = [{"source_data": [{"data_uri": "é"}], "attributes": {"classification": [entry], HALF: ["é", HALF]}}]
    assert list(write_items(items, tmp_path / "a", target_of("a", form, dict))) == []
    assert read(tmp_path / "a", form).items == items


@pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
def test_elsewhere_it_is_kept_or_named(tmp_path: Path, form: str) -> None:
    entry = {"category_id": 1, "label_id": 1, "label": HALF, "rect": {"xmin": 1, "ymin": 1, "xmax": 2, "ymax": 2}}
    items: list[dict[str, Any]] = [
        {"source_data": [{"data_uri": "a.jpg", "width": 9, "height": 9}], "attributes": {"detection": [entry]}},
        {"source_data": [{"data_uri": HALF}], "attributes": {}},
    ]
    notes = [note.text for note in write_items(items, tmp_path / "a", target_of("a", form, dict))]
    assert "item 1: /source_data/0/data_uri: the name 'x\\ud800' holds half" in notes[-1]
    assert any("label" in note for note in notes[:-1]) is (form == "voc")


def test_a_template_of_uris_is_utf_8() -> None:
    with pytest.raises(ValueError, match=r"'s3://\\udcff/\{path\}', which is not UTF-8"):
        Uris("s3://\udcff/{path}")

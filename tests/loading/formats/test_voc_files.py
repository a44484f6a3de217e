"""Pascal VOC, as CVAT, labelImg and others write it."""

from pathlib import Path

import pytest
from tests.loading.formats.reading import read, refusal, write

WIDE = "4\N{FULLWIDTH DIGIT EIGHT}"
BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>48.5</xmax><ymax>9.0</ymax></bndbox>"


def document(*objects: str, name: str = "a.jpg", more: str = "") -> str:
    inner = "".join(f"<object>{each}</object>" for each in objects)
    return f"<annotation><filename>{name}</filename>{more}{inner}</annotation>"


def test_coordinates_stay_as_written_and_other_keys_are_kept(tmp_path: Path) -> None:
    others = (
        "<pose>Left</pose><truncated>0.0597</truncated><difficult>1</difficult><occluded>yes</occluded><id>007</id>"
        "<attributes><attribute><name>k</name><value>0123</value></attribute></attributes>"
    )
    size = "<size><width>100</width><height>50</height><depth>3</depth></size><segmented>0</segmented>"
    found = read(write(tmp_path, "x/a.xml", document(f"{BOX}<name>cat</name>{others}", more=size)).parent.parent)
    assert found.items == [
        {
            "source_data": [{"data_uri": "x/a.jpg", "width": 100, "height": 50, "depth": 3}],
            "attributes": {
                "detection": [
                    {
                        "category_id": 1,
                        "label_id": 0,
                        "label": "cat",
                        "rect": {"xmin": 1, "ymin": 2, "xmax": 48.5, "ymax": 9.0},
                        "pose": "Left",
                        "truncated": 0.0597,
                        "difficult": 1,
                        "occluded": "yes",
                        "id": "007",
                        "attributes": {"attribute": {"name": "k", "value": "0123"}},
                    }
                ],
                "segmented": "0",
            },
        }
    ]


def test_an_origin_of_1_is_taken_from_xmin_and_ymin_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", document(f"<name>a</name>{BOX}"))
    assert read(path, voc_origin=1).entries[0]["rect"] == {"xmin": 0, "ymin": 1, "xmax": 48.5, "ymax": 9.0}


def test_the_name_and_box_of_an_object_are_its_direct_children(tmp_path: Path) -> None:
    part = f"<part><name>head</name>{BOX.replace('48.5', '3')}</part>"
    (entry,) = read(write(tmp_path, "a.xml", document(f"{part}{part}<name>person</name>{BOX}"))).entries
    assert (entry["label"], entry["rect"]["xmax"]) == ("person", 48.5)
    head = {"name": "head", "rect": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 9.0}}
    assert entry["part"] == [head, head]


def test_namespaces_are_ignored(tmp_path: Path) -> None:
    text = document(f"<name>a</name>{BOX}").replace("<annotation>", '<annotation xmlns="urn:x">')
    assert read(write(tmp_path, "a.xml", text)).entries[0]["label"] == "a"


def test_label_ids_are_positions_in_the_sorted_names(tmp_path: Path) -> None:
    write(tmp_path, "b.xml", document(f"<name>b</name>{BOX}", f"<name>a</name>{BOX}"))
    write(tmp_path, "a.xml", document(f"<name>c</name>{BOX}"))
    found = read(tmp_path)
    assert [(entry["label"], entry["label_id"]) for entry in found.entries] == [("c", 2), ("b", 1), ("a", 0)]
    assert [label["label"] for label in found.props["categories"][0]["labels"]] == ["a", "b", "c"]


def test_the_labels_of_the_dataset_decide(tmp_path: Path) -> None:
    labels = [{"label_id": 5, "label": "a"}, {"label_id": 6, "label": "b"}, {"label_id": 7, "label": "b"}]
    props = {"categories": [{"category_id": 3, "name": "x", "labels": labels}]}
    write(tmp_path, "a.xml", document(f"<name>a</name>{BOX}"))
    write(tmp_path, "b.xml", document(f"<name>b</name>{BOX}"))
    write(tmp_path, "c.xml", document(f"<name>c</name>{BOX}"))
    found = read(tmp_path, props=props)
    assert [(entry["category_id"], entry["label_id"]) for entry in found.entries] == [(3, 5)]
    assert "object[1]: the dataset has 2 labels" in found.rejected[0]
    assert 'object[1]: the dataset has no label of the name "c"' in found.rejected[1]


@pytest.mark.parametrize("name", ["C:\\images\\a.jpg", "/home/x/a.jpg", "deep/a.jpg", "a.jpg"])
def test_the_name_is_the_last_part_below_the_folder_of_the_file(tmp_path: Path, name: str) -> None:
    more = "<folder>other</folder><path>/home/x/z.jpg</path>"
    write(tmp_path, "train/x/a.xml", document(name=name, more=more))
    assert read(tmp_path).items == [{"source_data": [{"data_uri": "train/x/a.jpg"}], "attributes": {}}]


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "utf-16", "utf-8-sig", "cp932"])
def test_the_declared_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?>\r\n' + document(f"<name>猫</name>{BOX}")
    assert read(write(tmp_path, "a.xml", text.encode(encoding))).entries[0]["label"] == "猫"


def test_an_undeclared_encoding_rejects_the_file_with_the_hint(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", document(f"<name>猫</name>{BOX}").encode("cp932"))
    assert "pass --encoding NAME" in read(path).rejected[0]
    assert read(path, encoding="cp932").entries[0]["label"] == "猫"


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (f"{BOX}", "object[1]: <name> is missing"),
        ("<name>a</name><bndbox><xmin>1</xmin></bndbox>", "object[1]/bndbox/ymin: is missing"),
        (f"<name>a</name>{BOX.replace('48.5', 'nan')}", "object[1]/bndbox/xmax: 'nan' is not a number"),
        (f"<name>a</name>{BOX.replace('48.5', '1_000')}", "object[1]/bndbox/xmax: '1_000' is not a number"),
        (f"<name>a</name>{BOX.replace('48.5', '48,5')}", "object[1]/bndbox/xmax: '48,5' is not a number"),
        (f"<name>a</name>{BOX.replace('48.5', WIDE)}", f"object[1]/bndbox/xmax: {WIDE!r} is not a number"),
        (f"<name>a</name>{BOX.replace('48.5', '0')}", "object[1]/bndbox: xmax is 0, less than xmin 1"),
        (f"<name>a</name>{BOX.replace('48.5', '1e999')}", "object[1]/bndbox/xmax: '1e999' is not a number"),
    ],
)
def test_what_is_wrong_rejects_the_file_whole(tmp_path: Path, inner: str, reason: str) -> None:
    found = read(write(tmp_path, "a.xml", document(inner, f"<name>ok</name>{BOX}")))
    assert not found.items
    assert reason in found.rejected[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "document type or entities"),
        ('<!DOCTYPE lolz [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><annotation>&b;</annotation>', "document type"),
        ("<annotation>", "not XML"),
        ("<labels/>", "the root is <labels>"),
        ("<annotation/>", "<filename> is missing"),
        ("<annotation><filename>..</filename></annotation>", "leads out of the folder"),
        ("", "is empty (0 bytes)"),
        ("<a>" * 100_000, "not XML"),
        (document(more="<size><width>x</width></size>"), "size/width: 'x' is not a number of pixels"),
    ],
)
def test_a_bad_file_is_rejected_and_the_others_are_read(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path, "a.xml", text)
    write(tmp_path, "b.xml", document(name="b.jpg"))
    write(tmp_path, "._b.xml", "AppleDouble")
    found = read(tmp_path)
    assert len(found.items) == 1
    assert len(found.rejected) == 1
    assert reason in found.rejected[0]


@pytest.mark.parametrize(
    "polygon",
    [
        "<x1>1</x1><y1>2</y1><x2>5</x2><y2>2.5</y2><x3>3</x3><y3>9</y3>",
        "<pt><x>1</x><y>2</y></pt><pt><x>5</x><y>2.5</y></pt><pt><x>3</x><y>9</y></pt>",
    ],
)
def test_a_polygon_is_kept_and_its_extent_is_the_rect_without_a_box(tmp_path: Path, polygon: str) -> None:
    (entry,) = read(write(tmp_path, "a.xml", document(f"<name>a</name><polygon>{polygon}</polygon>"))).entries
    assert entry["segmentation"] == [[1, 2, 5, 2.5, 3, 9]]
    assert entry["rect"] == {"xmin": 1, "ymin": 2, "xmax": 5, "ymax": 9}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "x", "voc")

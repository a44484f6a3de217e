"""Pascal VOC, a small file for each rule of docs/formats.md that a file can try."""

import gzip
from pathlib import Path

import pytest
from tests.loading.formats.reading import read, write

from abeja_datasets_loading.formats.targets import target_of
from abeja_datasets_loading.formats.writing import write_items

BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3.50</xmax><ymax>4</ymax></bndbox>"
RECT = {"xmin": 1, "ymin": 2, "xmax": 3.5, "ymax": 4}


def text_of(inner: str = f"<name>c</name>{BOX}", more: str = "", name: str = "a") -> str:
    return f"<annotation><filename>{name}</filename>{more}<object>{inner}</object></annotation>"


@pytest.mark.parametrize(
    ("inner", "keys"),
    [
        (f"<tag>x</tag><tag>y</tag><name>c</name>{BOX}", {"rect": RECT, "tag": ["x", "y"]}),
        (f"<part><name>head</name>{BOX}</part><name>c</name>", {"part": [{"name": "head", "rect": RECT}]}),
        (f"<part><name>c</name></part><name>c</name>{BOX}", {"rect": RECT, "part": [{"name": "c"}]}),
        (
            f"<part><name>h</name><tag>x</tag><tag>y</tag></part><name>c</name>{BOX}",
            {"rect": RECT, "part": [{"name": "h", "tag": ["x", "y"]}]},
        ),
        (f"<name>c</name><pose/><truncated>0.0597</truncated>{BOX}", {"rect": RECT, "pose": "", "truncated": 0.0597}),
        (f"<name>c</name><difficult>yes</difficult><id>01</id>{BOX}", {"rect": RECT, "difficult": "yes", "id": "01"}),
        (
            "<name>c</name><polygon><x1>1</x1><y1>2</y1><x2>3</x2><y2>0</y2></polygon>",
            {"segmentation": [[1, 2, 3, 0]], "rect": {"xmin": 1, "ymin": 0, "xmax": 3, "ymax": 2}},
        ),
        (
            "<name>c</name><polygon><pt><x>1</x><y>2</y></pt></polygon><polygon><pt><x>5</x><y>6</y></pt></polygon>",
            {"segmentation": [[1, 2], [5, 6]], "rect": {"xmin": 1, "ymin": 2, "xmax": 5, "ymax": 6}},
        ),
        ("<name>c</name><polygon/>", {}),
        ("<name>c</name><robndbox><cx>1</cx></robndbox>", {"robndbox": {"cx": "1"}}),
    ],
)
def test_objects(tmp_path: Path, inner: str, keys: dict[str, object]) -> None:
    found = read(write(tmp_path, "a.xml", text_of(inner)))
    assert found.entries == [{"category_id": 1, "label_id": 0, "label": "c", **keys}]
    assert found.notes == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (text_of(f"<name>c</name><label>z</label>{BOX}"), "<label> of an object is left out"),
        (text_of("<name>c</name><rect>q</rect>"), "<rect> of an object is left out"),
        (text_of("<name>c</name><segmentation>q</segmentation>"), "<segmentation> of an object is left out"),
        (text_of(more="<detection>q</detection>"), "<detection> is left out"),
        (text_of(more="<size><width>9</width><bits>8</bits></size>"), "<bits> of <size> is left out"),
        (text_of(f"hello<name>c</name>{BOX}"), "text beside the children of <object>"),
        (
            text_of(more="<objects><object><name>d</name></object></objects>"),
            "the objects in <objects> make no entries",
        ),
        (text_of(f"<name>c</name>{BOX}").replace("</bndbox>", "<angle>3</angle></bndbox>"), "<angle> of <bndbox>"),
        (text_of(f"<name>c</name>{BOX}<polygon><pt><x>1</x><y>2</y></pt><by>z</by></polygon>"), "<by> of <polygon>"),
        (text_of().replace("<object>", "<object id='3'>"), "the XML attribute object@id (1 times)"),
    ],
)
def test_what_an_item_can_not_hold_is_named(tmp_path: Path, text: str, note: str) -> None:
    found = read(write(tmp_path, "a.xml", text))
    assert len(found.items) == len(found.notes) == 1
    assert note in found.notes[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (text_of(f"<name>c</name>{BOX}{BOX}"), "object[1]: <bndbox> appears 2 times"),
        (text_of(f"<name>c</name><name>d</name>{BOX}"), "object[1]: <name> appears 2 times"),
        (text_of(more="<filename>b</filename>"), "<filename> appears 2 times"),
        (text_of("<name>c</name><bndbox/>"), "object[1]/bndbox/xmin: is missing"),
        (text_of("<name>c</name><bndbox>1 2 3 4</bndbox>"), "object[1]/bndbox/xmin: is missing"),
        (text_of(f"<name>c</name>{BOX}").replace("3.50", "3,50"), "'3,50' is not a number"),
        (text_of(f"<name>c</name>{BOX}").replace("3.50", "0"), "xmax is 0, less than xmin 1"),
        (text_of(f"<name>c</name>{BOX}").replace("3.50", "inf"), "'inf' is not a number"),
        (text_of("<name/>"), "<name> is missing"),
        (text_of("<name>c</name><polygon><x1>1</x1></polygon>"), "/polygon: is missing"),
        (text_of("<name>c</name><polygon>1 2 3 4</polygon>"), "/polygon: has no points"),
        (
            text_of("<name>c</name><polygon><x1>1</x1><y1>2</y1><x3>3</x3><y3>4</y3></polygon>"),
            "/polygon: <x2> and <y2> are missing",
        ),
        (
            text_of(f"<name>c</name>{BOX.replace('</bndbox>', '<xmin>2</xmin></bndbox>')}"),
            "<xmin> appears 2 times",
        ),
        (text_of(f"<part>{BOX}{BOX}</part><name>c</name>"), "<bndbox> appears 2 times"),
        (text_of(name=""), "<filename> is missing"),
        (text_of(name=".."), "(..)"),
        (text_of(more="<size><width>-3</width></size>"), "size/width: '-3' is not a number of pixels"),
        (text_of() + "<x/>", "not XML"),
        (text_of()[:-5], "not XML"),
        ("<x/>", "<annotation> is needed"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation>&b;</annotation>", "document type or entities"),
        ("<!DOCTYPE a SYSTEM 'file:///x'><annotation/>", "document type or entities"),
        ("<annotation>" + "<a>" * 2000 + "</a>" * 2000 + "</annotation>", "missing"),
        (text_of(more="<a>" * 500 + "</a>" * 500), "nested too deeply"),
        ("", "0 bytes"),
        ("<?xml version='1.0' encoding='utf-16'?>" + text_of(), "declares utf-16, but in single bytes"),
        (
            "<?xml version='1.0' encoding='x-foo'?>" + text_of(),
            "Python does not know its encoding (unknown encoding: x-foo)",
        ),
    ],
)
def test_what_rejects_a_file(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path, "b.xml", text_of(name="b"))
    found = read(write(tmp_path, "a.xml", text).parent)
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["b"]
    assert len(found.rejected) == 1
    assert found.rejected[0].startswith(f"{tmp_path}/a.xml")
    assert reason in found.rejected[0]


@pytest.mark.parametrize(
    ("encoding", "declared", "given"),
    [
        ("utf-8", "", None),
        ("utf-8-sig", "", None),
        ("utf-8-sig", "cp932", None),
        ("utf-16", "", None),
        ("utf-16", "utf-16", None),
        ("shift_jis", "Shift_JIS", None),
        ("euc-jp", "EUC-JP", None),
        ("iso2022_jp", "ISO-2022-JP", None),
        ("cp932", "", "cp932"),
        ("utf-8", "utf-16", "utf-8"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, declared: str, given: str | None) -> None:
    start = f"<?xml version='1.0' encoding='{declared}'?>\r\n" if declared else ""
    path = write(tmp_path, "a.xml", (start + text_of("<name>猫</name>", name="猫.jpg")).encode(encoding))
    found = read(path, encoding=given)
    assert [found.entries[0]["label"], found.items[0]["source_data"][0]["data_uri"]] == ["猫", "猫.jpg"]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("C:\\x\\a.jpg", "x/y/a.jpg"),
        ("/home/bob/a.jpg", "x/y/a.jpg"),
        ("../a.jpg", "x/y/a.jpg"),
        ("https://h/q/a.jpg", "https://h/q/a.jpg"),
        ("a&amp;b%23#.jpg", "x/y/a&b%23#.jpg"),
        (" a.jpg\n", "x/y/a.jpg"),
    ],
)
def test_names_lie_below_the_folder_of_the_xml_file(tmp_path: Path, name: str, uri: str) -> None:
    write(tmp_path, "x/y/1.xml", text_of(name=name, more="<folder>F</folder><path>/p/b.jpg</path>"))
    assert read(tmp_path).items[0]["source_data"][0]["data_uri"] == uri


@pytest.mark.parametrize("name", ["x/", "C:\\x\\"])
def test_the_name_of_a_folder_is_rejected(tmp_path: Path, name: str) -> None:
    assert "which is that of a folder" in read(write(tmp_path, "a.xml", text_of(name=name))).rejected[0]


def test_a_size_may_be_a_whole_float_and_is_0_where_it_is_not_known(tmp_path: Path) -> None:
    size = "<size><width>30.0</width><height>0</height><depth/></size>"
    source = read(write(tmp_path, "a.xml", text_of(more=size))).items[0]["source_data"][0]
    assert repr(source) == "{'data_uri': 'a', 'width': 30}"
    target = tmp_path / "out"
    item = {"source_data": [{"data_uri": "a", "width": None, "height": 3}], "attributes": {}}
    notes = [*write_items([item], target, target_of(target, "voc", dict))]
    assert [note.text.split(" has no place")[0] for note in notes] == ["item 0: source_data[0].width"]
    assert read(target).items[0]["source_data"] == [{"data_uri": "a", "height": 3}]


def test_packed_files_of_a_folder_are_read(tmp_path: Path) -> None:
    write(tmp_path, "in/a.xml.gz", gzip.compress(text_of().encode()))
    write(tmp_path, "in/b.XML", text_of(name="b"))
    assert [item["source_data"][0]["data_uri"] for item in read(tmp_path / "in").items] == ["a", "b"]

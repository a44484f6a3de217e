"""CSV and Parquet."""

import datetime as dt
import decimal
import errno
import json
from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import read, refusal, write

from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.tabular.groups import Groups

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

HEADER = "data_uri,label_id,label,xmin,ymin,xmax,ymax"


def test_rows_of_one_uri_anywhere_are_one_item(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", f"{HEADER}\na,1,cat,1,2,3,4.5\nb,,,,,,\na,2,,0,0,1,1\n"))
    first = {"category_id": 1, "label_id": 1, "label": "cat", "rect": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4.5}}
    second = {"category_id": 1, "label_id": 2, "rect": {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}}
    assert found.items == [
        {"source_data": [{"data_uri": "a"}], "attributes": {"detection": [first, second]}},
        {"source_data": [{"data_uri": "b"}], "attributes": {}},
    ]


def test_a_label_without_a_box_is_a_classification_and_other_columns_are_attributes(tmp_path: Path) -> None:
    text = 'DATA_URI , Label_ID,data_type,Weather,attributes\na,1,image/png,007,"{""x"": [1, 2.0]}"\n'
    assert read(write(tmp_path, "a.csv", text)).items == [
        {
            "source_data": [{"data_uri": "a", "data_type": "image/png"}],
            "attributes": {"Weather": "007", "x": [1, 2.0], "classification": [{"category_id": 1, "label_id": 1}]},
        }
    ]


def test_names_alone_are_numbered_in_their_order(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "data_uri,label\na,dog\nb,cat\n"))
    assert [entry["label_id"] for entry in found.entries] == [1, 0]
    labels = [{"label_id": 5, "label": "dog"}]
    props = {"categories": [{"category_id": 2, "name": "x", "labels": labels}]}
    with_props = read(tmp_path / "a.csv", props=props)
    assert with_props.entries == [{"category_id": 2, "label_id": 5, "label": "dog"}]
    assert "no label of the name" in with_props.rejected[0]


@pytest.mark.parametrize(
    "text",
    [
        "data_uri;label_id\r\na;1\r\n",
        "data_uri\tlabel_id\na\t1\n",
        "sep=;\ndata_uri;label_id\na;1\n",
        '\ufeff"data_uri";"label_id"\n"a";"1"\n',
        "data_uri,label_id\n\na,1\n\n",
        "data_uri,label_id\na, 1 \n",
    ],
)
def test_dialects(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, "a.csv", text)).entries == [{"category_id": 1, "label_id": 1}]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,1,cat,1,2,3", "has 6 cells; the header has 7"),
        ("a,1,cat,1,2,3,4,5", "has 8 cells; the header has 7"),
        ("a,1,cat,1,2,3,", "ymax: is missing"),
        ("a,1,cat,1,2,3,x", "ymax: 'x' is not a number"),
        ("a,1,cat,1,2,3,inf", "ymax: 'inf' is not a number"),
        ('a,1,cat,1,2,3,"4,5"', "ymax: '4,5' is not a number"),
        ("a,1,cat,5,2,3,4", "xmax is 3, less than xmin 5"),
        ("a,01,cat,1,2,3,4", "label_id: '01' is not an integer from 0"),
        ("a,-1,cat,1,2,3,4", "label_id: '-1' is not an integer from 0"),
        ("a,x,cat,1,2,3,4", "label_id: 'x' is not an integer from 0"),
        ("a,,,1,2,3,4", "xmin: a box without a label"),
        (",1,cat,1,2,3,4", "data_uri: is missing"),
    ],
)
def test_a_bad_row_rejects_its_item_with_the_line(tmp_path: Path, row: str, reason: str) -> None:
    found = read(write(tmp_path, "a.csv", f"{HEADER}\nb,1,cat,1,2,3,4\n{row}\na,1,cat,1,2,3,4\n"))
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["b", "a"] if row[0] == "," else ["b"]
    assert found.rejected == [f"{tmp_path}/a.csv:3: {reason}"]


def test_rows_that_contradict_each_other_are_rejected(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", 'data_uri,x,attributes\na,1,\na,2,\nb,1,"{""x"": ""1""}"\nc,,[]\nd,,{]\n'))
    assert [item["attributes"] for item in found.items] == [{"x": "1"}]
    assert ["several values of x" in found.rejected[0], "not a JSON object" in found.rejected[1]] == [True, True]
    assert "attributes: not JSON" in found.rejected[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", "there is no column data_uri"),
        ("data_uri,Data_URI\n", "the column 'data_uri' appears twice"),
        ("data_uri,,x\n", "column 2 has no name"),
        ('data_uri,x\na,"open\nb,1\n', "not CSV from here on"),
        ("", "is empty (0 bytes)"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.csv", text))


def test_an_open_quote_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'data_uri,x\na,"1\n2"\nb,"open\nc,1\n')
    assert refusal(path).startswith(f"{path}:4: not CSV from here on")


def test_long_cells_and_lines_in_quotes(tmp_path: Path) -> None:
    text = "x" * 200_000
    found = read(write(tmp_path, "a.csv", f'data_uri,t\na,{text}\nb,"1\n2"\nc,\0\n'))
    assert [item["attributes"]["t"] for item in found.items] == [text, "1\n2", "\0"]


def test_a_header_alone_is_no_item(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", HEADER)) == ([], [], [], {})


def test_labels_in_the_column_of_attributes_are_labels_of_the_props(tmp_path: Path) -> None:
    entries = [{"category_id": 1, "label_id": 4, "label": "cat"}, {"category_id": 1, "label_id": 2}, {"label": "x"}, 3]
    attributes = json.dumps({"detection": entries, "segmentation": "x"}).replace('"', '""')
    found = read(write(tmp_path, "a.csv", f'data_uri,label_id,label,attributes\na,7,dog,"{attributes}"\n'))
    (category,) = found.props["categories"]
    assert category["labels"] == [{"label_id": 2}, {"label_id": 4, "label": "cat"}, {"label_id": 7, "label": "dog"}]


def table(tmp_path: Path, **columns: Any) -> Path:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_flat_parquet(tmp_path: Path) -> None:
    nan = float("nan")
    path = table(
        tmp_path, data_uri=["a", "b", "a"], label_id=[1.0, nan, 2.0], xmin=[1, None, 0.5], ymin=[1, None, 2],
        xmax=[1, None, 2], ymax=[1, None, 2], w=["x", None, None],
    )  # fmt: skip
    found = read(path)
    assert [entry["label_id"] for entry in found.items[0]["attributes"]["detection"]] == [1, 2]
    assert found.items[0]["attributes"]["w"] == "x"
    assert found.items[1] == {"source_data": [{"data_uri": "b"}], "attributes": {}}


def test_nested_parquet(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        source_data=[[{"data_uri": "a", "height": None}], None],
        attributes=[{"classification": [{"category_id": 1, "label_id": 2, "label": None}], "x": None}, None],
        dataset_item_id=[1, 2],
    )
    found = read(path)
    attributes = {"classification": [{"category_id": 1, "label_id": 2}]}
    assert found.items == [{"source_data": [{"data_uri": "a"}], "attributes": attributes, "dataset_item_id": 1}]
    assert found.rejected == [f"{path}:2: source_data: is missing"]


def test_decimals_and_times_have_one_form(tmp_path: Path) -> None:
    path = table(
        tmp_path, data_uri=["a"], d=[decimal.Decimal("1.50")], t=[dt.datetime.fromisoformat("2026-01-02T03:04:05")],
        day=[dt.date(2026, 1, 2)],
    )  # fmt: skip
    assert read(path).items[0]["attributes"] == {"d": "1.50", "t": "2026-01-02T03:04:05", "day": "2026-01-02"}


def test_columns_of_bytes_and_what_is_no_parquet_are_refused(tmp_path: Path) -> None:
    assert "the column image holds bytes" in refusal(table(tmp_path, data_uri=["a"], image=[b"x"]))
    assert "the column s.x holds bytes" in refusal(table(tmp_path, data_uri=["a"], s=[{"x": b"x"}]))
    assert "no column data_uri" in refusal(table(tmp_path, x=[1]))
    assert "no Parquet file" in refusal(write(tmp_path, "b.parquet", "x"))


def test_a_table_of_0_rows(tmp_path: Path) -> None:
    assert read(table(tmp_path, data_uri=pa.array([], pa.string()))).items == []


def test_a_full_disk_of_temporary_files_is_an_error_of_the_system() -> None:
    groups = Groups()
    groups._database.execute("PRAGMA max_page_count = 4")
    groups.add("a", 1, "x" * 100_000)
    with pytest.raises(OSError, match="No space left") as raised:
        groups.of("a")
    assert raised.value.errno == errno.ENOSPC
    groups.close()


def test_what_is_read_before_the_first_item_is_counted(tmp_path: Path) -> None:
    pq.write_table(pa.table({"data_uri": ["a", "b"]}), tmp_path / "a.parquet")
    write(tmp_path, "a.csv", f"{HEADER}\n{'a,1,cat,1,2,3,4.5' * 50_000}\n")
    write(tmp_path, "a.json", '{"images": [], "annotations": [], "categories": []}')
    write(tmp_path, "a.jsonl", "{}\n")
    sizes: dict[str, int] = {}
    for name in ("a.parquet", "a.csv", "a.json", "a.jsonl"):
        found: list[int] = []
        open_file(tmp_path / name, Options(on_read=found.append)).close()
        sizes[name] = sum(found)
    assert sizes.pop("a.parquet") > 0
    assert sizes == {"a.csv": (tmp_path / "a.csv").stat().st_size, "a.json": 51, "a.jsonl": 0}

"""CSV, Parquet and JSON Lines, a small file for each rule of docs/formats.md that a file can try."""

import datetime as dt
import decimal
from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import read, refusal, write

from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.model import Rejected
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.rejected import write_rejected
from abeja_datasets_loading.formats.sources.uris import Uris

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

HEADER = "data_uri,label_id,xmin,ymin,xmax,ymax"
ITEM = '{"source_data": [{"data_uri": "a"}], "attributes": {"x": %s}}'


def parquet(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize(
    "text",
    [
        "data_uri,x\na,1\n",
        "data_uri,x\r\na,1",
        "\ufeffdata_uri,x\na,1\n",
        " Data_URI ,x\na,1\n",
        "x;data_uri\n1;a\n",
        "x\tdata_uri\n1\ta\n",
        "sep=,\ndata_uri,x\na,1\n",
        "SEP=;\r\ndata_uri;x\r\na;1\r\n",
        '"data_uri","x"\n"a","1"\n',
        "\n\ndata_uri,x\na,1\n",
        "data_uri,x,rejected_because\na,1,why\n",
    ],
)
def test_dialects_of_csv(tmp_path: Path, text: str) -> None:
    found = read(write(tmp_path, "a.csv", text))
    assert found.items == [{"source_data": [{"data_uri": "a"}], "attributes": {"x": "1"}}]


@pytest.mark.parametrize(
    "cell",
    ["1\r\n2", "1\n2", "007", "yes", "1_000", "null", " x ", "\u2028", "\0", "'", '"', "a;b,c\td", "x" * 140_000],
)
def test_a_cell_is_text_as_it_stands(tmp_path: Path, cell: str) -> None:
    text = f'data_uri,x\r\na,"{cell.replace(chr(34), chr(34) * 2)}"\r\n'
    assert read(write(tmp_path, "a.csv", text)).items[0]["attributes"] == {"x": cell}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,1,1,2,3,nan", "ymax: 'nan' is not a number"),
        ("a,1,1,2,3,1_000", "ymax: '1_000' is not a number"),
        ("a,1,1,2,3,\uff11", "is not a number"),
        ("a,1,1,2,1e400,3", "xmax: '1e400' is not a number"),
        ("a,1.5,1,2,3,4", "label_id: '1.5' is not an integer from 0"),
        ("a,,1,2,3,4", "a box without a label"),
        ("a,1,,2,3,4", "xmin: is missing"),
        ("a,1,3,2,1,4", "xmax is 1, less than xmin 3"),
        ("a", "has 1 cells; the header has 6"),
        ("a,1,1,2,3,4,", "has 7 cells; the header has 6"),
    ],
)
def test_a_bad_row_rejects_its_item(tmp_path: Path, row: str, reason: str) -> None:
    found = read(write(tmp_path, "a.csv", f"{HEADER}\n{row}\nb,1,1,2,3,4\n"))
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["b"]
    assert found.rejected[0].startswith(f"{tmp_path}/a.csv:2: ")
    assert reason in found.rejected[0]


@pytest.mark.parametrize(
    ("row", "note"),
    [("a,1,-1,2,3,4", "a negative position"), ("a,1,1,2,1,4", "no area"), ("a,1, 1 , 2,3,4 ", None)],
)
def test_odd_boxes_are_kept(tmp_path: Path, row: str, note: str | None) -> None:
    found = read(write(tmp_path, "a.csv", f"{HEADER}\n{row}\n"))
    assert len(found.entries) == 1
    assert [note in each for each in found.notes if note] == ([True] if note else [])


@pytest.mark.parametrize("attributes", ['{"detection": "x"}', '{"detection": {"label_id": 1}}'])
def test_a_box_beside_detection_that_is_no_list_is_rejected(tmp_path: Path, attributes: str) -> None:
    cell = attributes.replace('"', '""')
    found = read(write(tmp_path, "a.csv", f'{HEADER},attributes\na,1,1,2,3,4,"{cell}"\n'))
    assert "detection already, and it is not a list" in found.rejected[0]


def test_a_swapped_box_in_attributes_rejects_its_item(tmp_path: Path) -> None:
    cell = '{"detection": [{"rect": {"xmin": 3, "ymin": 1, "xmax": 2, "ymax": 1}}]}'.replace('"', '""')
    found = read(write(tmp_path, "a.csv", f'data_uri,attributes\na,"{cell}"\n'))
    assert found.rejected == [f"{tmp_path}/a.csv:2: /attributes/detection/0/rect: xmax is 2, less than xmin 3"]


@pytest.mark.parametrize("rect", ["{}", '"x"', '{"xmin": "1", "ymin": 1, "xmax": 1, "ymax": 1}', "null"])
def test_a_rect_of_another_shape_in_attributes_is_left_to_the_check_of_items(tmp_path: Path, rect: str) -> None:
    cell = f'{{"detection": [{{"rect": {rect}}}, 3]}}'.replace('"', '""')
    assert len(read(write(tmp_path, "a.csv", f'data_uri,attributes\na,"{cell}"\n')).items) == 1


def test_equal_attributes_may_stand_in_each_row(tmp_path: Path) -> None:
    row = 'a,1,1,2,3,4,"{""detection"": [], ""x"": [1]}"\n'
    found = read(write(tmp_path, "a.csv", f"{HEADER},attributes\n{row}{row}"))
    assert [len(found.items[0]["attributes"][key]) for key in ("detection", "x")] == [2, 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data_uri,x\ra,1\r", "a CR outside quotes"),
        ('data_uri,x\na,"b\n', "not CSV from here on"),
        ('data_uri,x\na,"b"c\n', "not CSV from here on"),
        ("sep=;\n", "no column data_uri"),
        (b"data_uri,x\na,\x94\n", "a.csv:2: the byte 0x94 is not valid UTF-8"),
    ],
)
def test_what_refuses_a_table(tmp_path: Path, text: str | bytes, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.csv", text))


@pytest.mark.parametrize(
    ("row", "attributes"),
    [
        ({"x": {"y": 1, "z": None}}, {"x": {"y": 1}}),
        ({"x": [1, None]}, {"x": [1, None]}),
        ({"x": None}, {}),
        ({"x": [[{"y": None}]]}, {"x": [[{}]]}),
        ({"x": 2**63 - 1}, {"x": 2**63 - 1}),
        ({"x": True}, {"x": True}),
        (
            {"x": dt.datetime.fromisoformat("2026-01-02T03:04:05.000001+09:00")},
            {"x": "2026-01-02T03:04:05.000001+09:00"},
        ),
    ],
)
def test_values_of_parquet(tmp_path: Path, row: dict[str, Any], attributes: dict[str, Any]) -> None:
    path = parquet(tmp_path, data_uri=["a"], **{key: [value] for key, value in row.items()})
    assert read(path).items[0]["attributes"] == attributes


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        (pa.timestamp("ns"), 1, "1970-01-01T00:00:00.000000001"),
        (pa.timestamp("ns", "+09:00"), 1, "1970-01-01T09:00:00.000000001+09:00"),
        (pa.timestamp("ns"), 2000, "1970-01-01T00:00:00.000002"),
        (pa.time64("ns"), 1, "00:00:00.000000001"),
        (pa.duration("ns"), 86_400_000_000_001, "1 day, 0:00:00.000000001"),
    ],
)
def test_nanoseconds_in_nested_columns(tmp_path: Path, kind: Any, given: int, found: str) -> None:
    columns = {
        "plain": pa.array([given], kind),
        "struct": pa.array([{"t": given, "x": None}], pa.struct([("t", kind), ("x", pa.int8())])),
        "list": pa.array([[given, None]], pa.list_(kind)),
        "fixed": pa.array([[given]], pa.list_(kind, 1)),
        "map": pa.array([[("k", given)]], pa.map_(pa.string(), kind)),
        "deep": pa.array([[{"t": [given]}]], pa.large_list(pa.struct([("t", pa.list_(kind))]))),
    }
    path = parquet(tmp_path, source_data=['[{"data_uri": "a"}]'], **columns)
    assert read(path).items[0]["attributes"] == {
        "plain": found, "struct": {"t": found}, "list": [found, None], "fixed": [found], "map": {"k": found},
        "deep": [{"t": [found]}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(1234567890123456789, "2009-02-13T23:31:30.123456789"), (1234567890123456000, "2009-02-13T23:31:30.123456")],
)
def test_times_with_nanoseconds(tmp_path: Path, nanoseconds: int, text: str) -> None:
    path = parquet(tmp_path, data_uri=["a"], t=pa.array([nanoseconds], pa.timestamp("ns")))
    assert read(path).items[0]["attributes"] == {"t": text}


def test_ids_of_nested_entries_are_integers(tmp_path: Path) -> None:
    entries = [
        {"category_id": 1.0, "label_id": 2.0, "x": 3.0},
        {"category_id": float("nan"), "label_id": 1.5, "x": 1.0},
    ]
    path = parquet(tmp_path, source_data=[[{"data_uri": "a"}]], attributes=[{"classification": entries}])
    found = read(path).items[0]["attributes"]["classification"]
    assert repr(found) == "[{'category_id': 1, 'label_id': 2, 'x': 3.0}, {'label_id': 1.5, 'x': 1.0}]"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"source_data": ["[]"]}, "source_data: is empty"),
        ({"source_data": ["{]"]}, "source_data: not JSON"),
        ({"source_data": [[{"x": "a"}]]}, "data_uri: is missing"),
        ({"source_data": ['[{"data_uri": "a"}]'], "attributes": ["[]"]}, "attributes: is not an object"),
        ({"source_data": ['[{"data_uri": "a"}]'], "attributes": ['{"x": NaN}']}, "attributes: NaN is not a JSON value"),
        ({"data_uri": ["a"], "w": [float("nan")]}, "w: nan is not a number"),
        ({"data_uri": ["a"], "label": [3]}, "label: is not text"),
        ({"data_uri": [3]}, "data_uri: is not text"),
    ],
)
def test_a_bad_row_of_parquet_is_rejected(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    found = read(parquet(tmp_path, **columns))
    assert found.items == []
    assert found.rejected[0].startswith(f"{tmp_path}/a.parquet:1: ")
    assert reason in found.rejected[0]


@pytest.mark.parametrize(
    "column", [pa.array([b"x"]).dictionary_encode(), pa.array([[b"x"]]), pa.array([b"x"], pa.large_binary())]
)
def test_bytes_of_any_kind_refuse_the_file(tmp_path: Path, column: Any) -> None:
    assert "holds bytes" in refusal(parquet(tmp_path, data_uri=["a"], b=column))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": 1, "a": 2}', 'the key "a" twice'),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        (ITEM % ("9" * 10_000), "more digits"),
        (ITEM % "1e400", "1e400 is greater"),
        (ITEM % "NaN", "NaN is not a JSON value"),
        (ITEM % "-Infinity", "-Infinity is not a JSON value"),
        (ITEM % "01", "not JSON"),
        ('{"a": 1} {"b": 2}', "more follows"),
        ('{"a": 1', "not JSON"),
        ("3", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ("\x00", "not JSON"),
    ],
)
def test_a_bad_line_is_rejected_alone(tmp_path: Path, line: str, reason: str) -> None:
    found = read(write(tmp_path, "a.jsonl", f"{ITEM % 1}\n\n \t\n{line}\n{ITEM % 2}"))
    assert [item["attributes"]["x"] for item in found.items] == [1, 2]
    assert found.rejected[0].startswith(f"{tmp_path}/a.jsonl:4: ")
    assert reason in found.rejected[0]


@pytest.mark.parametrize("text", ['"a\u2028b\u0085c"', '"\\ud800"', "1.0", "9007199254740993", '"\\u0000"', "1E5"])
def test_values_of_a_line_are_kept(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, "a.jsonl", f"\ufeff{ITEM % text}\r\n")).items[0]["attributes"]["x"] == eval(text)


@pytest.mark.parametrize("text", ["[]", ' [{"a": 1}]', "\ufeff[\n]", "\n\n[1]"])
def test_an_array_named_jsonl_is_refused(tmp_path: Path, text: str) -> None:
    assert "pass --format json" in refusal(write(tmp_path, "a.jsonl", text))


@pytest.mark.parametrize(("cell", "number"), [("3", 3), ("3.0", 3), ("3.", 3), (" 3.00 ", 3), ("0.0", 0)])
def test_a_whole_number_in_a_column_of_ids_is_an_id(tmp_path: Path, cell: str, number: int) -> None:
    (entry,) = read(write(tmp_path, "a.csv", f"data_uri,label_id\na,{cell}\n")).entries
    assert repr(entry["label_id"]) == str(number)


@pytest.mark.parametrize("cell", ["03", "03.0", "3.5", ".0", "3e0", "+3", "-1", "\uff13", "1,0", "x.0"])
def test_what_is_no_id_rejects_its_item(tmp_path: Path, cell: str) -> None:
    found = read(write(tmp_path, "a.csv", f'data_uri,label_id\na,"{cell}"\n'))
    assert "label_id: " in found.rejected[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,1,1,cat\n", "there is no column data_uri"),
        ("1,1\n", "there is no column data_uri"),
        (",data_uri\n", "column 1 has no name"),
        ("data_uri,x,y,x\n", "the column 'x' appears twice"),
        ('data_uri,x\na,"b\nc,d\n', "a.csv:2: not CSV from here on: a quote stays open"),
    ],
)
def test_a_header_that_is_none_and_an_open_quote(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.csv", text))


def test_true_and_1_are_two_values(tmp_path: Path) -> None:
    rows = "".join(f'a,"{{""x"": {value}}}"\n' for value in ("1", "true"))
    assert "several values of x" in read(write(tmp_path, "a.csv", f"data_uri,attributes\n{rows}")).rejected[0]


def test_an_empty_text_is_a_value_of_parquet_but_in_the_columns_of_ours(tmp_path: Path) -> None:
    found = read(parquet(tmp_path, data_uri=["a"], label=[""], xmin=[""], attributes=[""], x=[""]))
    assert found.items == [{"source_data": [{"data_uri": "a"}], "attributes": {"x": ""}}]


def test_decimals_in_columns_of_numbers_and_ids(tmp_path: Path) -> None:
    side = pa.array([decimal.Decimal("0.10")])
    path = parquet(
        tmp_path, data_uri=["a"], label_id=[decimal.Decimal("3.00")], xmin=side, ymin=side, xmax=side, ymax=side
    )
    (entry,) = read(path).entries
    assert (entry["label_id"], entry["rect"]["xmin"]) == (3, 0.1)


def test_maps_of_parquet(tmp_path: Path) -> None:
    kind = pa.map_(pa.string(), pa.int64())
    path = parquet(tmp_path, data_uri=["a", "b"], m=pa.array([[("x", 1), ("y", 2)], [("x", 1), ("x", 2)]], kind))
    found = read(path)
    assert [item["attributes"] for item in found.items] == [{"m": {"x": 1, "y": 2}}]
    assert found.rejected == [f"{path}:2: m: a map has a key twice"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"data_uri": ["b"]}, "data_uri: differs from that in source_data"),
        ({"data_type": ["image/png"]}, "data_type: differs from that in source_data"),
        ({"x": [2]}, "x: differs from that in attributes"),
        ({"x": [True]}, "x: differs from that in attributes"),
        ({"attributes": [None]}, None),
        ({"data_uri": ["a"], "data_type": [None], "x": [1], "y": [1]}, None),
    ],
)
def test_columns_beside_nested_ones(tmp_path: Path, columns: dict[str, Any], reason: str | None) -> None:
    found = read(parquet(tmp_path, **{"source_data": ['[{"data_uri": "a"}]'], "attributes": ['{"x": 1}']} | columns))
    assert [reason in each for each in found.rejected if reason] == ([] if reason is None else [True])
    assert len(found.items) == (reason is None)


def test_the_keys_of_a_response_stay_beside_the_item(tmp_path: Path) -> None:
    path = parquet(tmp_path, source_data=['[{"data_uri": "a"}]'], dataset_item_id=[5], created_at=["2018-05-20"])
    item = {"source_data": [{"data_uri": "a"}], "attributes": {}, "dataset_item_id": 5, "created_at": "2018-05-20"}
    assert read(path).items == [item]


def test_a_template_makes_uris_of_nested_columns(tmp_path: Path) -> None:
    found = read(parquet(tmp_path, data_uri=["a"], source_data=['[{"data_uri": "a"}]']), uris=Uris("s3://b/{path}"))
    assert found.items[0]["source_data"] == [{"data_uri": "s3://b/a"}]


@pytest.mark.parametrize(
    "columns",
    [
        {"data_uri": ["a", "b"], "w": [float("nan"), 1.0]},
        {"source_data": ["[]", '[{"data_uri": "b"}]'], "attributes": ['{"w": 1}'] * 2},
    ],
)
def test_rejected_rows_of_parquet_have_a_column_of_reasons_that_is_ignored(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    source, target = parquet(tmp_path, **columns), tmp_path / "b.parquet"
    opened = open_file(source, Options())
    write_rejected(source, target, [(each, each.reason) for each in opened if isinstance(each, Rejected)], Options())
    opened.close()
    rows = pq.read_table(target).to_pylist()
    assert [len(row["rejected_because"]) > 0 for row in rows] == [True]
    mended = {"data_uri": "a", "w": 1.0, "source_data": '[{"data_uri": "a"}]'}
    pq.write_table(pa.Table.from_pylist([{key: mended.get(key, value) for key, value in rows[0].items()}]), target)
    assert read(target).items == [{"source_data": [{"data_uri": "a"}], "attributes": {"w": 1}}]

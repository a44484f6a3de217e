"""JSON Lines and JSON: the API's own items."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from tests.loading.formats.reading import read, refusal, write

ITEM = {"source_data": [{"data_uri": "a"}], "attributes": {"custom": 1}}
LINE = json.dumps(ITEM)


def test_each_line_is_an_item(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", f"{LINE}\n\n   \r\n{LINE}\r\n{LINE}")
    assert read(path).items == [ITEM] * 3


def test_a_text_may_hold_a_line_separator(tmp_path: Path) -> None:
    text = '{"source_data": [{"data_uri": "a\u2028b\u0085c"}]}'
    assert read(write(tmp_path, "a.jsonl", f"{text}\n{text}")).items == [json.loads(text)] * 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": NaN}', "NaN is not a JSON value"),
        ('{"a": -Infinity}', "-Infinity is not a JSON value"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', 'the key "c" twice'),
        ('{"a": 1e400}', "1e400 is greater than any number"),
        ('{"a": ' + "9" * 10_000 + "}", "more digits than Python converts"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1} {}', "more follows the value"),
        ('{"a": 1', "not JSON"),
        ("7", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ('{"a": "\x01"}', "not JSON: Invalid control character"),
    ],
)
def test_a_bad_line_is_rejected_with_its_number(tmp_path: Path, line: str, reason: str) -> None:
    found = read(write(tmp_path, "a.jsonl", f"{LINE}\n{line}\n{LINE}\n"))
    assert found.items == [ITEM, ITEM]
    assert len(found.rejected) == 1
    assert found.rejected[0].startswith(f"{tmp_path}/a.jsonl:2: ")
    assert reason in found.rejected[0]


def test_bad_json_in_line_40_001_is_found_there(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", f"{LINE}\n" * 40_000 + "{]\n")
    assert f"{path}:40001: not JSON" in read(path).rejected[0]


def test_numbers_and_texts_come_back_as_they_were(tmp_path: Path) -> None:
    item = {"source_data": [{"data_uri": "é\ufeff"}], "attributes": {"a": 2**70, "b": 0.1, "c": "\ud800", "d": 1.0}}
    path = write(tmp_path, "a.jsonl", json.dumps(item))
    found = read(path).items[0]
    assert found == item
    assert type(found["attributes"]["d"]) is float


def test_a_json_array_named_jsonl_is_refused(tmp_path: Path) -> None:
    assert "pass --format json" in refusal(write(tmp_path, "a.jsonl", f"\n [{LINE}]"))


def test_an_array_is_read_element_by_element(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", f"[{LINE},\n {LINE}, 7]\n")
    found = read(path)
    assert found.items == [ITEM, ITEM]
    assert found.rejected == [f"{path}:2: /2: is not a JSON object"]
    assert read(write(tmp_path, "empty.json", " [ ] ")).items == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty (0 bytes)"),
        (f"[{LINE}] x", "more follows the end"),
        (f"[{LINE}", "the text ends where"),
        (f"[{LINE},]", "not JSON"),
        ('[{"a": NaN}]', "NaN is not a JSON value"),
        ('[{"a": 1, "a": 1}]', "twice"),
        (f"[{LINE}\n\n{LINE}]", ":3: not JSON"),
        ('["\\x"]', "Invalid \\escape"),
    ],
)
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.json", text), "json")


def test_a_number_too_great_rejects_its_item_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", f'[{LINE}, {{"a": 1e400}}, {{"a": {"9" * 5000}}}, {LINE}]')
    found = read(path, "json")
    assert found.items == [ITEM, ITEM]
    assert ["/1: " in found.rejected[0], "/2: " in found.rejected[1]] == [True, True]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-bom"])
def test_a_byte_order_mark_decides(tmp_path: Path, encoding: str) -> None:
    text = '{"source_data": [{"data_uri": "日本"}]}\r\n'
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding.endswith("-bom") else text.encode(encoding)
    found = read(write(tmp_path, "a.jsonl", data), encoding="cp932")
    assert found.items == [{"source_data": [{"data_uri": "日本"}]}]


def test_another_encoding_is_refused_with_the_place_and_read_when_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", f'{LINE}\n{{"source_data": [{{"data_uri": "猫"}}]}}\n'.encode("cp932"))
    assert refusal(path).startswith(f"{path}:2: the byte 0x94 is not valid UTF-8; pass --encoding NAME")
    assert read(path, encoding="cp932").items[1] == {"source_data": [{"data_uri": "猫"}]}
    assert "does not know" in refusal(path, encoding="klingon")
    assert "does not know" in refusal(path, encoding="rot13")


def test_gzip_is_unpacked_and_a_cut_one_refused(tmp_path: Path) -> None:
    whole = gzip.compress(f"{LINE}\n".encode() * 20_000)  # several times what is read at once
    assert len(read(write(tmp_path, "a.jsonl.gz", whole)).items) == 20_000
    assert "cut short" in refusal(write(tmp_path, "b.jsonl.gz", whole[:-50]))
    assert "damaged" in refusal(write(tmp_path, "c.jsonl.gz", whole[:-8] + b"xxxx" + whole[-4:]))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path, "jsonl")
    assert "No such file" in refusal(tmp_path / "absent.jsonl")
    assert "zip archive" in refusal(write(tmp_path, "a.jsonl", b"PK\x03\x04rest"))
    assert "pass --format" in refusal(write(tmp_path, "a.xyz", "x"))
    assert "pass --format" in refusal("-")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    from abeja_datasets_loading.formats.files import open_file
    from abeja_datasets_loading.formats.options import Options

    path = write(tmp_path, "a.json", "[" + ",".join([json.dumps({"a": "x" * 4000})] * 5_000) + "]")
    tracemalloc.start()
    try:
        assert sum(1 for _ in open_file(path, Options(), "json")) == 5_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 << 20

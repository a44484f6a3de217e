"""Files of each format, through the commands."""

import gzip
from typing import Any

import pytest
from tests.cli.data.conftest import ORGANIZATION, World

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "source_data: is missing"),
        ({"source_data": {"data_uri": "a"}}, "source_data: a list of at least one object is needed"),
        ({"source_data": []}, "source_data: a list of at least one object is needed"),
        ({"source_data": [{"data_uri": "a"}, 3]}, "source_data[1].data_uri: a text is needed"),
        ({"source_data": [{"data_uri": None}]}, "source_data[0].data_uri: a text is needed"),
        ({"source_data": [{"data_uri": "\ud800"}]}, "holds half a surrogate pair"),
        ({"source_data": [{"data_uri": "a"}], "attributes": []}, "attributes: an object is needed"),
    ],
)
def test_what_is_no_item_is_rejected_in_each_format(world: World, item: Any, reason: str) -> None:
    world.write("a.jsonl", [item, {"source_data": [{"data_uri": "b"}]}])
    for form in ("jsonl", "json", "csv", "parquet", "coco", "voc", "yolo"):
        output = world.run("convert", "a.jsonl", f"out.{form}", "--to", form, code=1).stderr
        assert "a.jsonl:1: " in output
        assert reason in output
        assert "2 rows: 1 written, 1 rejected" in output


def test_rejected_rows_of_a_packed_file_can_be_imported(world: World) -> None:
    line = b'{"source_data": [{"data_uri": "a"}], "attributes": {"x": 1e400}}\n'
    (world.folder / "a.jsonl.gz").write_bytes(gzip.compress(line))
    dataset = world.dataset()
    world.run("import", "a.jsonl.gz", "--dataset", dataset, "--no-progress", code=1)
    rejected = world.folder / "a.rejected.jsonl"
    world.write(rejected.name, rejected.read_text().replace("1e400", "1"))
    world.run("import", rejected.name, "--dataset", dataset, "--no-progress")
    assert world.items(dataset) == [{"source_data": [{"data_uri": "a"}], "attributes": {"x": 1}}]


def test_rows_of_parquet_are_matched_by_their_ids(world: World) -> None:
    dataset = world.dataset()
    made = world.client.create_dataset_item(ORGANIZATION, dataset, [{"data_uri": "a"}], {"x": 1})
    rows = {"source_data": ['[{"data_uri": "a"}]'], "attributes": ['{"x": 2}']}
    table = pa.table(rows | {"dataset_item_id": [made["dataset_item_id"]]})
    pq.write_table(table, world.folder / "a.parquet")
    world.run("import", "a.parquet", "--dataset", dataset, "--no-progress", "--match", "dataset_item_id")
    assert world.items(dataset) == [{"source_data": [{"data_uri": "a"}], "attributes": {"x": 2}}]

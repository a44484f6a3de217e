"""Correcting rejected rows and annotations: no correction is lost, and no item is created twice without a note."""

import copy
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.cli.data.conftest import World

COCO: dict[str, Any] = {
    "images": [{"id": number, "file_name": f"{number}.jpg"} for number in (1, 2)],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 4]},
        {"id": 2, "image_id": 2, "category_id": 9, "bbox": [1, 2, 3, 4]},
    ],
    "categories": [{"id": 7, "name": "cat"}],
}
FIRST = ("import", "c.json", "--create", "cats", "--type", "detection", "--uri", "s3://a b/{path}", "--no-progress")


def mended(document: dict[str, Any]) -> str:
    """Return a document of COCO whose annotations all have the category that exists."""
    document = copy.deepcopy(document)
    for annotation in document["annotations"]:
        annotation["category_id"] = 7
    return json.dumps(document)


def next_command(stderr: str) -> list[str]:
    """Return the arguments of the command that the output names."""
    (line,) = [line for line in stderr.splitlines() if line.startswith("correct them, then run: ")]
    program, *arguments = shlex.split(line.removeprefix("correct them, then run: "))
    assert program == "abeja-datasets"
    return arguments


def uris(world: World) -> list[str]:
    """Return the URIs of the items of the only dataset."""
    (dataset,) = world.datasets()
    return [item["source_data"][0]["data_uri"] for item in world.items(dataset["dataset_id"])]


def test_the_printed_command_imports_the_corrected_file_with_the_same_options(world: World) -> None:
    world.write("c.json", json.dumps(COCO))
    command = next_command(world.run(*FIRST, "--set", "split=train", code=1).stderr)
    rejected = world.folder / "c.rejected.json"
    rejected.write_text(mended(json.loads(rejected.read_text())))
    world.run(*command)
    assert uris(world) == ["s3://a b/1.jpg", "s3://a b/2.jpg"]
    items = world.items(world.datasets()[0]["dataset_id"])
    assert [item["attributes"]["split"] for item in items] == ["train", "train"]


@pytest.mark.parametrize("options", [(), ("--match", "data_uri")])
def test_a_corrected_file_of_rejected_rows_is_never_replaced(world: World, options: tuple[str, ...]) -> None:
    world.write("c.json", json.dumps(COCO))
    world.run(*FIRST, code=1)
    dataset = str(world.datasets()[0]["dataset_id"])
    rejected, corrected = world.folder / "c.rejected.json", mended(COCO)
    rejected.write_text(corrected)
    again = ("import", "c.json", "--dataset", dataset, *FIRST[4:], *options) if options else FIRST
    lines = world.run(*again, code=1).stderr.splitlines()
    assert rejected.read_text() == corrected
    assert "rejected rows: c.rejected-2.json (c.rejected.json has other content, and stays as it is)" in lines
    assert json.loads((world.folder / "c.rejected-2.json").read_text())["images"] == COCO["images"][1:]
    world.run(*again, code=1)
    assert sorted(path.name for path in world.folder.glob("*.rejected*")) == ["c.rejected-2.json", "c.rejected.json"]


def test_a_corrected_folder_of_rejected_files_is_never_replaced(world: World) -> None:
    (world.folder / "v").mkdir()
    world.write("v/a.xml", "<annotation><filename>a.jpg</filename><object/></annotation>")
    given = ("import", "v", "--dataset", world.dataset(), "--from", "voc", "--no-progress")
    world.run(*given, code=1)
    world.run(*given, code=1)
    assert [path.name for path in world.folder.glob("v*.rejected*")] == ["v.rejected"]
    world.write("v.rejected/a.xml", "<annotation/>")
    assert "rejected rows: v.rejected-2 (v.rejected has" in world.run(*given, code=1).stderr
    assert (world.folder / "v.rejected" / "a.xml").read_text() == "<annotation/>"
    assert "<object/>" in (world.folder / "v.rejected-2" / "a.xml").read_text()


def test_rows_that_a_corrected_file_brought_are_not_created_again_unseen(world: World) -> None:
    world.write("c.json", json.dumps(COCO))
    command = next_command(world.run(*FIRST, code=1).stderr)
    Path("c.rejected.json").write_text(
        mended(COCO | {"images": COCO["images"][1:], "annotations": COCO["annotations"][1:]})
    )
    world.run(*command)
    assert "same URIs" not in world.run(*FIRST, code=1).stderr
    world.write("c.json", mended(COCO))
    lines = world.run(*FIRST).stderr.splitlines()
    assert lines.index("1 items with the same URIs are there already. They are created again;") < len(lines) - 1
    assert lines[-1] == "2 read: 1 created, 1 by an earlier run"
    assert "same URIs" not in world.run(*FIRST).stderr


def rows(*values: int) -> list[dict[str, Any]]:
    """Return an item for each value, with URIs from 0."""
    return [{"source_data": [{"data_uri": f"s3://b/{n}"}], "attributes": {"x": x}} for n, x in enumerate(values)]


def test_a_dry_run_of_matching_says_what_it_would_do(world: World) -> None:
    dataset = world.dataset()
    given = ("import", "a.jsonl", "--dataset", dataset, "--no-progress")
    world.write("a.jsonl", rows(0, 1))
    world.run(*given)
    world.write("a.jsonl", [*rows(0, 5, 2, 3), {"bad": 1}])
    refused = world.run(*given, code=2).stderr
    assert "--match data_uri updates the items of rows that were corrected" in refused
    matching = (*given, "--match", "data_uri")
    output = world.run(*matching, "--dry-run", code=1).stdout.splitlines()
    assert output[-1] == "--match data_uri: 1 equal, 1 to update, 2 to create, 1 rejected"
    assert world.items(dataset) == rows(0, 1)
    assert "1 equal, 1 updated, 2 created, 1 rejected, 0 unknown" in world.run(*matching, code=1).stderr
    by_id = ("import", "b.jsonl", "--dataset", dataset, "--match", "dataset_item_id", "--dry-run")
    world.write("b.jsonl", [{"dataset_item_id": 99_999, "attributes": {}}])
    assert "99999: the dataset has no item" in world.run(*by_id, code=1).stdout


def test_names_without_a_scheme_are_noted_once(world: World) -> None:
    world.write("c.json", mended(COCO))
    bare = "the names of 2 rows are stored as they are"
    assert world.run("import", "c.json", "--dry-run").stderr.count(bare) == 1
    assert bare not in world.run("import", "c.json", "--dry-run", "--uri", "s3://b/{path}").stderr
    world.write("a.jsonl", [{"source_data": [{"data_uri": "a/1"}]}])
    assert world.run("import", "a.jsonl", "--dry-run").stderr == ""


def test_a_type_that_may_be_misspelt_is_noted(world: World) -> None:
    world.write("a.jsonl", rows(1))
    for given in (("import", "a.jsonl", "--dry-run"), ("datasets", "create", "n")):
        assert "did you mean detection?" in world.run(*given, "--type", "detections").stderr


def test_the_journal_of_a_dataset_that_was_deleted_is_named(world: World) -> None:
    world.write("a.jsonl", rows(1))
    create = ("import", "a.jsonl", "--create", "n", "--no-progress")
    world.run(*create)
    dataset = str(world.datasets()[0]["dataset_id"])
    world.run("datasets", "delete", dataset, "--yes")
    for given in (create, ("import", "a.jsonl", "--dataset", dataset)):
        assert "remove the journal: rm a.jsonl.journal a.jsonl.journal.dataset" in world.run(*given, code=2).stderr
    for name in ("a.jsonl.journal", "a.jsonl.journal.dataset"):
        (world.folder / name).unlink()
    world.run(*create)


def test_datasets_are_listed_by_name(world: World) -> None:
    world.dataset("a")
    wanted = world.dataset("b")
    assert world.run("datasets", "list", "--name", "b", "--format", "ids").stdout == f"{wanted}\n"
    assert world.run("datasets", "list", "--name", "c", "--format", "ids").stdout == ""


def test_an_import_names_the_description_beside_its_file(world: World) -> None:
    dataset = world.dataset("one", {"categories": []})
    world.run("export", dataset, "items.json", "--no-progress")
    assert "datasets create two --like dataset.json" in world.run("import", "items.json", "--create", "two").stderr
    world.write("dataset.json", json.dumps(COCO))  # a file of this name may be the input itself
    given = ("import", "dataset.json", "--create", "three", "--no-progress")
    assert "is not read" not in world.run(*given, code=1).stderr
    assert "none/r.json: No such file" in world.run(*given, "--rejected", "none/r.json", code=2).stderr


def test_a_folder_without_a_name_has_no_description_beside_it(world: World) -> None:
    (world.folder / "dog").mkdir()
    world.write("dog/a.jpg", "")
    assert world.run("import", ".", "--create", "dogs", "--dry-run").stdout.startswith("1 rows: 1 valid")


def test_an_export_keeps_what_is_no_export_of_the_dataset(world: World) -> None:
    world.write("items.json", "mine")
    world.write("dataset.json", "mine too")
    one, two = world.dataset("one"), world.dataset("two")
    output = world.run("export", one, "items.json", "--no-progress").stderr
    assert "is kept: items.json.old" in output
    assert (world.folder / "items.json.old").read_text() == "mine"
    assert (world.folder / "dataset.json.old").read_text() == "mine too"
    for _ in range(2):
        world.run("export", one, "items.json", "--no-progress")
        world.run("export", two, "two.jsonl", "--no-progress")
    olds = ["dataset.json.old", "dataset.json.old-2", "dataset.json.old-3", "items.json.old"]
    assert sorted(path.name for path in world.folder.glob("*.old*")) == olds
    world.write("c.json", "source")
    world.write("c.json.journal", "")
    world.run("export", two, "c.json", "--to", "coco", "--no-progress")
    assert (world.folder / "c.json.old").read_text() == "source"


def test_an_export_in_shards_leaves_the_file_of_the_name_alone(world: World) -> None:
    world.write("x.jsonl", "mine")
    output = world.run("export", world.dataset("one"), "x.jsonl", "--shard-size", "1", "--no-progress").stderr
    assert "is kept" not in output
    assert (world.folder / "x.jsonl").read_text() == "mine"
    assert not list(world.folder.glob("*.old*"))


def test_an_export_that_fails_leaves_the_file_alone(world: World) -> None:
    world.write("o.json", "mine")
    categories = [{"category_id": n, "name": "c", "labels": [{"label_id": 1}]} for n in (1, 2)]
    dataset = world.dataset("one", {"categories": categories})
    world.run("export", dataset, "o.json", "--to", "coco", "--no-progress", code=2)
    assert (world.folder / "o.json").read_text() == "mine"
    assert not list(world.folder.glob("*.old*"))


def test_a_conversion_writes_the_categories_of_the_description(world: World) -> None:
    labels = [{"label_id": 0, "label": "cat", "supercategory": "pet"}, {"label_id": 5, "label": "unused"}]
    described = {"name": "n", "type": "detection", "props": {"categories": [
        {"category_id": 1, "name": "labels", "labels": labels}
    ]}}  # fmt: skip
    world.write("dataset.json", json.dumps(described))
    rect = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}
    entry = {"category_id": 1, "label_id": 0, "label": "cat", "rect": rect}
    world.write("a.jsonl", [{"source_data": [{"data_uri": "s3://b/1"}], "attributes": {"detection": [entry]}}])
    given = ("convert", "a.jsonl", "o.json", "--to", "coco", "--no-progress")
    assert "pass --like dataset.json" in world.run(*given).stderr
    assert "dataset.json" not in world.run(*given, "--like", "dataset.json").stderr
    wanted = [{"id": 0, "name": "cat", "supercategory": "pet"}, {"id": 5, "name": "unused"}]
    assert json.loads((world.folder / "o.json").read_text())["categories"] == wanted
    assert "dataset.json" not in world.run("convert", "a.jsonl", "o.csv").stderr


def test_a_conversion_takes_the_type_from_the_description(world: World) -> None:
    described = {"name": "n", "type": "segmentation", "props": {}}
    world.write("dataset.json", json.dumps(described))
    entry = {"category_id": 1, "label_id": 0, "label": "cat", "rect": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}}
    world.write("a.jsonl", [{"source_data": [{"data_uri": "s3://b/1"}], "attributes": {"segmentation": [entry]}}])
    given = ("convert", "a.jsonl", "o.json", "--to", "coco", "--like", "dataset.json")
    world.run(*given)
    assert "is in segmentation, and not in detection" in world.run(*given, "--type", "detection", code=1).stderr

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

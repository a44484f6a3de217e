"""`import`, `export`, `convert` and `verify`."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.data.conftest import ORGANIZATION, World

from abeja_datasets_mock.faults import Faults, install


def item(number: int, **attributes: Any) -> dict[str, Any]:
    return {"source_data": [{"data_uri": f"a/{number}"}], "attributes": attributes}


COCO = {
    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}, {"id": 3, "file_name": "../c.jpg"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 4]},
        {"id": 2, "image_id": 2, "category_id": 7, "bbox": [1, 2, 3]},
    ],
    "categories": [{"id": 7, "name": "cat"}, {"id": 8, "name": "dog"}],
}


def test_a_file_is_loaded_once_however_often_the_command_runs(world: World) -> None:
    dataset = world.dataset()
    world.write("a.jsonl", [item(1), item(1), item(2)])
    first = world.run("import", "a.jsonl", "--dataset", dataset, "--no-progress")
    assert first.stdout == ""
    assert first.stderr.splitlines() == ["3 rows: 3 valid, 0 rejected", "3 read: 3 created"]
    again = world.run("import", "a.jsonl", "--dataset", dataset, "--no-progress")
    assert again.stderr.splitlines()[-1] == "3 read: 0 created, 3 by an earlier run"
    assert world.items(dataset) == [item(1), item(1), item(2)]
    status = world.run("import", "a.jsonl", "--dataset", dataset, "--status").stdout
    assert status.splitlines()[0] == "3 rows read: 3 created, 0 rejected, 0 unknown, 0 not tried"


def test_a_dataset_is_created_with_the_labels_of_the_file(world: World) -> None:
    world.write("c.json", json.dumps(COCO))
    arguments = (
        "import",
        "c.json",
        "--create",
        "cats",
        "--type",
        "detection",
        "--uri",
        "s3://b/{path}",
        "--no-progress",
    )
    output = world.run(*arguments, code=1).stderr
    (dataset,) = world.datasets()
    assert (dataset["name"], dataset["type"]) == ("cats", "detection")
    assert [label["label"] for label in dataset["props"]["categories"][0]["labels"]] == ["cat", "dog"]
    assert [each["source_data"][0]["data_uri"] for each in world.items(dataset["dataset_id"])] == ["s3://b/a.jpg"]
    assert "3 read: 1 created, 2 rejected" in output
    assert "c.json: /images/1: /annotations/1/bbox: four numbers" in output
    world.run(*arguments, code=1)
    assert len(world.datasets()) == 1
    assert "1 created" in world.run("import", "c.json", "--status").stdout


def test_the_file_of_rejected_rows_can_be_mended_and_imported(world: World) -> None:
    world.write("c.json", json.dumps(COCO))
    world.run("import", "c.json", "--create", "cats", "--no-progress", code=1)
    rejected = json.loads((world.folder / "c.rejected.json").read_text())
    assert [image["id"] for image in rejected["images"]] == [2, 3]
    assert rejected["categories"] == COCO["categories"]
    assert "four numbers" in rejected["rejected"][0]
    rejected["annotations"][0]["bbox"].append(4)
    rejected["images"][1]["file_name"] = "c.jpg"
    world.write("c.rejected.json", json.dumps(rejected))
    (dataset,) = world.datasets()
    world.run("import", "c.rejected.json", "--dataset", dataset["dataset_id"], "--no-progress")
    uris = [each["source_data"][0]["data_uri"] for each in world.items(dataset["dataset_id"])]
    assert uris == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize(
    ("name", "content", "rejected"),
    [
        ("a.jsonl", f'{json.dumps(item(1))}\n{{"a": NaN}}\n', '{"a": NaN}\n'),
        (
            "a.csv",
            "data_uri,label_id,x\na,1,y\nb,z,\nc,1\n",
            (
                "rejected_because,data_uri,label_id,x\n"
                "label_id: 'z' is not an integer from 0,b,z,\n"
                "has 2 cells; the header has 3,c,1\n"
            ),
        ),
    ],
)  # fmt: skip
def test_rejected_rows_keep_the_format_of_the_input(world: World, name: str, content: str, rejected: str) -> None:
    world.write(name, content)
    world.run("import", name, "--dataset", world.dataset(), "--no-progress", code=1)
    path = world.folder / f"a.rejected{Path(name).suffix}"
    assert path.read_text() == rejected
    path.write_text(path.read_text().replace("NaN", "1"))
    world.run("import", path.name, "--dataset", world.dataset("other"), "--dry-run", code=1)


def test_a_dry_run_sends_no_item_and_names_each_bad_row(world: World) -> None:
    labels = [{"label_id": 1, "label": "cat"}]
    dataset = world.dataset(props={"categories": [{"category_id": 1, "name": "x", "labels": labels}]})
    entry = {"category_id": 1, "label_id": 1, "label": "cat"}
    rows = [
        item(1, classification=[entry]),
        item(2, classification=[{"category_id": 1, "label_id": 9}]),
        {"x": 1},
        item(3),
    ]
    world.write("a.jsonl", rows)
    output = world.run("import", "a.jsonl", "--dataset", dataset, "--dry-run", code=1).stdout
    assert output.splitlines()[0].startswith("a.jsonl:2: attributes.classification[0]")
    assert output.splitlines()[1].startswith("a.jsonl:3: x: is not a key of an item")
    assert output.splitlines()[2:] == ["4 rows: 2 valid, 2 rejected", "          1  cat"]
    assert world.items(dataset) == []
    assert not (world.folder / "a.jsonl.journal").exists()
    assert (
        "nothing was sent" in world.run("import", "a.jsonl", "--dataset", dataset, "--on-error", "stop", code=1).stderr
    )


def test_attributes_are_added_to_each_row(world: World) -> None:
    dataset = world.dataset()
    world.write("a.jsonl", [item(1, x=1), {"source_data": [{"data_uri": "b"}]}])
    world.run("import", "a.jsonl", "--dataset", dataset, "--set", "split=train", "--set", "e=a=b", "--no-progress")
    assert [each["attributes"] for each in world.items(dataset)] == [
        {"x": 1, "split": "train", "e": "a=b"},
        {"split": "train", "e": "a=b"},
    ]
    assert "KEY=VALUE is needed" in world.run("import", "a.jsonl", "--dataset", dataset, "--set", "x", code=2).stderr


def test_standard_input_needs_a_journal_and_a_format(world: World) -> None:
    dataset = world.dataset()
    text = json.dumps(item(1))
    assert "pass --journal PATH" in world.run("import", "-", "--dataset", dataset, stdin=text, code=2).stderr
    given = ("import", "-", "--dataset", dataset, "--journal", "j", "--from", "jsonl", "--no-progress")
    world.run(*given, stdin=text)
    world.run(*given, stdin=text)
    assert world.items(dataset) == [item(1)]


def test_matching_updates_what_differs_and_creates_what_is_missing(world: World) -> None:
    dataset = world.dataset()
    for number in range(3):
        world.client.create_dataset_item(ORGANIZATION, dataset, **item(number, x=number))
    world.write("a.jsonl", [item(0, x=0), item(1, x="new"), item(7, x=7)])
    output = world.run("import", "a.jsonl", "--dataset", dataset, "--match", "data_uri", "--no-progress").stderr
    assert output.splitlines()[-1] == "1 equal, 1 updated, 1 created, 0 rejected, 0 unknown"
    assert world.items(dataset) == [item(0, x=0), item(1, x="new"), item(2, x=2), item(7, x=7)]
    world.write("b.jsonl", [{"dataset_item_id": 2, "attributes": {"y": 1}}, {"dataset_item_id": 99, "attributes": {}}])
    output = world.run(
        "import", "b.jsonl", "--dataset", dataset, "--match", "dataset_item_id", "--no-progress", code=1
    ).stderr
    assert "1 updated" in output
    assert "99: the dataset has no item" in output
    assert world.items(dataset)[2]["attributes"] == {"y": 1}


def test_matching_may_be_repeated_and_what_is_rejected_has_its_file(world: World) -> None:
    dataset = world.dataset()
    world.write("a.jsonl", [item(0, x=0), item(1), {"y": 1}, item(2)])
    given = ("import", "a.jsonl", "--dataset", dataset, "--match", "data_uri", "--no-progress")
    lines = world.run(*given, code=1).stderr.splitlines()
    assert lines[-3:-1] == ["0 equal, 0 updated, 3 created, 1 rejected, 0 unknown", "rejected rows: a.rejected.jsonl"]
    assert (world.folder / "a.rejected.jsonl").read_text() == '{"y": 1}\n'
    assert world.run(*given, code=1).stderr.splitlines()[-3].startswith("3 equal, 0 updated, 0 created, 1 rejected")
    world.write("a.jsonl", [item(0, x=1), item(1), item(5)])
    assert world.run(*given).stderr.splitlines()[-1].startswith("1 equal, 1 updated, 1 created, 0 rejected")
    assert world.items(dataset) == [item(0, x=1), item(1), item(2), item(5)]
    assert sorted(path.name for path in world.folder.glob("a.jsonl*")) == ["a.jsonl"]


def test_matching_completes_the_creates_of_an_interrupted_run(world: World) -> None:
    dataset = world.dataset()
    faults = Faults()
    install(world.server.app, faults)
    world.write("a.jsonl", [item(number) for number in range(3)])
    given = ("import", "a.jsonl", "--dataset", dataset, "--match", "data_uri", "--no-progress")
    faults.plan = [{"status": 401, "operations": ["create_dataset_item"], "count": 1}]
    world.run(*given, "--concurrency", 1, code=3)
    assert (world.folder / "a.jsonl.journal.match.rows").exists()
    assert "0 rejected, 0 unknown" in world.run(*given).stderr
    assert world.items(dataset) == [item(number) for number in range(3)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"dataset_item_id": 7, "attributes": {}}, "7: the dataset has no item with this dataset_item_id"),
        ({"dataset_item_id": 0, "source_data": [{"data_uri": "x"}], "attributes": {}}, "the source data differ"),
    ],
)
def test_a_row_that_matches_no_item_is_named(world: World, row: Any, reason: str) -> None:
    dataset = world.dataset()
    world.client.create_dataset_item(ORGANIZATION, dataset, **item(0))
    found = next(iter(world.client.iter_dataset_items(ORGANIZATION, dataset)))["dataset_item_id"]
    row = row | {"dataset_item_id": row["dataset_item_id"] or found}
    world.write("a.jsonl", [row])
    output = world.run("import", "a.jsonl", "--dataset", dataset, "--match", "dataset_item_id", "--no-progress", code=1)
    assert reason in output.stderr
    assert json.loads((world.folder / "a.rejected.jsonl").read_text()) == row


def test_rejected_rows_of_standard_input_and_of_a_name_without_a_suffix(world: World) -> None:
    dataset = world.dataset()
    text = '{"y": 1}\n'
    given = ("--from", "jsonl", "--dataset", dataset, "--no-progress")
    output = world.run("import", "-", *given, "--journal", "j", stdin=text, code=1).stderr
    assert "standard input:1: y: is not a key" in output
    assert (world.folder / "j.rejected").read_text() == text
    world.write("rows", text)
    world.run("import", "rows", *given, code=1)
    assert (world.folder / "rows.rejected").read_text() == text


def test_the_journal_is_made_before_anything_is_read_or_sent(world: World) -> None:
    world.write("a.jsonl", [item(1)])
    output = world.run("import", "a.jsonl", "--create", "n", "--journal", "absent/j", code=2).stderr
    assert "the journal absent/j: No such file or directory; pass --journal PATH" in output
    assert world.datasets() == []


def test_without_matching_it_says_which_uris_are_there_already(world: World) -> None:
    dataset = world.dataset()
    world.client.create_dataset_item(ORGANIZATION, dataset, **item(1))
    world.write("a.jsonl", [item(1), item(2)])
    output = world.run("import", "a.jsonl", "--dataset", dataset, "--no-progress").stderr
    assert "1 items with the same URIs are there already" in output
    assert len(world.items(dataset)) == 3


def test_a_create_of_the_dataset_whose_response_was_lost_is_settled_by_its_name(world: World) -> None:
    faults = Faults()
    install(world.server.app, faults)
    world.write("a.jsonl", [item(1)])
    faults.plan = [{"status": 500, "when": "after", "operations": ["create_dataset"], "count": 1}]
    world.run("import", "a.jsonl", "--create", "n", "--no-progress", code=2)
    world.run("import", "a.jsonl", "--create", "n", "--no-progress")
    assert [dataset["name"] for dataset in world.datasets()] == ["n"]
    assert world.items(world.datasets()[0]["dataset_id"]) == [item(1)]
    assert "pass another --journal" in world.run("import", "a.jsonl", "--create", "other", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a.jsonl",), "Pass --dataset ID, or --create NAME."),
        (("a.jsonl", "--dataset", "1", "--create", "x"), "Pass either"),
        (("absent.jsonl", "--create", "x"), "No such file"),
        (("a.jsonl", "--create", "x", "--uri", "s3://b"), "{path}"),
        (("a.xyz", "--create", "x"), "pass --format"),
        (("a.jsonl", "--create", "x", "--encoding", "klingon"), "does not know"),
        (("a.jsonl", "--dataset", "77"), "Error"),
    ],
)
def test_wrong_use_is_one_line_and_exits_with_2(world: World, arguments: Any, reason: str) -> None:
    world.write("a.jsonl", [item(1)])
    world.write("a.xyz", "x")
    assert reason in world.run("import", *arguments, code=2).stderr
    assert world.datasets() == []


def test_export_and_import_make_the_dataset_again(world: World) -> None:
    dataset = world.dataset()
    world.write("a.jsonl", [item(1, x=[1, 2.0]), item(2)])
    world.run("import", "a.jsonl", "--dataset", dataset, "--no-progress")
    for name in ("out.jsonl", "out.json", "out.csv"):
        world.run("export", dataset, name, "--no-progress")
        other = world.dataset(name)
        world.run("import", name, "--dataset", other, "--no-progress")
        assert world.items(other) == world.items(dataset)
    assert json.loads((world.folder / "dataset.json").read_text()) == {"name": "d", "type": "custom", "props": {}}
    world.run("export", dataset, "s.jsonl", "--shard-size", "1", "--no-progress")
    assert sorted(path.name for path in world.folder.glob("s*")) == ["s-00001.jsonl", "s-00002.jsonl"]
    assert "pass --to" in world.run("export", dataset, "x.abc", code=2).stderr


def boxed(uri: str, *labels: tuple[int, str], **source: Any) -> dict[str, Any]:
    """Return an item with a box for each label."""
    rect = {"xmin": 0.1, "ymin": 2, "xmax": 30.5, "ymax": 40}
    entries = [{"category_id": 1, "label_id": number, "label": name, "rect": rect} for number, name in labels]
    attributes = {"detection": entries} if entries else {}
    return {"source_data": [{"data_uri": uri, "width": 100, "height": 50, **source}], "attributes": attributes}


BOXED = [
    boxed("s3://b/x/a.jpg", (0, "cat"), (2, "dog")),
    boxed("s3://b/y/a.jpg", (2, "dog")),
    boxed("datalake://123/images/c.d", (0, "cat")),
    boxed("s3://b/empty.jpg"),
]


def without_ids(items: list[Any]) -> list[Any]:
    """Return items in the order of their URIs, without the ids that COCO needs."""
    for item in items:
        item["source_data"][0].pop("id", None)
        for entry in item["attributes"].get("detection", ()):
            entry.pop("id", None)
    return sorted(items, key=lambda item: str(item["source_data"][0]["data_uri"]))


@pytest.mark.parametrize(
    ("form", "name", "options"),
    [
        ("jsonl", "o.jsonl", ()),
        ("json", "o.json", ()),
        ("csv", "o.csv", ()),
        ("parquet", "o.parquet", ()),
        ("coco", "o.json", ()),
        ("voc", "o", ()),
        ("yolo", "o", ("--sizes", "o/sizes.csv", "--uri-map", "o/uris.csv")),
    ],
)
def test_each_format_comes_back_equal(world: World, form: str, name: str, options: tuple[str, ...]) -> None:
    labels = [{"label_id": 0, "label": "cat"}, {"label_id": 2, "label": "dog"}]
    props = {"categories": [{"category_id": 1, "name": "labels", "labels": labels}]}
    dataset, other = world.dataset(props=props), world.dataset("other", props=props)
    for each in BOXED:
        source = each["source_data"][0]
        held = {"data_uri": source["data_uri"]} if form == "csv" else source
        world.client.create_dataset_item(ORGANIZATION, dataset, [held], each["attributes"])
    world.run("export", dataset, name, "--to", form, "--no-progress")
    world.run("import", name, "--dataset", other, "--no-progress", *options)
    assert without_ids(world.items(other)) == without_ids(world.items(dataset))


def test_a_folder_of_classes_comes_back_equal_through_jsonl(world: World) -> None:
    for path in ("cat/a.jpg", "dog/a.jpg"):
        (world.folder / "in" / path).parent.mkdir(parents=True)
        world.write(f"in/{path}", "x")
    world.run("import", "in", "--create", "one", "--type", "classification", "--journal", "j", "--no-progress")
    one = str(world.datasets()[0]["dataset_id"])
    world.run("export", one, "o.jsonl", "--no-progress")
    other = world.dataset("other")
    world.run("import", "o.jsonl", "--dataset", other, "--no-progress")
    assert [each["attributes"]["classification"][0]["label"] for each in world.items(other)] == ["cat", "dog"]
    assert without_ids(world.items(other)) == without_ids(world.items(one))


def test_convert_and_verify(world: World) -> None:
    world.write("c.json", json.dumps(COCO))
    output = world.run("convert", "c.json", "o.jsonl", code=1).stderr
    assert "3 rows: 1 written, 2 rejected" in output
    dataset = world.dataset()
    world.run("import", "o.jsonl", "--dataset", dataset, "--no-progress")
    assert "1 read, 1 in the dataset" in world.run("verify", "o.jsonl", "--dataset", dataset).stdout
    world.client.create_dataset_item(ORGANIZATION, dataset, **json.loads((world.folder / "o.jsonl").read_text()))
    (world.folder / "o.jsonl.journal").unlink()
    assert "twice: row 0" in world.run("verify", "o.jsonl", "--dataset", dataset, code=1).stdout
    assert "No such file" in world.run("convert", "x.json", "o.jsonl", code=2).stderr


def test_verify_finds_the_journal_of_the_folder_it_is_called_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = world.folder / "pets"
    (folder / "cat").mkdir(parents=True)
    (folder / "cat" / "1.jpg").touch()
    monkeypatch.chdir(folder)
    dataset = world.dataset()
    world.run("import", ".", "--dataset", dataset, "--no-progress", "--journal", "../other.journal")
    world.run("import", ".", "--dataset", dataset, "--no-progress")
    assert (world.folder / "pets.journal").exists()
    world.run("verify", ".", "--dataset", dataset)  # without the journal the item of the first import is a twin
    (world.folder / "pets.journal").unlink()
    assert "twice: row 0" in world.run("verify", ".", "--dataset", dataset, code=1).stdout


def test_keys_of_responses_are_left_out_and_counted(world: World) -> None:
    item = {"source_data": [{"data_uri": "a"}], "attributes": {}, "dataset_item_id": 7, "created_at": "2018-05-20"}
    path = world.write("a.jsonl", [item, {"source_data": [{"data_uri": "b"}]}])
    said = "2 keys of responses (dataset_item_id, created_at, …) are left out"
    assert said in world.run("import", path, "--dataset", world.dataset(), "--dry-run").stdout.splitlines()
    assert said in world.run("import", path, "--dataset", world.dataset("e")).stderr.splitlines()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "\n \n"),
        ("a.json", "[]"),
        ("a.csv", "data_uri\n"),
        ("a.json", '{"images": []}'),
        ("a.json", '{"annotations": [], "images": [], "categories": [{"id": 1, "name": "a"}]}'),
    ],
)
def test_no_rows_are_no_items_and_no_failure(world: World, name: str, content: str) -> None:
    path = world.write(name, content)
    assert "0 rows: 0 valid, 0 rejected" in world.run("import", path, "--dataset", world.dataset()).stderr
    world.run("convert", path, "out.jsonl")
    assert (world.folder / "out.jsonl").read_text() == ""


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet", "data.yaml"])
def test_a_file_of_0_bytes_is_refused(world: World, name: str) -> None:
    path = world.write(name, "")
    assert "0 bytes" in world.run("import", path, "--dataset", world.dataset(), code=2).stderr
    assert world.items(str(world.datasets()[0]["dataset_id"])) == []

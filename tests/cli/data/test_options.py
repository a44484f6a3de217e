"""The options that commands share: each command that works long has them all."""

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import click
import pytest
from tests.cli.data.conftest import ORGANIZATION, World

from abeja_datasets_cli.data.shared.counting import Counting
from abeja_datasets_cli.main import main
from abeja_datasets_loading.items.items import Checker
from abeja_datasets_loading.progress import progress

ITEM = {"source_data": [{"data_uri": "s3://b/a"}], "attributes": {}}
LOADING = {"--on-error", "--max-errors", "--rate", "--concurrency", "--no-progress"}
ERRORS = {"--on-error", "--max-errors", "--no-progress"}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("import", LOADING | {"--set"}),
        ("items delete", LOADING),
        ("convert", ERRORS | {"--set"}),
        ("export", {"--no-progress", "--q"}),
        ("verify", {"--no-progress", "--set"}),
        ("plan run", {"--no-progress"}),
        ("plan verify", {"--no-progress", "--rate", "--concurrency"}),
        ("items list", {"--limit", "--format", "--q"}),
        ("datasets list", {"--limit", "--format"}),
    ],
)
def test_a_command_has_the_options_of_its_siblings(path: str, wanted: set[str]) -> None:
    command: Any = main
    for name in path.split():
        command = command.get_command(click.Context(command), name)
    assert wanted <= {name for parameter in command.params for name in parameter.opts}


def test_convert_stops_at_errors_and_leaves_its_target(world: World) -> None:
    source = world.write("a.jsonl", f"{json.dumps(ITEM)}\nno json\n7\n")
    target = world.write("b.json", "before")
    for options, problem in (
        (("--on-error", "stop"), "1 rows are rejected, and nothing was written (--on-error stop)"),
        (("--max-errors", "1"), "2 rows are rejected, and nothing was written (--max-errors)"),
    ):
        assert problem in world.run("convert", source, target, *options, code=1).stderr
        assert target.read_text() == "before"
    world.run("convert", source, target, "--max-errors", "2", "--set", "split=train", code=1)
    assert json.loads(target.read_text()) == [{**ITEM, "attributes": {"split": "train"}}]


def test_delete_stops_at_errors(world: World) -> None:
    dataset = world.dataset()
    world.run("import", world.write("a.jsonl", [ITEM] * 3), "--dataset", dataset, "--no-progress")
    given = ("items", "delete", dataset, "0", "x", "y", "z", "--yes", "--no-progress", "--concurrency", "1")
    assert "max_errors" in world.run(*given, "--max-errors", "1", code=1).stderr
    assert len(world.items(dataset)) >= 2


def test_a_row_that_the_server_refuses_stops_an_import(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.items.items.Checker.of", lambda *_, **__: Checker())
    props = {"categories": [{"category_id": 1, "name": "c", "labels": [{"label_id": 1, "label": "cat"}]}]}
    wrong = {**ITEM, "attributes": {"classification": [{"category_id": 1, "label_id": 9}]}}
    given = ("import", world.write("a.jsonl", [wrong]), "--dataset", world.dataset(props=props), "--no-progress")
    assert "Error: item 0" in world.run(*given, "--on-error", "stop", code=1).stderr


class _Kept(progress.Reporter):
    """Keeps what is shown."""

    interval = 0.001

    def __init__(self) -> None:
        self.shown: list[progress.Progress] = []

    def show(self, progress: progress.Progress) -> None:
        self.shown.append(progress)

    def wait_for(self, action: str, created: int) -> progress.Progress:
        for _ in range(500):
            for each in self.shown:
                if (each.action, each.created) == (action, created):
                    return each
            time.sleep(0.01)
        raise AssertionError(self.shown)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> _Kept:
    monkeypatch.setattr("abeja_datasets_cli.data.shared.counting._QUICK", 0.0)
    found = _Kept()
    monkeypatch.setattr(progress, "reporter", lambda _: found)
    return found


def test_progress_is_shown_from_before_the_first_row(kept: _Kept) -> None:
    with Counting("convert", None, 2) as counting:
        rows = counting.over("ab")
        assert not kept.wait_for("convert", 0).has_ended
        assert list(rows) == ["a", "b"]
    assert (kept.shown[-1].created, kept.shown[-1].has_ended) == (2, True)
    assert str(kept.shown[-1]).startswith("2 of 2 rows converted, ")


def test_what_is_read_before_a_row_is_shown(kept: _Kept) -> None:
    with Counting("validate", None) as counting:
        for count in range(2):  # files
            counting.read(2_500_000)
            assert str(kept.wait_for("read", (2, 5)[count])).startswith(f"{(2, 5)[count]} MB read, ")
            counting.count += 1
            kept.wait_for("validate", count + 1)
    assert str(kept.shown[-1]).startswith("2 rows validated, ")


def test_commands_show_what_they_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("a.csv", "data_uri\ns3://b/1\n")
    dataset = world.dataset()
    sizes: list[int] = []
    monkeypatch.setattr(Counting, "read", lambda _, size: sizes.append(size))
    world.run("convert", "a.csv", "b.jsonl")
    assert sum(sizes) == 18
    world.run("import", "a.csv", "--dataset", dataset, "--no-progress")
    assert sum(sizes) == 36
    world.run("verify", "a.csv", "--dataset", dataset, "--no-progress")
    assert sum(sizes) == 54


def test_a_quick_command_shows_no_progress(world: World, tmp_path: Path) -> None:
    source = world.write("a.jsonl", [ITEM])
    assert world.run("convert", source, tmp_path / "b.csv").stderr == "1 rows: 1 written, 0 rejected\n"


def test_shards_take_their_places_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = world.dataset()
    items = [{"source_data": [{"data_uri": f"s3://b/{number}"}], "attributes": {}} for number in range(5)]
    world.run("import", world.write("a.jsonl", items), "--dataset", dataset, "--no-progress")
    given = ("export", dataset, "x.csv", "--no-progress", "--shard-size")
    world.run(*given, 2)
    before = {path.name: path.read_text() for path in world.folder.glob("x*")}
    assert [*sorted(before)] == ["x-00001.csv", "x-00002.csv", "x-00003.csv"]
    with monkeypatch.context() as patch:
        patch.setattr("abeja_datasets_loading.formats.api_items.writers.CsvWriter.finish", _no_space)
        assert "No space left" in world.run(*given, 3, code=2).stderr
    assert {path.name: path.read_text() for path in world.folder.glob("x-*")} == before
    assert list(world.folder.glob(".x*")) == []
    assert "removed: x-00003.csv, of an earlier export" in world.run(*given, 3).stderr
    assert [len(path.read_text().splitlines()) for path in sorted(world.folder.glob("x*"))] == [4, 3]


def _no_space(_writer: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_dataset_is_made_again_of_its_description(world: World) -> None:
    props = {"categories": [{"category_id": 1, "name": "c", "labels": [{"label_id": 1, "label": "猫"}]}]}
    dataset = world.client.create_dataset(ORGANIZATION, "cats", "detection", props)["dataset_id"]
    world.run("export", dataset, "items.jsonl", "--no-progress")
    world.run("datasets", "delete", dataset, "--yes")
    world.run("datasets", "create", "--like", "dataset.json")
    world.run("datasets", "create", "other", "--like", "dataset.json", "--type", "custom", "--props", "{}")
    found = [(each["name"], each["type"], each["props"]) for each in world.datasets()]
    assert found == [("cats", "detection", props), ("other", "custom", {})]
    assert "Pass NAME, or --like FILE." in world.run("datasets", "create", code=2).stderr
    world.write("dataset.json", '{"name": "x", "type": "custom"}')
    assert "props is missing" in world.run("datasets", "create", "--like", "dataset.json", code=2).stderr


def test_the_dataset_of_another_is_not_taken_for_the_one_to_create(world: World) -> None:
    dataset = world.dataset("cats")
    source = world.write("a.jsonl", [ITEM])
    for _ in range(2):
        assert "already exists" in world.run("import", source, "--create", "cats", "--no-progress", code=2).stderr
    assert world.items(dataset) == []


@pytest.mark.parametrize("target", ["x.jsonl", "x.csv"])
def test_a_folder_that_is_not_there_is_named(world: World, target: str) -> None:
    shown = world.run("export", world.dataset(), f"no/{target}", code=2).stderr
    assert shown == f"Error: no/{target}: there is no folder no\n"

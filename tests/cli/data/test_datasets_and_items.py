"""`datasets` and `items`."""

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from typing import Any

import pytest
from tests.cli.data.conftest import ORGANIZATION, World


def item(number: int, label: str = "cat") -> dict[str, Any]:
    return {"source_data": [{"data_uri": f"a/{number}"}], "attributes": {"label": label, "n": number}}


def filled(world: World, count: int = 3) -> str:
    dataset = world.dataset()
    for number in range(count):
        world.client.create_dataset_item(ORGANIZATION, dataset, **item(number, "dog" if number else "cat"))
    return dataset


def test_a_dataset_is_created_listed_got_and_deleted(world: World) -> None:
    created = json.loads(world.run("datasets", "create", "猫", "--type", "detection", "--props", '{"a": 1}').stdout)
    assert (created["name"], created["type"], created["props"]) == ("猫", "detection", {"a": 1})
    number = created["dataset_id"]
    assert world.run("datasets", "list", "--format", "ids").stdout == f"{number}\n"
    assert json.loads(world.run("datasets", "get", number).stdout)["total_count"] == 0
    assert world.run("datasets", "delete", number, "--yes").stderr == f"deleted: {number}\n"
    assert world.run("datasets", "list").output == ""


def test_the_props_come_from_a_file(world: World) -> None:
    world.write("p.json", '{"x": [1]}')
    assert json.loads(world.run("datasets", "create", "a", "--props", "@p.json").stdout)["props"] == {"x": [1]}
    world.write("c.json", '{"images": [], "categories": [{"id": 4, "name": "cat"}]}')
    created = json.loads(world.run("datasets", "create", "b", "--props-from", "c.json").stdout)
    assert created["props"]["categories"][0]["labels"] == [{"label_id": 4, "label": "cat"}]
    assert "a JSON object is needed" in world.run("datasets", "create", "c", "--props", "[]", code=2).stderr
    assert "not JSON" in world.run("datasets", "create", "c", "--props", "{", code=2).stderr


def test_deleting_asks_and_refuses_without_a_terminal(world: World) -> None:
    dataset = filled(world)
    assert "pass --yes" in world.run("datasets", "delete", dataset, code=2).stderr
    assert "pass --yes" in world.run("items", "delete", dataset, "0", code=2).stderr
    assert len(world.items(dataset)) == 3


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        ("ids", ["0", "1", "2"]),
        ("csv", ["dataset_item_id,source_data.0.data_uri,attributes,updated_at"]),
        ("json", ["["]),
    ],
)
def test_items_in_each_form(world: World, form: str, lines: list[str]) -> None:
    output = world.run("items", "list", filled(world), "--format", form).stdout
    assert output.splitlines()[: len(lines)] == lines
    if form == "json":
        assert len(json.loads(output)) == 3


def test_a_table_shows_no_markup_and_draws_nothing(world: World) -> None:
    dataset = world.dataset("[red]\x1b[31m")
    output = world.run("datasets", "list", "--format", "table").stdout
    assert "[red]\N{REPLACEMENT CHARACTER}[31m" in output
    assert dataset in output


def test_an_empty_result_is_empty(world: World) -> None:
    dataset = world.dataset()
    for form in ("table", "jsonl", "ids"):
        assert world.run("items", "list", dataset, "--format", form).stdout == ""
    assert world.run("items", "list", dataset, "--format", "json").stdout == "[]\n"


def test_items_are_queried_counted_updated_and_deleted(world: World) -> None:
    dataset = filled(world)
    assert world.run("items", "count", dataset).stdout == "3\n"
    assert world.run("items", "count", dataset, "--q", "label:dog").stdout == "2\n"
    assert world.run("items", "list", dataset, "--q", "label:dog", "--limit", "1", "--format", "ids").stdout == "1\n"
    assert json.loads(world.run("items", "get", dataset, "1").stdout)["attributes"] == {"label": "dog", "n": 1}
    world.run("items", "update", dataset, "1", "--attributes", '{"x": 1}')
    assert world.items(dataset)[1]["attributes"] == {"x": 1}
    output = world.run("items", "delete", dataset, "--q", "label:dog", "--yes", "--no-progress").stderr
    assert output.splitlines() == ["1 items", "1 read: 1 deleted"]
    world.run("items", "delete", dataset, "0", "1", "--yes", "--no-progress")
    assert world.items(dataset) == []


def test_wrong_use_and_errors_have_their_exit_codes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = filled(world)
    for arguments in (
        ("items", "delete", dataset),
        ("items", "delete", dataset, "1", "--q", "a:b"),
        ("items", "update", dataset, "1", "--attributes", "[]"),
        ("items", "update", dataset, "1", "--attributes", "{"),
        ("items", "get", dataset, "77"),
        ("items", "list", dataset, "--q", "((("),
        ("datasets", "get", ".."),
        ("datasets", "list", "--limit", "0"),
        ("datasets", "list", "--base-url", "nonsense"),
    ):
        assert world.run(*arguments, code=2).stderr.splitlines()[-1].startswith("Error: ")
    monkeypatch.setenv("ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN", "wrong")
    assert "Error: " in world.run("datasets", "list", code=3).stderr
    monkeypatch.delenv("ABEJA_ORGANIZATION_ID")
    assert "--organization-id ID or set ABEJA_ORGANIZATION_ID" in world.run("datasets", "list", code=2).stderr


@pytest.mark.slow
def test_a_server_that_can_not_be_reached_has_its_exit_code(world: World) -> None:
    world.run("datasets", "list", "--base-url", "http://127.0.0.1:1", "--timeout", "1", code=3)


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "ids"])
def test_a_closed_pipe_ends_quietly(world: World, form: str) -> None:
    command = [sys.executable, "-m", "abeja_datasets_cli", "items", "list", filled(world), "--format", form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(world: World, shell: str) -> None:
    assert "_ABEJA_DATASETS_COMPLETE" in world.run("completion", shell).stdout


@pytest.mark.parametrize("columns", [80, 140])
def test_a_terminal_shows_a_table_and_a_pipe_lines(world: World, columns: int) -> None:
    dataset = filled(world)
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [sys.executable, "-m", "abeja_datasets_cli", "items", "list", dataset]
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=there) as process:
        os.close(there)
        output = b""
        # Linux reports the end of a terminal as an error (EIO).
        with contextlib.suppress(OSError):
            while piece := os.read(here, 65536):
                output += piece
    os.close(here)
    lines = output.decode().replace("\x1b[0m", "").replace("\x1b[1m", "").splitlines()
    assert process.returncode == 0
    assert lines[1].split() == ["dataset_item_id", "data_uri", "attributes", "updated_at"]
    assert max(map(len, lines)) <= columns
    piped = subprocess.run(command, capture_output=True, check=True)
    assert [json.loads(line)["dataset_item_id"] for line in piped.stdout.splitlines()] == [0, 1, 2]

"""Ctrl-C and `kill -9` at the moments when a command changes what it goes on with: then it is run again."""

import json
import signal
import subprocess
import sys
from typing import Final

import pytest
from tests.cli.data.conftest import ORGANIZATION, World
from tests.sampling import every

from abeja_datasets import APIClient

_START: Final = """
import itertools, os, sys
number = int(sys.argv.pop(1))
def stop():
    os.kill(os.getpid(), number)
{patch}
from abeja_datasets_cli.__main__ import main
main()
"""
_CREATE: Final = "from abeja_datasets import APIClient as C; f = C.create_dataset; C.create_dataset = lambda *a: "
_RECORD: Final = "from abeja_datasets_cli.data.importing import target as T; f = T._write; T._write = lambda *a: "
_REJECT: Final = "from abeja_datasets_loading.formats import rejected as R; f = R._write; R._write = lambda t, p, o: "
_IMPORTING: Final = {
    "before the record": f"{_RECORD}stop()",
    "after a record": f"{_RECORD}(f(*a), stop())",
    "before the dataset": f"{_CREATE}stop()",
    "after the dataset": f"{_CREATE}(f(*a), stop())",
    "before the rejects": f"{_REJECT}stop()",
    "within the rejects": f"{_REJECT}(f(t, itertools.islice(p, 1), o), stop())",
}
_PARTIAL: Final = (
    "from abeja_datasets_loading.actions.partial_file import PartialFile as P; f = P.replace; P.replace = lambda *a: "
)
_PART: Final = "from abeja_datasets_loading.formats.parts import Part as P; f = P.commit; P.commit = lambda *a: "
_EXPORTING: Final = {
    "before the name": f"{_PARTIAL}(stop(), f(*a))",
    "after the name": f"{_PARTIAL}(f(*a), stop())",
    "before the converted": f"{_PART}(stop(), f(*a))",
    "after the converted": f"{_PART}(f(*a), stop())",
    "before the description": "from abeja_datasets_cli.data import exporting as E; E._describe = lambda *_: stop()",
}
_SIGNALS: Final = (signal.SIGINT, signal.SIGKILL)


def _stopped(world: World, patch: str, number: signal.Signals, *arguments: str) -> None:
    """Run a command that is stopped. Where nothing is left to do at a Ctrl-C, it ends with 0."""
    command = [sys.executable, "-c", _START.format(patch=patch), str(int(number)), *arguments]
    done = subprocess.run(command, cwd=world.folder, capture_output=True, text=True, check=False)
    assert done.returncode in ({130, 0} if number == signal.SIGINT else {-signal.SIGKILL}), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("moment", "number"), every(7, [(moment, number) for moment in _IMPORTING for number in _SIGNALS])
)
def test_an_import_that_is_stopped_and_run_again(world: World, moment: str, number: signal.Signals) -> None:
    good = [{"source_data": [{"data_uri": f"s3://b/{name}"}], "attributes": {}} for name in "abc"]
    bad = ['{"source_data": 7}', '{"attributes": {}}']
    world.write("a.jsonl", "".join(f"{line}\n" for line in [*bad, *map(json.dumps, good)]))
    given = ("import", "a.jsonl", "--create", "cats", "--no-progress")
    _stopped(world, _IMPORTING[moment], number, *given)
    world.run(*given, code=1)
    (dataset,) = world.datasets()
    assert sorted(world.items(dataset["dataset_id"]), key=str) == good
    assert (world.folder / "a.rejected.jsonl").read_text().splitlines() == bad
    assert len((world.folder / "a.rejected.jsonl.reasons.csv").read_text().splitlines()) == 3
    assert not list(world.folder.glob(".*"))
    assert json.loads((world.folder / "a.jsonl.journal.dataset").read_text())["dataset_id"] == dataset["dataset_id"]


@pytest.mark.parametrize(
    ("moment", "number", "target"),
    every(
        20, [(moment, number, name) for moment in _EXPORTING for number in _SIGNALS for name in ("x.jsonl", "x.csv")]
    ),
)
def test_an_export_that_is_stopped_and_run_again(
    world: World, moment: str, number: signal.Signals, target: str
) -> None:
    if target == "x.jsonl" and "converted" in moment:
        target = "x.json"
    dataset = world.dataset()
    items = [{"source_data": [{"data_uri": f"s3://b/{name}"}], "attributes": {}} for name in "abc"]
    world.run("import", world.write("a.jsonl", items), "--dataset", dataset, "--no-progress")
    before = {path.name for path in world.folder.iterdir()}
    _stopped(world, _EXPORTING[moment], number, "export", dataset, target, "--no-progress")
    world.run("export", dataset, target, "--no-progress")
    # Where dataset.json was not there yet, the target may be anybody's file, and is kept.
    made = {path.name for path in world.folder.iterdir()} - before - {f"{target}.old"}
    assert made == {target, "dataset.json"}
    text = (world.folder / target).read_text()
    assert [text.count(f"s3://b/{name}") for name in "abc"] == [1, 1, 1]


def test_a_create_that_arrives_after_the_next_run_has_looked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("a.jsonl", [{"source_data": [{"data_uri": "s3://b/a"}], "attributes": {}}])
    record = {"organization_id": ORGANIZATION, "name": "cats", "type": "custom", "dataset_id": None}
    world.write("a.jsonl.journal.dataset", json.dumps(record))
    create = APIClient.create_dataset

    def late(client: APIClient, *arguments: object) -> object:
        create(world.client, ORGANIZATION, "cats", "custom", {})
        return create(client, *arguments)  # type: ignore[arg-type]  # as they were given

    monkeypatch.setattr(APIClient, "create_dataset", late)
    world.run("import", "a.jsonl", "--create", "cats", "--no-progress")
    (dataset,) = world.datasets()
    assert len(world.items(dataset["dataset_id"])) == 1

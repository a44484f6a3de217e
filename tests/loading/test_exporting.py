"""`export_items`: every item once, in a file that appears when it is whole, however often it was interrupted."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets.exceptions import BadRequest, NotFound
from abeja_datasets_loading import JournalError, LoadingStopped, Report, export_items, export_items_async
from abeja_datasets_loading.actions.partial_file import lines

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi


def filled(api: "DatasetApi", count: int, name: str = "d") -> str:
    more: dict[str, Any] = {"é": "日本", "f": 1.0}
    items: list[dict[str, Any]] = [
        {"source_data": [{"data_uri": f"datalake://1/{n}"}], "attributes": {"n": n, "even": n % 2 == 0, **more}}
        for n in range(count)
    ]
    (dataset,) = api.load([{"name": name, "type": "custom", "props": {}}, *items])
    return str(dataset["dataset_id"])


def export(api: "DatasetApi", dataset: str, path: Path, **options: Any) -> Report:
    settings = {"on_progress": False, "page_size": 10, **options}
    return export_items(api.client(timeout=2, max_retry_count=0), api.organization_id, dataset, path, **settings)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["attributes"]["n"] for line in path.read_text(encoding="utf-8").splitlines()]


def listed(api: "DatasetApi", dataset: str) -> list[Any]:
    return list(api.client(base_url=api.server_url).iter_dataset_items(api.organization_id, dataset))


def test_each_item_is_a_line_as_the_api_returns_it(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 35)
    path = tmp_path / "items.jsonl"
    report = export(dataset_api, dataset, path)
    assert (report.read, report.created, report.earlier, report.action) == (35, 35, 0, "export")
    assert repr(report).startswith("<Report 35 read: 35 exported (")
    report.raise_for_errors()
    assert list(report.iter_created()) == []
    text = path.read_bytes()
    assert text.endswith(b"}\n")
    assert "日本".encode() in text
    assert [json.loads(line) for line in text.splitlines()] == listed(dataset_api, dataset)
    assert names(tmp_path) == ["items.jsonl"]


def test_a_query_and_the_async_twin(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    async def main() -> Report:
        client = dataset_api.async_client()
        organization = dataset_api.organization_id
        return await export_items_async(client, organization, dataset, str(path), q="even:true", on_progress=False)

    dataset = filled(dataset_api, 9)
    path = tmp_path / "x"
    assert asyncio.run(main()).created == 5
    assert numbers(path) == [0, 2, 4, 6, 8]


def test_an_empty_dataset_makes_an_empty_file(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert export(dataset_api, filled(dataset_api, 0), path).read == 0
    assert path.read_bytes() == b""


def test_an_interrupted_export_goes_on_where_it_was(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 60)
    path = tmp_path / "items.jsonl"
    path.write_text("old")
    dataset_api.faults.add(operations="list_dataset_items", status=401, after=3)
    with pytest.raises(LoadingStopped, match=r"to resume, call it again .*items\.jsonl\.journal") as caught:
        export(dataset_api, dataset, path)
    assert (caught.value.report.read, caught.value.report.created) == (30, 30)
    assert path.read_text() == "old"
    with (tmp_path / "items.jsonl.partial").open("ab") as torn:
        torn.write(b'{"half of')
    dataset_api.faults.clear()
    dataset_api.requests.clear()
    report = export(dataset_api, dataset, path)
    assert (report.read, report.created, report.earlier) == (60, 30, 30)
    assert numbers(path) == list(range(60))
    pages = [request for request in dataset_api.requests if request.operation == "list_dataset_items"]
    assert len(pages) == 3
    assert names(tmp_path) == ["items.jsonl"]


def test_items_deleted_and_created_meanwhile(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 40)
    path = tmp_path / "items.jsonl"
    dataset_api.faults.add(operations="list_dataset_items", status=401, after=2)
    with pytest.raises(LoadingStopped):
        export(dataset_api, dataset, path)
    dataset_api.faults.clear()
    client = dataset_api.client()
    for number in (5, 19, 25):
        client.delete_dataset_item(dataset_api.organization_id, dataset, number)
    client.create_dataset_item(dataset_api.organization_id, dataset, [{"data_uri": "x:y"}], {"n": 40})
    export(dataset_api, dataset, path)
    assert numbers(path) == [n for n in range(41) if n != 25]


@pytest.mark.parametrize("lost", ["items.jsonl.partial", "items.jsonl.journal"])
def test_without_one_of_its_files_it_begins_anew(dataset_api: "DatasetApi", tmp_path: Path, lost: str) -> None:
    dataset = filled(dataset_api, 40)
    path = tmp_path / "items.jsonl"
    dataset_api.faults.add(operations="list_dataset_items", status=401, after=2)
    with pytest.raises(LoadingStopped):
        export(dataset_api, dataset, path)
    dataset_api.faults.clear()
    (tmp_path / lost).unlink()
    assert export(dataset_api, dataset, path).created == 40
    assert numbers(path) == list(range(40))


def test_another_export_does_not_go_on_with_its_journal(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset, other = filled(dataset_api, 40), filled(dataset_api, 3, "other")
    path = tmp_path / "items.jsonl"
    dataset_api.faults.add(operations="list_dataset_items", status=401, after=2)
    with pytest.raises(LoadingStopped):
        export(dataset_api, dataset, path)
    dataset_api.faults.clear()
    before = names(tmp_path)
    with pytest.raises(JournalError):
        export(dataset_api, other, path)
    with pytest.raises(JournalError, match=r"belongs to an export with q=None; export the same, or delete this file"):
        export(dataset_api, dataset, path, q="n:1")
    assert names(tmp_path) == before
    assert export(dataset_api, dataset, path).earlier == 20


@pytest.mark.parametrize("fault", [{"half_answer": True}, {"status": 503}, {"reset_after": True}], ids=str)
def test_passing_failures_are_waited_out(dataset_api: "DatasetApi", tmp_path: Path, fault: Any) -> None:
    dataset = filled(dataset_api, 30)
    dataset_api.faults.add(operations="list_dataset_items", after=1, count=1, **fault)
    assert export(dataset_api, dataset, tmp_path / "x").created == 30
    assert numbers(tmp_path / "x") == list(range(30))


def test_what_never_began_leaves_nothing_behind(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 3)
    with pytest.raises(NotFound):
        export(dataset_api, "7", tmp_path / "x")
    with pytest.raises(BadRequest):
        export(dataset_api, dataset, tmp_path / "x", q="a:(")
    assert names(tmp_path) == []


def test_kill_minus_nine_loses_nothing(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    program = (
        "import sys, os; from abeja_datasets import APIClient; from abeja_datasets_loading import export_items;"
        "from abeja_datasets_loading.actions import exporting; exporting._SECONDS_BETWEEN = 0.0;"
        "export_items(APIClient(), sys.argv[1], sys.argv[2], sys.argv[3], on_progress=False, page_size=10)"
    )
    dataset = filled(dataset_api, 200)
    path = tmp_path / "items.jsonl"
    dataset_api.faults.add(operations="list_dataset_items", latency=0.03)
    arguments = [sys.executable, "-c", program, dataset_api.organization_id, dataset, str(path)]
    process = subprocess.Popen(arguments, env={**os.environ, **dataset_api.environment})
    while len(dataset_api.requests) < 9:
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not path.exists()
    dataset_api.faults.clear()
    report = export(dataset_api, dataset, path)
    assert report.earlier > 0
    assert report.read == 200
    assert numbers(path) == list(range(200))


def test_a_full_disk_is_one_error_and_the_rest_goes_on(
    dataset_api: "DatasetApi", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from abeja_datasets_loading.actions.partial_file import PartialFile

    def full(file: PartialFile, data: bytes) -> None:
        if file.size > 3000:
            raise OSError(28, "No space left on device")
        write(file, data)

    write = PartialFile.write
    dataset = filled(dataset_api, 60)
    monkeypatch.setattr("abeja_datasets_loading.actions.exporting._SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(PartialFile, "write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        export(dataset_api, dataset, tmp_path / "x")
    assert "to resume, call it again" in caught.value.__notes__[0]
    monkeypatch.setattr(PartialFile, "write", write)
    report = export(dataset_api, dataset, tmp_path / "x")
    assert report.earlier > 0
    assert numbers(tmp_path / "x") == list(range(60))


def test_two_exports_of_one_file_at_once(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 30)
    dataset_api.faults.add(operations="list_dataset_items", latency=0.15)
    found: list[Any] = []
    start = threading.Barrier(2)

    def run() -> None:
        start.wait()
        try:
            found.append(export(dataset_api, dataset, tmp_path / "x"))
        except JournalError as error:
            found.append(error.kind)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count("locked") == 1
    assert numbers(tmp_path / "x") == list(range(30))


@pytest.mark.parametrize(
    ("path", "error", "problem"),
    [
        ("", IsADirectoryError, "pass the name of a file"),
        ("missing/x", FileNotFoundError, "there is no such folder"),
    ],
)
def test_where_no_file_can_be(
    dataset_api: "DatasetApi", tmp_path: Path, path: Any, error: type[Exception], problem: str
) -> None:
    given = tmp_path / path if isinstance(path, str) else path
    with pytest.raises(error, match=problem):
        export(dataset_api, "1", given)
    assert dataset_api.requests == []


@pytest.mark.parametrize("options", [{"page_size": 0}, {"page_size": 1001}, {"q": 7}, {"max_outage": -1}])
def test_options_are_checked(dataset_api: "DatasetApi", tmp_path: Path, options: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{next(iter(options))}: "):
        export(dataset_api, "1", tmp_path / "x", **options)


def test_a_link_is_written_through(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "items")
    export(dataset_api, filled(dataset_api, 3), link)
    assert link.is_symlink()
    assert numbers(tmp_path / "there" / "items") == [0, 1, 2]


def test_what_utf_8_has_no_form_for_is_escaped() -> None:
    entries = [{"a": "\ud800", "b": "é\n"}, {"c": 10**30}]
    text = lines(entries)
    assert [json.loads(line) for line in text.decode("ascii").splitlines()] == entries
    assert lines([{"b": "é\u2028"}]) == '{"b":"é\u2028"}\n'.encode()

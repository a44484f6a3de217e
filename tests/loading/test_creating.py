"""Whole runs of `create_items` against the reference server, when all is well and when it is not."""

import asyncio
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from abeja_datasets import APIClient, parse_timestamp
from abeja_datasets.exceptions import NotFound, Unauthorized
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import (
    InputChanged,
    JournalError,
    LoadingStopped,
    NotAllLoaded,
    Progress,
    create_items,
    create_items_async,
)
from abeja_datasets_loading.journal.journal import Journal

Item = dict[str, Any]
CREATE = "create_dataset_item"


def item(number: int, **attributes: Any) -> Item:
    uri = f"datalake://1200123803688/{number}"
    return {"source_data": [{"data_type": "image/jpeg", "data_uri": uri}], "attributes": attributes}


def rows(count: int) -> Iterator[Item]:
    """Items, of which each third is there twice."""
    return (item(number // 3 * 2 if number % 3 == 1 else number) for number in range(count))


@pytest.fixture
def client(dataset_api: DatasetApi) -> APIClient:
    return dataset_api.client(timeout=1)


@pytest.fixture
def dataset(dataset_api: DatasetApi, client: APIClient) -> str:
    made = client.create_dataset(dataset_api.organization_id, "loaded", "custom", {})
    dataset_api.requests.clear()
    return str(made["dataset_id"])


@pytest.fixture
def load(dataset_api: DatasetApi, client: APIClient, dataset: str) -> Any:
    def create(items: Any, **options: Any) -> Any:
        given = {"on_progress": False, "settle_after": 0.1, **options}
        return create_items(given.pop("client", client), dataset_api.organization_id, dataset, items, **given)

    return create


def content(items: Any) -> Counter[str]:
    return Counter(json.dumps([one["source_data"], one["attributes"]], sort_keys=True) for one in items)


def stored(api: DatasetApi, dataset: str) -> Counter[str]:
    api.faults.clear()
    with APIClient(api.credential, base_url=api.server_url) as client:
        return content(client.iter_dataset_items(api.organization_id, dataset, {"limit": 1000}))


def sent(api: DatasetApi, method: str = "POST") -> int:
    return sum(request.method == method for request in api.requests)


def test_all_items_are_created_once(dataset_api: DatasetApi, dataset: str, load: Any, tmp_path: Path) -> None:
    report = load(rows(500), journal=tmp_path / "j")
    report.raise_for_errors()
    assert (report.read, report.created, report.earlier) == (500, 500, 0)
    assert stored(dataset_api, dataset) == content(rows(500))
    assert [index for index, _ in report.iter_created()] == list(range(500))
    dataset_api.requests.clear()
    report = load(rows(600), journal=tmp_path / "j")
    assert (report.read, report.created, report.earlier) == (600, 100, 500)
    assert sent(dataset_api) == 100
    assert len(dataset_api.requests) < 104
    assert stored(dataset_api, dataset) == content(rows(600))


def test_nothing_at_all(load: Any, tmp_path: Path) -> None:
    for journal in (None, tmp_path / "j", tmp_path / "j"):
        report = load([], journal=journal)
        report.raise_for_errors()
        assert report.read == 0


@pytest.mark.parametrize(
    "fault", [{"reset_before": True}, {"reset_after": True}, {"half_answer": True}, {"status": 503}]
)
def test_a_lost_response_creates_nothing_twice(
    dataset_api: DatasetApi, dataset: str, load: Any, fault: dict[str, Any]
) -> None:
    for when in ({}, {"when": "after"}) if "status" in fault else ({},):
        dataset_api.faults.add(operations=CREATE, probability=0.1, **fault, **when)
    report = load(rows(200))
    report.raise_for_errors()
    assert dataset_api.faults.applied
    assert stored(dataset_api, dataset) == content(rows(200))


def test_what_was_refused_for_overload_is_sent_again(dataset_api: DatasetApi, dataset: str, load: Any) -> None:
    dataset_api.faults.add(operations=CREATE, status=429, count=5)
    report = load(rows(50))
    assert report.retries == 5
    assert stored(dataset_api, dataset) == content(rows(50))
    assert sent(dataset_api) == 55


def test_retry_after_holds_all_requests(dataset_api: DatasetApi, dataset: str, load: Any) -> None:
    dataset_api.faults.add(operations=CREATE, after=10, status=429, retry_after=1, count=1)
    assert load(rows(200)).retries == 1
    assert stored(dataset_api, dataset) == content(rows(200))
    entries = dataset_api.client().iter_dataset_items(dataset_api.organization_id, dataset, {"limit": 1000})
    created = sorted(parse_timestamp(entry["created_at"]) for entry in entries)
    # Requests that were under way ended within the second.
    assert max(later - one for one, later in pairwise(created)).total_seconds() > 0.5


def test_a_long_retry_after_stops_the_run(dataset_api: DatasetApi, load: Any, tmp_path: Path) -> None:
    dataset_api.faults.add(operations=CREATE, after=10, status=429, retry_after=3600)
    with pytest.raises(LoadingStopped, match="asks to wait 3,600 s") as caught:
        load(rows(50), journal=tmp_path / "j")
    assert caught.value.report.created >= 10
    assert caught.value.report.unknown == 0
    dataset_api.faults.clear()
    load(rows(50), journal=tmp_path / "j").raise_for_errors()


@pytest.mark.parametrize("status", [401, 403])
def test_a_credential_that_expires_stops_the_run(
    dataset_api: DatasetApi, dataset: str, load: Any, tmp_path: Path, status: int
) -> None:
    dataset_api.faults.add(operations=CREATE, after=30, status=status)
    with pytest.raises(LoadingStopped) as caught:
        load(rows(500), journal=tmp_path / "j")
    report = caught.value.report
    assert report.created == 30
    assert report.unknown == report.rejected == 0
    assert report.not_tried == report.read - 30
    assert str(status) in str(report.stopped)
    assert f"journal='{tmp_path / 'j'}'" in str(caught.value)
    dataset_api.faults.clear()
    load(rows(500), journal=tmp_path / "j").raise_for_errors()
    assert stored(dataset_api, dataset) == content(rows(500))


def test_a_credential_that_is_wrong_from_the_start(dataset_api: DatasetApi, load: Any) -> None:
    with pytest.raises(Unauthorized):
        load(rows(5), client=dataset_api.client(credential={"auth_token": "wrong"}))


def test_a_dataset_that_is_missing(dataset_api: DatasetApi, client: APIClient) -> None:
    with pytest.raises(NotFound):
        create_items(client, dataset_api.organization_id, "404", rows(5), on_progress=False)


def test_a_dataset_that_is_deleted_meanwhile(
    dataset_api: DatasetApi, client: APIClient, dataset: str, load: Any, tmp_path: Path
) -> None:
    def items() -> Iterator[Item]:
        for number, row in enumerate(rows(300)):
            if number == 200:
                client.delete_dataset(dataset_api.organization_id, dataset)
            time.sleep(0.001)
            yield row

    with pytest.raises(LoadingStopped, match="does not exist any more") as caught:
        load(items(), journal=tmp_path / "j")
    assert isinstance(caught.value.__cause__, NotFound)
    report = caught.value.report
    assert report.rejected == report.unknown == 0
    assert 0 < report.created <= 200


def test_refusals_ask_for_the_dataset_now_and_then(dataset_api: DatasetApi, load: Any) -> None:
    dataset_api.faults.add(operations=CREATE, after=50, count=30, status=400)
    report = load(rows(100), concurrency=1)
    assert (report.created, report.rejected) == (70, 30)
    # One before the run, one for its baseline, one at the first refusal, and one after 20 in a row.
    assert 4 <= sent(dataset_api, "GET") <= 6
    assert all("400" in reason for _, _, reason in report.iter_rejected())


def test_invalid_items_are_not_sent(dataset_api: DatasetApi, dataset: str, load: Any, tmp_path: Path) -> None:
    items = [*rows(3), {"source_data": []}, {"oops": 1}, 5, item(3, custom=float("nan"))]
    report = load(items, journal=tmp_path / "j")
    assert (report.created, report.rejected, sent(dataset_api)) == (3, 4, 3)
    assert [index for index, _, _ in report.iter_rejected()] == [3, 4, 5, 6]
    with pytest.raises(NotAllLoaded, match="item 3: source_data"):
        report.raise_for_errors()
    # Nothing was sent of them, so that they may be corrected.
    load([*rows(3), *rows(4)], journal=tmp_path / "j").raise_for_errors()
    assert stored(dataset_api, dataset) == content([*rows(3), *rows(4)])


def test_an_error_may_stop_the_run(load: Any) -> None:
    items = [*rows(3), {"source_data": []}, *rows(5000)]
    with pytest.raises(LoadingStopped, match="item 3 is rejected: source_data"):
        load(items, on_error="stop")
    bad: list[Item] = [{"source_data": []}] * 5
    with pytest.raises(LoadingStopped, match="more than max_errors"):
        load([*bad, *rows(5000)], max_errors=4)
    assert load([*bad, *rows(5)], max_errors=5).rejected == 5


def test_a_changed_input_is_refused(load: Any, tmp_path: Path) -> None:
    load(rows(50), journal=tmp_path / "j")
    with pytest.raises(InputChanged, match=r"^item 30: "):
        load([*list(rows(50))[:30], item(999), *list(rows(50))[31:]], journal=tmp_path / "j")
    with pytest.raises(InputChanged, match=r"^item 40: is missing"):
        load(rows(40), journal=tmp_path / "j")
    with pytest.raises(JournalError, match="its marker is"):
        load(rows(50), journal=tmp_path / "j", marker="by")


def test_an_input_that_raises(dataset_api: DatasetApi, dataset: str, load: Any, tmp_path: Path) -> None:
    class Broken(Exception):
        pass

    def items() -> Iterator[Item]:
        yield from rows(700)
        raise Broken

    with pytest.raises(Broken) as caught:
        load(items(), journal=tmp_path / "j")
    assert caught.value.report.created == 700  # type: ignore[attr-defined] # it is put there
    assert "700 created" in caught.value.__notes__[0]
    load(rows(800), journal=tmp_path / "j").raise_for_errors()
    assert stored(dataset_api, dataset) == content(rows(800))


def test_an_input_that_blocks_does_not_hold_up_sending(load: Any) -> None:
    goes_on = threading.Event()

    def items() -> Iterator[Item]:
        yield from rows(5)
        assert goes_on.wait(5)
        yield from rows(5)

    def look(progress: Progress) -> None:
        if progress.created == 5:
            goes_on.set()

    assert load(items(), on_progress=look).created == 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_input_blocks(load: Any, tmp_path: Path, number: signal.Signals) -> None:
    end, sent = threading.Event(), threading.Event()

    def items() -> Iterator[Item]:
        yield from rows(5)
        end.wait(60)

    def look(progress: Progress) -> None:
        if progress.created == 5 and not sent.is_set():
            sent.set()
            os.kill(os.getpid(), number)

    try:
        with pytest.raises(LoadingStopped, match=f"interrupted by {number.name}") as caught:
            load(items(), journal=tmp_path / "j", on_progress=look)
        assert not end.is_set()
    finally:
        end.set()
    assert (caught.value.report.created, caught.value.report.not_tried) == (5, 0)


@pytest.mark.slow
def test_an_input_is_read_as_it_is_sent(load: Any) -> None:
    read = 0
    ahead = []

    def items() -> Iterator[Item]:
        nonlocal read
        for read, row in enumerate(rows(2500), 1):  # noqa: B007 - it is looked at from outside
            yield row

    load(items(), on_progress=lambda progress: ahead.append(read - progress.created))
    assert max(ahead) <= 2001


def test_two_runs_can_not_share_a_journal(load: Any, tmp_path: Path) -> None:
    def items() -> Iterator[Item]:
        yield from rows(5)
        with pytest.raises(JournalError, match="in use"):
            load(rows(5), journal=tmp_path / "j")

    assert load(items(), journal=tmp_path / "j").created == 5


def with_outage(api: DatasetApi) -> Iterator[Item]:
    """Items, after 50 of which no connection can be made, and those that are open break."""
    for number, row in enumerate(rows(300)):
        if number == 50:
            while sent(api) < 50:
                time.sleep(0.01)
            time.sleep(0.1)  # until the responses have come
            api.faults.add(operations=CREATE, reset_before=True, count=4)
            api.faults.add(refuse=True)
        yield row


def test_an_outage_is_waited_out(dataset_api: DatasetApi, dataset: str, load: Any) -> None:
    notes = set()

    def look(progress: Progress) -> None:
        if "pauses, since the server can't be used" in progress.note:
            dataset_api.faults.clear()
        notes.add(progress.note)

    report = load(with_outage(dataset_api), on_progress=look)
    report.raise_for_errors()
    assert any("tries again in" in note for note in notes)
    assert stored(dataset_api, dataset) == content(rows(300))


def test_a_server_that_is_away_at_the_beginning(dataset_api: DatasetApi, load: Any) -> None:
    notes = set()

    def look(progress: Progress) -> None:
        if "waits, since the server can't be used" in progress.note:
            dataset_api.faults.clear()
        notes.add(progress.note)

    dataset_api.faults.add(operations="get_dataset", status=502)
    client = dataset_api.client(max_retry_count=0)
    assert load(rows(5), client=client, on_progress=look).created == 5
    assert any("tries again in" in note for note in notes)


def test_a_cancelled_run_sends_nothing_more(dataset_api: DatasetApi, dataset: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"journal": tmp_path / "j", "on_progress": False, "settle_after": 0.1}

    async def run() -> None:
        async with dataset_api.async_client(timeout=1) as client:
            target = client, dataset_api.organization_id, dataset
            dataset_api.faults.add(operations=CREATE, latency=0.1)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await create_items_async(*target, rows(600), **given)
            names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr] # each task of a run has a coroutine
            assert not [name for name in names if "Sending" in name]
            dataset_api.faults.clear()
            await create_items_async(*target, rows(600), **given)

    asyncio.run(run())
    assert stored(dataset_api, dataset) == content(rows(600))


def test_a_long_outage_stops_the_run(dataset_api: DatasetApi, dataset: str, load: Any, tmp_path: Path) -> None:
    with pytest.raises(LoadingStopped, match="the server can't be used for") as caught:
        load(with_outage(dataset_api), journal=tmp_path / "j", max_outage=1)
    report = caught.value.report
    assert report.created >= 40  # on a busy machine a response may come late
    assert report.unknown <= 14  # those whose connections broke
    assert report.not_tried >= 200
    dataset_api.faults.clear()
    load(rows(300), journal=tmp_path / "j").raise_for_errors()
    assert stored(dataset_api, dataset) == content(rows(300))


def test_a_server_that_fails_each_request_is_left_in_peace(dataset_api: DatasetApi, load: Any, tmp_path: Path) -> None:
    dataset_api.faults.add(operations=CREATE, status=500)
    with pytest.raises(LoadingStopped):
        load(rows(2000), journal=tmp_path / "j", max_outage=1)
    assert sent(dataset_api) < 60


def test_a_rate_is_kept(load: Any) -> None:
    begun = time.monotonic()
    load(rows(40), rate=50)
    assert time.monotonic() - begun > 0.7


def test_a_run_in_a_notebook(load: Any) -> None:
    async def cell() -> int:
        return int(load(rows(5)).created)  # a loop is running in this thread

    assert asyncio.run(cell()) == 5


@pytest.mark.slow
def test_an_async_input(dataset_api: DatasetApi, dataset: str) -> None:
    async def items() -> AsyncIterator[Item]:
        for row in rows(2100):
            yield row

    async def main() -> int:
        client = dataset_api.async_client()
        organization = dataset_api.organization_id
        report = await create_items_async(client, organization, dataset, items(), on_progress=False)
        return report.created

    assert asyncio.run(main()) == 2100
    assert stored(dataset_api, dataset) == content(rows(2100))


def test_a_client_with_a_given_http_client(dataset_api: DatasetApi, load: Any) -> None:
    with httpx.Client(headers={"X-Mine": "1"}) as given:
        report = load(rows(30), client=dataset_api.client(http_client=given))
    assert report.created == 30
    assert all(request.headers["x-mine"] == "1" for request in dataset_api.requests if request.method == "POST")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("concurrency", 0),
        ("concurrency", 1.5),
        ("rate", 0),
        ("rate", float("nan")),
        ("on_error", "ignore"),
        ("max_errors", -1),
        ("max_outage", -1),
        ("settle_after", -1),
        ("total", "5"),
        ("marker", "custom"),
        ("on_progress", 5),
    ],
)
def test_an_option_that_is_not_usable(load: Any, option: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{option}: "):
        load(rows(1), **{option: value})


@pytest.mark.parametrize("items", [None, 5, "text", {"source_data": []}])
def test_an_input_that_can_not_be_read(load: Any, items: Any) -> None:
    with pytest.raises(TypeError, match=r"^items: an iterable"):
        load(items)


def test_a_changed_input_leaves_nothing_unknown(dataset_api: DatasetApi, load: Any, tmp_path: Path) -> None:
    dataset_api.faults.add(operations=CREATE, after=100, status=401)
    with pytest.raises(LoadingStopped) as stopped:
        load(rows(1000), journal=tmp_path / "j")
    dataset_api.faults.clear()
    known = stopped.value.report.read  # how far a run reads before it stops depends on the machine
    with pytest.raises(InputChanged, match=rf"^item {known - 1}: ") as caught:
        load([*rows(known - 1), item(5000), *rows(100)], journal=tmp_path / "j", concurrency=1)
    assert caught.value.report.unknown == 0  # type: ignore[attr-defined] # it is put there


@pytest.mark.slow
def test_a_full_disk_stops_the_run(dataset_api: DatasetApi, dataset: str, load: Any, tmp_path: Path) -> None:
    def items() -> Iterator[Item]:
        for number, row in enumerate(rows(3000)):
            if number == 1500:
                journal = opened[0]
                with journal._lock:
                    pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
                    journal._database.execute(f"PRAGMA max_page_count = {pages}")
            yield row

    opened: list[Any] = []
    made = Journal.__init__

    def noted(self: Journal, *rest: Any) -> None:
        made(self, *rest)
        opened.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "__init__", noted)
        with pytest.raises(JournalError, match="disk is full"):
            load(items(), journal=tmp_path / "j")
    load(rows(3000), journal=tmp_path / "j").raise_for_errors()
    assert stored(dataset_api, dataset) == content(rows(3000))

"""Whole runs of `create_items` in which outcomes are unknown, and are settled."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.loading.odd_servers import ChangedBodies, CommitsLate, behind
from tests.loading.small_run import LOSE_AFTER, LOSE_BEFORE, ORGANIZATION, item
from tests.loading.whole_runs import Loading

from abeja_datasets.exceptions import Error, InvalidResponse
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import LoadingStopped, Report, create_items_async, remove_marker, verify


def test_every_item_exactly_once(loading: Loading, dataset_api: DatasetApi) -> None:
    items = [item(number % 20) for number in range(40)]
    loading.add(item(1), item(1))
    for fault in LOSE_AFTER, LOSE_BEFORE:
        dataset_api.faults.add(**fault, probability=0.1)
    report = loading.run(iter(items))
    dataset_api.faults.clear()
    assert (report.created, report.unknown) == (40, 0)
    assert Counter(loading.stored()) == Counter(number % 20 for number in range(40)) + Counter([1, 1])
    assert loading.verify(items).is_complete
    ids = dict(report.iter_created())
    found = {one["dataset_item_id"]: one for one in loading.plain.iter_dataset_items(ORGANIZATION, loading.dataset_id)}
    assert all(found[ids[index]]["source_data"] == one["source_data"] for index, one in enumerate(items))


def test_others_who_write_equal_items(loading: Loading, dataset_api: DatasetApi) -> None:
    def read() -> Iterator[Any]:
        yield item(1)
        # Somebody else, once the run has begun.
        loading.add(item(1), item(1))

    dataset_api.faults.add(**LOSE_AFTER, count=1)
    report = loading.run(read())
    assert (report.created, report.unknown) == (0, 1)
    assert "somebody else writes" in repr(report)
    assert [(index, one) for index, one, _ in report.iter_unknown()] == [(0, item(1))]
    assert loading.stored() == [1, 1, 1]


def test_others_who_write_equal_items_and_a_marker(loading: Loading, dataset_api: DatasetApi) -> None:
    def read() -> Iterator[Any]:
        yield item(1)
        yield item(1)
        loading.add(item(1))

    dataset_api.faults.add(**LOSE_AFTER, count=1)
    dataset_api.faults.add(**LOSE_BEFORE, count=1)
    report = loading.run(read(), marker="loaded_by")
    assert (report.created, report.unknown) == (2, 0)
    assert loading.stored() == [1, 1, 1]
    assert remove_marker(loading.plain, ORGANIZATION, loading.dataset_id, "loaded_by") == 2
    found = loading.verify([item(1), item(1)])
    # As content they are equal: a journal can't say which of them somebody else's is, but for the ids.
    assert (found.missing, found.different) == (0, 0)


def test_unknown_items_that_are_refused_when_they_are_sent_again(loading: Loading, dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_BEFORE, count=3)
    dataset_api.faults.add(operations="create_dataset_item", status=400, after=1)
    report = loading.run([item(number) for number in range(4)], concurrency=1)
    assert (report.created + report.rejected, report.unknown, report.not_tried) == (4, 0, 0)
    assert report.rejected
    creates = [one for one in dataset_api.requests if one.method == "POST"]
    assert len(creates) < 8


def test_a_server_that_adds_a_label(odd: Any) -> None:
    loading = odd(
        ChangedBodies, create=lambda body: {**body, "attributes": {**body["attributes"], "label": "x"}}, lost=[1]
    )
    report = loading.run([item(1), item(2), item(3)], concurrency=1)
    assert (report.created, report.unknown) == (2, 1)
    assert "stores other content" in repr(report)
    assert loading.stored() == [1, 2, 3]


def test_a_list_that_is_behind(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.settling.looking.BEHIND", (0.1, 0.2, 0.4))
    loading = odd(ChangedBodies, page=behind(0.3), lost=[1, 2])
    report = loading.run([item(1), item(2), item(3)], concurrency=1)
    assert (report.created, report.unknown) == (3, 0)
    time.sleep(0.3)
    assert loading.stored() == [1, 2, 3]


def test_a_commit_after_the_timeout(odd: Any) -> None:
    loading = odd(CommitsLate, 0.3, seconds=0.5, count=1)
    report = loading.run([item(1), item(2)], settle_after=1.3)
    assert (report.created, report.unknown) == (2, 0)
    assert loading.stored() == [1, 2]


def test_a_run_that_can_not_settle_is_resumed(loading: Loading, dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=1)
    dataset_api.faults.add(**LOSE_BEFORE, count=1)
    dataset_api.faults.add(operations="list_dataset_items", status=403)
    items = [item(number) for number in range(4)]
    with pytest.raises(LoadingStopped) as raised:
        loading.run(items)
    assert (raised.value.report.created, raised.value.report.unknown) == (2, 2)
    assert isinstance(raised.value.__cause__, Error)
    dataset_api.faults.clear()
    report = loading.run(items)
    assert (report.created, report.earlier, report.unknown) == (2, 2, 0)
    assert loading.stored() == [0, 1, 2, 3]
    assert loading.verify(items).is_complete


@pytest.mark.parametrize("entry", ["text", {}, {"dataset_item_id": None, "attributes": {}}])
def test_a_list_of_something_else(loading: Loading, dataset_api: DatasetApi, entry: Any) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=1)
    page = {"items": [entry], "total_count": 1}
    dataset_api.faults.add(operations="list_dataset_items", status=200, body=page)
    with pytest.raises(LoadingStopped, match="an item without a dataset_item_id") as raised:
        loading.run([item(1)], marker="loaded_by")
    assert raised.value.report.unknown == 1
    with pytest.raises(InvalidResponse, match="an item without a dataset_item_id"):
        verify(loading.client, ORGANIZATION, loading.dataset_id, [])


def test_ctrl_c_ends_the_wait(loading: Loading, dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=1)
    start = time.monotonic()

    def interrupt(progress: Any) -> None:
        if "until no request can be under way" in progress.note:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(LoadingStopped, match="interrupted by SIGINT") as raised:
        loading.run([item(1)], settle_after=60, on_progress=interrupt)
    assert time.monotonic() - start < 10
    assert raised.value.report.unknown == 1


def test_the_async_twin(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=2)

    async def main() -> Report:
        client = dataset_api.async_client()
        dataset = await client.create_dataset(ORGANIZATION, "loaded", "custom", {})
        items = [item(1), item(1), item(2)]
        place = client, ORGANIZATION, dataset["dataset_id"]
        return await create_items_async(*place, items, settle_after=0, on_progress=False)

    assert asyncio.run(main()).created == 3


_PROGRAM = """
import os, sys
from abeja_datasets import APIClient
from abeja_datasets_loading import create_items

organization, dataset, journal = sys.argv[1:]
items = [
    {"source_data": [{"data_type": "image/jpeg", "data_uri": f"datalake://1200123803688/{number % 50}"}]}
    for number in range(200)
]
create_items(APIClient(), organization, dataset, items, journal=journal, settle_after=0.3, on_progress=False)
"""


@pytest.mark.slow
def test_kill_9_and_resume(loading: Loading, dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(operations="create_dataset_item", latency=0.02)
    command = [sys.executable, "-c", _PROGRAM, ORGANIZATION, loading.dataset_id, str(loading.journal)]
    environment = {**os.environ, **dataset_api.environment}
    for seconds in 0.5, 0.6, 0.7, 0.8, 0.9:
        process = subprocess.Popen(command, env=environment)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, env=environment, check=True)
    assert Counter(loading.stored()) == dict.fromkeys(range(50), 4)
    assert loading.verify([item(number % 50) for number in range(200)]).is_complete

"""`delete_items`: an item that is gone after a lost response is done, one that never was there is not."""

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets.exceptions import NotFound
from abeja_datasets_loading import LoadingStopped, Report, delete_items, delete_items_async
from abeja_datasets_loading.actions import deleting
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Target

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi


def filled(api: "DatasetApi", count: int) -> str:
    items = [{"source_data": [{"data_uri": f"datalake://1/{n}"}], "attributes": {"n": n}} for n in range(count)]
    (dataset,) = api.load([{"name": "d", "type": "custom", "props": {}}, *items])
    return str(dataset["dataset_id"])


def left(api: "DatasetApi", dataset: str) -> list[int]:
    items = api.client(base_url=api.server_url).iter_dataset_items(api.organization_id, dataset, {"limit": 1000})
    return [item["dataset_item_id"] for item in items]


def delete(api: "DatasetApi", dataset: str, ids: Any, **options: Any) -> Report:
    settings = {"on_progress": False, **options}
    return delete_items(api.client(timeout=2), api.organization_id, dataset, ids, **settings)


def test_the_ids_are_deleted_and_no_others(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 60)
    report = delete(dataset_api, dataset, range(5, 55))
    assert (report.created, report.read, report.action) == (50, 50, "delete")
    assert repr(report).startswith("<Report 50 read: 50 deleted (")
    report.raise_for_errors()
    assert left(dataset_api, dataset) == [0, 1, 2, 3, 4, 55, 56, 57, 58, 59]
    assert sorted(report.iter_created())[:2] == [(0, 5), (1, 6)]


def test_items_of_a_list_will_do_and_the_async_twin_takes_them(dataset_api: "DatasetApi") -> None:
    async def main() -> Report:
        client = dataset_api.async_client()
        organization = dataset_api.organization_id
        wrong = [item async for item in client.iter_dataset_items(organization, dataset, {"q": "n:3 OR n:7"})]
        return await delete_items_async(client, organization, dataset, wrong, on_progress=False)

    dataset = filled(dataset_api, 9)
    assert asyncio.run(main()).created == 2
    assert left(dataset_api, dataset) == [0, 1, 2, 4, 5, 6, 8]


@pytest.mark.parametrize(
    "fault",
    [
        {"reset_after": True},
        {"half_answer": True},
        {"status": 503, "when": "after"},
        {"stall": 1},
        {"status_200": True},
    ],
    ids=str,
)
def test_a_404_after_a_request_that_may_have_been_carried_out_is_done(dataset_api: "DatasetApi", fault: Any) -> None:
    dataset = filled(dataset_api, 10)
    dataset_api.faults.add(operations="delete_dataset_item", count=3, **fault)
    client = dataset_api.client(timeout=0.3)
    report = delete_items(client, dataset_api.organization_id, dataset, [*range(10), 77], on_progress=False)
    assert (report.created, report.rejected, report.unknown) == (10, 1, 0)
    ((index, item, reason),) = report.iter_rejected()
    assert (index, item) == (10, {"dataset_item_id": 77})
    assert reason.startswith("not found: 404 ")
    assert left(dataset_api, dataset) == []


@pytest.mark.parametrize("fault", [{"status": 429}, {"reset_before": True}], ids=str)
def test_a_404_after_a_request_that_was_not_carried_out_is_rejected(dataset_api: "DatasetApi", fault: Any) -> None:
    dataset = filled(dataset_api, 1)
    dataset_api.faults.add(operations="delete_dataset_item", count=1, **fault)
    report = delete(dataset_api, dataset, [7])
    if fault == {"reset_before": True}:  # the client can't know that the server read nothing
        assert (report.created, report.rejected) == (1, 0)
    else:
        assert (report.created, report.rejected) == (0, 1)


def test_what_is_no_id_and_what_comes_again_is_rejected(dataset_api: "DatasetApi") -> None:
    class Id:
        def __index__(self) -> int:
            return 2

    dataset = filled(dataset_api, 4)
    given: list[Any] = [
        0,
        "1",
        Id(),
        {"dataset_item_id": 3},
        -1,
        "x",
        "",
        True,
        1.0,
        None,
        {},
        {"dataset_item_id": "y"},
    ]
    given += [1, "01", 10**30, "٣"]
    report = delete(dataset_api, dataset, given)
    assert (report.created, report.rejected) == (4, 12)
    reasons = {index: reason for index, _, reason in report.iter_rejected()}
    assert reasons[4] == "dataset_item_id: is -1; a whole number from 0 is needed"
    assert reasons[9] == "dataset_item_id: is None; a whole number from 0 is needed"
    assert reasons[12] == reasons[13] == "dataset_item_id: 1 was there before; pass each item once"
    assert len([request for request in dataset_api.requests if request.method == "DELETE"]) == 4


def test_a_run_is_resumed(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    journal = tmp_path / "d.journal"
    dataset = filled(dataset_api, 40)
    report = delete(dataset_api, dataset, range(25), journal=journal)
    dataset_api.requests.clear()
    report = delete(dataset_api, dataset, range(40), journal=journal)
    assert (report.earlier, report.created, report.rejected) == (25, 15, 0)
    assert len([request for request in dataset_api.requests if request.method == "DELETE"]) == 15
    assert left(dataset_api, dataset) == []


def test_what_a_stopped_run_may_have_deleted_is_done_when_it_is_not_found(
    dataset_api: "DatasetApi", tmp_path: Path
) -> None:
    journal = tmp_path / "d.journal"
    dataset = filled(dataset_api, 3)
    dataset_api.faults.add(operations="delete_dataset_item", status=500, when="after")
    with pytest.raises(LoadingStopped) as caught:
        delete(dataset_api, dataset, range(3), journal=journal, max_outage=0.5)
    assert caught.value.report.unknown == 3
    assert left(dataset_api, dataset) == []
    dataset_api.faults.clear()
    report = delete(dataset_api, dataset, [*range(3), 99], journal=journal)
    assert (report.created, report.rejected, report.unknown) == (3, 1, 0)


def test_what_a_killed_run_may_have_deleted_is_done_when_it_is_not_found(
    dataset_api: "DatasetApi", tmp_path: Path
) -> None:
    dataset = filled(dataset_api, 3)
    path = tmp_path / "d.journal"
    client = dataset_api.client()
    target = Target("delete", client.base_url, dataset_api.organization_id, dataset)
    journal = Journal.open(path, target)
    journal.take_block(0, [deleting._prepare(position, position).fingerprint for position in range(3)])
    journal.mark_sent(range(3))
    journal.close()
    for number in range(2):
        client.delete_dataset_item(dataset_api.organization_id, dataset, number)
    report = delete(dataset_api, dataset, range(3), journal=path)
    assert (report.created, report.rejected, report.unknown) == (3, 0, 0)
    assert left(dataset_api, dataset) == []


def test_a_dataset_that_goes_away_stops_the_run(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 80)
    client = dataset_api.client()
    gone = threading.Event()

    def source() -> Any:
        for number in range(80):
            if number == 40:
                client.delete_dataset(dataset_api.organization_id, dataset)
                gone.set()
            yield number

    with pytest.raises(LoadingStopped, match="does not exist any more") as caught:
        delete(dataset_api, dataset, source(), journal=tmp_path / "d.journal", concurrency=2)
    assert gone.is_set()
    report = caught.value.report
    assert report.rejected == 0
    assert report.created + report.not_tried == report.read


def test_no_such_dataset(dataset_api: "DatasetApi") -> None:
    with pytest.raises(NotFound):
        delete(dataset_api, "7", [1])


def test_nothing_at_all(dataset_api: "DatasetApi") -> None:
    assert delete(dataset_api, filled(dataset_api, 1), []).read == 0


@pytest.mark.parametrize("ids", [None, 7, "123", {"dataset_item_id": 1}])
def test_what_is_no_list_of_ids_is_a_type_error(dataset_api: "DatasetApi", ids: Any) -> None:
    with pytest.raises(TypeError, match=r"^ids: an iterable "):
        delete(dataset_api, "1", ids)

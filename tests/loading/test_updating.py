"""`update_items`: each entry once, whatever happens to the requests, and only the bad ones refused."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets.exceptions import BadRequest, NotFound
from abeja_datasets_loading import (
    InputChanged,
    JournalError,
    LoadingStopped,
    NotAllLoaded,
    Report,
    update_items,
    update_items_async,
)

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi

CATEGORIES = [{"category_id": 1, "name": "n", "labels": [{"label_id": 1, "label": "a"}, {"label_id": 2, "label": "b"}]}]


def filled(api: "DatasetApi", count: int, **props: Any) -> str:
    items = [{"source_data": [{"data_uri": f"datalake://1/{n}"}], "attributes": {"n": n}} for n in range(count)]
    (dataset,) = api.load([{"name": "d", "type": "classification", "props": props}, *items])
    return str(dataset["dataset_id"])


def attributes(api: "DatasetApi", dataset: str) -> dict[int, Any]:
    items = api.client(base_url=api.server_url).iter_dataset_items(api.organization_id, dataset, {"limit": 1000})
    return {item["dataset_item_id"]: item["attributes"] for item in items}


def entries(count: int) -> list[dict[str, Any]]:
    return [{"dataset_item_id": n, "attributes": {"new": n}} for n in range(count)]


def update(api: "DatasetApi", dataset: str, given: Any, **options: Any) -> Report:
    settings = {"on_progress": False, **options}
    return update_items(api.client(timeout=2), api.organization_id, dataset, given, **settings)


def bulk_sizes(api: "DatasetApi") -> list[int]:
    return [len(request.json) for request in api.requests if request.operation == "bulk_update_dataset_item"]


def test_all_entries_are_sent_in_batches(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 250)
    report = update(dataset_api, dataset, entries(250))
    assert (report.read, report.created, report.action) == (250, 250, "update")
    assert repr(report).startswith("<Report 250 read: 250 updated (")
    report.raise_for_errors()
    assert attributes(dataset_api, dataset) == {n: {"new": n} for n in range(250)}
    # How the input comes decides where a batch ends early.
    sizes = bulk_sizes(dataset_api)
    assert (sum(sizes), max(sizes)) == (250, 100)
    assert len(sizes) <= 6
    assert sorted(report.iter_created()) == [(n, n) for n in range(250)]


def test_the_async_twin_takes_async_entries(dataset_api: "DatasetApi") -> None:
    async def source() -> Any:
        for entry in entries(30):
            yield entry

    async def main() -> Report:
        client = dataset_api.async_client()
        return await update_items_async(
            client, dataset_api.organization_id, dataset, source(), batch=7, on_progress=False
        )

    dataset = filled(dataset_api, 30)
    assert asyncio.run(main()).created == 30
    assert attributes(dataset_api, dataset) == {n: {"new": n} for n in range(30)}


def test_a_refused_batch_is_divided_down_to_the_bad_entries(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 100)
    given = entries(100)
    for bad in (3, 40, 41, 99):
        given[bad]["dataset_item_id"] = 1000 + bad
    report = update(dataset_api, dataset, given)
    assert (report.created, report.rejected, report.unknown) == (96, 4, 0)
    found = attributes(dataset_api, dataset)
    assert [n for n in range(100) if found[n] != {"new": n}] == [3, 40, 41, 99]
    rejected = list(report.iter_rejected())
    assert [(index, item["dataset_item_id"]) for index, item, _ in rejected] == [(n, 1000 + n) for n in (3, 40, 41, 99)]
    assert all("the dataset has no item" in reason for _, _, reason in rejected)
    assert len(bulk_sizes(dataset_api)) < 25
    with pytest.raises(NotAllLoaded, match="4 rejected"):
        report.raise_for_errors()


def test_invalid_entries_are_not_sent(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 9, categories=CATEGORIES)
    label = {"classification": [{"category_id": 1, "label_id": 2}]}
    given: list[Any] = [
        {"dataset_item_id": 0, "attributes": label},
        {"dataset_item_id": 1, "attributes": {"classification": [{"category_id": 1, "label_id": 9}]}},
        {"dataset_item_id": 2},
        {"attributes": {}},
        {"dataset_item_id": "3", "attributes": {}},
        {"dataset_item_id": 4, "attributes": {"x": float("nan")}},
        {"dataset_item_id": 5, "attributes": None},
        {"dataset_item_id": 0, "attributes": {}},
        {"dataset_item_id": 6, "attributes": {}, "source_data": [], "created_at": "x"},
        {"dataset_item_id": 7, "attributes": {}, "more": 1},
        7,
    ]
    report = update(dataset_api, dataset, given)
    assert (report.created, report.rejected, report.left_out) == (2, 9, 2)
    reasons = {index: reason for index, _, reason in report.iter_rejected()}
    assert sorted(reasons) == [1, 2, 3, 4, 5, 6, 7, 9, 10]
    assert "no label 9" in reasons[1]
    assert reasons[7] == "dataset_item_id: 0 was there before; pass each item once"
    assert sum(bulk_sizes(dataset_api)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"reset_after": True},
        {"reset_before": True},
        {"half_answer": True},
        {"status": 503},
        {"status": 500, "when": "after"},
        {"status": 429, "retry_after": 1},
        {"stall": 1},
    ],
    ids=str,
)
def test_what_may_be_lost_is_sent_again(dataset_api: "DatasetApi", fault: Any) -> None:
    dataset = filled(dataset_api, 40)
    dataset_api.faults.add(operations="bulk_update_dataset_item", count=2, **fault)
    client = dataset_api.client(timeout=0.3)
    report = update_items(client, dataset_api.organization_id, dataset, entries(40), batch=10, on_progress=False)
    assert (report.created, report.unknown, report.rejected) == (40, 0, 0)
    assert report.retries >= 1
    assert attributes(dataset_api, dataset) == {n: {"new": n} for n in range(40)}


def test_a_run_is_resumed_and_sends_nothing_twice(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    journal = tmp_path / "u.journal"
    dataset = filled(dataset_api, 60)

    def interrupted() -> Any:
        yield from entries(60)[:25]
        raise LookupError("the source failed")

    with pytest.raises(LookupError) as caught:
        update(dataset_api, dataset, interrupted(), journal=journal, batch=10)
    assert caught.value.report.created == 25  # type: ignore[attr-defined] # a run adds it
    dataset_api.requests.clear()
    report = update(dataset_api, dataset, entries(60), journal=journal, batch=10)
    assert (report.earlier, report.created, report.read) == (25, 35, 60)
    sent = [
        entry["dataset_item_id"]
        for request in dataset_api.requests
        if request.method == "PUT"
        for entry in request.json
    ]
    assert sorted(sent) == list(range(25, 60))
    report = update(dataset_api, dataset, entries(60), journal=journal, batch=10)
    assert (report.earlier, report.created) == (60, 0)
    changed = entries(60)
    changed[30]["attributes"] = {}
    with pytest.raises(InputChanged, match="item 30"):
        update(dataset_api, dataset, changed, journal=journal)
    with pytest.raises(JournalError):
        update(dataset_api, "1", entries(60), journal=journal)


def test_what_a_stopped_run_may_have_updated_is_sent_again(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    journal = tmp_path / "u.journal"
    dataset = filled(dataset_api, 20)
    dataset_api.faults.add(operations="bulk_update_dataset_item", status=500, when="after")
    with pytest.raises(LoadingStopped) as caught:
        update(dataset_api, dataset, entries(20), journal=journal, max_outage=0.5)
    assert caught.value.report.unknown == 20
    dataset_api.faults.clear()
    report = update(dataset_api, dataset, entries(20), journal=journal)
    assert (report.created, report.unknown, report.not_tried) == (20, 0, 0)


def test_a_dataset_that_goes_away_stops_the_run_resumably(dataset_api: "DatasetApi", tmp_path: Path) -> None:
    dataset = filled(dataset_api, 300)
    client = dataset_api.client()

    def source() -> Any:
        for entry in entries(300):
            if entry["dataset_item_id"] == 150:
                client.delete_dataset(dataset_api.organization_id, dataset)
            yield entry

    with pytest.raises(
        LoadingStopped, match=f"the dataset {dataset} of organization .* does not exist any more"
    ) as caught:
        update(dataset_api, dataset, source(), batch=25, journal=tmp_path / "u.journal", concurrency=2)
    report = caught.value.report
    assert report.rejected == 0
    assert report.created + report.not_tried == report.read


def test_no_such_dataset(dataset_api: "DatasetApi") -> None:
    with pytest.raises(NotFound):
        update(dataset_api, "7", entries(1))


def test_a_response_without_the_item_leaves_it_unknown(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 3)
    dataset_api.faults.add(operations="bulk_update_dataset_item", status=200, body="[]", count=1)
    report = update(dataset_api, dataset, entries(3))
    assert (report.unknown, report.created) == (3, 0)
    assert [reason for _, _, reason in report.iter_unknown()][1] == "the response does not have the item 1"


def test_on_error_and_max_errors(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 5)
    bad = [{"dataset_item_id": 900 + n, "attributes": {}} for n in range(9)]
    with pytest.raises(LoadingStopped, match="is rejected: "):
        update(dataset_api, dataset, bad, on_error="stop")
    with pytest.raises(LoadingStopped, match="more than max_errors"):
        update(dataset_api, dataset, bad, max_errors=2)


@pytest.mark.parametrize("batch", [0, 1001, True, 1.5, "9"])
def test_a_bad_size_of_batches_is_refused(dataset_api: "DatasetApi", batch: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"^batch: "):
        update(dataset_api, "1", [], batch=batch)


def test_nothing_at_all(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 1)
    assert update(dataset_api, dataset, []).read == 0
    assert bulk_sizes(dataset_api) == []


def test_large_entries_make_smaller_batches(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 4)
    given = [{"dataset_item_id": n, "attributes": {"text": "x" * 3_000_000}} for n in range(4)]
    assert update(dataset_api, dataset, given).created == 4
    assert bulk_sizes(dataset_api) == [1, 1, 1, 1]


def test_an_export_can_be_changed_and_sent_back(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 8)
    client = dataset_api.client()

    def changed() -> Any:
        for item in client.iter_dataset_items(dataset_api.organization_id, dataset):
            yield json.loads(json.dumps({**item, "attributes": {**item["attributes"], "seen": True}}))

    assert update(dataset_api, dataset, changed()).created == 8
    assert attributes(dataset_api, dataset)[7] == {"n": 7, "seen": True}


def test_the_errors_are_those_of_the_library(dataset_api: "DatasetApi") -> None:
    dataset = filled(dataset_api, 1)
    dataset_api.faults.add(operations="bulk_update_dataset_item", status=401, count=1)
    with pytest.raises(LoadingStopped) as caught:
        update(dataset_api, dataset, entries(1))
    assert not isinstance(caught.value.__cause__, BadRequest)
    assert caught.value.report.not_tried == 1

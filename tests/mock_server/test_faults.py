"""Faults on demand as our client feels them, in a test like any user's: with the fixture `dataset_api`."""

import time
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets.exceptions import ConnectionFailed, Error, RequestTimeout, ServiceUnavailable

if TYPE_CHECKING:
    from abeja_datasets import APIClient
    from abeja_datasets_cli.pytest_mock import DatasetApi

ORGANIZATION = "1102940376065"
DATASETS = f"/organizations/{ORGANIZATION}/datasets/"


@pytest.fixture
def client(dataset_api: "DatasetApi") -> "APIClient":
    """A client that feels the faults, and does not try again."""
    return dataset_api.client(max_retry_count=0, timeout=0.5)


def create(client: "APIClient", name: str = "n") -> dict[str, Any]:
    return client.create_dataset(ORGANIZATION, name, "custom", {})


def names(dataset_api: "DatasetApi") -> list[str]:
    """What the server has, seen past all faults on the wire."""
    direct = dataset_api.client(base_url=dataset_api.server_url)
    return [dataset["name"] for dataset in direct.iter_datasets(ORGANIZATION)]


def test_a_status_before_the_change_leaves_nothing_behind(dataset_api: "DatasetApi", client: "APIClient") -> None:
    dataset_api.faults.add(operations="create_dataset", status=503, retry_after=2, count=1)
    with pytest.raises(ServiceUnavailable) as caught:
        create(client)
    assert (caught.value.retry_after, caught.value.outcome) == (2, "unknown")
    assert names(dataset_api) == []
    create(client)
    (record,) = dataset_api.faults.applied
    assert (record.operation, record.method, record.path, record.time) == ("create_dataset", "POST", DATASETS, 1)


def test_a_status_after_the_change_leaves_it_carried_out(dataset_api: "DatasetApi", client: "APIClient") -> None:
    dataset_api.faults.add(operations=["create_dataset"], status=500, when="after", count=1)
    with pytest.raises(Error) as caught:
        create(client)
    assert caught.value.outcome == "unknown"
    assert names(dataset_api) == ["n"]


def test_the_client_tries_again_by_itself(dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets.retry.draw", lambda _bound: 0.0)
    made = create(dataset_api.client())
    dataset_api.faults.plan = [{"reset_after": True, "count": 1}, {"status": 503, "count": 2}]
    assert dataset_api.client().get_dataset(ORGANIZATION, made["dataset_id"])["name"] == "n"
    assert [request.status for request in dataset_api.requests if request.method == "GET"] == [503, 503, 200]
    assert [record.effect for record in dataset_api.faults.applied] == ["reset_after", "status 503", "status 503"]


def test_what_is_on_record_of_a_plan_that_is_left_to_chance(dataset_api: "DatasetApi", client: "APIClient") -> None:
    plan = {"seed": 3, "faults": [{"status": 503, "probability": 0.5, "after": 2, "count": 3}]}

    def outcomes() -> list[bool]:
        dataset_api.faults.plan = plan
        dataset_api.requests.clear()
        for _ in range(20):
            try:
                client.list_datasets(ORGANIZATION)
            except ServiceUnavailable:
                continue
        return [request.status == 503 for request in dataset_api.requests]

    first = outcomes()
    assert first == outcomes()
    assert first[:2] == [False, False]
    assert sum(first) == 3


@pytest.mark.parametrize(
    ("fault", "error", "is_created"),
    [
        ({"reset_before": True}, ConnectionFailed, False),
        ({"reset_after": True}, ConnectionFailed, True),
        ({"half_answer": True}, ConnectionFailed, True),
        ({"half_answer": 10}, ConnectionFailed, True),
        ({"stall": 2}, RequestTimeout, True),
        ({"garbage": True}, ConnectionFailed, True),
        ({"garbage": "no HTTP at all"}, ConnectionFailed, True),
    ],
    ids=str,
)
def test_a_create_that_breaks_on_the_wire(
    dataset_api: "DatasetApi", client: "APIClient", fault: dict[str, Any], error: type[Error], is_created: bool
) -> None:
    dataset_api.faults.add(operations="create_dataset", count=1, **fault)
    with pytest.raises(error) as caught:
        create(client)
    assert caught.value.outcome == "unknown"
    assert names(dataset_api) == ["n"] * is_created
    (record,) = dataset_api.faults.applied
    assert (record.level, record.operation) == ("wire", "create_dataset")
    create(client, "another")


def test_a_refused_connection_was_never_sent(dataset_api: "DatasetApi", client: "APIClient") -> None:
    dataset_api.faults.add(refuse=True)
    with pytest.raises(ConnectionFailed) as caught:
        create(client)
    assert caught.value.outcome == "not_sent"
    dataset_api.faults.clear()
    create(client)
    assert names(dataset_api) == ["n"]


@pytest.mark.parametrize(
    "fault", [{"byte_by_byte": True}, {"byte_by_byte": 0.0001}, {"close_idle": True}, {"twice": True}], ids=str
)
def test_what_a_client_must_bear(dataset_api: "DatasetApi", fault: dict[str, Any]) -> None:
    client = dataset_api.client(max_retry_count=0)
    dataset_api.faults.add(**fault)
    for number in range(3):
        assert create(client, str(number))["name"] == str(number)
        time.sleep(0.02)
    assert [dataset["name"] for dataset in client.list_datasets(ORGANIZATION)] == ["0", "1", "2"]
    assert len(dataset_api.faults.applied) >= 3


def test_answers_that_nobody_expects_come_through_unchanged(dataset_api: "DatasetApi", client: "APIClient") -> None:
    dataset_api.faults.add(added_field=True, added_enum_value="tensor", status_200=True)
    made = create(client)
    assert (made["type"], made["unforeseen"]) == ("tensor", {"by": "a fault"})
    assert dataset_api.requests[-1].status == 200


def test_the_proxy_is_not_felt_without_faults(dataset_api: "DatasetApi") -> None:
    client = dataset_api.client()
    dataset = create(client)["dataset_id"]
    for number in range(50):
        source = [{"data_uri": f"datalake://1/{number}", "blob": "x" * 10_000}]
        client.create_dataset_item(ORGANIZATION, dataset, source)
    found = list(client.iter_dataset_items(ORGANIZATION, dataset))
    direct = dataset_api.client(base_url=dataset_api.server_url)
    assert found == list(direct.iter_dataset_items(ORGANIZATION, dataset))
    assert len(found) == 50

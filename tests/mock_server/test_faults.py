"""Faults on demand, as a client of the server feels them: in the server, and on the wire."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from abeja.datasets import APIClient
from abeja.exceptions import ConnectionFailed, Error, RequestTimeout, ServiceUnavailable
from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.faults import FaultProxy, Faults, PlanError, install, load_plan

ORGANIZATION = "1102940376065"
DATASETS = f"/organizations/{ORGANIZATION}/datasets/"
BODY = {"name": "n", "type": "custom", "props": {}}
TOKEN = {"Authorization": "Bearer admin-token"}


@pytest.fixture
def server() -> Iterator[RunningServer]:
    running = RunningServer()
    install(running.app, admin_token="admin-token")
    with running:
        yield running


@pytest.fixture
def faults(server: RunningServer) -> Faults:
    found: Faults = server.app.state.faults
    return found


@pytest.fixture
def client(server: RunningServer) -> Iterator[APIClient]:
    with APIClient(server.credential, base_url=server.url, max_retry_count=0, timeout=5) as client:
        yield client


@pytest.fixture
def raw(server: RunningServer) -> Iterator[httpx.Client]:
    auth = (f"user-{server.credential['user_id']}", server.credential["personal_access_token"])
    with httpx.Client(base_url=server.url, auth=auth, timeout=5) as client:
        yield client


def names(client: APIClient) -> list[str]:
    return [dataset["name"] for dataset in client.iter_datasets(ORGANIZATION)]


def test_a_status_before_the_change_leaves_nothing_behind(faults: Faults, client: APIClient) -> None:
    faults.add(operations="create_dataset", status=503, retry_after=2, count=1)
    with pytest.raises(ServiceUnavailable) as caught:
        client.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    assert caught.value.retry_after == 2
    assert caught.value.outcome == "unknown"
    assert names(client) == []
    client.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    (record,) = faults.applied
    assert (record.operation, record.method, record.path, record.time) == ("create_dataset", "POST", DATASETS, 1)


def test_a_status_after_the_change_leaves_it_carried_out(faults: Faults, client: APIClient) -> None:
    faults.add(operations=["create_dataset"], status=500, when="after", count=1)
    with pytest.raises(Error) as caught:
        client.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    assert caught.value.outcome == "unknown"
    assert names(client) == ["n"]


def test_a_body_may_be_laid_down(faults: Faults, raw: httpx.Client) -> None:
    faults.add(status=502, body="<h1>Bad gateway</h1>", count=1)
    answer = raw.get(DATASETS)
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
    assert answer.headers["content-type"].startswith("text/html")
    faults.add(status=429, body={"error": "slow down"}, count=1)
    assert raw.get(DATASETS).json() == {"error": "slow down"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency(faults: Faults, raw: httpx.Client, when: str) -> None:
    faults.add(methods="POST", latency=0.15, when=when)
    started = time.monotonic()
    assert raw.post(DATASETS, json=BODY).status_code == 201
    assert time.monotonic() - started >= 0.15
    assert raw.get(DATASETS).status_code == 200
    assert len(faults.applied) == 1


def test_valid_answers_that_nobody_expects(faults: Faults, raw: httpx.Client) -> None:
    faults.plan = [{"operations": "create_dataset", "status_200": True, "added_field": True}]
    answer = raw.post(DATASETS, json=BODY)
    assert answer.status_code == 200
    assert answer.json()["unforeseen"]
    item_path = f"{DATASETS}{answer.json()['dataset_id']}/items/"
    faults.plan = [{"operations": "create_dataset_item", "null_optional": True, "added_enum_value": "tensor"}]
    item = raw.post(item_path, json={"source_data": [{"data_uri": "datalake://1/a"}]})
    assert item.status_code == 201
    faults.plan = [{"operations": "get_dataset", "added_enum_value": True}]
    assert raw.get(f"{DATASETS}{answer.json()['dataset_id']}").json()["type"] == "unforeseen"
    faults.plan = [{"operations": "list_dataset_items", "added_field": {"page": 1}}]
    assert "page" in raw.get(item_path).text
    faults.plan = [{"added_field": True, "null_optional": True}]
    assert raw.get(f"{DATASETS}unknown").status_code == 404


def test_counts_and_chance_are_repeatable(faults: Faults, raw: httpx.Client) -> None:
    plan = {"seed": 3, "faults": [{"status": 503, "probability": 0.5, "after": 2, "count": 3}]}

    def statuses() -> list[int]:
        faults.plan = load_plan(plan)
        return [raw.get(DATASETS).status_code for _ in range(20)]

    first = statuses()
    assert first == statuses()
    assert first[:2] == [200, 200]
    assert first.count(503) == 3
    assert faults.plan.as_json() == plan
    faults.clear()
    assert raw.get(DATASETS).status_code == 200


def test_the_admin_route_sets_and_tells(server: RunningServer, raw: httpx.Client) -> None:
    with httpx.Client(base_url=server.url, headers=TOKEN) as admin:
        assert admin.get("/_mock/faults").json()["faults"] == []
        assert admin.put("/_mock/faults", json={"faults": [{"status": 503, "count": 1}]}).status_code == 200
        assert raw.get(DATASETS).status_code == 503
        (record,) = admin.get("/_mock/applied").json()["applied"]
        assert record["operation"] == "list_datasets"
        refused = admin.put("/_mock/faults", json={"faults": [{"status": "secret"}]})
        assert refused.status_code == 400
        assert "faults[0].status" in refused.json()["error_description"]
        assert admin.put("/_mock/faults", content=b"{").status_code == 400
        assert admin.delete("/_mock/faults").status_code == 200
        assert admin.get("/_mock/faults").json()["faults"] == []
        assert admin.get("/_mock/unknown").status_code == 404
        assert admin.post("/_mock/faults", json={}).status_code == 405
    assert raw.get("/_mock/faults").status_code == 401


def test_without_a_token_there_is_no_admin_route() -> None:
    running = RunningServer()
    install(running.app)
    with running:
        answer = httpx.get(f"{running.url}/_mock/faults", headers=TOKEN)
    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ([{"status": 99}], "faults[0].status: a whole number"),
        ([{"statuz": 500}], "faults[0].statuz: a fault has no such field"),
        ([{}], "faults[0]: it does nothing"),
        ([{"status": 500}, {"operations": "get_datasets", "status": 500}], "faults[1].operations: there is no"),
        ([{"status": 500, "probability": 2}], "faults[0].probability"),
        ([{"retry_after": 1, "latency": 1}], "faults[0].retry_after: goes with a status only"),
        ([{"status": 500, "added_field": True}], "faults[0].added_field: there is no answer"),
        ([{"status": 500, "half_answer": True}], "faults[0]"),
        ([{"twice": True, "garbage": True}], "a fault does one thing on the wire"),
        ([{"garbage": 1}], "faults[0].garbage: text is needed"),
        ([{"twice": False}], "faults[0].twice: true is needed"),
        ([{"latency": -1}], "faults[0].latency: a number"),
        ([{"status": 500, "when": "later"}], "faults[0].when: before or after"),
        ([{"status": 500, "methods": "BREW"}], "faults[0].methods"),
        ([3], "faults[0]: an object is needed"),
        ({"faults": 3}, "faults: a list is needed"),
        ({"fault": []}, "a plan has no such part"),
        ([{"status": 500, "operations": 3}], "faults[0].operations"),
        ([{"added_field": []}], "faults[0].added_field"),
        ([{"status": 503, "retry_after": "\n"}], "faults[0].retry_after"),
    ],
)
def test_a_plan_that_is_not_valid_names_the_place(plan: Any, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        load_plan(plan)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("seed: 4\nfaults:\n  - status: 503\n    count: 2\n", encoding="utf-8")
    plan = load_plan(file)
    assert (plan.seed, len(plan.faults), plan.faults[0].count) == (4, 1, 2)
    for content, message in ((b"faults: [", "not YAML"), (b"\xff", "not UTF-8"), (b"faults: 1", "a list is needed")):
        file.write_bytes(content)
        with pytest.raises(PlanError, match=message):
            load_plan(file)
    file.write_text("", encoding="utf-8")
    assert load_plan(str(file)).faults == ()


def test_a_wire_fault_needs_the_proxy(faults: Faults) -> None:
    with pytest.raises(PlanError, match="needs the fault proxy"):
        faults.add(reset_after=True)


@pytest.fixture
def proxy(server: RunningServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def behind(server: RunningServer, proxy: FaultProxy) -> Iterator[APIClient]:
    with APIClient(server.credential, base_url=proxy.url, max_retry_count=0, timeout=0.5) as client:
        yield client


def test_the_proxy_is_not_felt_without_faults(behind: APIClient, client: APIClient) -> None:
    dataset = behind.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    assert behind.get_dataset(ORGANIZATION, dataset["dataset_id"]) == client.get_dataset(
        ORGANIZATION, dataset["dataset_id"]
    )
    for number in range(50):
        source = [{"data_uri": f"datalake://1/{number}", "blob": "x" * 10_000}]
        behind.create_dataset_item(ORGANIZATION, dataset["dataset_id"], source)
    assert len(list(behind.iter_dataset_items(ORGANIZATION, dataset["dataset_id"]))) == 50


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"reset_before": True}, (ConnectionFailed, False)),
        ({"reset_after": True}, (ConnectionFailed, True)),
        ({"half_answer": True}, (ConnectionFailed, True)),
        ({"half_answer": 10}, (ConnectionFailed, True)),
        ({"stall": 2}, (RequestTimeout, True)),
        ({"garbage": True}, (ConnectionFailed, True)),
        ({"garbage": "no HTTP at all"}, (ConnectionFailed, True)),
    ],
    ids=str,
)
def test_a_create_that_breaks_on_the_wire(
    proxy: FaultProxy, behind: APIClient, client: APIClient, fault: dict[str, Any], expected: tuple[type[Error], bool]
) -> None:
    error, created = expected
    proxy.faults.add(operations="create_dataset", count=1, **fault)
    with pytest.raises(error) as caught:
        behind.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    assert caught.value.outcome == "unknown"
    assert bool(names(client)) is created
    assert len(proxy.faults.applied) == 1
    behind.create_dataset(ORGANIZATION, "another", "custom", {})


def test_a_refused_connection_was_never_sent(proxy: FaultProxy, behind: APIClient, client: APIClient) -> None:
    proxy.faults.add(refuse=True)
    with pytest.raises(ConnectionFailed) as caught:
        behind.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    assert caught.value.outcome == "not_sent"
    proxy.faults.clear()
    behind.create_dataset(ORGANIZATION, **BODY)  # type: ignore[arg-type] # of several types
    assert names(client) == ["n"]


@pytest.mark.parametrize("fault", [{"byte_by_byte": True}, {"byte_by_byte": 0.0001}, {"close_idle": True}], ids=str)
def test_what_a_client_must_bear(proxy: FaultProxy, behind: APIClient, fault: dict[str, Any]) -> None:
    proxy.faults.add(**fault)
    for number in range(3):
        behind.create_dataset(ORGANIZATION, str(number), "custom", {})
        time.sleep(0.02)
    assert names(behind) == ["0", "1", "2"]
    assert proxy.faults.applied


def test_the_same_answer_twice(proxy: FaultProxy) -> None:
    proxy.faults.add(twice=True, count=1)
    host, port = proxy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200") == 2
    document = received.rpartition(b"\r\n\r\n")[2]
    assert json.loads(document)["openapi"] == "3.1.0"


def test_a_server_that_is_not_there_is_a_closed_connection() -> None:
    with FaultProxy("http://127.0.0.1:1") as proxy:
        credential = {"auth_token": "irrelevant"}
        with APIClient(credential, base_url=proxy.url, max_retry_count=0) as client, pytest.raises(ConnectionFailed):
            client.list_datasets(ORGANIZATION)


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://", ""])
def test_the_proxy_wants_the_url_of_a_server(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        FaultProxy(url)

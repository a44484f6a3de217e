"""Faults in the server, as a client sees them, and the admin route."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from abeja_datasets_mock import RunningServer, create_app
from abeja_datasets_mock.faults import FaultMiddleware, Faults, PlanError, install

ORGANIZATION = "/organizations/1102940376065/datasets/"
TOKEN = "token-of-the-admin"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
DATASET = {"name": "cats", "type": "custom", "props": {"categories": [{"category_id": 1, "name": "a", "labels": []}]}}
ITEM = {"source_data": [{"data_uri": "datalake://1/2"}], "attributes": {"custom": [1.5]}}


class Served:
    """A server with faults, a client of it, and a dataset with an item."""

    def __init__(self, server: RunningServer, client: httpx.Client, faults: Faults) -> None:
        self.server = server
        self.client = client
        self.faults = faults
        self.dataset = client.post(ORGANIZATION, json=DATASET).json()["dataset_id"]
        self.items = f"{ORGANIZATION}{self.dataset}/items/"
        assert client.post(self.items, json=ITEM).status_code == 201

    def names(self) -> list[str]:
        self.faults.clear()
        return [dataset["name"] for dataset in self.client.get(ORGANIZATION).json()]


@pytest.fixture
def served() -> Iterator[Served]:
    server = RunningServer()
    faults = Faults(levels=("server",))
    assert install(server.app, faults, TOKEN) is server.app
    credential = server.credential
    auth = (f"user-{credential['user_id']}", credential["personal_access_token"])
    with server, httpx.Client(base_url=server.url, auth=auth, trust_env=False, verify=False) as client:
        yield Served(server, client, faults)


def test_a_status_before_the_change(served: Served) -> None:
    served.faults.add(status=503, retry_after=2, count=1)
    response = served.client.post(ORGANIZATION, json={**DATASET, "name": "dogs"})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"error": "planned_fault", "error_description": "A planned fault responds with 503"}
    assert served.names() == ["cats"]


def test_a_status_after_the_change(served: Served) -> None:
    served.faults.add(operations="create_dataset", status=500, when="after", count=1)
    assert served.client.post(ORGANIZATION, json={**DATASET, "name": "dogs"}).status_code == 500
    assert served.names() == ["cats", "dogs"]
    (record,) = served.faults.applied
    assert (record.operation, record.path) == ("create_dataset", ORGANIZATION)


@pytest.mark.parametrize(
    ("fields", "status", "kind", "text"),
    [
        ({"status": 502, "body": "<h1>Bad</h1>"}, 502, "text/html; charset=utf-8", "<h1>Bad</h1>"),
        ({"status": 400, "body": ["é", None]}, 400, "application/json", '["\\u00e9", null]'),
        ({"status": 500, "body": None}, 500, "application/json", "null"),
        ({"status": 204}, 204, None, ""),
        ({"status": 304}, 304, None, ""),
    ],
)
def test_the_body_of_a_status(served: Served, fields: dict[str, Any], status: int, kind: str | None, text: str) -> None:
    served.faults.add(**fields)
    response = served.client.get(ORGANIZATION)
    assert (response.status_code, response.headers.get("content-type"), response.text) == (status, kind, text)


def test_a_large_body_is_read_before_a_status(served: Served) -> None:
    served.faults.add(status=503, count=1)
    body = {**ITEM, "attributes": {"text": "x" * 3_000_000}}
    assert served.client.post(served.items, json=body).status_code == 503
    assert served.client.post(served.items, json=body).status_code == 201


def test_a_connection_that_must_be_closed_still_is(served: Served) -> None:
    served.faults.add(status=503, when="after", count=1)
    response = served.client.post(served.items, content=b"x" * 11_000_000, headers={"Content-Type": "application/json"})
    assert response.status_code == 503
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency(served: Served, when: str) -> None:
    served.faults.add(latency=0.1, when=when, count=1)
    start = time.monotonic()
    response = served.client.post(served.items, json={**ITEM, "attributes": {"text": "x" * 1_500_000}})
    assert response.status_code == 201
    assert time.monotonic() - start >= 0.1


def test_latency_before_a_status(served: Served) -> None:
    served.faults.add(latency=0.1, status=503, when="after", count=1)
    start = time.monotonic()
    assert served.client.post(ORGANIZATION, json={**DATASET, "name": "dogs"}).status_code == 503
    assert time.monotonic() - start >= 0.1
    assert served.names() == ["cats", "dogs"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_has_gone_is_not_waited_for(when: str) -> None:
    # As a server that stops would, whose connections are closed by then.
    async def run() -> list[Message]:
        app = install(create_app(), [{"latency": 30, "when": when}])
        sent: list[Message] = []
        came = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            return next(came, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": ORGANIZATION, "raw_path": ORGANIZATION.encode(),
            "query_string": b"", "headers": [],
        }  # fmt: skip
        async with asyncio.timeout(5):
            await app(scope, receive, send)
        app.state.store.close()
        return sent

    assert asyncio.run(run()) == []


def test_who_goes_before_a_status_gets_none() -> None:
    async def run() -> list[Message]:
        sent: list[Message] = []

        async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise AssertionError

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/"}
        await FaultMiddleware(app, Faults([{"status": 503}]))(scope, receive, send)
        return sent

    assert asyncio.run(run()) == []


def test_an_application_that_never_answers_is_left_alone() -> None:
    async def run() -> list[Message]:
        sent: list[Message] = []

        async def app(scope: Scope, _receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await send({"type": "lifespan.startup.complete"})

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        middleware = FaultMiddleware(app, Faults([{"status": 503, "when": "after"}]))
        await middleware({"type": "http", "method": "GET", "path": "/", "raw_path": b"/"}, receive, send)
        await middleware({"type": "lifespan"}, receive, send)
        return sent

    assert asyncio.run(run()) == [{"type": "lifespan.startup.complete"}]


def test_an_added_field(served: Served) -> None:
    served.faults.add(added_field=True)
    unforeseen = {"by": "a fault"}
    assert served.client.get(ORGANIZATION + served.dataset).json()["unforeseen"] == unforeseen
    assert served.client.get(ORGANIZATION).json()[0]["unforeseen"] == unforeseen
    page = served.client.get(served.items).json()
    assert (page["unforeseen"], page["items"][0]["unforeseen"]) == (unforeseen, unforeseen)
    assert page["items"][0]["attributes"] == {"custom": [1.5]}
    assert served.client.get(ORGANIZATION + "2").json()["unforeseen"] == unforeseen
    served.faults.plan = [{"added_field": {"new": 1}}]
    assert served.client.get(ORGANIZATION + served.dataset).json()["new"] == 1


def test_an_added_enum_value(served: Served) -> None:
    served.faults.add(added_enum_value=True)
    assert served.client.get(ORGANIZATION + served.dataset).json()["type"] == "unforeseen"
    assert served.client.get(served.items + "0").json()["source_data"][0]["data_type"] == "unforeseen/unforeseen"


def test_null_for_what_is_optional(served: Served) -> None:
    served.faults.add(null_optional=True)
    page = served.client.get(served.items).json()
    assert page["next_page_token"] is None
    assert page["items"][0]["source_data"] == [
        {"data_uri": "datalake://1/2", "data_type": None, "height": None, "width": None}
    ]
    body = {"name": "dogs", "type": "t", "props": {}}
    assert served.client.post(ORGANIZATION, json=body).json()["props"] == {"categories": None}
    labels = {"categories": [{"category_id": 1, "name": "a", "labels": [{"label_id": 1}]}]}
    answer = served.client.post(ORGANIZATION, json={**body, "name": "birds", "props": labels}).json()
    assert answer["props"]["categories"][0]["labels"] == [{"label_id": 1, "label": None}]
    assert served.client.get(ORGANIZATION + "2").json()["error_detail"] is None


def test_null_leaves_a_page_token_as_it_is(served: Served) -> None:
    served.client.post(served.items, json=ITEM)
    served.faults.add(null_optional=True)
    assert isinstance(served.client.get(served.items, params={"limit": 1}).json()["next_page_token"], str)


def test_200_for_201(served: Served) -> None:
    served.faults.add(status_200=True)
    response = served.client.post(ORGANIZATION, json={**DATASET, "name": "dogs"})
    assert (response.status_code, response.json()["name"]) == (200, "dogs")
    assert served.client.get(ORGANIZATION + "2").status_code == 404


def test_an_answer_that_is_no_json_stays() -> None:
    async def run() -> httpx.Response:
        async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"<ht", "more_body": True})
            await send({"type": "http.response.body", "body": b"ml>"})

        faulty = FaultMiddleware(app, Faults([{"added_field": True}]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(faulty), base_url="http://test") as client:
            return await client.get("/")

    assert asyncio.run(run()).text == "<html>"


def test_an_answer_that_is_a_number_stays() -> None:
    async def run() -> httpx.Response:
        async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'[1,{"items":1,"total_count":1}]'})

        faulty = FaultMiddleware(app, Faults([{"null_optional": True}]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(faulty), base_url="http://test") as client:
            return await client.get("/")

    assert asyncio.run(run()).json() == [1, {"items": 1, "total_count": 1, "next_page_token": None}]


def test_faults_of_the_wire_need_the_proxy() -> None:
    app = create_app()
    with contextlib.closing(app.state.store), pytest.raises(PlanError, match="needs the fault proxy"):
        install(app, [{"stall": 1}])


def test_faults_are_found_at_the_application() -> None:
    app = install(create_app(), [{"status": 503}])
    with contextlib.closing(app.state.store):
        assert app.state.faults.plan.as_json() == {"seed": 0, "faults": [{"status": 503}]}


def test_the_admin_route_sets_shows_and_clears(served: Served) -> None:
    client = served.client
    plan = {"seed": 4, "faults": [{"status": 503, "operations": "list_datasets", "count": 1}]}
    response = client.put("/_mock/faults", json=plan, headers=ADMIN, auth=None)  # type: ignore[arg-type] # no Basic
    assert (response.status_code, response.json()) == (200, plan)
    assert client.get("/_mock/faults", headers=ADMIN, auth=None).json() == plan
    assert client.get(ORGANIZATION).status_code == 503
    assert client.get(ORGANIZATION).status_code == 200
    response = client.delete("/_mock/faults", headers=ADMIN, auth=None)  # type: ignore[arg-type] # no Basic
    assert response.json() == {"seed": 0, "faults": []}
    applied = client.get("/_mock/applied", headers=ADMIN, auth=None).json()
    assert [record["effect"] for record in applied["applied"]] == ["status 503"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "text"),
    [
        ("GET", "faults", b"", {}, 401, "The admin token is needed"),
        ("GET", "faults", b"", {"Authorization": "Bearer wrong"}, 401, "The admin token is needed"),
        ("GET", "faults", b"", {"Authorization": f"Basic {TOKEN}"}, 401, "The admin token is needed"),
        ("GET", "nothing", b"", ADMIN, 404, "path: there are /_mock/faults and /_mock/applied"),
        ("POST", "faults", b"", ADMIN, 405, "POST is not allowed here; the methods are GET, PUT, DELETE"),
        ("PUT", "applied", b"", ADMIN, 405, "PUT is not allowed here; the methods are GET"),
        ("PUT", "faults", b"{", ADMIN, 400, "body: not JSON"),
        ("PUT", "faults", b"3", ADMIN, 400, "body: a plan is needed, as an object with seed and faults"),
        ("PUT", "faults", b'"/etc/hostname"', ADMIN, 400, "body: a plan is needed"),
        ("PUT", "faults", b'[{"status": 1}]', ADMIN, 400, "faults[0].status: "),
        ("PUT", "faults", b'[{"stall": 1}]', ADMIN, 400, "faults[0]: stall 1 needs the fault proxy"),
        ("PUT", "faults", b" " * 1_100_000, ADMIN, 400, "body: more than 1048576 bytes"),
    ],
)
def test_what_the_admin_route_refuses(  # noqa: PLR0917 - pytest gives them by name
    served: Served, method: str, path: str, body: bytes, headers: dict[str, str], status: int, text: str
) -> None:
    with httpx.Client(base_url=served.server.url, trust_env=False, verify=False) as client:
        response = client.request(method, f"/_mock/{path}", content=body, headers=headers)
    assert response.status_code == status
    assert response.json()["error_description"].startswith(text)
    assert TOKEN not in response.text
    assert served.faults.plan.faults == ()


def test_faults_do_not_strike_the_admin_route(served: Served) -> None:
    served.faults.add(status=503)
    with httpx.Client(base_url=served.server.url, trust_env=False, verify=False) as client:
        assert client.delete("/_mock/faults", headers=ADMIN).status_code == 200


def test_the_admin_route_is_shut_without_a_token() -> None:
    server = RunningServer()
    install(server.app, [{"status": 503}])
    with server, httpx.Client(base_url=server.url, trust_env=False, verify=False) as client:
        response = client.get("/_mock/faults", headers=ADMIN)
        assert response.status_code == 404
        assert json.loads(response.text)["error"] == "not_found"


def test_an_empty_token_is_refused() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None: ...

    with pytest.raises(ValueError, match="admin_token"):
        FaultMiddleware(app, Faults(), "")

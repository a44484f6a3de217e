"""The database: grouped commits, failures, files of others, two servers on one file, kill -9."""

import asyncio
import concurrent.futures
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets_mock import DEMO, RunningServer, UnusableDatabase, create_app
from abeja_datasets_mock.errors import Refusal, StorageFailed, bad_request
from abeja_datasets_mock.storage import database as database_module
from abeja_datasets_mock.storage.datasets import Datasets
from abeja_datasets_mock.storage.store import Store

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

AUTH = ("user-1234567890123", "demo-personal-access-token")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = Store(file)
    yield opened
    opened.close()


def insert(store: Store, name: str) -> Callable[[], str]:
    def work() -> str:
        store.execute("INSERT INTO settings VALUES (?, '')", (name,))
        return name

    return work


def names(store: Store) -> list[str]:
    return [name for (name,) in store.execute("SELECT name FROM settings WHERE name <> 'token_key' ORDER BY name")]


def refuse() -> str:
    raise bad_request("no")


def test_data_outlives_the_server(file: Path, make_api: Callable[..., "Api"]) -> None:
    with RunningServer(database=file) as server:
        api = make_api(server)
        dataset = api.create_dataset({"categories": []})
        items = [api.create_item(dataset) for _ in range(3)]
        api.ok("DELETE", api.item_path(items.pop()))
        token = api.ok("GET", api.items_path(dataset), params={"limit": 1})["next_page_token"]
    with RunningServer(database=str(file)) as server:
        api = make_api(server)
        assert api.ok("GET", api.items_path(dataset))["items"] == items
        assert api.ok("GET", api.items_path(dataset), params={"next_page_token": token})["items"] == items[1:]
        assert api.create_item(dataset)["dataset_item_id"] == 3
        assert api.create_dataset(name="later")["dataset_id"] > dataset["dataset_id"]
        body = {"source_data": [{"data_uri": "x"}], "attributes": {"detection": [{"category_id": 1, "label_id": 1}]}}
        api.refused(400, "POST", api.items_path(dataset), json=body)


def test_commits_are_synced(store: Store) -> None:
    assert store.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.execute("PRAGMA synchronous").fetchone() == (2,)


def test_commits_are_moved_into_the_file(file: Path) -> None:
    with RunningServer(database=file) as server:
        before = file.read_bytes()
        store = server.app.state.store
        server.run(store.write(insert(store, "a")))
        deadline = time.monotonic() + 20
        while file.read_bytes() == before:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_requests_share_a_commit_and_are_answered_after_it(store: Store, file: Path) -> None:
    log: list[str] = []
    store.connection.set_trace_callback(log.append)

    async def write(number: int) -> None:
        await store.write(insert(store, str(number)))
        with sqlite3.connect(file) as other:
            assert other.execute("SELECT 1 FROM settings WHERE name = ?", (str(number),)).fetchone()
        other.close()

    async def main() -> None:
        await asyncio.gather(*(write(number) for number in range(20)))

    asyncio.run(main())
    assert log.count("COMMIT") == 1


def test_a_read_waits_for_the_open_transaction(store: Store) -> None:
    order: list[str] = []

    async def step(name: str, work: Any) -> Any:
        result = await work
        order.append(name)
        return result

    async def main() -> None:
        write = asyncio.create_task(step("write", store.write(insert(store, "a"))))
        read = asyncio.create_task(step("read", store.read_many(lambda: names(store))))
        await asyncio.sleep(0)
        assert store.connection.in_transaction
        assert order == []
        await write
        assert await read == ["a"]

    asyncio.run(main())
    assert order == ["write", "read"]


def test_a_refused_write_leaves_the_others_alone(store: Store) -> None:
    async def main() -> list[Any]:
        work = [insert(store, "a"), refuse, insert(store, "b")]
        return await asyncio.gather(*(store.write(one) for one in work), return_exceptions=True)

    first, refused, last = asyncio.run(main())
    assert (first, last) == ("a", "b")
    assert isinstance(refused, Refusal)
    assert names(store) == ["a", "b"]


def test_a_failed_commit_undoes_and_fails_all_its_writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    undone: list[None] = []
    store.on_undo = lambda: undone.append(None)
    execute = store.execute
    failures = [sqlite3.OperationalError("disk I/O error")]

    def fail_once(sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and failures:
            raise failures.pop()
        return execute(sql, *parameters)

    monkeypatch.setattr(store, "execute", fail_once)

    async def main() -> list[Any]:
        work = [store.write(insert(store, "a")), store.write(insert(store, "b"))]
        return await asyncio.gather(
            *work,
            store.read(lambda: names(store)),
            store.write(lambda: refuse_if(names(store))),
            return_exceptions=True,
        )

    def refuse_if(found: list[str]) -> list[str]:
        if found:
            raise bad_request("taken")
        return found

    first, second, read, refused = asyncio.run(main())
    assert isinstance(first, StorageFailed)
    assert isinstance(second, StorageFailed)
    # Both looked again, and saw nothing of what was undone.
    assert (read, refused) == ([], [])
    assert undone == [None]
    assert asyncio.run(store.write(insert(store, "c"))) == "c"


def test_a_bug_undoes_what_it_has_half_done(store: Store) -> None:
    def broken() -> None:
        insert(store, "half")()
        raise KeyError("a bug")

    async def main() -> Any:
        return await asyncio.gather(
            store.write(insert(store, "a")),
            store.write(broken),
            store.write(insert(store, "b")),
            return_exceptions=True,
        )

    shared, bug, after = asyncio.run(main())
    assert isinstance(shared, StorageFailed)
    assert isinstance(bug, KeyError)
    assert after == "b"
    assert names(store) == ["b"]


def test_a_cancelled_request_does_not_cancel_the_others(store: Store) -> None:
    async def main() -> str:
        cancelled = asyncio.create_task(store.write(insert(store, "a")))
        other = asyncio.create_task(store.write(insert(store, "b")))
        await asyncio.sleep(0)
        cancelled.cancel()
        return await other

    assert asyncio.run(main()) == "b"
    assert names(store) == ["a", "b"]


@pytest.mark.parametrize("reading", [True, False])
def test_a_loop_that_ended_takes_its_transaction_with_it(store: Store, reading: bool) -> None:
    async def leave() -> None:
        task = asyncio.create_task(store.write(insert(store, "a")))
        await asyncio.sleep(0)
        task.cancel()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    loop.close()
    assert store.connection.in_transaction
    if reading:
        assert asyncio.run(store.read(lambda: names(store))) == []
    assert asyncio.run(store.write(insert(store, "b"))) == "b"
    assert names(store) == ["b"]


def test_closing_drops_what_is_not_committed(file: Path) -> None:
    store = Store(file)
    store.execute("BEGIN IMMEDIATE")
    insert(store, "a")()
    store.close()
    again = Store(file)
    assert names(again) == []
    again.close()


def test_rules_of_an_undone_dataset_are_forgotten(store: Store) -> None:
    datasets = Datasets(store)

    def create(props: bytes) -> int:
        row = datasets.create("o", "n", "custom", props, "")
        assert row
        datasets.rule(row.dataset_id)
        return row.dataset_id

    def fail() -> None:
        create(b'{"categories":[]}')
        raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(store.write(fail))
    number = asyncio.run(store.write(lambda: create(b"{}")))
    datasets.rule(number).check({"detection": [{"category_id": 1, "label_id": 1}]}, "attributes")


def test_a_long_rule_is_read_in_turns(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.turns.TURN", 1e-6)
    datasets, count = Datasets(store), 5000
    labels = [{"label_id": n} for n in range(count)]
    props = json.dumps({"categories": [{"category_id": 1, "labels": labels}]}).encode()
    row = datasets.create("o", "n", "custom", props, "")
    assert row

    async def turns_of_others() -> int:
        work = asyncio.ensure_future(datasets.prepare_rule(str(row.dataset_id)))
        turns = 0
        while not work.done():
            turns += 1
            await asyncio.sleep(0)
        await work
        return turns

    assert asyncio.run(turns_of_others()) > count // 10
    # It has been read.
    assert asyncio.run(turns_of_others()) <= 2
    with pytest.raises(Refusal):
        datasets.rule(row.dataset_id).check({"detection": [{"category_id": 1, "label_id": count}]}, "attributes")
    datasets.rule(row.dataset_id).check({"detection": [{"category_id": 1, "label_id": 7}]}, "attributes")


def test_many_rules_are_kept_but_not_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.storage.datasets._RULES_KEPT", 2)
    datasets = Datasets(store)
    rows = [datasets.create("o", str(number), "custom", b"{}", "") for number in range(5)]
    for row in rows:
        assert row
        datasets.rule(row.dataset_id)
    assert len(datasets._rules) <= 2


def test_a_full_disk_is_answered_with_500_and_the_server_goes_on(
    file: Path, make_api: Callable[..., "Api"], caplog: pytest.LogCaptureFixture
) -> None:
    with RunningServer(database=file) as server:
        api = make_api(server)
        dataset = api.create_dataset()
        item = api.create_item(dataset)
        store: Store = server.app.state.store
        pages = store.execute("PRAGMA page_count").fetchone()[0]
        store.execute(f"PRAGMA max_page_count = {pages}")
        body = {"source_data": [{"data_uri": "x"}], "attributes": {"a": "x" * 1_000_000}}
        for _ in range(2):
            response = api.request("POST", api.items_path(dataset), json=body)
            assert response.status_code == 500
            assert response.json() == {"error": "internal_server_error", "error_description": "The server failed"}
        assert api.ok("GET", api.items_path(dataset)) == {"items": [item], "total_count": 1}
        store.execute("PRAGMA max_page_count = 1000000")
        assert api.ok("POST", api.items_path(dataset), json=body)["dataset_item_id"] == 1
    assert "database or disk is full" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_bug_is_answered_with_500_and_logged(
    api: "Api", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Datasets, "page", lambda *_: 1 / 0)
    response = api.request("GET", api.datasets_path)
    assert response.status_code == 500
    assert "division" not in response.text
    assert "ZeroDivisionError" in caplog.text
    assert all(record.name == "abeja_datasets_mock" for record in caplog.records)
    api.create_dataset()


def test_two_servers_share_a_file(file: Path, make_api: Callable[..., "Api"]) -> None:
    with RunningServer(database=file) as one, RunningServer(database=file) as two:
        apis = [make_api(one), make_api(two)]
        dataset = apis[0].create_dataset(name="shared")
        apis[1].refused(400, "POST", apis[1].datasets_path, json={"name": "shared", "type": "custom", "props": {}})

        def work(number: int) -> list[int]:
            api = apis[number % 2]
            return [api.create_item(dataset, {"n": number})["dataset_item_id"] for _ in range(25)]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            ids = [item for chunk in pool.map(work, range(8)) for item in chunk]
        assert sorted(ids) == list(range(200))
        pages = [api.ok("GET", api.items_path(dataset), params={"limit": 200}) for api in apis]
        assert pages[0] == pages[1]
        assert pages[0]["total_count"] == 200
        token = apis[0].ok("GET", apis[0].items_path(dataset), params={"limit": 199})["next_page_token"]
        params = {"next_page_token": token}
        assert len(apis[1].ok("GET", apis[1].items_path(dataset), params=params)["items"]) == 1
        apis[1].ok("DELETE", apis[1].dataset_path(dataset))
        apis[0].refused(404, "GET", apis[0].items_path(dataset))


def test_a_lock_that_is_held_too_long(
    file: Path, make_api: Callable[..., "Api"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("abeja_datasets_mock.storage.store.PATIENCE", 0.1)
    with RunningServer(database=file) as server:
        api = make_api(server)
        dataset = api.create_dataset()
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        body = {"source_data": [{"data_uri": "x"}]}
        assert api.request("POST", api.items_path(dataset), json=body).status_code == 500
        assert api.ok("GET", api.dataset_path(dataset))["total_count"] == 0
        other.execute("COMMIT")
        other.close()
        api.create_item(dataset)


def test_a_lock_that_is_released(file: Path, make_api: Callable[..., "Api"]) -> None:
    with RunningServer(database=file) as server:
        api = make_api(server)
        other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, other.execute, ["COMMIT"])
        release.start()
        api.create_dataset()
        release.join()
        other.close()


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        ("CREATE TABLE theirs (a)", "is the database of another program"),
        ("PRAGMA application_id = 7", "is the database of another program"),
        ("PRAGMA user_version = 1", "is the database of another program"),
        (
            f"PRAGMA application_id = {database_module.APPLICATION_ID}",
            "is of version 0, and this server reads version 3; serve it with the release that made it, or name another",
        ),
        (
            f"PRAGMA application_id={database_module.APPLICATION_ID}; PRAGMA user_version=2; CREATE TABLE items (a)",
            "is of version 2, and this server reads version 3; serve it with the release that made it, or name another",
        ),
    ],
)
def test_files_of_others_are_refused_and_left_alone(file: Path, prepare: str, reason: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.executescript(prepare)
    connection.close()
    before = file.read_bytes()
    with pytest.raises(UnusableDatabase, match=f"{file}: {reason}"):
        create_app(database=file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_is_no_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "PATIENCE", 0.1)
    text = tmp_path / "text"
    text.write_text("not a database, but long enough to be looked at" * 100)
    locked = tmp_path / "locked"
    with sqlite3.connect(locked) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        for path in (text, tmp_path, tmp_path / "none" / "x", locked):
            with pytest.raises(UnusableDatabase, match=str(path)) as caught:
                create_app(database=path)
            assert "\n" not in str(caught.value)
    holder.close()


def test_an_empty_file_is_taken(file: Path) -> None:
    file.touch()
    Store(file).close()
    Store(file).close()


def test_many_servers_start_on_one_new_file(file: Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for store in list(pool.map(Store, [file] * 8)):
            store.close()


def listed(client: httpx.Client, items: str) -> set[int]:
    """Return the ids of all items, whose number is the total count."""
    found: set[int] = set()
    token: str | None = ""
    while token is not None:
        page = client.get(items, params={"limit": 1000, **({"next_page_token": token} if token else {})}).json()
        found |= {item["dataset_item_id"] for item in page["items"]}
        token = page.get("next_page_token")
    assert page["total_count"] == len(found)
    return found


def test_what_is_committed_moves_into_the_database_file(
    file: Path, make_api: Callable[..., "Api"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log from which nobody moves what is committed grows for ever."""
    monkeypatch.setattr("abeja_datasets_mock.storage.checkpoints._WAIT", 0.01)
    monkeypatch.setattr("abeja_datasets_mock.storage.checkpoints._LONG_LOG", 20)
    log = file.with_name("data.sqlite-wal")
    with RunningServer(database=file) as server:
        api = make_api(server)
        dataset = api.create_dataset()
        written, deadline = 0, time.monotonic() + 20
        while b"item 0" not in file.read_bytes() or written < 4 * log.stat().st_size:
            assert time.monotonic() < deadline
            attributes = {"text": f"item {written}" + "x" * 20_000}
            api.create_item(dataset, attributes)
            written += len(attributes["text"])


@pytest.mark.parametrize("kills", [2, pytest.param(48, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_when_killed(file: Path, kills: int) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("ABEJA_", "PLATFORM_"))}
    command = [sys.executable, "-m", "abeja_datasets_mock", "--database", str(file)]
    acknowledged: set[int] = set()
    for _ in range(kills):
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            process.stdout.readline()
            url = process.stdout.readline().strip().partition("=")[2]
            with httpx.Client(base_url=url, auth=AUTH) as client:
                datasets = client.get("/organizations/1/datasets/").json()
                if not datasets:
                    body = {"name": "n", "type": "custom", "props": {}}
                    datasets = [client.post("/organizations/1/datasets/", json=body).json()]
                items = f"/organizations/1/datasets/{datasets[0]['dataset_id']}/items/"
                assert acknowledged <= listed(client, items)

            created: list[int] = []

            def work(_: int, url: str = url + items, created: list[int] = created) -> None:
                with httpx.Client(auth=AUTH) as one, contextlib.suppress(httpx.TransportError, json.JSONDecodeError):
                    while True:
                        answer = one.post(url, json={"source_data": [{"data_uri": "x"}]})
                        created.append(answer.json()["dataset_item_id"])

            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                results = [pool.submit(work, number) for number in range(4)]
                while len(created) < 20 and not any(result.done() for result in results):
                    time.sleep(0.01)
                process.send_signal(signal.SIGKILL)
                for result in results:
                    result.result()
            acknowledged.update(created)
    assert len(acknowledged) >= 20 * kills
    with RunningServer(database=file) as server, httpx.Client(base_url=server.url, auth=AUTH) as client:
        assert acknowledged <= listed(client, items)


def test_clients_at_once(server: RunningServer, api: "Api", make_api: Callable[..., "Api"]) -> None:
    dataset = api.create_dataset()
    apis = [make_api(server) for _ in range(32)]

    def work(number: int) -> list[dict[str, Any]]:
        one = apis[number]
        created = [one.create_item(dataset, {"client": number, "n": n}) for n in range(8)]
        for item in created:
            assert one.ok("GET", one.item_path(item)) == item
        updated = one.ok("PUT", one.item_path(created[0]), json={"attributes": {"client": number}})
        one.ok("DELETE", one.item_path(created[1]))
        return [updated, *created[2:]]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        expected = [item for items in pool.map(work, range(32)) for item in items]
    expected.sort(key=lambda item: item["dataset_item_id"])
    page = api.ok("GET", api.items_path(dataset), params={"limit": 1000})
    assert page == {"items": expected, "total_count": 32 * 7}
    times = [item["created_at"] for item in page["items"]]
    assert times == sorted(times)


def test_of_many_that_want_one_name_one_gets_it(server: RunningServer, make_api: Callable[..., "Api"]) -> None:
    apis = [make_api(server) for _ in range(16)]
    body = {"name": "one", "type": "custom", "props": {}}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda api: api.request("POST", api.datasets_path, json=body).status_code, apis))
    assert sorted(statuses) == [201, *[400] * 15]


def test_as_an_asgi_application() -> None:
    async def main() -> None:
        app = create_app()
        for _ in range(2):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://mock", auth=AUTH) as client:
                body = {"name": str(_), "type": "custom", "props": {}}
                assert (await client.post("/organizations/1/datasets/", json=body)).status_code == 201
                assert len((await client.get("/organizations/1/datasets/")).json()) == _ + 1
        app.state.store.close()

    asyncio.run(main())
    assert DEMO.argument["user_id"] == "1234567890123"


def test_the_end_of_its_lifespan_closes_the_database(file: Path) -> None:
    app = create_app(database=file)

    async def main() -> None:
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(main())
    with pytest.raises(sqlite3.ProgrammingError):
        app.state.store.execute("SELECT 1")


def test_a_websocket_is_closed() -> None:
    app = create_app()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    scope = {"type": "websocket", "path": "/", "raw_path": b"/", "headers": [], "root_path": ""}
    asyncio.run(app(scope, receive, send))
    app.state.store.close()
    assert [message["type"] for message in sent] == ["websocket.close"]

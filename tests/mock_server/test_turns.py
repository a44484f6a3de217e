"""Long work leaves other requests their turn, and is seen whole or not at all."""

import asyncio
import contextlib
import itertools
import re
import signal
import socket
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
from tests.sampling import every

from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.loading import LoadError, load
from abeja_datasets_mock.storage.places import MAX_ITEM_ID, place

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

COUNT = 3000
ORGANIZATION = "1102940376065"
SOURCE = [{"data_uri": "x"}]


@pytest.fixture(params=every(2, ["file", "memory"]))
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    with RunningServer(database=tmp_path / "data.sqlite" if request.param == "file" else None) as running:
        yield running


@pytest.fixture
def dataset(server: RunningServer) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [{"name": "many", "type": "custom", "props": {}}]
    lines += [{"source_data": [{"data_uri": "x"}], "attributes": {"a": 0, "n": n}} for n in range(COUNT)]
    (made,) = server.run(load(server.app.state.store, lines, ORGANIZATION))
    return made


def update(number: int, value: int) -> dict[str, Any]:
    return {"dataset_item_id": number, "attributes": {"a": value}}


@contextlib.contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[list[object]]:
    """Repeat `work` in a thread, and collect what it returns."""
    seen: list[object] = []
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            seen.append(work())

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("q", every(3, ["NOT a:1", None, "a:0"]))
def test_a_large_bulk_update_is_seen_whole(
    server: RunningServer, api: "Api", make_api: Callable[..., "Api"], dataset: dict[str, Any], q: str | None
) -> None:
    other = make_api(server)
    path = api.items_path(dataset)

    def look() -> Any:
        if q is not None:
            return other.ok("GET", path, params={"q": q, "limit": 1})["total_count"]
        items = other.ok("GET", path, params={"limit": 1000})["items"]
        return frozenset(item["attributes"]["a"] for item in items)

    with meanwhile(look) as seen:
        while not seen:
            time.sleep(0.001)
        answer = api.ok("PUT", path, json=[update(n, 1) for n in reversed(range(COUNT))])
    assert [item["dataset_item_id"] for item in answer] == list(reversed(range(COUNT)))
    assert {item["attributes"]["a"] for item in answer} == {1}
    whole: set[object] = {frozenset({0}), frozenset({1})} if q is None else {COUNT, 0}
    assert set(seen) <= whole
    assert api.ok("GET", path, params={"q": "a:1", "limit": 1})["total_count"] == COUNT
    assert api.ok("GET", api.item_path(answer[0])) == answer[0]
    store = server.app.state.store
    assert server.run(store.read(lambda: store.execute("SELECT count(*) FROM items").fetchone())) == (COUNT,)
    assert server.run(store.read(lambda: store.execute("SELECT count(*) FROM datasets").fetchone())) == (1,)


@pytest.mark.parametrize(
    ("last", "told"),
    every(
        2,
        [
            (update(COUNT, 1), f"[{COUNT - 1}].dataset_item_id: the dataset has no item {COUNT}"),
            (update(0, 1), f"[{COUNT - 1}].dataset_item_id: item 0 is in the list already"),
        ],
    ),
)
def test_a_large_bulk_update_changes_all_or_nothing(
    server: RunningServer, api: "Api", dataset: dict[str, Any], last: dict[str, Any], told: str
) -> None:
    path = api.items_path(dataset)
    assert api.refused(400, "PUT", path, json=[*(update(n, 1) for n in range(COUNT - 1)), last]) == told
    assert api.ok("GET", path, params={"q": "a:0", "limit": 1})["total_count"] == COUNT
    store = server.app.state.store
    assert server.run(store.read(lambda: store.execute("SELECT count(*) FROM items").fetchone())) == (COUNT,)


@pytest.mark.parametrize("gone", [0, 5999])
def test_an_item_is_deleted_before_a_large_bulk_update_is_shown(api: "Api", server: RunningServer, gone: int) -> None:
    """The update is refused as if the item had been missing from the start, and changes nothing."""
    lines: list[dict[str, Any]] = [{"name": "6000", "type": "custom", "props": {}}]
    lines += [{"source_data": SOURCE, "attributes": {"a": 0}}] * 6000
    store = server.app.state.store
    (dataset,) = server.run(load(store, lines, ORGANIZATION))
    at = place(int(dataset["dataset_id"]), gone)

    def delete_with_the_last_entry() -> None:
        is_last = f"NEW.source_data = '' AND NEW.place & {MAX_ITEM_ID} = 0"
        late = f"AFTER INSERT ON items WHEN {is_last} BEGIN DELETE FROM items WHERE place = {at}; END"
        store.execute(f"CREATE TEMP TRIGGER late {late}")

    server.run(store.write(delete_with_the_last_entry))
    path = api.items_path(dataset)
    told = f"[{5999 - gone}].dataset_item_id: the dataset has no item {gone}"
    assert api.refused(400, "PUT", path, json=[update(n, 1) for n in reversed(range(6000))]) == told
    assert api.ok("GET", path, params={"q": "a:1", "limit": 1})["total_count"] == 0
    for table in ("layers", "items WHERE source_data = ''"):
        query = f"SELECT count(*) FROM {table}"
        assert server.run(store.read(lambda query=query: store.execute(query).fetchone())) == (0,), table


def test_changes_while_a_large_bulk_update_is_merged(
    server: RunningServer, api: "Api", make_api: Callable[..., "Api"], dataset: dict[str, Any]
) -> None:
    """Each change that is acknowledged lasts, whichever moment of the update it comes in."""
    path, other = api.items_path(dataset), make_api(server)
    place = iter(range(0, COUNT, 7))
    changed: list[int] = []

    def change() -> None:
        number = next(place)
        item = f"{path}{number}"
        other.ok("PUT", item, json={"attributes": {"a": 2, "n": number}})
        seen = other.ok("GET", item)["attributes"]
        assert seen in ({"a": 2, "n": number}, {"a": 1}), "a bulk update may have come after it"
        if seen["a"] == 2:
            changed.append(number)

    with meanwhile(change):
        answer = api.ok("PUT", path, json=[update(n, 1) for n in range(COUNT)])
    assert len(answer) == COUNT
    counts = [api.ok("GET", path, params={"q": q, "limit": 1})["total_count"] for q in ("a:0", "a:1", "a:2", "NOT a:9")]
    assert counts[0] == 0
    assert counts[1] + counts[2] == counts[3] == COUNT
    assert counts[2] > 0


def test_a_merge_that_was_cut_off_goes_on(tmp_path: Path, make_api: Callable[..., "Api"]) -> None:
    """A layer that is visible lasts, and is merged by whichever server is asked next."""
    file = tmp_path / "data.sqlite"
    with RunningServer(database=file) as server:
        api = make_api(server)
        made = api.create_dataset()
        for n in range(3):
            api.create_item(made, {"a": 0, "n": n})
        store = server.app.state.store
        number = int(made["dataset_id"])

        def cut_off() -> None:
            store.execute("INSERT INTO datasets VALUES (?, '', 'x', 'layer', '', '', '')", (number + 1,))
            store.execute("INSERT INTO layers VALUES (?, ?)", (number, number + 1))
            row = (place(number + 1, 1), b"", b'{"a":1}', "", "2999-01-01T00:00:00.000000")
            store.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)

        server.run(store.write(cut_off))
    with RunningServer(database=file) as server, RunningServer(database=file) as second:
        for api in (make_api(server), make_api(second)):
            items = api.ok("GET", api.items_path(made))["items"]
            assert [item["attributes"] for item in items] == [{"a": 0, "n": 0}, {"a": 1}, {"a": 0, "n": 2}]
            assert api.ok("GET", f"{api.items_path(made)}1")["attributes"] == {"a": 1}
        assert api.ok("GET", api.items_path(made), params={"q": "a:1"})["total_count"] == 1
        assert api.ok("PUT", f"{api.items_path(made)}1", json={"attributes": {}})["updated_at"] > "2999"
        api.ok("DELETE", api.dataset_path(made))
        store = server.app.state.store
        for table in ("items", "layers", "datasets", "counters", "postings"):
            query = f"SELECT count(*) FROM {table}"
            assert server.run(store.read(lambda query=query: store.execute(query).fetchone())) == (0,), table


def test_a_deleted_dataset_is_gone_at_once(
    server: RunningServer, api: "Api", make_api: Callable[..., "Api"], dataset: dict[str, Any]
) -> None:
    other = make_api(server)
    path = f"{api.items_path(dataset)}{COUNT - 1}"
    with meanwhile(lambda: other.request("GET", path).status_code) as seen:
        while not seen:
            time.sleep(0.001)
        deleted = api.ok("DELETE", api.dataset_path(dataset))
    assert deleted == dataset
    assert set(seen) <= {200, 404}
    assert seen == sorted(seen, key=lambda status: status == 404)
    store = server.app.state.store
    for table in ("items", "datasets", "postings", "counters"):
        query = f"SELECT count(*) FROM {table}"
        assert server.run(store.read(lambda query=query: store.execute(query).fetchone())) == (0,), table
    assert api.create_dataset(name="many")["dataset_id"] > dataset["dataset_id"]


def test_bodies_that_are_large(api: "Api") -> None:
    """What goes through the incremental parser comes back as it was given."""
    dataset = api.create_dataset()
    attributes: dict[str, Any] = {
        "text": "\u3042" * 30_000, "numbers": [1, -2.5, 1e300, 10**40, None, True] * 5000, "deep": [[[[[]]]]] * 500,
        "members": {str(n): {"n": n, "list": [n, {"m": [n]}]} for n in range(5000)}, "empty": [{}, []] * 5000,
        '"\\\n\0\u3042' * 20_000: {"x" * 70_000: ['"\\\n\0\U0001f415,' * 20_000, {"in": "y" * 5000}]},
    }  # fmt: skip
    item = api.create_item(dataset, attributes)
    assert item["attributes"] == attributes
    assert list(item["attributes"]["members"]) == list(attributes["members"])
    assert api.ok("PUT", api.item_path(item), json={"attributes": attributes})["attributes"] == attributes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("%s", "Expecting value"), ("%s,]", "Expecting value"), ("%s1}", "Expecting ','"), ("%s1] x", "Extra"),
        ('%s{"a" 1}]', "Expecting ':'"), ("%s{1:1}]", "Expecting property name"), ("%sNaN]", "NaN is not JSON"),
        ('%s"\\ud800"]', "unpaired surrogate"), ("%s" + "[" * 500 + "]" * 501, "nested too deeply"),
        ("%s1e999]", "too large for a double"), ("%s" + "1" * 5000 + "]", "too many digits"),
    ],
)  # fmt: skip
def test_large_bodies_that_are_not_json(api: "Api", text: str, told: str) -> None:
    content = text % ("[" + "1," * 50_000)
    description = api.refused(
        400, "POST", api.datasets_path, content=content, headers={"Content-Type": "application/json"}
    )
    assert told in description


def test_stopping_does_not_wait_for_long_work(dataset: dict[str, Any], server: RunningServer, api: "Api") -> None:
    def delete() -> None:
        with contextlib.suppress(httpx.HTTPError):
            api.request("DELETE", api.dataset_path(dataset))

    thread = threading.Thread(target=delete)
    thread.start()
    start = time.monotonic()
    server.stop()
    thread.join()
    assert time.monotonic() - start < 5


def test_stopping_closes_a_connection_that_has_just_arrived(server: RunningServer) -> None:
    """The loop must not end with it open, which uvloop warns of, or hangs at."""
    url = httpx.URL(server.url)
    begun = threading.Event()
    with socket.socket() as client:
        client.settimeout(5)

        async def connect() -> None:
            begun.set()
            # `stop` asks the loop to end meanwhile; in its next turn the connection arrives first.
            time.sleep(0.1)  # noqa: ASYNC251
            await asyncio.sleep(0)
            client.connect((url.host, url.port))

        thread = threading.Thread(target=lambda: server.run(connect()))
        thread.start()
        assert begun.wait(5)
        server.stop()
        thread.join()
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_a_write_waits_for_a_second_server_on_the_file(tmp_path: Path, make_api: Callable[..., "Api"]) -> None:
    file = tmp_path / "data.sqlite"
    with RunningServer(database=file) as server, RunningServer(database=file) as second:
        api = make_api(second)
        lines: list[dict[str, Any]] = [{"name": "many", "type": "custom", "props": {}}]
        lines += [{"source_data": [{"data_uri": "x"}]} for _ in range(20_000)]
        thread = threading.Thread(target=lambda: server.run(load(server.app.state.store, lines, ORGANIZATION)))
        thread.start()
        statuses: list[httpx.Response] = []
        while thread.is_alive():
            body = {"name": str(len(statuses)), "type": "t", "props": {}}
            statuses.append(api.request("POST", api.datasets_path, json=body))
        thread.join()
        assert {response.status_code for response in statuses} == {201}
        assert len(statuses) > 3, "none waits for the end of the load"
        names = {dataset["name"] for dataset in api.ok("GET", api.datasets_path)}
    assert names == {"many", *(str(number) for number in range(len(statuses)))}


def test_a_load_that_is_killed_leaves_nothing_visible(tmp_path: Path, make_api: Callable[..., "Api"]) -> None:
    source, file = tmp_path / "load.jsonl", tmp_path / "data.sqlite"
    source.write_text(
        '{"name":"many","type":"custom","props":{}}\n' + '{"source_data":[{"data_uri":"x"}]}\n' * 300_000,
        encoding="utf-8",
    )
    code = "from abeja_datasets_cli.mock import mock; mock()"
    command = [sys.executable, "-c", code, "--load", str(source), "--database", str(file)]
    with RunningServer(database=file) as server:
        api = make_api(server)
        other = api.create_dataset()
        wal = file.with_name("data.sqlite-wal")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 20
            while wal.stat().st_size < 500_000:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.kill()
        store = server.app.state.store
        count = "SELECT count(*) FROM items"
        assert server.run(store.read(lambda: store.execute(count).fetchone())) > (0,)
        assert [dataset["name"] for dataset in api.ok("GET", api.datasets_path)] == [other["name"]]
        made = api.create_dataset(name="many")
        # The next delete removes what nobody has used for an hour.
        server.run(store.write(lambda: store.execute("UPDATE datasets SET updated_at = '2020' WHERE name != 'many'")))
        api.ok("DELETE", api.dataset_path(made))
        assert server.run(store.read(lambda: store.execute(count).fetchone())) == (0,)
        assert server.run(store.read(lambda: store.execute("SELECT count(*) FROM counters").fetchone())) == (1,)


def test_a_load_hears_signals(tmp_path: Path) -> None:
    source, file = tmp_path / "load.jsonl", tmp_path / "data.sqlite"
    item = '{"source_data":[{"data_uri":"x"}]}\n'
    source.write_text('{"name":"many","type":"custom","props":{}}\n' + item * 300_000, encoding="utf-8")
    code = "from abeja_datasets_cli.mock import mock; mock()"
    command = [sys.executable, "-c", code, "--load", str(source), "--database", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wal = file.with_name("data.sqlite-wal")
        deadline = time.monotonic() + 20
        while not wal.exists() or wal.stat().st_size < 100_000:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - start < 2
    assert (process.returncode, out, err) == (0, b"", b"")
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM items").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM datasets").fetchone() == (0,)


def test_a_long_page_comes_in_parts(server: RunningServer, api: "Api") -> None:
    """What is read and sent part by part is the page that was asked for."""
    dataset = api.create_dataset()
    texts = [letter * 700_000 for letter in "abcde"]
    items = [api.create_item(dataset, {"text": text, "x": 1}) for text in texts]
    path = api.items_path(dataset)
    for params in ({}, {"q": "x:1"}):
        page = api.ok("GET", path, params=params)
        assert page["items"] == items
        assert page["total_count"] == len(items)
        first = api.ok("GET", path, params={**params, "limit": 3})
        assert first["items"] == items[:3]
        rest = api.ok("GET", path, params={**params, "next_page_token": first["next_page_token"]})
        assert rest["items"] == items[3:]
    api.ok("DELETE", api.dataset_path(dataset))
    store = server.app.state.store
    assert server.run(store.read(lambda: store.execute("SELECT count(*) FROM items").fetchone())) == (0,)


@pytest.mark.parametrize(
    "content", [b"[" + b"[]," * 50_000 + b"[]]", b'{"type":"t","props":{},"name":[' + b"0," * 50_000 + b"0]}"]
)
def test_a_large_body_of_the_wrong_type(api: "Api", content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert "is not of type" in api.refused(400, "POST", api.datasets_path, content=content, headers=headers)


def test_an_application_that_is_never_started_leaves_no_warning() -> None:
    code = "from abeja_datasets_mock import create_app; app = create_app()"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_dataset_with_many_labels(server: RunningServer, api: "Api") -> None:
    """Its rule holds while it is loaded, and in a server that reads it for the first item."""
    count = 3000
    labels = [{"label_id": n, "label": f"label {n}"} for n in range(count)]

    def item(label: int) -> dict[str, Any]:
        return {"source_data": SOURCE, "attributes": {"detection": [{"category_id": 1, "label_id": label}]}}

    lines = [
        {"name": "many", "type": "custom", "props": {"categories": [{"category_id": 1, "name": "a", "labels": labels}]}}
    ]
    (dataset,) = server.run(load(server.app.state.store, [*lines, item(7)], ORGANIZATION))
    told = f"attributes.detection[0]: the dataset has no label {count} in category 1"
    assert api.refused(400, "POST", api.items_path(dataset), json=item(count)) == told
    assert api.ok("POST", api.items_path(dataset), json=item(count - 1))["dataset_item_id"] == 1
    lines[0]["name"] = "another"
    with pytest.raises(LoadError, match=re.escape(f"[1]: {told}")):
        server.run(load(server.app.state.store, [*lines, item(count)], ORGANIZATION))


@pytest.mark.parametrize("is_indexed", [True, False])
def test_an_item_with_many_terms(server: RunningServer, api: "Api", is_indexed: bool) -> None:
    """What is prepared before the change of an item is what the change leaves."""

    def terms(letter: str) -> dict[str, int]:
        return {f"{letter}{n}": n for n in range(10_000)}

    def count(q: str) -> int:
        return int(api.ok("GET", path, params={"q": q, "limit": 1})["total_count"])

    others = 1100 if is_indexed else 0
    lines: list[dict[str, Any]] = [{"name": "many", "type": "custom", "props": {}}]
    lines += [{"source_data": SOURCE, "attributes": terms("a")} for _ in range(3)]
    lines += [{"source_data": SOURCE, "attributes": {"a7": 7, "b": 1}} for _ in range(others)]
    (dataset,) = server.run(load(server.app.state.store, lines, ORGANIZATION))
    path = api.items_path(dataset)
    items = api.ok("GET", path, params={"limit": 3})["items"]
    store = server.app.state.store
    # The first query indexes again what the load has indexed.
    server.run(store.write(lambda: store.execute("DELETE FROM postings")))
    server.run(store.write(lambda: store.execute("UPDATE counters SET indexed = 0")))
    assert (count("a7:7"), count("a8:8"), count("NOT a7:7")) == (others + 3, 3, 0)
    changed = api.ok("PUT", api.item_path(items[0]), json={"attributes": terms("c")})
    assert changed["attributes"] == terms("c")
    assert (count("a8:8"), count("c8:8"), count("NOT a7:7")) == (2, 1, 1)
    api.ok("PUT", api.item_path(items[1]), json={"attributes": {}})
    assert (count("a8:8"), count("NOT a7:7")) == (1, 2)
    for item in (items[0], items[2]):
        api.ok("DELETE", api.item_path(item))
    assert (count("a8:8"), count("c8:8"), count("NOT a7:7")) == (0, 0, 1)
    texts = server.run(store.read(lambda: store.execute("SELECT terms FROM postings").fetchall()))
    assert not any(b"a8" in text or b"c8" in text for (text,) in texts)


def test_an_item_that_is_stale(tmp_path: Path, make_api: Callable[..., "Api"]) -> None:
    """A change of many terms is found before it is indexed, and another server indexes it."""
    file = tmp_path / "data.sqlite"
    lines: list[dict[str, Any]] = [{"name": "many", "type": "custom", "props": {}}]
    lines += [{"source_data": SOURCE, "attributes": {"a": 0, "n": n}} for n in range(2100)]

    def found(api: "Api", q: str) -> list[int]:
        items = api.ok("GET", path, params={"q": q, "limit": 1000})["items"]
        return [item["dataset_item_id"] for item in items]

    with RunningServer(database=file) as server:
        api, store = make_api(server), server.app.state.store
        (dataset,) = server.run(load(store, lines, ORGANIZATION))
        path = api.items_path(dataset)
        for number in (3, 1500, 5):
            api.ok("PUT", f"{path}{number}", json={"attributes": {f"k{n}": n for n in range(40)}})
        api.ok("PUT", f"{path}3", json={"attributes": {"b": 1}})
        api.ok("DELETE", f"{path}5")
        store.execute("PRAGMA query_only = 1")  # nothing is indexed now
        assert (found(api, "b:1"), found(api, "k7:7"), len(found(api, "n:3 OR n:4"))) == ([3], [1500], 1)
        assert api.ok("GET", path, params={"q": "NOT b:1", "limit": 1})["total_count"] == 2098
        store.execute("PRAGMA query_only = 0")
    with RunningServer(database=file) as server:
        api, store = make_api(server), server.app.state.store
        assert store.execute("SELECT count(*) FROM stale").fetchone() == (2,)
        assert (found(api, "b:1"), found(api, "k7:7"), len(found(api, "n:3 OR n:4"))) == ([3], [1500], 1)
        assert store.execute("SELECT count(*) FROM stale").fetchone() == (0,)
        assert api.ok("GET", path, params={"q": "NOT b:1", "limit": 1})["total_count"] == 2098


def test_a_few_large_items_are_updated_in_turns(server: RunningServer, api: "Api") -> None:
    dataset = api.create_dataset()
    for _ in range(3):
        api.create_item(dataset, {"text": "x" * 700_000})
    answer = api.ok("PUT", api.items_path(dataset), json=[update(n, n) for n in (2, 0)])
    assert [item["attributes"] for item in answer] == [{"a": 2}, {"a": 0}]
    assert api.refused(400, "PUT", api.items_path(dataset), json=[update(0, 7), update(2**40, 7)])
    items = api.ok("GET", api.items_path(dataset))["items"]
    assert [item["attributes"].get("a") for item in items] == [0, None, 2]
    store = server.app.state.store
    assert server.run(store.read(lambda: store.execute("SELECT count(*) FROM items").fetchone())) == (3,)


def test_others_change_items_while_one_with_many_terms_changes(
    server: RunningServer, api: "Api", make_api: Callable[..., "Api"], dataset: dict[str, Any]
) -> None:
    """A change that is prepared anew, and at last made at once, is in the index as in the items."""
    path, other = api.items_path(dataset), make_api(server)
    place = itertools.cycle(range(100, COUNT))
    assert api.ok("GET", path, params={"q": "a:0", "limit": 1})["total_count"] == COUNT

    def change() -> int:
        return int(other.ok("PUT", f"{path}{next(place)}", json={"attributes": {"b": 1}})["dataset_item_id"])

    with meanwhile(change) as seen:
        for letter in "xyz":
            api.ok("PUT", f"{path}0", json={"attributes": {f"{letter}{n}": n for n in range(20_000)}})
    counts = [
        api.ok("GET", path, params={"q": q, "limit": 1})["total_count"]
        for q in ("b:1", "a:0", "x7:7", "z7:7", "NOT z7:7")
    ]
    changed = len(set(seen))
    assert counts == [changed, COUNT - changed - 1, 0, 1, COUNT - 1]


def test_an_item_changes_while_its_change_is_prepared(
    server: RunningServer, api: "Api", make_api: Callable[..., "Api"], dataset: dict[str, Any]
) -> None:
    """What was prepared for other attributes is not written, also where the change is short work by then."""
    path, other = api.items_path(dataset), make_api(server)
    assert api.ok("GET", path, params={"q": "a:0", "limit": 1})["total_count"] == COUNT
    for _ in range(3):
        api.ok("PUT", f"{path}0", json={"attributes": {f"x{n}": n for n in range(10_000)}})
        thread = threading.Thread(target=lambda: api.ok("PUT", f"{path}0", json={"attributes": {"d": 1}}))
        thread.start()
        while thread.is_alive():
            other.ok("PUT", f"{path}0", json={"attributes": {"e": 1}})
        thread.join()
        kept = api.ok("GET", f"{path}0")["attributes"]
        counts = {q: api.ok("GET", path, params={"q": f"{q}:1", "limit": 1})["total_count"] for q in "de"}
        assert counts == {q: int(q in kept) for q in "de"}
        assert api.ok("GET", path, params={"q": "x7:7", "limit": 1})["total_count"] == 0

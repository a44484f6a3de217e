"""The index of `q`: when it is made, what it leaves to look at, and what failures and deletions leave of it."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.loading import LoadError, load
from abeja_datasets_mock.storage import index as index_module
from abeja_datasets_mock.storage import terms as terms_module
from abeja_datasets_mock.storage.terms import EVERY, terms_in_parts, terms_of

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

    from abeja_datasets_mock.storage.store import Store

BLOCK = 4


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "BLOCK", BLOCK)


def indexed(store: "Store") -> int:
    return int(store.execute("SELECT indexed FROM counters").fetchone()[0])


def index_of(store: "Store") -> list[Any]:
    return store.execute("SELECT * FROM postings ORDER BY place").fetchall()


def found(api: "Api", dataset: Any, q: str) -> list[int]:
    items = api.ok("GET", api.items_path(dataset), params={"q": q, "limit": 1000})["items"]
    return [item["dataset_item_id"] for item in items]


@pytest.mark.parametrize(
    ("attributes", "terms"),
    [
        (b"{}", set()),
        (b'{"a":1,"b":"x","c":null,"d":true,"e":-1.5e-07}', {b'"a":1', b'"b":"x"', b'"c":null', b'"d":true',
                                                            b'"e":-1.5e-07'}),
        (b'{"a":[1,"b",[{"c":{"d":0}}]],"e":{}}', {b'"d":0'}),
        (rb'{"a":"\"b\":1","c":["\",\"d\":1,"]}', {rb'"a":"\"b\":1"'}),
        (b'{"a":["x,",":1,"],"b":["{","c",":2}"]}', set()),
        (rb'{"a\\":"\\","b":2}', {rb'"a\\":"\\"', b'"b":2'}),
    ],
)  # fmt: skip
def test_terms_of_attributes(attributes: bytes, terms: set[bytes]) -> None:
    assert terms_of(attributes) == terms | {EVERY}


@pytest.mark.parametrize("length", [1, 30_000])
@pytest.mark.parametrize(
    "attributes",
    [
        b'{"%b":"x"}', b'{"x":"%b"}', b'{"%b":1,"b":2}', b'{"a":["%b","b",{"c":"%b"}],"d":{"%b":null}}',
        b'{"a":[[1,2],"%b"],"b":{"c":{"d":"%b"}},"e":3}', b'{"a":{"%b":[1,{"%b":-1e-07}]}}', b'{"%b":[],"a":["%b",[]]}',
    ],
)  # fmt: skip
def test_terms_of_large_attributes(attributes: bytes, length: int) -> None:
    """What is read in parts is what is read at once, also of strings that are longer than a part."""
    text = attributes.replace(b"%b", rb"\\,\",:{" * length)
    text = text[:-1] + b"".join(b',"k%d":["n,",%d,{"m":%d}]' % (n, n, n) for n in range(5000)) + b"}"
    assert set().union(*terms_in_parts(text)) == terms_of(text)


@pytest.mark.parametrize("length", [1, 100_000], ids=["at once", "in turns with other requests"])
@pytest.mark.usefixtures("small_blocks")
def test_a_query_indexes_full_blocks_and_looks_at_the_items_behind_them(
    server: RunningServer, api: "Api", monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    looked_at: list[bytes] = []

    def watched(terms: Any, attributes: bytes) -> Any:
        looked_at.append(attributes)
        return terms_module.present(terms, attributes)

    monkeypatch.setattr(index_module, "present", watched)
    dataset = api.create_dataset()
    for number in range(3 * BLOCK + 1):
        api.create_item(dataset, {"n": number, "even": number % 2 == 0, "text": length * "x"})
    assert indexed(server.app.state.store) == 0
    for q, expected in (("even:true", 7), ("NOT n:3", 12), ("n:3 OR n:12", 2), ("even:true AND NOT n:0", 6)):
        looked_at.clear()
        assert len(found(api, dataset, q)) == expected
        assert looked_at == [b'{"n":12,"even":true,"text":"' + length * b"x" + b'"}']
    assert indexed(server.app.state.store) == 3 * BLOCK


@pytest.mark.usefixtures("small_blocks")
def test_other_requests_come_between_the_blocks(server: RunningServer, api: "Api") -> None:
    dataset = api.create_dataset()
    for number in range(10 * BLOCK):
        api.create_item(dataset, {"n": number})
    order: list[str] = []

    async def main() -> None:
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock", auth=api.http.auth) as client:

            async def get(name: str, path: str, **options: Any) -> Any:
                response = await client.get(path, **options)
                order.append(name)
                return response.json()

            query = get("query", api.items_path(dataset), params={"q": "n:3"})
            answer, _ = await asyncio.gather(query, get("read", f"{api.items_path(dataset)}7"))
            assert answer["total_count"] == 1

    server.run(main())
    assert order == ["read", "query"]


@pytest.mark.usefixtures("small_blocks")
def test_many_queries_at_once_share_the_work(
    server: RunningServer, api: "Api", caplog: pytest.LogCaptureFixture
) -> None:
    dataset = api.create_dataset()
    for number in range(5 * BLOCK):
        api.create_item(dataset, {"n": number})
    log: list[str] = []
    store: Store = server.app.state.store
    store.connection.set_trace_callback(log.append)

    async def main() -> set[int]:
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock", auth=api.http.auth) as client:
            query = {"q": "NOT n:1"}
            answers = await asyncio.gather(*(client.get(api.items_path(dataset), params=query) for _ in range(8)))
            return {answer.json()["total_count"] for answer in answers}

    assert server.run(main()) == {5 * BLOCK - 1}
    assert sum(line.startswith("UPDATE counters SET indexed") for line in log) == 5
    assert indexed(store) == 5 * BLOCK
    assert not caplog.records


@pytest.mark.usefixtures("small_blocks")
def test_a_dataset_that_is_deleted_while_it_is_indexed(server: RunningServer, api: "Api") -> None:
    dataset = api.create_dataset()
    for number in range(5 * BLOCK):
        api.create_item(dataset, {"n": number})

    async def main() -> tuple[int, int]:
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock", auth=api.http.auth) as client:
            query = asyncio.create_task(client.get(api.items_path(dataset), params={"q": "n:1"}))
            while not index_of(server.app.state.store):  # noqa: ASYNC110 - the server tells nobody of it
                await asyncio.sleep(0)
            deleted = await client.delete(api.dataset_path(dataset))
            return (await query).status_code, deleted.status_code

    assert server.run(main()) == (404, 200)
    assert not index_of(server.app.state.store)


@pytest.mark.usefixtures("small_blocks")
def test_a_query_on_a_full_disk_looks_through_what_is_not_indexed(
    server: RunningServer, api: "Api", caplog: pytest.LogCaptureFixture
) -> None:
    store: Store = server.app.state.store
    dataset = api.create_dataset()
    for number in range(2 * BLOCK):
        # So many terms that they need pages of their own.
        api.create_item(dataset, {"n": number, **{f"{number} {key}": key for key in range(100)}})
    store.execute(f"PRAGMA max_page_count = {store.execute('PRAGMA page_count').fetchone()[0]}")
    assert found(api, dataset, "NOT n:1 AND NOT n:2") == [0, 3, 4, 5, 6, 7]
    assert indexed(store) == 0
    assert "a query goes on with what is indexed: database or disk is full" in caplog.text
    store.execute("PRAGMA max_page_count = 1000000")
    assert found(api, dataset, "NOT n:1 AND NOT n:2") == [0, 3, 4, 5, 6, 7]
    assert indexed(store) == 2 * BLOCK


@pytest.mark.usefixtures("small_blocks")
def test_what_is_undone_leaves_the_index_as_it_was(
    server: RunningServer, api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Store = server.app.state.store
    dataset = api.create_dataset()
    item = [api.create_item(dataset, {"n": number}) for number in range(BLOCK)][1]
    assert found(api, dataset, "n:1") == [1]
    before = index_of(store)
    execute = store.execute
    failures = [sqlite3.OperationalError("disk I/O error")] * 2

    def fail(sql: str, *parameters: Any) -> Any:
        if sql == "COMMIT" and failures and store.connection.total_changes > changes:
            raise failures.pop()
        return execute(sql, *parameters)

    changes = store.connection.total_changes
    monkeypatch.setattr(store, "execute", fail)
    assert api.request("PUT", api.item_path(item), json={"attributes": {"n": 9}}).status_code == 500
    assert api.request("DELETE", api.item_path(item)).status_code == 500
    assert failures == []
    assert index_of(store) == before
    assert (found(api, dataset, "n:1"), found(api, dataset, "n:9")) == ([1], [])


@pytest.mark.usefixtures("small_blocks")
def test_an_index_of_nothing_but_deleted_items(server: RunningServer, api: "Api") -> None:
    dataset = api.create_dataset()
    items = [api.create_item(dataset, {"n": number, "long": "x" * 100}) for number in range(BLOCK)]
    assert found(api, dataset, f'long:"{"x" * 100}"') == [0, 1, 2, 3]
    assert found(api, dataset, f'long:"{"x" * 101}"') == []
    for item in items:
        api.ok("DELETE", api.item_path(item))
    assert found(api, dataset, "NOT n:1") == []
    assert {terms for *_, terms in index_of(server.app.state.store)} == {b"\n"}
    api.ok("DELETE", api.dataset_path(dataset))
    assert not index_of(server.app.state.store)


@pytest.mark.usefixtures("small_blocks")
def test_long_terms_are_told_apart(server: RunningServer, api: "Api") -> None:
    dataset = api.create_dataset()
    # More than there are buckets, so that some share one.
    values = [f"{'x' * 100}{number}" for number in range(600)]
    for number in range(BLOCK):
        api.create_item(dataset, {"list": [{"long": value} for value in values[number::BLOCK]]})
    for number in range(0, 600, 11):
        assert found(api, dataset, f"long:{values[number]}") == [number % BLOCK]
    assert indexed(server.app.state.store) == BLOCK


@pytest.mark.usefixtures("small_blocks")
def test_what_is_loaded_is_indexed(server: RunningServer, api: "Api", tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    lines: list[Any] = [{"name": "n", "type": "t", "props": {}}]
    lines += [{"source_data": [{"data_uri": "x"}], "attributes": {"n": n}} for n in range(2 * BLOCK + 1)]
    file.write_text("\n".join(map(json.dumps, lines)))
    store: Store = server.app.state.store
    (dataset,) = server.run(load(store, file, api.organization))
    assert indexed(store) == 2 * BLOCK
    assert found(api, dataset, "n:3 OR n:8") == [3, 8]


def test_a_file_that_can_be_read_in_part_loads_nothing(
    server: RunningServer, api: "Api", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Iterator[Any]:
        yield "1", b'{"name": "n", "type": "t", "props": {}}'
        raise OSError("a broken disk")

    monkeypatch.setattr("abeja_datasets_mock.loading._file_lines", broken)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="a broken disk"):
        server.run(load(server.app.state.store, tmp_path / "file", api.organization))
    assert api.ok("GET", api.datasets_path) == []
    with pytest.raises(LoadError):
        server.run(load(server.app.state.store, [{}], api.organization))

"""Index, scan and a model in plain Python find the same items, whatever happens to the file and its servers."""

import asyncio
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from abeja_datasets_mock import RunningServer, create_app
from abeja_datasets_mock.storage import index as index_module

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from tests.mock_server.conftest import Api


AUTH = ("user-1234567890123", "demo-personal-access-token")
BLOCK = 4
SCAN = 1_000_000
"""A size of blocks with which none is ever full, so that each query looks through all items."""

# What could be taken for the end of a string, for a key, or for the end of a posting.
KEYS = ["a", "b", "é", 'q"', "a:b", ",", ":", "}", "]", "b\\", "k" * 70]
VALUES = ["1", "x", "", "true", "null", "1.5", "-5", "1e-07", "日本", 'say "x"', "b\\", ",", ":1,", '"a":1', "\n", "\t",
          "1" * 30, "y" * 70, "y" * 70 + "z"]  # fmt: skip
SCALARS = st.sampled_from([*VALUES, 1, 1.0, 1.5, -5, True, False, None, 1e-7, 10**29, int("1" * 30), 0])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, ""]), inner, max_size=4),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3)
Query = tuple[Any, ...]
QUERIES = st.recursive(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)),
    lambda inner: st.tuples(st.just("NOT"), inner) | st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
    max_leaves=5,
)


def written(query: Query) -> str:
    """Write a query: a pair of key and value, or an operator with its operands."""
    match query:
        case ("NOT", inner):
            return f"NOT {written(inner)}"
        case (operator, left, right):
            return f"({written(left)} {operator} {written(right)})"
        case (key, value):
            field = "".join(character if character.isalnum() else f"\\{character}" for character in key)
            quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'{field}:"{quoted}"'
    raise AssertionError(query)


def holds(query: Query, attributes: Any) -> bool:
    """Return what the contract says of an item, from its parsed attributes."""
    match query:
        case ("NOT", inner):
            return not holds(inner, attributes)
        case ("AND", left, right):
            return holds(left, attributes) and holds(right, attributes)
        case ("OR", left, right):
            return holds(left, attributes) or holds(right, attributes)
        case (key, value):
            return has(attributes, key, value)
    raise AssertionError(query)


def has(node: Any, key: str, value: str) -> bool:
    if isinstance(node, list):
        return any(has(element, key, value) for element in node)
    if not isinstance(node, dict):
        return False
    found = node.get(key, [])
    if not isinstance(found, list | dict) and (found if isinstance(found, str) else json.dumps(found)) == value:
        return True
    return any(has(element, key, value) for element in node.values())


class Searching(RuleBasedStateMachine):
    """One dataset on a file that two servers share, one without blocks, and the items that both should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.copies = 0
        self.file = self.folder / "0.sqlite"
        self.servers = [create_app(database=self.file), create_app(database=self.file)]
        self.scan = create_app()
        self.items: dict[int, Any] = {}
        self.next = 0
        neighbour, self.path = (self.create_dataset(name) for name in ("neighbour", "dataset"))
        for value in (*VALUES, True, None):
            body = {"source_data": [{"data_uri": "x"}], "attributes": dict.fromkeys(KEYS, value)}
            self.send(self.servers[0], BLOCK, "POST", neighbour, json=body)
        self.send(self.servers[0], BLOCK, "GET", neighbour, params={"q": "a:1"})

    def teardown(self) -> None:
        for app in (*self.servers, self.scan):
            app.state.store.close()
        self.runner.close()
        shutil.rmtree(self.folder)

    def send(self, app: "Starlette", block: int, method: str, path: str, **options: Any) -> Any:
        async def work() -> Any:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://mock", auth=AUTH) as client:
                response = await client.request(method, f"/organizations/1/datasets/{path}", **options)
                assert response.is_success, response.text
                return response.json()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index_module, "BLOCK", block)
            return self.runner.run(work())

    def change(self, method: str, path: str, body: Any = None) -> Any:
        """Make one change on both files, on one of them by either server in turn."""
        options = {} if body is None else {"json": body}
        self.servers.reverse()
        answer = self.send(self.servers[0], BLOCK, method, path, **options)
        self.send(self.scan, SCAN, method, path, **options)
        return answer

    def create_dataset(self, name: str) -> str:
        answer = self.change("POST", "", {"name": name, "type": "t", "props": {}})
        return f"{answer['dataset_id']}/items/"

    def pick(self, place: int) -> int:
        return list(self.items)[place % len(self.items)]

    @rule(many=st.lists(ATTRIBUTES, min_size=1, max_size=BLOCK + 1))
    def create(self, many: list[Any]) -> None:
        for attributes in many:
            body = {"source_data": [{"data_uri": "x"}], "attributes": attributes}
            assert self.change("POST", self.path, body)["dataset_item_id"] == self.next
            self.items[self.next] = attributes
            self.next += 1

    @precondition(lambda self: self.items)
    @rule(place=st.integers(0, 30), attributes=ATTRIBUTES)
    def update(self, place: int, attributes: Any) -> None:
        item = self.pick(place)
        self.items[item] = attributes
        self.change("PUT", f"{self.path}{item}", {"attributes": attributes})

    @precondition(lambda self: self.items)
    @rule(places=st.lists(st.integers(0, 30), min_size=1, max_size=4), attributes=ATTRIBUTES)
    def bulk_update(self, places: list[int], attributes: Any) -> None:
        items = {self.pick(place) for place in places}
        self.items.update(dict.fromkeys(items, attributes))
        self.change("PUT", self.path[:-1], [{"dataset_item_id": item, "attributes": attributes} for item in items])

    @precondition(lambda self: self.items)
    @rule(place=st.integers(0, 30))
    def delete(self, place: int) -> None:
        item = self.pick(place)
        del self.items[item]
        self.change("DELETE", f"{self.path}{item}")

    @rule()
    def kill(self) -> None:
        """Go on with the files as they lie, which is what a kill leaves."""
        self.copies += 1
        copy = self.folder / f"{self.copies}.sqlite"
        for ending in ("", "-wal"):
            shutil.copy(f"{self.file}{ending}", f"{copy}{ending}")
        for app in self.servers:
            app.state.store.close()
        self.file = copy
        self.servers = [create_app(database=copy), create_app(database=copy)]

    @rule(query=QUERIES, limit=st.integers(1, 6))
    def search(self, query: Query, limit: int) -> None:
        expected = [(item, attributes) for item, attributes in self.items.items() if holds(query, attributes)]
        for app, block in ((self.scan, SCAN), (self.servers[0], BLOCK), (self.servers[1], BLOCK)):
            walked: list[Any] = []
            params: dict[str, Any] = {"q": written(query), "limit": limit}
            while True:
                answer = self.send(app, block, "GET", self.path, params=params)
                assert answer["total_count"] == len(expected)
                walked += [(item["dataset_item_id"], item["attributes"]) for item in answer["items"]]
                if "next_page_token" not in answer:
                    break
                params["next_page_token"] = answer["next_page_token"]
            assert walked == expected


TestSearching = pytest.mark.slow(Searching.TestCase)
TestSearching.settings = settings(
    derandomize=True, database=None, deadline=None, max_examples=20, stateful_step_count=25
)


def start(file: Path) -> tuple["subprocess.Popen[str]", str]:
    """Start a server with small blocks in a process of its own, and give its URL."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("ABEJA_", "PLATFORM_"))}
    program = (
        f"import sys\nfrom abeja_datasets_mock.storage import index\nindex.BLOCK = {BLOCK}\n"
        "from abeja_datasets_mock.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "--database", str(file)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process, process.stdout.readline().strip().partition("=")[2]


def change_and_ask(items: str, progress: list[int], number: int) -> None:
    """Send requests of all kinds until the server is gone, and count the rounds of them."""
    with httpx.Client(auth=AUTH) as http:
        try:
            while True:
                done = progress[number]
                body = {"source_data": [{"data_uri": "x"}], "attributes": {"n": done % 5, "client": number}}
                item = http.post(items, json=body).json()["dataset_item_id"]
                if done % 2:  # so that some stay as they were created
                    http.put(f"{items}{max(item - 7, 0)}", json={"attributes": {"n": done % 3, "changed": True}})
                elif done % 4 == 0:
                    http.delete(f"{items}{max(item - 5, 0)}")
                http.get(items, params={"q": "n:1 AND NOT changed:true"})
                progress[number] += 1
        except (httpx.TransportError, json.JSONDecodeError):
            return


def test_the_index_and_the_items_agree_after_kills(tmp_path: Path, make_api: Callable[..., "Api"]) -> None:
    """Two servers on one file, four clients that change it and ask for it, and SIGKILL in the middle of that."""
    file = tmp_path / "data.sqlite"
    with RunningServer(database=file) as server:
        api = make_api(server)
        dataset = api.create_dataset()
    progress = [0] * 4
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for enough in (10, 20):
            servers = [start(file) for _ in range(2)]
            results = [
                pool.submit(change_and_ask, servers[number % 2][1] + api.items_path(dataset), progress, number)
                for number in range(4)
            ]
            while min(progress) < enough and not any(result.done() for result in results):
                concurrent.futures.wait(results, timeout=0.02)
            for process, _ in servers:
                process.send_signal(signal.SIGKILL)
                process.communicate()
            for result in results:
                result.result()
            assert min(progress) >= enough
    with pytest.MonkeyPatch.context() as patch, RunningServer(database=file) as server:
        patch.setattr(index_module, "BLOCK", BLOCK)
        api = make_api(server)
        items = {item["dataset_item_id"]: item["attributes"] for item in walk(api, dataset)}
        for query in (("n", "1"), ("NOT", ("changed", "true")), ("AND", ("client", "2"), ("NOT", ("n", "3")))):
            expected = [item for item, attributes in items.items() if holds(query, attributes)]
            assert expected
            assert [item["dataset_item_id"] for item in walk(api, dataset, q=written(query))] == expected
        (end,) = server.app.state.store.execute("SELECT indexed FROM counters").fetchone()
        assert end > 10 * BLOCK


def walk(api: "Api", dataset: Any, **params: Any) -> Iterator[Any]:
    params["limit"] = 1000
    while True:
        page = api.ok("GET", api.items_path(dataset), params=params)
        yield from page["items"]
        if "next_page_token" not in page:
            return
        params["next_page_token"] = page["next_page_token"]

"""A server that answers from a script, and both faces of the client behind one."""

import asyncio
import collections
import contextlib
import json
import os
import random
import socket
import struct
import threading
import time
import types
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self, cast
from urllib.parse import parse_qsl

import pytest

import abeja_datasets.session
from abeja_datasets import APIClient, AsyncAPIClient

TOKEN: Final = "token-of-these-tests"
_LINGER_0: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """A request as it was received."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lowercase name; one that came twice is joined by ", "."""
    body: bytes
    connection: int
    """Which connection it came on, from 1."""
    at: float
    """When, by `time.monotonic`."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True, strict_parsing="?" in self.target)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = "Scripted"
    fault: Literal["", "unread", "silent", "half", "reset", "stall", "goodbye"] = ""
    """unread, silent: it closes before, or after, reading. half: it sends half of the body and closes. reset: it reads,
    then resets the connection. stall: it reads, and never answers. goodbye: it answers, then closes without notice."""
    pause: float = 0.0
    """Seconds between the bytes of the body."""


class ScriptedServer:
    """An HTTP/1.1 server on loopback: one entry of its script answers one request. It records all that it receives."""

    def __init__(self, *, listening: bool = True) -> None:
        self.script: collections.deque[Reply] = collections.deque()
        self.always: Callable[[Request], Reply] | None = None
        """Answers what comes when the script is through; without it that is an error."""
        self.requests: list[Request] = []
        self.unread = 0
        self.unexpected: list[Request] = []
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._left: list[int] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0)) if listening else socket.socket()
        if listening:
            self._start(self._accept)
        else:
            self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def listen(self) -> None:
        """Take connections from now on, if it was made without."""
        self._listener.listen()
        self._start(self._accept)

    def reply(
        self, status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """Add an entry to the script."""
        self.script.append(Reply(status, body, headers or {}, **more))

    def answer(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Add an entry to the script, which answers with JSON."""
        self.reply(status, json.dumps(value).encode(), headers)

    @property
    def received(self) -> int:
        """How many requests came, read or not."""
        return len(self.requests) + self.unread

    @property
    def only(self) -> Request:
        (request,) = self.requests
        return request

    def drop_connections(self) -> None:
        """Wait until the connections that end with a "goodbye" have ended."""
        for thread in self._threads[1:]:
            thread.join(5)
            assert not thread.is_alive()

    def left(self, seconds: float = 0.2) -> list[int]:
        """Tell which connections the clients have closed, once all are or they had the time to be noticed."""
        deadline = time.monotonic() + seconds
        while len(self._left) < len(self._connections) and time.monotonic() < deadline:
            time.sleep(0.001)
        return sorted(self._left)

    def all_left(self) -> bool:
        """Tell whether the clients have closed all connections."""
        return len(self.left(10)) == len(self._connections)

    def close(self) -> None:
        # Closing alone would not wake the threads that wait on these.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def check(self) -> None:
        assert not self.unexpected, "requests that the script did not foresee"
        assert not self.script, "entries of the script that no request asked for"

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connections.append(connection)
                    number = len(self._connections)
                self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            while connection.recv(1, socket.MSG_PEEK):
                with self._lock:
                    reply = self.script.popleft() if self.script else None
                    if reply and reply.fault == "unread":
                        self.unread += 1
                        break
                request = _read(stream, number)
                with self._lock:
                    self.requests.append(request)
                    if reply is None and self.always is None:
                        self.unexpected.append(request)
                reply = reply or (self.always(request) if self.always else Reply(418, b"the script is through"))
                if not _send(connection, reply):
                    break
        with self._lock:
            self._left.append(number)


def _read(stream: Any, number: int) -> Request:
    method, target, _ = stream.readline().decode("ascii").split(" ")
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, number, time.monotonic())


def _send(connection: socket.socket, reply: Reply) -> bool:
    """Send a reply; tell whether the connection stays open."""
    if reply.fault == "stall":
        connection.recv(1)
    if reply.fault == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    if reply.fault in ("stall", "reset", "silent"):
        return False
    fields = {"Content-Type": "application/json", "Content-Length": str(len(reply.body)), **reply.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    body = reply.body[: len(reply.body) // 2] if reply.fault == "half" else reply.body
    if reply.status in (204, 304):  # these have none (RFC 9110, section 6.4.1)
        body = b""
    connection.sendall(f"HTTP/1.1 {reply.status} {reply.reason}\r\n{head}\r\n".encode("latin-1"))
    for piece in (body,) if not reply.pause else (body[i : i + 1] for i in range(len(body))):
        time.sleep(reply.pause)
        connection.sendall(piece)
    return not reply.fault


class Waits(list[float]):
    """The waits that a client asked for; none of them takes any time."""

    then: Callable[[], None] = staticmethod(lambda: None)
    """What happens during a wait."""

    def sleep(self, seconds: float) -> None:
        self.append(seconds)
        self.then()

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


class _Twin:
    """An `AsyncAPIClient` that is called like an `APIClient`, on one event loop."""

    def __init__(self, client: AsyncAPIClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        if name.startswith("_") or not callable(member):
            return member

        def call(*args: Any, **kwargs: Any) -> Any:
            result = member(*args, **kwargs)
            return _Steps(result, self._runner) if name.startswith("iter_") else self._runner.run(result)

        return call

    def __repr__(self) -> str:
        return repr(self._client)

    def __enter__(self) -> Self:
        self._runner.run(self._client.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self._client.__aexit__(None, None, None))


class _Steps:
    """An async iterator that is gone through like another."""

    def __init__(self, entries: AsyncIterator[Any], runner: asyncio.Runner) -> None:
        self._entries = entries
        self._runner = runner

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        async def step() -> Any:
            return await anext(self._entries, self)

        entry = self._runner.run(step())
        if entry is self:
            raise StopIteration
        return entry


class Face:
    """One of the two clients, to be used as if it were `APIClient`."""

    def __init__(self, name: str, stack: contextlib.ExitStack) -> None:
        self.name = name
        self.client_class = APIClient if name == "sync" else cast("type[APIClient]", AsyncAPIClient)
        self._stack = stack
        self._runner = stack.enter_context(asyncio.Runner()) if name == "async" else None

    def make(self, *args: Any, **settings: Any) -> APIClient:
        """Make a client with just these arguments; it is closed after the test."""
        client = self.client_class(*args, **settings)
        if self._runner:
            client = cast("APIClient", _Twin(cast("AsyncAPIClient", client), self._runner))
        self._stack.callback(client.close)
        return client

    def open(self, server: ScriptedServer | str, **settings: Any) -> APIClient:
        """Make a client of a server, with a credential."""
        base_url = server if isinstance(server, str) else server.url
        return self.make(**{"credential": {"auth_token": TOKEN}, "base_url": base_url, **settings})

    def run(self, call: Callable[[], Any]) -> Any:
        """Call something of httpx's; on the async face, await it on the loop of the clients."""
        if self._runner is None:
            return call()

        async def awaited() -> Any:
            return await call()

        return self._runner.run(awaited())

    def http_client(self, **options: Any) -> Any:
        """Make the `http_client` that this face takes; it is closed after the test."""
        import httpx

        client = httpx.Client(**options) if self._runner is None else httpx.AsyncClient(**options)
        self._stack.callback(self.run, client.close if isinstance(client, httpx.Client) else client.aclose)
        return client


@dataclass(frozen=True)
class Operation:
    """A documented method, a call of it, and what that must put on the wire."""

    name: str
    arguments: Mapping[str, Any]
    """By documented name, in the documented order; all of them."""
    method: str
    path: str
    query: str = ""
    body: Any = None
    """None where there must be no body."""

    def call(self, client: APIClient) -> Any:
        return getattr(client, self.name)(**self.arguments)


_ORG: Final = {"organization_id": "1102940376065"}
_DATASET: Final = {**_ORG, "dataset_id": "1410805969256"}
_ITEM: Final = {**_DATASET, "dataset_item_id": 7}
_ATTRIBUTES: Final = {"custom": [{"anything": "something"}]}
_SOURCE: Final = [{"data_type": "image/jpeg", "data_uri": "datalake://1200000000000/20170815T044617"}]
_DATASETS_PATH: Final = "/organizations/1102940376065/datasets/"
_DATASET_PATH: Final = f"{_DATASETS_PATH}1410805969256"
_BULK: Final = [{"dataset_item_id": 7, "attributes": _ATTRIBUTES}]

OPERATIONS: Final = (
    Operation(
        "create_dataset",
        {**_ORG, "name": "cats", "type": "custom", "props": {"categories": []}},
        "POST",
        _DATASETS_PATH,
        body={"name": "cats", "type": "custom", "props": {"categories": []}},
    ),
    Operation("get_dataset", _DATASET, "GET", _DATASET_PATH),
    Operation(
        "list_datasets",
        {**_ORG, "max_results": 20, "next_token": "a b"},
        "GET",
        _DATASETS_PATH,
        query="max_results=20&next_token=a+b",
    ),
    Operation("delete_dataset", _DATASET, "DELETE", _DATASET_PATH),
    Operation(
        "create_dataset_item",
        {**_DATASET, "source_data": _SOURCE, "attributes": _ATTRIBUTES},
        "POST",
        f"{_DATASET_PATH}/items/",
        body={"source_data": _SOURCE, "attributes": _ATTRIBUTES},
    ),
    Operation("get_dataset_item", _ITEM, "GET", f"{_DATASET_PATH}/items/7"),
    Operation(
        "list_dataset_items",
        {**_DATASET, "params": {"q": "label_id:1 AND label:dog", "limit": 5}},
        "GET",
        f"{_DATASET_PATH}/items/",
        query="q=label_id%3A1+AND+label%3Adog&limit=5",
    ),
    Operation(
        "update_dataset_item",
        {**_ITEM, "attributes": _ATTRIBUTES},
        "PUT",
        f"{_DATASET_PATH}/items/7",
        body={"attributes": _ATTRIBUTES},
    ),
    Operation(
        "bulk_update_dataset_item", {**_DATASET, "bulk_attributes": _BULK}, "PUT", f"{_DATASET_PATH}/items", body=_BULK
    ),
    Operation("delete_dataset_item", _ITEM, "DELETE", f"{_DATASET_PATH}/items/7"),
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's environment may reach the clients."""
    for variable in os.environ:
        if variable.startswith(("ABEJA_", "PLATFORM_")) or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Record the waits between attempts, instead of waiting; each as long as the policy allows."""
    waits = Waits()
    loops = {name: getattr(asyncio, name) for name in ("AbstractEventLoop", "get_running_loop")}
    monkeypatch.setattr(abeja_datasets.session, "time", types.SimpleNamespace(sleep=waits.sleep))
    monkeypatch.setattr(abeja_datasets.session, "asyncio", types.SimpleNamespace(sleep=waits.asleep, **loops))
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
    return waits


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()
    server.check()


@pytest.fixture
def other_server() -> Iterator[ScriptedServer]:
    """Another origin."""
    server = ScriptedServer()
    yield server
    server.close()
    server.check()


@pytest.fixture
def late_server() -> Iterator[ScriptedServer]:
    """A server that takes no connections before its `listen` is called."""
    server = ScriptedServer(listening=False)
    yield server
    server.close()
    server.check()


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    with contextlib.ExitStack() as stack:
        yield Face(request.param, stack)


@pytest.fixture
def client(face: Face, server: ScriptedServer) -> APIClient:
    """A client of `server`, on either face."""
    return face.open(server)


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.name)
def operation(request: pytest.FixtureRequest) -> Operation:
    """Each of the ten methods."""
    documented: Operation = request.param
    return documented


@pytest.fixture
def operations() -> dict[str, Operation]:
    """The ten methods by name."""
    return {operation.name: operation for operation in OPERATIONS}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


@dataclass(frozen=True)
class Documented:
    """What the documented API reference says of one method: facts and examples, kept in reference.json."""

    name: str
    signature: str
    api_reference: str
    """The method and the path."""
    parameters: Sequence[str]
    """The names, down to the nested fields."""
    raised: Sequence[str]
    requests: Mapping[str, Any]
    """The values that the request example assigns, by variable."""
    answer: Any
    """The answer example without its ellipses; None where there is none."""


def _documented() -> Iterator[Documented]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))
    for row in rows:
        yield Documented(**row)


DOCUMENTED: Final = {documented.name: documented for documented in _documented()}


@pytest.fixture(params=DOCUMENTED)
def documented(request: pytest.FixtureRequest) -> Documented:
    """What the reference says of each of the ten methods."""
    return DOCUMENTED[request.param]

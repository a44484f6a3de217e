"""A server in this process, over the mock server, with one fault at a time."""

import asyncio
import base64
import json
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from abeja_datasets_mock import Credential, create_app

URL = "http://mock.test"
ORGANIZATION, OTHER_ORGANIZATION = "1102940376065", "1200000000000"
SECRET, OTHER_SECRET = "token-of-the-first-Z9", "token-of-the-second-Y8"


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"user-{user}:{secret}".encode()).decode()


AUTHORIZATION, OTHER_AUTHORIZATION = basic("1", SECRET), basic("2", OTHER_SECRET)
CREDENTIALS = [
    Credential.user("1", SECRET, ORGANIZATION),
    Credential.user("2", OTHER_SECRET, OTHER_ORGANIZATION),
]


@dataclass
class Asked:
    """A request as the server gets it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def operation(self) -> str | None:
        found = (name for method, path, name in _OPERATIONS if method == self.method and path.fullmatch(self.path))
        return next(found, None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def but(self, **more: Any) -> "Asked":
        if "json" in more:
            more["body"] = json.dumps(more.pop("json")).encode()
        return Asked(**{**self.__dict__, **more})

    def reading(self) -> "Asked":
        """The same without a body, as GET."""
        kept = {name: value for name, value in self.headers.items() if not name.startswith("content")}
        return Asked("GET", self.target, kept)


_DOCUMENT = yaml.load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
_OPERATIONS = [
    (method.upper(), re.compile(re.sub(r"{\w+}", "[^/]+", path.rstrip("/")) + "/?"), operation["operationId"])
    for path, entry in _DOCUMENT["paths"].items()
    for method, operation in entry.items()
    if method != "parameters"
]
"""The method of each operation, what its path matches, and its name."""


@dataclass
class Told:
    """A response as the server gives it."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def but(self, **more: Any) -> "Told":
        if "json" in more:
            more["body"] = json.dumps(more.pop("json")).encode()
        return Told(**{**self.__dict__, **more})

    def header(self, name: str, value: str | None) -> "Told":
        kept = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        return self.but(headers=kept if value is None else [*kept, (name, value)])


Ask = Callable[[Asked], Awaitable[Told]]
Wrap = Callable[[Asked, Ask], Awaitable[Told]]
"""A fault: given a request, and a way to ask the faultless server, tell what to response."""


class Spoilt(httpx.BaseTransport):
    """The server, as a transport.

    Requests run on one event loop: that of the main thread, which is fast, until another thread sends one too.
    """

    def __init__(self, fault: Wrap | None = None, **options: Any) -> None:
        self.asked: list[Asked] = []
        self._app = create_app(**{"credentials": CREDENTIALS, **options})
        self._fault = fault
        self._loop = asyncio.new_event_loop()
        self._busy = threading.Lock()
        self._thread: threading.Thread | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers.raw}
        target = request.extensions.get("target", request.url.raw_path).decode("ascii")
        told = self.ask(Asked(request.method, target, headers, body))
        return httpx.Response(
            told.status, headers=[(k.encode(), v.encode("latin-1")) for k, v in told.headers], content=told.body
        )

    def ask(self, asked: Asked) -> Told:
        self.asked.append(asked)
        work = self._direct(asked) if self._fault is None else self._fault(asked, self._direct)
        if threading.current_thread() is threading.main_thread() and self._thread is None:
            return self._loop.run_until_complete(_whole(work))
        with self._busy:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(_whole(work), self._loop).result(30)

    def close(self) -> None:
        """Nothing: the server outlives a client's connections."""

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._app.state.store.close()
        self._loop.close()

    async def _direct(self, asked: Asked) -> Told:
        path, _, query = asked.target.partition("?")
        headers = {**asked.headers, "content-length": str(len(asked.body))}
        scope = {
            "type": "http",
            "method": asked.method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
        }
        told = Told(0)
        waiting = [{"type": "http.request", "body": asked.body, "more_body": False}]

        async def receive() -> Any:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                told.headers = [(k.decode(), v.decode("latin-1")) for k, v in message["headers"]]
                told.headers = [pair for pair in told.headers if pair[0].lower() != "content-length"]
            else:
                told.body += message.get("body", b"")

        await self._app(scope, receive, send)
        return told


async def _whole(work: Awaitable[Told]) -> Told:
    return await work


@contextmanager
def spoilt(fault: Wrap | None = None, **options: Any) -> Iterator[Spoilt]:
    """Run a server with a fault, or without one."""
    server = Spoilt(fault, **options)
    try:
        yield server
    finally:
        server.stop()

"""ASGI middleware that records requests, or delays responses."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, quote_from_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from abeja_datasets_mock.errors import Refusal
from abeja_datasets_mock.openapi.document import operations

from .logs import json_line
from .routing import Routes

_SECRET = ("authorization", "cookie", "proxy-authorization")
_HIDDEN = "[hidden]"

REFUSED = "abeja_datasets_mock.refused"
"""In a scope (ASGI): the status with which the server has refused the rest of the request."""

_PRINTABLE = bytes(range(0x21, 0x7F)).decode("ascii")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request, and the status of its response.

    Attributes:
        method: in capitals.
        path: as it was sent, with its percent-encoding, without the query.
        query: its parameters, decoded, in their order.
        headers: by lowercase name; repeated ones are joined by ", ", and secrets are `[hidden]`.
        body: the part that was read before the response; none of one that is too large.
        status: None where the client had gone before the response.
        operation: the operationId; None where the document has no such operation.
        seconds: from its arrival to the start of the response.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    status: int | None
    operation: str | None
    seconds: float

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Recorder:
    """Record each request before its response is sent, so that a client that has the response finds the record.

    Args:
        app: the application.
        listener: called with each request, in the event loop's thread.
        bodies: whether to keep the bodies, which are empty otherwise.
    """

    def __init__(self, app: ASGIApp, listener: Callable[[ReceivedRequest], object], *, bodies: bool = True) -> None:
        self._app = app
        self._listener = listener
        self._bodies = bodies
        self._routes = Routes(operations())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        body = bytearray()
        status: int | None = None

        async def kept() -> Message:
            message = await receive()
            if self._bodies:
                body.extend(message.get("body", b""))
            return message

        async def recorded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._tell(scope, bytes(body), status, start)
            await send(message)

        await self._app(scope, kept, recorded)
        if status is None:
            self._tell(scope, bytes(body), scope.get(REFUSED), start)

    def _tell(self, scope: Scope, body: bytes, status: int | None, start: float) -> None:
        method, path = scope["method"], scope["raw_path"]
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self._listener(
            ReceivedRequest(
                method, quote_from_bytes(path, _PRINTABLE), tuple(query), _headers(scope), body, status,
                self._operation(method, path), time.perf_counter() - start,
            )
        )  # fmt: skip

    def _operation(self, method: str, path: bytes) -> str | None:
        try:
            return self._routes.find(path)[0].operation(method).operation_id
        except Refusal:
            return None


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1")
        value = _HIDDEN if name in _SECRET else raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


LogFormat = Literal["text", "json"]


def refusal_line(status: int, description: str, form: LogFormat) -> str:
    """Return a log line for a response to bytes that are not a request."""
    if form == "text":
        return f"{_now()} - - - {status} {description}"
    return json_line(
        method=None, path=None, query=(), operation=None, status=status, milliseconds=None, message=description
    )


def log_line(request: ReceivedRequest, form: LogFormat) -> str:
    """Return a request as one log line; it holds no secret, and no request can break it into two."""
    milliseconds = round(request.seconds * 1000, 3)
    if form == "text":
        operation, status = request.operation or "-", request.status or "gone"
        return f"{_now()} {request.method} {request.path} {operation} {status} {milliseconds} ms"
    return json_line(
        method=request.method,
        path=request.path,
        query=request.query,
        operation=request.operation,
        status=request.status,
        milliseconds=milliseconds,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Latency:
    """Delay each response, but not that for a client that has gone: a server that stops would wait for it too.

    Args:
        app: the application.
        seconds: of the delay.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request to the application."""

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await _wait(self._seconds, receive)
            await send(message)

        await self._app(scope, receive, late)


async def _wait(seconds: float, receive: Receive) -> None:
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass

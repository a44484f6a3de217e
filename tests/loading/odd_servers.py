"""Servers that are odd in ways that no fault of the reference server is: ASGI middleware for tests of loading."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Change = Callable[[Any], Any]


class ChangedBodies:
    """Changes the JSON of creates before the server has it, or that of lists of items before the client has it.

    The responses to the creates in `lost`, counted from 0, are a 503 instead: it is carried out all the same.
    """

    def __init__(
        self, app: ASGIApp, *, create: Change | None = None, page: Change | None = None, lost: Sequence[int] = ()
    ) -> None:
        self._app = app
        self._create, self._page = create, page
        self._lost = lost
        self._creates = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_items = scope["type"] == "http" and scope["path"].rstrip("/").endswith("/items")
        if is_items and scope["method"] == "POST":
            body = await read(receive)
            if self._create:
                body = json.dumps(self._create(json.loads(body))).encode()
            if self._creates in self._lost:
                send = _failing(send)
            self._creates += 1
            await self._app({**scope, "headers": _with_length(scope["headers"], body)}, replay(body, receive), send)
        elif is_items and scope["method"] == "GET" and self._page:
            await self._app(scope, receive, _Changed(send, self._page))
        else:
            await self._app(scope, receive, send)


class _Changed:
    def __init__(self, send: Send, change: Change) -> None:
        self._send, self._change = send, change
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        if self._start["status"] == 200:
            self._body = json.dumps(self._change(json.loads(self._body))).encode()
        await self._send({**self._start, "headers": _with_length(self._start["headers"], self._body)})
        await self._send({"type": "http.response.body", "body": self._body})


def _failing(send: Send) -> Send:
    async def failing(message: Message) -> None:
        await send({**message, "status": 503} if message["type"] == "http.response.start" else message)

    return failing


class CommitsLate:
    """Carries out the first creates so many seconds late, when their clients have gone."""

    def __init__(self, app: ASGIApp, *, seconds: float, count: int) -> None:
        self._app = app
        self._seconds, self._count = seconds, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_create = scope["type"] == "http" and scope["method"] == "POST" and "/items" in scope["path"]
        if not is_create or not self._count:
            await self._app(scope, receive, send)
            return
        self._count -= 1
        body = await read(receive)
        await asyncio.sleep(self._seconds)
        await self._app(scope, replay(body, receive), send)


class FailsOn:
    """Fails each request that writes, where its path or its body holds one of some texts."""

    def __init__(self, app: ASGIApp, *, texts: Sequence[str]) -> None:
        self._app = app
        self._texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        body = await read(receive)
        if any(text.encode() in body + scope["raw_path"] for text in self._texts):
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, replay(body, receive), send)


def behind(seconds: float) -> Change:
    """Return a change of pages: items of the latest seconds are missing."""

    def change(page: Any) -> Any:
        latest = (datetime.now(UTC) - timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
        page["items"] = [one for one in page["items"] if one["created_at"] <= latest]
        return page

    return change


async def read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def replay(body: bytes, receive: Receive) -> Receive:
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return rest.pop() if rest else await receive()

    return replayed


def _with_length(headers: Any, body: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, b"%d" % len(body) if name == b"content-length" else value) for name, value in headers]

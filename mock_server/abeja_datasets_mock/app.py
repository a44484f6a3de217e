"""The ASGI application."""

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response as StarletteResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Lifespan, Receive, Scope, Send

from .content import Content
from .errors import CLOSE, INTERNAL_SERVER_ERROR, Refusal, Response, StorageFailed
from .handling.request import Request
from .http.authentication import DEMO, Authenticator, Credential
from .http.requests import ClientGone, check_media_type, content_length, parse_head, parse_query, read_body
from .http.routing import Routes
from .json_text import parse_json, parse_large_json
from .large import LARGE, releasing
from .likeness import Like, likeness
from .openapi.document import Operation, locate, operations, read
from .operations import Operations
from .storage.store import Store
from .turns import in_turns, without_collection

DEFAULT_MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request body; one with more is refused with 400."""

_JSON = (b"content-type", b"application/json")
_NO_CONTENT = 204
_logger = logging.getLogger("abeja_datasets_mock")
_Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    *,
    database: str | Path | None = None,
    credentials: Sequence[Credential] | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    like: Like = "documented",
    content: str | Path | None = None,
) -> Starlette:
    """Build the server as an ASGI application, ready at once: it does not depend on lifespan events.

    Use it from one event loop at a time. `app.state.store.close()` closes the database. The end of its lifespan does
    so too, and at last the end of the program. `app.state.on_refusal`, where a caller sets it, is called with the
    status and the description of each response to bytes that are not a request.

    Args:
        database: the SQLite file that keeps the data, made where it does not exist. None keeps it in memory.
        credentials: what requests may authenticate with. None is the demo credential for any organization.
        max_body: bytes of the largest request body accepted.
        like: "documented", or "deployed" for responses as the deployed platform sends them. Its items have no
            `organization_id`. Each page of items has a token, until an empty page ends the list with null.
        content: a folder whose files are served as content of the Data Lake: FOLDER/CHANNEL/FILE as
            `datalake://CHANNEL/FILE`. It is a test aid outside the contract. None serves none.

    Raises:
        UnusableDatabase: the file can't be used; the message says why.
        ValueError: there is no credential in `credentials`, `like` is another value, or `content` is not a folder.
    """
    taken = (DEMO,) if credentials is None else tuple(credentials)
    if not taken:
        raise ValueError("credentials: at least one is needed")
    authenticator = Authenticator(taken)
    shaped = likeness(like)
    served = Content(content, authenticator)
    store = Store(database)
    handlers = Operations(store, shaped)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    app = _Application(ContractRoute(handlers, authenticator, max_body, served), lifespan)
    app.state.content = served
    app.state.store = store
    app.state.operations = handlers
    return app


class _Application(Starlette):
    """An application without Starlette's own middleware and routing, unless middleware is added.

    They cost as much as a read does, and nothing is left to them: the route takes each request, and responds to each
    exception.
    """

    def __init__(self, route: "ContractRoute", lifespan: Lifespan[Starlette]) -> None:
        super().__init__(routes=[route], lifespan=lifespan)
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        if scope["type"] == "http" and not self.user_middleware:
            await self._route.handle(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


@functools.cache  # The path needs no credential, and reading the file takes longer than most requests.
def _as_json() -> bytes:
    return json.dumps(read(), ensure_ascii=False).encode("utf-8")


_DOCUMENTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "/openapi.yaml": ("application/yaml", lambda: locate().read_bytes()),
    "/openapi.json": ("application/json", _as_json),
}


class ContractRoute(BaseRoute):
    """All paths of the contract, and a refusal in the documented shape for every other request.

    The document needs no credential: `GET /openapi.yaml` and `GET /openapi.json`. Content is served where it is asked
    for.
    """

    def __init__(self, handlers: Operations, authenticator: Authenticator, max_body: int, served: Content) -> None:
        self._routes = Routes(operations())
        self._handlers = {operation.operation_id: _handler(handlers, operation) for operation in operations()}
        self._authenticator = authenticator
        self._max_body = max_body
        self._content = served

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match each HTTP request, so that none gets a response of another shape."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        if scope["path"] in _DOCUMENTS and scope["method"] in ("GET", "HEAD"):
            media_type, content = _DOCUMENTS[scope["path"]]
            await StarletteResponse(content(), media_type=media_type)(scope, receive, send)
            return
        try:
            if found := self._content.find(scope):
                await found(scope, receive, send)
                return
            response = await self._respond(scope, receive)
        except Refusal as refusal:
            response = self._closing(refusal.response, scope)
        except (ClientGone, asyncio.CancelledError):
            # No client waits for the response: a server that stops cancels long work.
            return
        except StorageFailed as error:
            _logger.error("%s %s: %s", scope["method"], scope["path"], error.__cause__ or error)  # noqa: TRY400 - known
            response = INTERNAL_SERVER_ERROR
        except Exception:
            # A mistake of ours, of any kind: the client gets the documented 500, and the log has the traceback.
            _logger.exception("%s %s: unexpected", scope["method"], scope["path"])
            response = INTERNAL_SERVER_ERROR
        await send({"type": "http.response.start", "status": response.status, "headers": _head(response)})
        body = response.body
        for more in response.more:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(0)
            body = more
        await send({"type": "http.response.body", "body": body})

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        headers = scope["headers"]
        resource, path = self._routes.find(scope["raw_path"])
        operation = resource.operation(scope["method"])
        self._authenticator.check(headers, path.get("organization_id"))
        query, head = parse_query(scope["query_string"], operation), parse_head(headers, operation)
        body = None
        if operation.body is not None and (operation.body_required or content_length(headers) != 0):
            check_media_type(headers)
            raw = await read_body(headers, receive, self._max_body)
            if len(raw) >= LARGE:
                return await self._carry_out_large(
                    operation, Request(path, query, None, head, operation.query, is_large=True), raw
                )
            body = parse_json(raw)
            operation.body.check(body, "body")
        request = Request(path, query, body, head, operation.query)
        return operation.documented(await self._handlers[operation.operation_id](request))

    async def _carry_out_large(self, operation: Operation, request: Request, raw: bytes) -> Response:
        with without_collection():
            request.body = body = await parse_large_json(raw)
            try:
                if operation.body is not None:
                    await in_turns(operation.body.checking(body, "body", raw))
                return operation.documented(await self._handlers[operation.operation_id](request))
            finally:
                request.body = None
                await in_turns(releasing(body))

    def _closing(self, response: Response, scope: Scope) -> Response:
        """Close the connection after a refusal when a body over the limit may still be on its way."""
        length = content_length(scope["headers"])
        if CLOSE in response.headers or (length is not None and length <= self._max_body):
            return response
        return response._replace(headers=(*response.headers, CLOSE))


def _head(response: Response) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response; one that has no content has no length either (RFC 9110, section 8.6)."""
    headers = [*response.headers]
    if response.status == _NO_CONTENT:
        return headers
    length = len(response.body) + sum(map(len, response.more))
    media_type = [_JSON] if length and _JSON[0] not in dict(headers) else []
    return [*media_type, (b"content-length", b"%d" % length), *headers]


def _handler(handlers: Operations, operation: Operation) -> _Handler:
    """Return the handler of an operation; without one, a handler that responds with its example or 501."""
    name = operation.operation_id
    found: _Handler | None = None if name.startswith("_") else getattr(handlers, name, None)
    if found is not None and operation.is_readable:
        return found

    async def stand_in(_request: Request) -> Response:
        if operation.example is None:
            raise Refusal(501, "not_implemented", f"{name}: this server does not carry it out yet")
        return operation.example

    return stand_in

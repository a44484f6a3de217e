"""Requests on connections that aiohttp keeps open, without the objects that its session makes for each request.

Those take a third of a call's time. aiohttp still opens the connections, keeps them, and parses the responses.
"""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from abeja_datasets.transports.http_libraries import warn
from abeja_datasets.transports.wire import Request

MAX_CONTENT: Final = 1 << 16
"""Bytes of the longest body that is sent here: the event loop takes them at once, without waiting for the server."""
_BUFFER: Final = 1 << 16
_USED: Final = ("set_response_params", "start_timeout", "read")


class Received(NamedTuple):
    """A response whose body may still be on its way."""

    status: int
    reason: str
    raw_headers: tuple[tuple[bytes, bytes], ...]
    content: aiohttp.StreamReader
    close: Callable[[], None]
    """Closes the connection, where the body is not read to its end."""


class KeptConnections:
    """Sends on the connections that a connector keeps open to one origin.

    Args:
        origin: scheme, host and port of the server.
        connector: made by `aiohttp_connections.connector`, so that its connections are `Protocol`s.
        max_head: bytes of the longest line and field of a response's head.
    """

    def __init__(self, origin: str, connector: Any, max_head: int) -> None:
        self._host = URL(origin).host_port_subcomponent
        self._connector = connector
        self._max_head = max_head
        self._head = b""
        self._head_of: tuple[Any, ...] = ()
        self._has_internals = all(hasattr(ResponseHandler, name) for name in _USED)
        if not self._has_internals:
            warn("calls take a little longer", f"aiohttp {aiohttp.__version__}", "ResponseHandler")

    def takes(self, request: Request) -> bool:
        """Return whether a request may be sent here."""
        return (
            self._has_internals
            and self._connector.has_protocols
            and (request.content is None or len(request.content) <= MAX_CONTENT)
            and _is_unpatched(aiohttp.ClientSession._request)  # noqa: SLF001 - tests and tracers replace it
        )

    async def send(self, request: Request) -> Received | None:
        """Send a request, and return its response; None where no connection is open: nothing is sent then."""
        head = self._head_for(request)
        connection = await self._connector.kept() if head else None
        if connection is None:
            return None
        try:
            message, body = await self._exchange(connection.protocol, head, request)
        except HttpProcessingError as error:
            connection.close()
            raise _malformed(request, error) from error
        except BaseException:
            connection.close()
            raise
        body.on_eof(connection.release)
        return Received(message.code, message.reason, message.raw_headers, body, connection.close)

    async def _exchange(self, protocol: Any, head: bytes, request: Request) -> Any:
        """Send a request, and return the head of the response and its body."""
        protocol.set_response_params(
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=request.seconds(),
            read_bufsize=_BUFFER,
            max_line_size=self._max_head,
            max_field_size=self._max_head,
        )
        if request.content is None and request.method == "GET":
            protocol.transport.write(head + b"\r\n")
        else:
            content = request.content or b""
            protocol.transport.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(content), content))
        protocol.start_timeout()
        return await protocol.read()

    def _head_for(self, request: Request) -> bytes:
        """Return the head but for its `Content-Length`; most requests have that of the last one. Empty: it has none."""
        of = (request.method, request.target, request.headers, request.credential.authorization)
        if of != self._head_of:
            self._head, self._head_of = self._written(*of), of
        return self._head

    def _written(self, method: str, target: str, headers: tuple[tuple[str, str], ...], authorization: str) -> bytes:
        pairs = [("Host", self._host or ""), *headers, ("Authorization", authorization)]
        texts = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in pairs)]
        if any(character in text for text in texts for character in "\r\n\0"):
            return b""  # aiohttp refuses it, and says why
        return "\r\n".join([*texts, ""]).encode()


def _malformed(request: Request, error: HttpProcessingError) -> aiohttp.ClientResponseError:
    """Return the error that aiohttp raises for a response that is not HTTP."""
    url = URL(request.origin + request.target, encoded=True)
    information = aiohttp.RequestInfo(url, request.method, CIMultiDictProxy(CIMultiDict()), url)
    return aiohttp.ClientResponseError(information, (), status=error.code, message=error.message)


@functools.lru_cache(maxsize=16)
def _is_unpatched(method: Any) -> bool:
    """Return whether a method is aiohttp's own."""
    is_function = type(method) is FunctionType and not hasattr(method, "__wrapped__")
    return is_function and cast("Any", method).__code__.co_filename == aiohttp.client.__file__

"""Our requests as those of httpx, and its errors as our failures."""

import functools
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

import httpx

from abeja_datasets.transports.http_libraries import was_sent
from abeja_datasets.transports.over_httpx.steps import watching
from abeja_datasets.transports.proxies import is_refusal
from abeja_datasets.transports.wire import DecodingError, Failure, Request

LIBRARY: Final = f"httpx/{httpx.__version__}"

# Raised before a byte of the request is sent.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_REMEMBERED: Final = 64


class _NoBody(httpx.ByteStream):
    """The body of a request without one. That of httpx has a piece, which is empty and takes as long as another."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


_EMPTY: Final = _NoBody(b"")


class Builder:
    """Builds the requests to one origin; what they have in common is made once.

    Args:
        origin: scheme, host and port.
        is_async: whether the requests are those of an asyncio client, which no other thread ends.

    Raises:
        ValueError: it has an address that httpx does not take.
    """

    def __init__(self, origin: str, *, is_async: bool) -> None:
        self._is_async = is_async
        try:
            self._host = httpx.URL(origin).netloc.decode("ascii")
        except httpx.InvalidURL as error:
            raise ValueError(f"base_url: {error}") from error
        # Parsing a URL takes as long as all else in here. Creates and pages often go to the same one.
        self._url = functools.lru_cache(maxsize=_REMEMBERED)(httpx.URL)
        self._last: tuple[tuple[tuple[str, str], ...], str, httpx.Headers] = ((), "", httpx.Headers())

    def build(self, request: Request) -> httpx.Request:
        """Return a request for the transport layer of httpx, which adds nothing to it."""
        headers, authorization, head = self._last
        # To compare takes a moment, and to hash all headers would take longer.
        if request.headers != headers or request.credential.authorization != authorization:
            head = self._head(request)
        content = request.content
        seconds = request.seconds()
        extensions: dict[str, Any] = {
            "timeout": {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
        }
        if not self._is_async and (steps := watching.get()):
            extensions["trace"] = steps
        return httpx.Request(
            request.method,
            self._url(request.origin + request.target),
            headers=head if content is None else _with_length(head, len(content)),
            stream=_EMPTY if content is None else httpx.ByteStream(content),
            extensions=extensions,
        )

    def _head(self, request: Request) -> httpx.Headers:
        authorization = request.credential.authorization
        own = [("Authorization", authorization)] if authorization else []
        head = httpx.Headers([("Host", self._host), *request.headers, *own])
        self._last = request.headers, authorization, head
        return head


def is_spent(response: httpx.Response) -> bool:
    """Return whether the connection of a response must not be used again: it carried a 5xx.

    Some servers close it without saying so, and a create that is sent on it may not be sent again.
    """
    if response.status_code < 500:  # noqa: PLR2004 - the range of failures of the server
        return False
    extensions = response.extensions
    # A connection of HTTP/2, which a given client may have, carries other requests too. A mock has none.
    return "network_stream" in extensions and extensions.get("http_version") != b"HTTP/2"


def failure(error: Exception) -> Failure:
    """Return the failure that an error of httpx stands for."""
    timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
    sent = not isinstance(error, _NOT_SENT) and was_sent(error)
    # The message begins with the status of the response to CONNECT, which is nowhere else.
    is_refused = isinstance(error, httpx.ProxyError) and is_refusal(str(error)[:3])
    return Failure(error, sent=sent, timed_out=timed_out, final=is_refused)


def decoded_by_httpx(response: httpx.Response, body: bytes) -> bytes:
    """Return a body without the codings that httpx decodes and we do not.

    Raises:
        DecodingError: it can't be decoded.
    """
    try:
        return httpx.Response(response.status_code, headers=response.headers, content=body).content
    except httpx.DecodingError as error:
        raise DecodingError(str(error)) from error


def timeouts(request: Request, given: httpx.Timeout) -> Any:
    """Return the timeouts of a request that a given client sends: its own, unless others are set or time runs out."""
    left = request.seconds_left()
    if request.is_default_timeout and left is None:
        return given
    own = given.as_dict() if request.is_default_timeout else dict.fromkeys(given.as_dict(), request.timeout)
    return httpx.Timeout(
        **{step: min((seconds for seconds in (own[step], left) if seconds is not None), default=None) for step in own}
    )


def headers_beside(client_headers: httpx.Headers, headers: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return our headers, except those that the caller has set on a client of their own."""
    untouched = {"accept": "*/*", "user-agent": f"python-httpx/{httpx.__version__}"}
    left = {name for name in ("accept", "user-agent") if client_headers.get(name) not in (None, untouched[name])}
    # Which codings a given client accepts is its own to say, and its own to decode.
    return {name: value for name, value in headers if name.lower() not in {*left, "accept-encoding"}}


def _with_length(headers: httpx.Headers, length: int) -> httpx.Headers:
    return httpx.Headers([*headers.raw, (b"Content-Length", b"%d" % length)])

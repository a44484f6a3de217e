"""Sending over aiohttp (the extra `fast`), which goes through many requests at once faster than httpx."""

import asyncio
import base64
import functools
import re
import ssl
from collections.abc import AsyncGenerator
from typing import Any, Final

import aiohttp
from yarl import URL

from abeja_datasets.calls.headers import Headers
from abeja_datasets.transports.http_libraries import never_resend, was_sent
from abeja_datasets.transports.over_aiohttp.aiohttp_connections import connector, deadline
from abeja_datasets.transports.over_aiohttp.aiohttp_requests import KeptConnections, Received
from abeja_datasets.transports.proxies import Proxy, is_refusal
from abeja_datasets.transports.received import Body
from abeja_datasets.transports.wire import DecodingError, Failure, Request, Response

LIBRARY: Final = f"aiohttp/{aiohttp.__version__}"

# Raised before a byte of the request is sent.
_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
_ERRORS: Final = (aiohttp.ClientError, OSError, DecodingError)
_QUERY: Final = re.compile(r"\?\S*")
_MAX_HEAD: Final = 100 * 1024
_LONG: Final = 1 << 18
_ALWAYS: Final = 3
"""How many headers each request begins with: `Accept`, `Accept-Encoding` and `User-Agent`."""
_IDLE: Final = 0.0001
"""Seconds without any response after which the event loop may not have turned."""
_BUSY: Final = 0.05
"""The same while other requests are under way, for which it turns unless a task holds it."""


class AiohttpTransport:
    """Sends over one session of aiohttp, which follows no redirect, keeps no cookie and decodes nothing.

    Args:
        origin: scheme, host and port of the server.
        ssl_context: what to check certificates with.
        proxy: to send through; None to send directly.

    Raises:
        ValueError: the proxy is of a kind that aiohttp does not take.
    """

    library = LIBRARY

    def __init__(self, origin: str, ssl_context: ssl.SSLContext | None, proxy: Proxy | None) -> None:
        if proxy and not proxy.url.startswith(("http://", "https://")):
            raise ValueError("aiohttp accepts only http:// and https:// proxies")
        url = URL(proxy.url) if proxy else None
        # An error of aiohttp shows the URL of the proxy, and a user and a password in it.
        self._proxy = url and url.with_user(None)
        authorization = _proxy_authorization(url) if url else {}
        self._tunnel_headers = authorization if origin.startswith("https://") else {}
        self._ssl = ssl_context
        # How many tasks call at once is the caller's to decide; none waits for another's connection.
        self._connector = connector(limit=0, ssl=ssl_context or True, keepalive_timeout=5)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            # As httpx takes it.
            max_line_size=_MAX_HEAD,
            max_field_size=_MAX_HEAD,
        )
        if not self._tunnel_headers:
            self._session.headers.update(authorization)
        never_resend(self._session)
        # A proxy that speaks plain HTTP takes another head. Traces are for the requests of the session.
        is_direct = proxy is None and not self._session.trace_configs
        self._kept = KeptConnections(origin, self._connector, _MAX_HEAD) if is_direct else None
        self._clock = asyncio.get_running_loop().time
        self._fresh_until = 0.0
        self._under_way = 0
        self._common: tuple[tuple[str, str], ...] | None = None

    async def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        # The event loop has noticed what the servers closed, if it turned a moment ago.
        self._connector.looks = self._clock() > self._fresh_until
        self._under_way += 1
        deadline.set(request.deadline)
        try:
            return await _read(await self._sent(request), request)
        except _ERRORS as error:
            raise _failure(error) from error
        finally:
            self._under_way -= 1
            self._fresh_until = self._clock() + (_BUSY if self._under_way else _IDLE)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _sent(self, request: Request) -> aiohttp.ClientResponse | Received:
        if self._kept is not None and self._kept.takes(request) and (received := await self._kept.send(request)):
            return received
        url = URL(request.origin + request.target, encoded=True)
        return await self._session.request(request.method, url, **self._options(request))

    def _options(self, request: Request) -> dict[str, Any]:
        content = request.content
        headers = self._headers(request)
        data: Any = content
        if content is not None and len(content) > _LONG:
            # aiohttp warns of long bytes, since the event loop takes them at once. This is what we want: it then
            # receives before it sends, and does not lose an early response when the server resets the connection.
            headers["Content-Length"] = str(len(content))
            data = _whole(content)
        return {
            "headers": headers,
            "data": data,
            "allow_redirects": False,
            "proxy": self._proxy,
            "proxy_headers": self._tunnel_headers,
            "timeout": _timeout(request.seconds()),
        }

    def _headers(self, request: Request) -> dict[str, str]:
        """Return the headers to add to those of the session, which are those of the first request.

        The credential is never among those of the session: aiohttp sends them to a proxy as well, and renames it to
        `Proxy-Authorization`.
        """
        common = request.headers[:_ALWAYS]
        if self._common is None:
            self._common = common
            self._session.headers.update(common)
        added = request.headers[_ALWAYS:] if self._common == common else request.headers
        return {**dict(added), "Authorization": request.credential.authorization}


async def _read(response: aiohttp.ClientResponse | Received, request: Request) -> Response:
    """Read a response to its end, and release its connection."""
    headers = Headers(response.raw_headers)
    try:
        body = Body(headers.coding(), request)
        content = response.content
        while not content.at_eof():
            body.feed(await content.readany())
        return Response(response.status, response.reason or "", headers, body.finish())
    except _ERRORS as error:
        raise _failure(error, sent=True, status=response.status, headers=headers) from error
    finally:
        # aiohttp keeps the connection open once the response is read. A body that failed may have reached its end too.
        if response.content.exception() is not None or not response.content.at_eof():
            response.close()


def _proxy_authorization(proxy: URL) -> dict[str, str]:
    """Return the header that carries the user and the password of a proxy's URL, if it has them."""
    if proxy.user is None and proxy.password is None:
        return {}
    encoded = base64.b64encode(f"{proxy.user or ''}:{proxy.password or ''}".encode()).decode("ascii")
    return {"Proxy-Authorization": f"Basic {encoded}"}


@functools.lru_cache(maxsize=16)
def _timeout(seconds: float | None) -> aiohttp.ClientTimeout:
    # Our connector bounds all of a connection's making by `sock_connect`.
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)


def _failure(error: Exception, *, sent: bool | None = None, **more: Any) -> Failure:
    """Return the failure that an error of aiohttp stands for."""
    if sent is None:
        sent = not isinstance(error, _NOT_SENT) and was_sent(error)
    if isinstance(error, aiohttp.ClientResponseError):
        # Its text has the whole URL, and it holds the headers of the request.
        status = f"{error.status} " if isinstance(error, aiohttp.ClientHttpProxyError) else ""
        more["text"] = status + " ".join(error.message.split())
    elif "?" in str(error):
        # Some have the whole URL too, such as a ConnectionTimeoutError.
        more["text"] = _QUERY.sub("", str(error))
    is_refused = isinstance(error, aiohttp.ClientHttpProxyError) and is_refusal(str(error.status))
    return Failure(error, sent=sent, timed_out=isinstance(error, TimeoutError), final=is_refused, **more)


async def _whole(content: bytes) -> AsyncGenerator[bytes]:
    yield content

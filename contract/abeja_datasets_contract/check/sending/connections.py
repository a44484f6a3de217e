"""Connections to the server: one request over one of them, bounded in time and size."""

import ssl
from dataclasses import dataclass
from typing import Any

import httpx

from abeja_datasets_contract.check.options import Options
from abeja_datasets_contract.check.results import Received

from .bodies import UnreadableBody, read
from .streams import Bounds, bound, has_leftovers

_HEAD = 256 * 1024
"""Bytes that come before a body at most, with all responses of 1xx."""
_OVERHEAD = 2
"""Bytes on the wire for each byte of a body, at most."""
_TIMEOUTS = 4
"""One request takes at most so many timeouts in all."""
_HEADERS = ((b"Accept", b"application/json"), (b"User-Agent", b"abeja-datasets-check"))


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to send. `target` is the path and the query, quoted, as they go over the wire behind the URL."""

    method: str
    target: str
    operation: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


class Connections:
    """The connections of a run.

    Args:
        url: where the API is, without a slash at the end.
        options: certificates, limits, and the transport of a test.
    """

    def __init__(self, url: str, options: Options) -> None:
        self._url, self._base, self._options = url, httpx.URL(url), options
        self._bounds = Bounds()
        self._trust = _trust(options)
        self._reuses = True
        self.doubtful = False
        """Whether the server did something to a connection that a later request would suffer from."""
        self._client = self._connect()

    def _connect(self) -> httpx.Client:
        most = self._options.concurrency
        client = httpx.Client(
            transport=self._options.transport,
            verify=self._trust,
            limits=httpx.Limits(max_connections=most, max_keepalive_connections=most if self._reuses else 0),
        )
        if self._options.transport is None:
            bound(client, self._bounds)
        return client

    def renew(self) -> None:
        """Open new connections. No request may be under way."""
        self.doubtful = False
        if self._options.transport is None:
            self._client.close()
            self._client = self._connect()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(self, call: Call) -> httpx.Request:
        """Build a request as it is to go over the wire."""
        url = httpx.URL(self._url + call.target) if self._options.transport is None else self._base
        target = self._base.raw_path.rstrip(b"/") + call.target.encode("ascii")
        extensions: dict[str, Any] = {
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._options.timeout)
        }
        if url.raw_path != target:
            # httpx would tidy up dots and escapes in the path; what is tested is how they arrive.
            extensions["target"] = target
        headers = [*_HEADERS, *((name.encode("latin-1"), value.encode("latin-1")) for name, value in call.headers)]
        return httpx.Request(call.method, url, headers=headers, content=call.body, extensions=extensions)

    def exchange(self, call: Call, seconds: float) -> Received:
        """Send a request and read the response, within this many seconds.

        Raises:
            Exception: of httpx or a library below it, or `UnreadableBody`: no whole response came.
        """
        request = self.request(call)
        for _ in range(self._options.concurrency):
            try:
                return self._once(request, seconds)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                # A server may close an idle connection at the moment in which it is used again.
                if self._bounds.connected or self._bounds.answered or self._options.transport is not None:
                    raise
                # A server that does so once does it again: from here on no connection is used twice.
                self._reuses, self.doubtful = False, True
        return self._once(request, seconds)

    def _once(self, request: httpx.Request, seconds: float) -> Received:
        self._bounds.begin(min(seconds, _TIMEOUTS * self._options.timeout), _HEAD)
        response = self._response(request)
        try:
            self._bounds.left = _HEAD + _OVERHEAD * self._options.max_body
            raw = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
            body = read(response, self._options.max_body)
            self.doubtful = self.doubtful or has_leftovers(response)
            return Received(response.status_code, response.reason_phrase, raw, body)
        finally:
            response.close()

    def _response(self, request: httpx.Request) -> httpx.Response:
        transport = self._options.transport
        if transport is None:
            # What httpx.Client adds would blur what is tested: credentials of ~/.netrc, cookies, a look at Location.
            transport = self._client._transport_for_url(request.url)  # noqa: SLF001 - there is no public way
        return transport.handle_request(request)


def describe(error: Exception) -> str:
    """Return in one line why no response came."""
    match error:
        case httpx.ConnectTimeout():
            return "no connection in time"
        case httpx.TimeoutException():
            return "no response in time"
        case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
            return f"the server's certificate is not trusted: {error}"
        case httpx.ConnectError():
            return f"no connection: {error}"
        case httpx.RemoteProtocolError():
            return f"no whole response: {error}"
    return str(error) if isinstance(error, UnreadableBody) else f"no response: {str(error) or type(error).__name__}"


def _trust(options: Options) -> ssl.SSLContext | bool:
    if options.transport is not None:
        return False  # nothing is connected to, and loading certificates takes time
    if options.ca_bundle is None:
        return httpx.create_ssl_context()
    return ssl.create_default_context(cafile=str(options.ca_bundle))

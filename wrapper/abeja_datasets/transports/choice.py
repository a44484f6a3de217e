"""Which transport a client sends with, and what it needs: certificates, a proxy, an HTTP library."""

import os
import ssl
from typing import TYPE_CHECKING, Any, Final, Literal

from abeja_datasets.lazy import LazyModule
from abeja_datasets.transports import http_libraries, trust
from abeja_datasets.transports.loading import loading
from abeja_datasets.transports.proxies import Proxy, proxy_for
from abeja_datasets.transports.wire import AsyncTransport, Transport

if TYPE_CHECKING:
    from abeja_datasets.transports.over_httpx import httpx_transport
else:
    httpx_transport = LazyModule("abeja_datasets.transports.over_httpx.httpx_transport")

Name = Literal["httpx", "aiohttp"]
MAX_KEPT_OPEN: Final = 100


class _Choice:
    """What both kinds of client have in common.

    Args:
        origin: scheme, host and port of the server.
        http_client: the caller's client; None for one of our transports.
        name: of the transport.
    """

    def __init__(self, origin: str, http_client: Any, name: Name | None) -> None:
        self._is_aiohttp = name == "aiohttp"
        self._origin = origin
        self._given = http_client
        self._proxy: Proxy | None = None
        self._ssl: ssl.SSLContext | None = None
        self.is_prepared = False

    def prepare(self) -> None:
        """Load the library and read the certificates, once; it takes long, and needs no event loop."""
        with loading.lock:
            if not self.is_prepared:
                self._prepare()
                self.is_prepared = True

    def _prepare(self) -> None:
        self._load()
        if self._given is None:
            self._proxy = proxy_for(self._origin)
            secure = [url for url in (self._origin, self._proxy.url if self._proxy else "") if url.startswith("https")]
            # A program that speaks plain HTTP needs no certificates, which take long to read. A variable that names
            # none is an error all the same: the program would fail once it is given the API's real address.
            trust.check(os.environ)
            self._ssl = trust.ssl_context(os.environ) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def _load(self) -> None:
        http_libraries.load_httpx()
        import httpx

        # The first transport of a process loads httpcore.
        httpx.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False).close()

    def _httpx_options(self) -> dict[str, Any]:
        import httpx

        options: dict[str, Any] = {
            "verify": self._ssl,
            "trust_env": False,
            # How many threads or tasks call at once is the caller's to decide; none waits for another's connection.
            "limits": httpx.Limits(max_connections=None, max_keepalive_connections=MAX_KEPT_OPEN),
        }
        if self._proxy:
            context = self._ssl if self._proxy.url.startswith("https") else None
            options["proxy"] = httpx.Proxy(self._proxy.url, ssl_context=context)
        return options

    def _refused(self, error: Exception) -> ValueError:
        assert self._proxy  # noqa: S101 - nothing else can be refused
        return ValueError(f"{self._proxy.variable}: {self._proxy.shown!r} can't be used: {error}")


class Choice(_Choice):
    """The transport of an `APIClient`."""

    def open(self) -> Transport:
        """Make it."""
        from abeja_datasets.transports.over_httpx.bounded import Bounded, BoundedGiven
        from abeja_datasets.transports.over_httpx.httpx_transport import GivenClient

        if self._given is not None:
            return BoundedGiven(GivenClient(self._given))
        try:
            return Bounded(self._transport())
        except (ImportError, ValueError) as error:
            if self._proxy is None:
                raise
            raise self._refused(error) from error

    def _transport(self) -> "httpx_transport.HttpxTransport":
        return httpx_transport.HttpxTransport(self._origin, self._httpx_options())


class ContentChoice(Choice):
    """The transport of content, which may be on any server."""

    def __init__(self) -> None:
        super().__init__("", None, None)

    def open(self) -> Transport:
        """Make it."""
        from abeja_datasets.transports.over_httpx.any_origin import Routes

        return Routes()

    def _prepare(self) -> None:
        # Each route has its own proxy, and certificates where it needs some.
        self._load()


class AsyncChoice(_Choice):
    """The transport of an `AsyncAPIClient`."""

    def open(self) -> AsyncTransport:
        """Make it, in the running event loop."""
        from abeja_datasets.transports.lanes import Bounded, Lanes

        if self._given is not None:
            from abeja_datasets.transports.over_httpx import streams
            from abeja_datasets.transports.over_httpx.async_httpx_transport import AsyncGivenClient

            streams.watch_given(self._given)
            return Bounded(AsyncGivenClient(self._given))
        try:
            if self._is_aiohttp:
                from abeja_datasets.transports.over_aiohttp.aiohttp_transport import AiohttpTransport

                return Bounded(AiohttpTransport(self._origin, self._ssl, self._proxy))
            return Bounded(Lanes(self._lane))
        except (ImportError, ValueError) as error:
            if self._proxy is None:
                raise
            raise self._refused(error) from error

    def _lane(self) -> AsyncTransport:
        from abeja_datasets.transports.over_httpx import streams
        from abeja_datasets.transports.over_httpx.async_httpx_transport import AsyncHttpxTransport

        transport = AsyncHttpxTransport(self._origin, self._httpx_options())
        streams.watch(transport.http_transport)
        return transport

    def _load(self) -> None:
        if self._is_aiohttp:
            import abeja_datasets.transports.over_aiohttp.aiohttp_transport
        else:
            super()._load()
            http_libraries.find_sniffio_once()
            import abeja_datasets.transports.over_httpx.async_httpx_transport
            import abeja_datasets.transports.over_httpx.streams  # noqa: F401 - likewise

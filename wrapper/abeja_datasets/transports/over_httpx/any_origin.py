"""Sending to any server over httpx: the content of items may be on many of them."""

import functools
from typing import Any, Final

import httpx

from abeja_datasets.transports.choice import Choice
from abeja_datasets.transports.over_httpx.httpx_messages import LIBRARY, Builder
from abeja_datasets.transports.over_httpx.httpx_transport import HttpxTransport
from abeja_datasets.transports.proxies import Proxy, proxy_for
from abeja_datasets.transports.wire import Failure, Request, Response, Transport

_REMEMBERED: Final = 64
_MOST_ORIGINS: Final = 1024


class _Builders(Builder):
    """Builds the requests to any origin."""

    def __init__(self) -> None:
        self._of = functools.lru_cache(maxsize=_REMEMBERED)(functools.partial(Builder, is_async=False))

    def build(self, request: Request) -> httpx.Request:
        """Return a request for the transport layer of httpx, which adds nothing to it.

        Raises:
            Failure: httpx does not take the host's name.
        """
        try:
            return self._of(request.origin).build(request)
        except (ValueError, httpx.InvalidURL) as error:
            raise Failure(error.__cause__ or error, sent=False, final=True) from error


class _AnyOrigin(HttpxTransport):
    """Sends to any origin over one pool of connections, which closes those that are idle.

    Args:
        options: for `httpx.HTTPTransport`.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._builder = _Builders()
        self.http_transport = httpx.HTTPTransport(**options)


class _Route(Choice):
    """The transport for all origins of one scheme behind one proxy, or behind none."""

    def _transport(self) -> HttpxTransport:
        return _AnyOrigin(self._httpx_options())


class Routes:
    """Sends each request by the proxy that the environment names for its origin, or directly."""

    library = LIBRARY

    def __init__(self) -> None:
        self._routes: dict[tuple[str, Proxy | None], Transport] = {}
        self._by_origin: dict[str, Transport] = {}

    def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        origin = request.origin
        # To ask the environment for a proxy takes a third of the time of a request.
        route = self._by_origin.get(origin) or self._by_origin.setdefault(origin, self._route(origin))
        if len(self._by_origin) > _MOST_ORIGINS:
            self._by_origin.clear()
        return route.send(request)

    def close(self) -> None:
        """Close the connections."""
        self._by_origin.clear()
        while self._routes:
            self._routes.popitem()[1].close()

    def _route(self, origin: str) -> Transport:
        key = origin.partition(":")[0], proxy_for(origin)
        if found := self._routes.get(key):
            return found
        route = _Route(origin, None, None)
        route.prepare()
        # Two threads may both open one; setdefault is atomic, and one that was never used holds nothing.
        return self._routes.setdefault(key, route.open())

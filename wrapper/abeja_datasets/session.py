"""Sending calls over httpx: the two loops, sync and async, and the connections that they keep open."""

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx

from abeja_datasets import waiting
from abeja_datasets.exchange import HEADERS, Answer, Auth, Exchange, keep_location, keep_location_async
from abeja_datasets.operations import Call
from abeja_datasets.settings import Settings
from abeja_datasets.trust import ssl_context


class SyncSession:
    """Sends calls; its connections are a pool for each process that uses it."""

    def __init__(self, settings: Settings, http_client: httpx.Client | None) -> None:
        self._settings = settings
        self._auth = Auth(settings.credential)
        self._given = http_client
        # Our own pools carry them already, which saves httpx merging them into each request.
        self._headers = _headers_beside(http_client) if http_client else None
        # By process: after a fork the child must not touch its parent's connections. They stay referenced there, so
        # that collecting them does not end what the parent still uses.
        self._pools: dict[int, httpx.Client] = {}
        self._closed = False
        # Programs that never close their client leave no open connections behind either.
        weakref.finalize(self, _close_pool, self._pools)

    def send(self, call: Call) -> Answer:
        """Send a call, as often as the policy allows, and give the answer or raise an `Error`."""
        exchange = Exchange(call, self._settings)
        client = self._pool()
        while True:
            request = exchange.request(client, self._headers)
            try:
                response = client.send(request, auth=self._auth, follow_redirects=False)
            except (httpx.RequestError, httpx.InvalidURL) as error:
                wait = exchange.failed(error)
            else:
                outcome = exchange.answered(response)
                if isinstance(outcome, Answer):
                    return outcome
                wait = outcome
            if wait:
                waiting.wait(wait)

    def _pool(self) -> httpx.Client:
        if self._closed:
            raise RuntimeError("this APIClient is closed")
        if self._given is not None:
            return self._given
        pid = os.getpid()
        # Two threads may both make one; setdefault is atomic, and a pool that was never used holds nothing.
        return self._pools.get(pid) or self._pools.setdefault(
            pid, httpx.Client(**_pool_options(self._settings, keep_location))
        )

    def close(self) -> None:
        """Close this process's pool; a client that the caller gave stays open."""
        self._closed = True
        _close_pool(self._pools)


class AsyncSession:
    """Sends calls; its connections are a pool for each event loop that uses it."""

    def __init__(self, settings: Settings, http_client: httpx.AsyncClient | None) -> None:
        self._settings = settings
        self._auth = Auth(settings.credential)
        self._given = http_client
        # Our own pools carry them already, which saves httpx merging them into each request.
        self._headers = _headers_beside(http_client) if http_client else None
        # By process too: after a fork a loop's connections are still the parent's.
        self._pools: dict[tuple[int, asyncio.AbstractEventLoop], httpx.AsyncClient] = {}
        self._guards: dict[tuple[int, asyncio.AbstractEventLoop], AsyncGenerator[None]] = {}
        self._closed = False

    async def send(self, call: Call) -> Answer:
        """Send a call, as often as the policy allows, and give the answer or raise an `Error`."""
        exchange = Exchange(call, self._settings)
        client = await self._pool()
        while True:
            request = exchange.request(client, self._headers)
            try:
                response = await client.send(request, auth=self._auth, follow_redirects=False)
            except (httpx.RequestError, httpx.InvalidURL) as error:
                wait = exchange.failed(error)
            else:
                outcome = exchange.answered(response)
                if isinstance(outcome, Answer):
                    return outcome
                wait = outcome
            if wait:
                await waiting.wait_async(wait)

    async def _pool(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("this AsyncAPIClient is closed")
        if self._given is not None:
            return self._given
        key = (os.getpid(), asyncio.get_running_loop())
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = httpx.AsyncClient(**_pool_options(self._settings, keep_location_async))
            # A loop's end (asyncio.run, Runner) closes the async generators that are under way in it, and this one's
            # end closes the pool: so a client that outlives its loop leaves no open connections behind.
            self._guards[key] = guard = self._close_at_end(key)
            await anext(guard)
        return pool

    async def _close_at_end(self, key: tuple[int, asyncio.AbstractEventLoop]) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._guards.pop(key, None)
            if pool := self._pools.pop(key, None):
                await pool.aclose()

    async def close(self) -> None:
        """Close the running loop's pool; those of other loops close with their loops."""
        self._closed = True
        if guard := self._guards.get((os.getpid(), asyncio.get_running_loop())):
            await guard.aclose()


def _headers_beside(client: httpx.Client | httpx.AsyncClient) -> dict[str, str]:
    """Return our headers, except those that the caller has set on a client of their own."""
    untouched = httpx.Headers({"Accept": "*/*", "User-Agent": f"python-httpx/{httpx.__version__}"})
    return {name: value for name, value in HEADERS.items() if client.headers.get(name) in (None, untouched[name])}


def _close_pool(pools: dict[int, httpx.Client]) -> None:
    if pool := pools.pop(os.getpid(), None):
        pool.close()


def _pool_options(settings: Settings, on_response: Callable[[httpx.Response], Any]) -> dict[str, Any]:
    return {
        "headers": HEADERS,
        "verify": ssl_context(os.environ),
        "timeout": settings.timeout,
        "event_hooks": {"response": [on_response]},
        # How many threads or tasks call at once is the caller's to decide; none should wait for another's connection.
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=100),
    }

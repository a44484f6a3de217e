"""The clients, sync and async, over httpx and aiohttp, to be used in the same way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, Self, cast

from tests.wrapper.scripted import ScriptedServer

from abeja_datasets import APIClient, AsyncAPIClient

TOKEN: Final = "token-of-these-tests"


class _Twin:
    """An `AsyncAPIClient` that is called like an `APIClient`, on one event loop."""

    def __init__(self, client: Any, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        if name == "with_raw_response":
            return _Twin(member, self._runner)
        if name.startswith("_") or not callable(member):
            return member
        if name == "with_options":
            return lambda **options: _Twin(member(**options), self._runner)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = member(*args, **kwargs)
            return _Steps(result, self._runner) if name.startswith("iter_") else self._runner.run(result)

        return call

    def __repr__(self) -> str:
        return repr(self._client)

    def __enter__(self) -> Self:
        self._runner.run(self._client.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self._client.__aexit__(None, None, None))


class _Steps:
    """An async iterator that is gone through like another."""

    def __init__(self, entries: AsyncIterator[Any], runner: asyncio.Runner) -> None:
        self._entries = entries
        self._runner = runner

    def __iter__(self) -> Self:
        return self

    def checkpoint(self) -> Any:
        return cast("Any", self._entries).checkpoint()

    def close(self) -> None:
        self._runner.run(cast("Any", self._entries).aclose())

    def __next__(self) -> Any:
        async def step() -> Any:
            return await anext(self._entries, self)

        entry = self._runner.run(step())
        if entry is self:
            raise StopIteration
        return entry


class Face:
    """A client over one of its transports, to be used as if it were `APIClient`: sync, async or aiohttp."""

    def __init__(self, name: str, stack: contextlib.ExitStack) -> None:
        self.name = name
        self.client_class = APIClient if name == "sync" else cast("type[APIClient]", AsyncAPIClient)
        self.library = "aiohttp" if name == "aiohttp" else "httpx"
        self._stack = stack
        self._runner = stack.enter_context(asyncio.Runner()) if name != "sync" else None

    def make(self, *args: Any, **settings: Any) -> APIClient:
        """Make a client with just these arguments; it is closed after the test."""
        if self.name == "aiohttp" and "http_client" not in settings:
            settings = {"transport": "aiohttp", **settings}
        client = self.client_class(*args, **settings)
        if self._runner:
            client = cast("APIClient", _Twin(cast("AsyncAPIClient", client), self._runner))
        self._stack.callback(client.close)
        return client

    def open(self, server: ScriptedServer | str, **settings: Any) -> APIClient:
        """Make a client of a server, with a credential."""
        base_url = server if isinstance(server, str) else server.url
        return self.make(**{"credential": {"auth_token": TOKEN}, "base_url": base_url, **settings})

    def run(self, call: Callable[[], Any]) -> Any:
        """Call something of httpx's; on the async face, await it on the loop of the clients."""
        if self._runner is None:
            return call()

        async def awaited() -> Any:
            return await call()

        return self._runner.run(awaited())

    def http_client(self, **options: Any) -> Any:
        """Make the `http_client` that this face takes; it is closed after the test."""
        import httpx

        client = httpx.Client(**options) if self._runner is None else httpx.AsyncClient(**options)
        self._stack.callback(self.run, client.close if isinstance(client, httpx.Client) else client.aclose)
        return client

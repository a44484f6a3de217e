"""The client that a run sends with: an asyncio client with the settings of the one that was given."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Self, cast

from abeja_datasets import APIClient, AsyncAPIClient


class Opened(NamedTuple):
    """A client to send with."""

    client: AsyncAPIClient
    must_close: bool
    """Whether it was made for this run."""


def async_client(client: APIClient | AsyncAPIClient, concurrency: int = 64) -> Opened:
    """Return an asyncio client that sends as the given one does.

    An `AsyncAPIClient` is returned as it is. Of an `APIClient` one is made, which sends with aiohttp where the extra
    `fast` is installed. One that was given an `http_client` is called in threads.

    Args:
        client: any client of this library.
        concurrency: how many calls may be under way at once.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(client, AsyncAPIClient):
        return Opened(client, must_close=False)
    if not isinstance(client, APIClient):
        raise TypeError(f"client: an APIClient or an AsyncAPIClient is needed, not {type(client).__name__}")
    try:
        return Opened(client.to_async(transport="aiohttp"), must_close=True)
    except ImportError:
        return Opened(client.to_async(), must_close=True)
    except ValueError:  # it has an http_client, whose hooks, proxies and certificates must hold
        return Opened(cast("AsyncAPIClient", _InThreads(client, ThreadPoolExecutor(concurrency))), must_close=True)


class _InThreads:
    """A sync client, each of whose calls runs in a thread. It has those methods of `AsyncAPIClient` that send."""

    def __init__(self, client: APIClient, threads: ThreadPoolExecutor) -> None:
        self._client = client
        self._threads = threads
        self.base_url = client.base_url
        self.timeout = client.timeout

    def with_options(self, **options: Any) -> Self:
        """Return a view with other options."""
        return type(self)(self._client.with_options(**options), self._threads)

    def iter_dataset_items(self, *args: Any, **options: Any) -> "_InThreadsIterator":
        """Iterate over items, a step at a time in a thread."""
        return _InThreadsIterator(self._client.iter_dataset_items(*args, **options), self._threads)

    def __getattr__(self, name: str) -> Any:
        return functools.partial(self._call, getattr(self._client, name))

    async def _call(self, method: Any, *args: Any, **options: Any) -> Any:
        call = functools.partial(method, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def close(self) -> None:
        """End the threads; the client stays the caller's."""
        self._threads.shutdown(wait=False, cancel_futures=True)


_END = object()


class _InThreadsIterator:
    def __init__(self, items: Any, threads: ThreadPoolExecutor) -> None:
        self._items = items
        self._threads = threads

    def __aiter__(self) -> Self:
        return self

    def checkpoint(self) -> dict[str, Any]:
        """Return where the iteration stands."""
        cursor: dict[str, Any] = self._items.checkpoint()
        return cursor

    async def aclose(self) -> None:
        """End the iteration."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._items.close)

    async def __anext__(self) -> Any:
        item = await asyncio.get_running_loop().run_in_executor(self._threads, next, self._items, _END)
        if item is _END:
            raise StopAsyncIteration
        return item

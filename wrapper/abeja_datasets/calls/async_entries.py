"""The iterators of `iter_datasets` and `iter_dataset_items`."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Self

from abeja_datasets.calls.exchange import Result
from abeja_datasets.exceptions import Error
from abeja_datasets.lazy import LazyModule
from abeja_datasets.operations import Call
from abeja_datasets.paging import Walk

if TYPE_CHECKING:
    from abeja_datasets.calls import async_pages_ahead
else:
    async_pages_ahead = LazyModule("abeja_datasets.calls.async_pages_ahead")


class AsyncEntries(AsyncIterator[dict[str, Any]]):
    """Iterates over the entries of all pages, loading a page at a time.

    After an error it asks for the same page again. A generator would end, as if there were no more entries.

    Args:
        walk: says which page is due.
        send: sends its call.
        ahead: sends the call for the next page while the caller works on another; None to send it when it is needed.
    """

    def __init__(
        self, walk: Walk, send: Callable[[Call], Awaitable[Result]], ahead: "async_pages_ahead.AsyncAhead | None" = None
    ) -> None:
        self._walk = walk
        self._send = send
        self._ahead = ahead
        self._page: deque[dict[str, Any]] = deque()
        self._is_loading = False
        self._end: dict[str, Any] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        while not self._page:
            call = self._walk.call
            if call is None:
                raise StopAsyncIteration
            await self._load(call)
        return self._page.popleft()

    def checkpoint(self) -> dict[str, Any]:
        """Return a cursor, which JSON can hold: where the iteration stands, behind the last entry that it returned.

        Given as `start` for the same list, perhaps in another process, it goes on with the next entry. Entries that
        were deleted meanwhile make it neither miss nor repeat any. Behind the last entry it goes on with those that
        were created since.
        """
        return self._walk.checkpoint(len(self._page)) if self._end is None else {**self._end}

    async def aclose(self) -> None:
        """End the iteration, and what loads the next page. `checkpoint` still says where it stood."""
        self._end = self.checkpoint()
        self._walk.call = None
        self._page.clear()
        if self._ahead is not None:
            await self._ahead.close()

    async def _load(self, call: Call) -> None:
        if self._is_loading:
            raise RuntimeError("this iterator loads a page for another task or thread; each needs its own iterator")
        self._is_loading = True
        try:
            result = await (self._send(call) if self._ahead is None else self._ahead.take(call))
            self._page.extend(self._walk.receive(result))
            if self._ahead is not None and self._walk.call is not None:
                await self._ahead.begin(self._walk.call)
        except Error as error:
            error.cursor = self.checkpoint()
            raise
        finally:
            self._is_loading = False

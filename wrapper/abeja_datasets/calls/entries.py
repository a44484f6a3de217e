# Generated from async_entries.py by scripts/generate; do not edit.
"""The iterators of `iter_datasets` and `iter_dataset_items`."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Self

from abeja_datasets.calls.exchange import Answer
from abeja_datasets.operations import Call
from abeja_datasets.paging import Walk


class Entries(Iterator[dict[str, Any]]):
    """Iterates over the entries of all pages, loading a page at a time.

    After an error it asks for the same page again. A generator would end, as if there were no more entries.

    Args:
        walk: says which page is due.
        send: sends its call.
    """

    def __init__(self, walk: Walk, send: Callable[[Call], Answer]) -> None:
        self._walk = walk
        self._send = send
        self._page: deque[dict[str, Any]] = deque()
        self._is_loading = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> dict[str, Any]:
        while not self._page:
            call = self._walk.call
            if call is None:
                raise StopIteration
            self._load(call)
        return self._page.popleft()

    def close(self) -> None:
        """End the iteration."""
        self._walk.call = None
        self._page.clear()

    def _load(self, call: Call) -> None:
        if self._is_loading:
            raise RuntimeError("this iterator loads a page for another task or thread; each needs its own iterator")
        self._is_loading = True
        try:
            self._page.extend(self._walk.receive(self._send(call)))
        finally:
            self._is_loading = False

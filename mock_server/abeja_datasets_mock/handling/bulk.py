"""Updating many items in one request, all or none."""

import contextlib
import functools
import time
from collections.abc import Generator, Sequence
from typing import Any

from abeja_datasets_mock.errors import Refusal
from abeja_datasets_mock.json_text import encode_json, encode_large_json
from abeja_datasets_mock.storage.clock import Clock
from abeja_datasets_mock.storage.datasets import Datasets
from abeja_datasets_mock.storage.items import Items
from abeja_datasets_mock.storage.places import MAX_ITEM_ID
from abeja_datasets_mock.storage.records import ItemRow, Version
from abeja_datasets_mock.storage.store import Store
from abeja_datasets_mock.turns import at_once, in_turns

from .lookup import Lookup, repeated_item, unknown_dataset, unknown_item
from .pages import PART
from .request import Request

_STAGED = 200
"""Entries in one transaction: a few milliseconds of work."""

_TIME = 0.01
"""Seconds after which a transaction takes no other entry: each item may be large."""

_TRIES = 3
"""How often the items are looked for in parts before that is done at once."""

Entry = tuple[int, Any]
"""An item, with its new attributes."""


class BulkUpdates:
    """Replaces the attributes of many items."""

    def __init__(self, store: Store, clock: Clock, datasets: Datasets, items: Items, lookup: Lookup) -> None:
        self._store = store
        self._clock = clock
        self._datasets = datasets
        self._items = items
        self._lookup = lookup

    async def update(self, request: Request) -> list[ItemRow]:
        """Carry out the request, and return the items.

        Raises:
            Refusal: 400 for the first entry that can't be carried out.
        """
        entries = await in_turns(_entries(request.body))
        await self._datasets.prepare_rule(request.path["dataset_id"])
        if request.is_large or len(entries) > _STAGED or await self._is_long(request, entries):
            return await self._update_in_turns(request, entries)
        kept = [encode_json(attributes) for _, attributes in entries]

        def work() -> list[ItemRow]:
            number = self._lookup.dataset(request, unknown_dataset)
            for item, _ in entries:
                self._items.settle(number, item)
            changes = [
                self._change(number, entry, text, index)
                for index, (entry, text) in enumerate(zip(entries, kept, strict=True))
            ]
            for old, row in changes:
                self._items.update(number, old, row)
            return [row for _, row in changes]

        return await self._store.write(work)

    async def _is_long(self, request: Request, entries: Sequence[Entry]) -> bool:
        """Return whether the items take long to read."""
        items = [item for item, _ in entries if item <= MAX_ITEM_ID]

        def work() -> bool:
            return self._items.size(self._lookup.dataset(request, unknown_dataset), items) > PART

        return await self._store.read_many(work)

    def _change(self, number: int, entry: Entry, text: bytes, index: int) -> tuple[ItemRow, ItemRow]:
        """Return an item before and after its change; `index` is the entry's place in the body."""
        item, attributes = entry
        old = self._items.get(number, item if item <= MAX_ITEM_ID else None)
        if old is None:
            raise unknown_item(index, item)
        self._datasets.rule(number).check(attributes, f"[{index}].attributes")
        return old, old._replace(attributes=text, updated_at=self._clock.after(old.updated_at))

    async def _update_in_turns(self, request: Request, entries: Sequence[Entry]) -> list[ItemRow]:
        """Prepare a large bulk update in a layer, show it in one transaction, and merge it into the dataset."""

        def begin() -> int:
            self._lookup.dataset(request, unknown_dataset)
            return self._datasets.create_hidden(self._clock.now())

        layer = await self._store.write(begin)
        try:
            rows = await self._staged(request, layer, entries)
            await self._show(request, layer, entries)
        except Exception:
            # Whatever has failed. A server that stops purges nothing: the layer stays hidden.
            await self._datasets.purge_all(layer)
            raise
        with contextlib.suppress(Refusal):  # The dataset may have been deleted since.
            await self.merge(request)
        return rows

    async def _staged(self, request: Request, layer: int, entries: Sequence[Entry]) -> list[ItemRow]:
        rows: list[ItemRow] = []

        def work(kept: Sequence[bytes]) -> list[ItemRow]:
            number = self._lookup.dataset(request, unknown_dataset)
            staged, end = [], time.perf_counter() + _TIME
            for index, text in enumerate(kept, len(rows)):
                staged.append(self._change(number, entries[index], text, index)[1])
                if time.perf_counter() > end:
                    break
            self._items.stage(layer, staged)
            return staged

        while len(rows) < len(entries):
            some = entries[len(rows) : len(rows) + _STAGED]
            kept = [await encode_large_json(attributes) for _, attributes in some]
            while kept:
                staged = await self._store.write(functools.partial(work, kept))
                rows += staged
                del kept[: len(staged)]
        return rows

    async def _show(self, request: Request, layer: int, entries: Sequence[Entry]) -> None:
        """Make a layer visible; an item of it may have been deleted since it was staged."""

        def look() -> tuple[int, Version, bool]:
            number = self._lookup.dataset(request, unknown_dataset)
            return number, self._items.version(number), self._items.layer(number) is not None

        def work(seen: Version | None, missing: int | None) -> bool:
            number, version, is_layered = look()
            if is_layered or seen not in (None, version):
                return False
            if seen is None:
                missing = at_once(self._items.missing(number, layer))
            if missing is not None:
                raise unknown_item([item for item, _ in entries].index(missing), missing)
            self._items.show(number, layer)
            return True

        tries, is_shown = 0, False
        while not is_shown:
            number, version, is_layered = await self._store.read_many(look)
            if is_layered:
                # Another large update came first.
                await self.merge(request)
                continue
            tries += 1
            # Other items may change all the time; then it is done at once.
            seen = version if tries <= _TRIES else None
            missing = None if seen is None else await in_turns(self._items.missing(number, layer))
            is_shown = await self._store.write(functools.partial(work, seen, missing))

    async def merge(self, request: Request) -> None:
        """Merge the layer that a large bulk update has made visible, unless there is none."""

        def work() -> bool:
            number = self._lookup.dataset(request)
            self._items.merge(number)
            return self._items.layer(number) is None

        while not await self._store.write(work):
            pass  # A write waits for its commit, so other requests have had a turn.


def _entries(body: Sequence[Any]) -> Generator[None, None, list[Entry]]:
    """Read the entries of a body."""
    entries: list[Entry] = []
    seen: set[int] = set()
    for index, entry in enumerate(body):
        item = int(entry["dataset_item_id"])
        if item in seen:
            raise repeated_item(index, item)
        seen.add(item)
        entries.append((item, entry["attributes"]))
        yield
    return entries

"""The documented operations. Each method of `Operations` has an operationId as its name."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from .errors import Headers, Refusal, Response, StorageFailed, bad_request, not_found
from .http.paging import Tokens
from .json_text import encode_json, encode_large_json
from .likeness import Likeness, likeness
from .parts import LIMITS, ItemPage, is_long, page_response, part
from .storage.clock import Clock
from .storage.datasets import Datasets, dataset_number
from .storage.items import AT_ONCE, MAX_ITEM_ID, Items, Plan, Planning, item_number
from .storage.records import DatasetRow, ItemRow, ItemWriter
from .storage.search import Query, compile_query
from .storage.store import Store
from .turns import at_once, in_turns, without_collection

_logger = logging.getLogger("abeja_datasets_mock")
_DEFAULT_DATASETS = 1000
_SHOWN = 80
_STAGED = 200
"""Entries of a bulk update in one transaction: a few milliseconds of work."""

_TRIES = 3
"""How often a change is prepared before it is made at once."""

_Result = TypeVar("_Result")
_OK = 200
_CREATED = 201


@dataclass(slots=True)
class Request:
    """A valid request: path parameters, query parameters, and the parsed body.

    A large body must be handled in turns with other requests.
    """

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    is_large: bool = False


class Operations:
    """The documented operations on one database."""

    def __init__(self, store: Store, like: Likeness = likeness("documented")) -> None:  # noqa: B008 - immutable
        self.likeness = like
        self._store = store
        self._clock = Clock()
        self._datasets = Datasets(store)
        self._items = Items(store)
        self._tokens = Tokens(self._datasets.token_key())

    async def create_dataset(self, request: Request) -> Response:
        """Add a dataset with a name that the organization has not used yet."""
        name, props = request.body["name"], await _encoded(request, request.body["props"])
        organization = request.path["organization_id"]

        def work() -> Response:
            row = self._datasets.create(organization, name, request.body["type"], props, self._clock.now())
            if row is None:
                raise bad_request(f"name: a dataset named {name!r} already exists in this organization")
            return Response(_CREATED, row.json())

        return await self._store.write(work)

    async def get_dataset(self, request: Request) -> Response:
        """Read a dataset with its number of items."""

        def work() -> Response:
            number = self._dataset(request)
            return Response(_OK, self._datasets.get(number).json(self._datasets.total_count(number)))

        return await self._store.read_many(work)

    async def list_datasets(self, request: Request) -> Response:
        """Read a page of datasets; the next token is in a header."""
        organization, token = request.path["organization_id"], request.query["next_token"]
        size = request.query["max_results"] or _DEFAULT_DATASETS
        listing = ("datasets", organization)
        after = 0 if token is None else self._tokens.read("next_token", token, *listing)[0]

        def work() -> tuple[list[DatasetRow], bool]:
            # One more than asked for shows whether others follow.
            place = rows[-1].dataset_id if rows else after
            return part(self._datasets.page(organization, place, size + 1 - len(rows)))

        rows: list[DatasetRow] = []
        rows, is_all = await self._store.read_many(work)
        in_parts = not is_all
        while not is_all:
            await asyncio.sleep(0)
            more, is_all = await self._store.read_many(work)
            rows += more
        headers: Headers = ()
        if len(rows) > size:
            token = self._tokens.make(rows[size - 1].dataset_id, *listing)
            headers = ((b"x-next-token", token.encode("ascii")),)
        return await page_response(b"[", (row.json() for row in rows[:size]), b"]", headers, in_parts=in_parts)

    async def delete_dataset(self, request: Request) -> Response:
        """Remove a dataset and its items."""

        def work() -> Response:
            number = self._dataset(request)
            row, layer = self._datasets.get(number), self._items.layer(number)
            self._datasets.hide(number)
            hidden.extend((number, layer) if layer is not None else (number,))
            return Response(_OK, row.json())

        hidden: list[int] = []
        response = await self._store.write(work)
        await self._datasets.purge_all(*hidden)
        return response

    async def create_dataset_item(self, request: Request) -> Response:
        """Add an item."""
        attributes = request.body.get("attributes") or {}
        kept = await _encoded(request, request.body["source_data"]), await _encoded(request, attributes)

        def work() -> Response:
            number = self._dataset(request, _unknown_dataset)
            self._datasets.rule(number).check(attributes, "attributes")
            row = self._items.create(number, *kept, self._clock.now())
            return Response(_CREATED, self._writer(request)(row))

        return await self._store.write(work)

    async def get_dataset_item(self, request: Request) -> Response:
        """Read an item."""
        organization, dataset = request.path["organization_id"], dataset_number(request.path["dataset_id"])
        item = item_number(request.path["dataset_item_id"])

        def work() -> Response:
            row = self._items.find(organization, dataset, item)
            if row is None:
                self._dataset(request)
                raise _no_item(request)
            return Response(_OK, self._writer(request)(row))

        return await self._store.read(work)

    async def list_dataset_items(self, request: Request) -> Response:
        """Read a page of items, or of those that match `q`."""
        token, q, size = (request.query[name] for name in ("next_page_token", "q", "limit"))
        listing = ("items", request.path["organization_id"], request.path["dataset_id"])
        after, q = (-1, q or "") if token is None else self._tokens.resume(token, q, *listing)
        query = compile_query(q) if q else None
        if query is not None:
            await self._index(request)

        # One more than asked for shows whether others follow.
        for limit in LIMITS:
            page = await self._page(request, after, size + 1, query, limit)
            if await self._completed(request, page, after, size + 1):
                break
        rows, end = page.rows[:size], self.likeness.end
        if self.likeness.goes_on(len(page.rows), size):
            token = self._tokens.make(rows[-1].dataset_item_id, *listing, query=q)
            end = b',"next_page_token":"%b"' % token.encode("ascii")
        end = b'],"total_count":%d%b}' % (page.count, end)
        return await page_response(b'{"items":[', map(self._writer(request), rows), end, in_parts=is_long(rows))

    async def _page(self, request: Request, after: int, size: int, query: Query | None, limit: int) -> ItemPage:
        """Read a page that may lack items: those after the first part of a long one, or all that a query finds."""

        def work() -> ItemPage | None:
            number = self._dataset(request)
            version = self._items.version(number)
            if query is None:
                rows, is_all = part(self._items.page(number, after, size), limit)
                return ItemPage(self._datasets.total_count(number), rows, None, None if is_all else version)
            if self._items.layer(number) is not None:
                return None
            if limit < LIMITS[-1]:
                return ItemPage(0, [], [], version)
            found, count = at_once(self._items.search(number, after, size, query))
            return ItemPage(count, list(self._items.some(number, found)))

        while (page := await self._store.read_many(work)) is None:
            # Only merged items are in the index.
            await self._merge(request)
        if query is not None and page.version is not None:
            number = int(request.path["dataset_id"])
            page.left, page.count = await in_turns(self._items.search(number, after, size, query))
        return page

    async def _completed(self, request: Request, page: ItemPage, after: int, size: int) -> bool:
        """Read the items that a page lacks; return False where an item changed meanwhile."""

        def work() -> list[ItemRow] | None:
            number = self._dataset(request)
            if self._items.version(number) != page.version:
                return None
            if page.left is None:
                # It takes as long as a part of the page: an item is found by comparing whole rows.
                page.left = self._items.page_ids(number, after, size)[len(page.rows) :]
                page.count = self._datasets.total_count(number)
                return []
            return part(self._items.some(number, page.left))[0]

        while page.version is not None:
            rows = await self._store.read_many(work)
            if rows is None:
                return False
            page.rows += rows
            page.left = (page.left or [])[len(rows) :]
            if not page.left:
                break
            await asyncio.sleep(0)
        return True

    async def update_dataset_item(self, request: Request) -> Response:
        """Replace an item's attributes."""
        attributes = request.body["attributes"]
        kept = await _encoded(request, attributes)

        def work(plan: Plan | None) -> Response | Planning:
            number = self._dataset(request, _unknown_dataset)
            old = self._item(request, number)
            self._datasets.rule(number).check(attributes, "attributes")
            if steps := self._items.plan_change(number, old, kept, plan):
                return steps
            row = self._updated(old, kept)
            self._items.update(number, old, row, plan)
            return Response(_OK, self._writer(request)(row))

        return await self._planned(work)

    async def _planned(self, work: Callable[[Plan | None], _Result | Planning]) -> _Result:
        """Carry out a change; where its work on the index is long, that is prepared in turns with other requests."""
        plan: Plan | None = None
        for _ in range(_TRIES):
            outcome = await self._store.write(functools.partial(work, plan))
            if not isinstance(outcome, Generator):
                return outcome
            with without_collection():
                plan = await in_turns(outcome)
        # Other items change all the time.
        return cast("_Result", await self._store.write(functools.partial(work, AT_ONCE)))

    async def bulk_update_dataset_item(self, request: Request) -> Response:
        """Replace the attributes of many items, or of none."""
        entries = [(int(entry["dataset_item_id"]), entry["attributes"]) for entry in request.body]
        seen: set[int] = set()
        for index, (item, _) in enumerate(entries):
            if item in seen:
                raise bad_request(f"[{index}].dataset_item_id: item {str(item)[:_SHOWN]} stands in the list already")
            seen.add(item)
        if request.is_large or len(entries) > _STAGED:
            rows = await self._update_in_turns(request, entries)
            return Response(_OK, await in_turns(_array_in_turns(self._writer(request), rows)))
        kept = [encode_json(attributes) for _, attributes in entries]

        def work() -> Response:
            number = self._dataset(request, _unknown_dataset)
            for item, _ in entries:
                self._items.settle(number, item)
            changes = self._changes(number, entries, kept)
            for old, row in changes:
                self._items.update(number, old, row)
            return Response(_OK, _array(self._writer(request)(row) for _, row in changes))

        return await self._store.write(work)

    def _changes(
        self, number: int, entries: Sequence[tuple[int, Any]], kept: Sequence[bytes], first: int = 0
    ) -> list[tuple[ItemRow, ItemRow]]:
        """Return each item before and after its change; `first` is the place of the first entry in the body."""
        rule = self._datasets.rule(number)
        changes = []
        for index, ((item, attributes), text) in enumerate(zip(entries, kept, strict=True), first):
            old = self._items.get(number, item if item <= MAX_ITEM_ID else None)
            if old is None:
                raise _unknown_item(index, item)
            rule.check(attributes, f"[{index}].attributes")
            changes.append((old, self._updated(old, text)))
        return changes

    async def _update_in_turns(self, request: Request, entries: Sequence[tuple[int, Any]]) -> list[ItemRow]:
        """Prepare a large bulk update in a layer, show it in one transaction, and merge it into the dataset."""

        def begin() -> int:
            self._dataset(request, _unknown_dataset)
            return self._datasets.create_hidden(self._clock.now())

        layer = await self._store.write(begin)
        try:
            rows = await self._staged(request, layer, entries)
            await self._show(request, layer, entries)
        except Exception:
            # A server that stops purges nothing: the layer stays hidden.
            await self._datasets.purge_all(layer)
            raise
        with contextlib.suppress(Refusal):  # The dataset may have been deleted since.
            await self._merge(request)
        return rows

    async def _staged(self, request: Request, layer: int, entries: Sequence[tuple[int, Any]]) -> list[ItemRow]:
        rows: list[ItemRow] = []

        def work(first: int, kept: list[bytes]) -> list[ItemRow]:
            number = self._dataset(request, _unknown_dataset)
            changes = self._changes(number, entries[first : first + _STAGED], kept, first)
            self._items.stage(layer, (row for _, row in changes))
            return [row for _, row in changes]

        for first in range(0, len(entries), _STAGED):
            kept = [await encode_large_json(attributes) for _, attributes in entries[first : first + _STAGED]]
            rows += await self._store.write(functools.partial(work, first, kept))
        return rows

    async def _show(self, request: Request, layer: int, entries: Sequence[tuple[int, Any]]) -> None:
        def work() -> bool:
            number = self._dataset(request, _unknown_dataset)
            if self._items.layer(number) is not None:
                return False
            missing = self._items.show(number, layer)
            if missing is not None:
                raise _unknown_item([item for item, _ in entries].index(missing), missing)
            return True

        while not await self._store.write(work):
            # Another large update came first.
            await self._merge(request)

    async def _merge(self, request: Request) -> None:
        """Merge the layer that a large bulk update has made visible, unless there is none."""

        def work() -> bool:
            number = self._dataset(request)
            self._items.merge(number)
            return self._items.layer(number) is None

        while not await self._store.write(work):
            pass  # A write waits for its commit, so other requests have had a turn.

    async def delete_dataset_item(self, request: Request) -> Response:
        """Remove an item."""

        def work(plan: Plan | None) -> Response | Planning:
            number = self._dataset(request)
            row = self._item(request, number)
            if steps := self._items.plan_change(number, row, None, plan):
                return steps
            self._items.delete(number, row, plan)
            return Response(_OK, self._writer(request)(row))

        return await self._planned(work)

    async def _index(self, request: Request) -> None:
        """Bring the index of a dataset up to date, block by block, with room between them for other requests."""

        def unindexed() -> int | None:
            return self._items.index.unindexed(self._dataset(request))

        def advance(first: int, plan: Plan | None) -> Planning | bool:
            number = self._dataset(request)
            if steps := self._items.plan_block(number, first, plan):
                return steps
            self._items.advance(number, first, plan)
            return True

        try:
            # Of several queries that saw the same block, one indexes it, and the others wait for that.
            while (first := await self._store.read_many(unindexed)) is not None:
                await self._planned(functools.partial(advance, first))
        except StorageFailed as error:
            # A full disk or a lock that is held for long: the items that aren't indexed are looked through.
            _logger.warning("a query goes on with what is indexed: %s", error.__cause__ or error)

    def _dataset(self, request: Request, missing: Any = None) -> int:
        path = request.path
        return self._datasets.identify(path["organization_id"], path["dataset_id"], missing or _no_dataset)

    def _item(self, request: Request, dataset: int) -> ItemRow:
        item = item_number(request.path["dataset_item_id"])
        self._items.settle(dataset, item)
        row = self._items.get(dataset, item)
        if row is None:
            raise _no_item(request)
        return row

    def _writer(self, request: Request) -> ItemWriter:
        return self.likeness.item_writer(request.path["organization_id"], request.path["dataset_id"])

    def _updated(self, row: ItemRow, attributes: bytes) -> ItemRow:
        return row._replace(attributes=attributes, updated_at=self._clock.after(row.updated_at))


def _no_dataset() -> Refusal:
    return not_found("dataset_id: dataset not found")


def _unknown_dataset() -> Refusal:
    """Build the 400 that is documented for creating and updating items, where reading has a 404."""
    return bad_request("dataset_id: the specified dataset id does not exist")


def _unknown_item(index: int, item: int) -> Refusal:
    return bad_request(f"[{index}].dataset_item_id: the dataset has no item {str(item)[:_SHOWN]}")


def _no_item(request: Request) -> Refusal:
    return not_found(f"dataset_item_id: the dataset has no item {request.path['dataset_item_id'][:_SHOWN]}")


async def _encoded(request: Request, value: Any) -> bytes:
    return await encode_large_json(value) if request.is_large else encode_json(value)


def _array_in_turns(writer: ItemWriter, rows: Sequence[ItemRow]) -> Generator[None, None, bytes]:
    written = []
    for row in rows:
        written.append(writer(row))
        yield
    return _array(written)


def _array(elements: Any) -> bytes:
    return b"[" + b",".join(elements) + b"]"

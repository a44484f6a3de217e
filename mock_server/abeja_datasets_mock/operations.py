"""What each documented operation does. The methods of `Operations` bear the operationIds of the document."""

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .datasets import Datasets, dataset_number
from .errors import Answer, Headers, Refusal, StorageFailed, bad_request, not_found
from .items import MAX_ITEM_ID, Items, item_number
from .likeness import Likeness, likeness
from .paging import Tokens
from .records import ItemRow, ItemWriter
from .requests import encode_json
from .search import compile_query
from .store import Store

_logger = logging.getLogger("abeja_datasets_mock")
_DEFAULT_DATASETS = 1000
_SHOWN = 80
_OK = 200
_CREATED = 201


@dataclass(slots=True)
class Request:
    """A request whose parts keep the document: path parameters, query parameters, and the body parsed."""

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any


class Operations:
    """The documented operations on one database."""

    def __init__(self, store: Store, like: Likeness = likeness("documented")) -> None:  # noqa: B008 - immutable
        self.likeness = like
        self._store = store
        self._clock = Clock()
        self._datasets = Datasets(store)
        self._items = Items(store)
        self._tokens = Tokens(self._datasets.token_key())

    async def create_dataset(self, request: Request) -> Answer:
        """Add a dataset with a name that the organization has not used yet."""
        name, props = request.body["name"], encode_json(request.body["props"])
        organization = request.path["organization_id"]

        def work() -> Answer:
            row = self._datasets.create(organization, name, request.body["type"], props, self._clock.now())
            if row is None:
                raise bad_request(f"name: a dataset named {name!r} already exists in this organization")
            return Answer(_CREATED, row.json())

        return await self._store.write(work)

    async def get_dataset(self, request: Request) -> Answer:
        """Read a dataset with its number of items."""

        def work() -> Answer:
            number = self._dataset(request)
            return Answer(_OK, self._datasets.get(number).json(self._datasets.total_count(number)))

        return await self._store.read_many(work)

    async def list_datasets(self, request: Request) -> Answer:
        """Read a page of datasets; the next token goes into a header."""
        organization, token = request.path["organization_id"], request.query["next_token"]
        size = request.query["max_results"] or _DEFAULT_DATASETS
        listing = ("datasets", organization)
        after = 0 if token is None else self._tokens.read("next_token", token, *listing)[0]

        def work() -> Answer:
            # One more than asked for tells whether any follow.
            rows = self._datasets.page(organization, after, size + 1)
            headers: Headers = ()
            if len(rows) > size:
                token = self._tokens.make(rows[size - 1].dataset_id, *listing)
                headers = ((b"x-next-token", token.encode("ascii")),)
            return Answer(_OK, _array(row.json() for row in rows[:size]), headers)

        return await self._store.read_many(work)

    async def delete_dataset(self, request: Request) -> Answer:
        """Remove a dataset and its items."""

        def work() -> Answer:
            number = self._dataset(request)
            row = self._datasets.get(number)
            self._datasets.delete(number)
            return Answer(_OK, row.json())

        return await self._store.write(work)

    async def create_dataset_item(self, request: Request) -> Answer:
        """Add an item."""
        attributes = request.body.get("attributes") or {}
        kept = encode_json(request.body["source_data"]), encode_json(attributes)

        def work() -> Answer:
            number = self._dataset(request, _unknown_dataset)
            self._datasets.rule(number).check(attributes, "attributes")
            row = self._items.create(number, *kept, self._clock.now())
            return Answer(_CREATED, self._writer(request)(row))

        return await self._store.write(work)

    async def get_dataset_item(self, request: Request) -> Answer:
        """Read an item."""
        organization, dataset = request.path["organization_id"], dataset_number(request.path["dataset_id"])
        item = item_number(request.path["dataset_item_id"])

        def work() -> Answer:
            row = self._items.find(organization, dataset, item)
            if row is None:
                self._dataset(request)
                raise _no_item(request)
            return Answer(_OK, self._writer(request)(row))

        return await self._store.read(work)

    async def list_dataset_items(self, request: Request) -> Answer:
        """Read a page of items, or of those that match `q`."""
        token, q, size = (request.query[name] for name in ("next_page_token", "q", "limit"))
        listing = ("items", request.path["organization_id"], request.path["dataset_id"])
        after, q = (-1, q or "") if token is None else self._tokens.resume(token, q, *listing)
        query = compile_query(q) if q else None
        if query is not None:
            await self._index(request)

        def work() -> Answer:
            number = self._dataset(request)
            # One more than asked for tells whether any follow.
            if query is None:
                count, rows = self._datasets.total_count(number), self._items.page(number, after, size + 1)
            else:
                rows, count = self._items.search(number, after, size + 1, query)
            page, end = rows[:size], self.likeness.end
            if self.likeness.goes_on(len(rows), size):
                token = self._tokens.make(page[-1].dataset_item_id, *listing, query=q)
                end = b',"next_page_token":"%b"' % token.encode("ascii")
            items = _array(map(self._writer(request), page))
            return Answer(_OK, b'{"items":%b,"total_count":%d%b}' % (items, count, end))

        return await self._store.read_many(work)

    async def update_dataset_item(self, request: Request) -> Answer:
        """Replace an item's attributes."""
        attributes = request.body["attributes"]
        kept = encode_json(attributes)

        def work() -> Answer:
            number = self._dataset(request, _unknown_dataset)
            old = self._item(request, number)
            self._datasets.rule(number).check(attributes, "attributes")
            row = self._updated(old, kept)
            self._items.update(number, old, row)
            return Answer(_OK, self._writer(request)(row))

        return await self._store.write(work)

    async def bulk_update_dataset_item(self, request: Request) -> Answer:
        """Replace the attributes of many items, or of none."""
        entries = [(int(entry["dataset_item_id"]), entry["attributes"]) for entry in request.body]
        kept = [encode_json(attributes) for _, attributes in entries]
        seen: set[int] = set()
        for index, (item, _) in enumerate(entries):
            if item in seen:
                raise bad_request(f"[{index}].dataset_item_id: item {str(item)[:_SHOWN]} stands in the list already")
            seen.add(item)

        def work() -> Answer:
            number = self._dataset(request, _unknown_dataset)
            rule = self._datasets.rule(number)
            rows = []
            for index, ((item, attributes), text) in enumerate(zip(entries, kept, strict=True)):
                old = self._items.get(number, item if item <= MAX_ITEM_ID else None)
                if old is None:
                    raise bad_request(f"[{index}].dataset_item_id: the dataset has no item {str(item)[:_SHOWN]}")
                rule.check(attributes, f"[{index}].attributes")
                rows.append((old, self._updated(old, text)))
            for old, row in rows:
                self._items.update(number, old, row)
            return Answer(_OK, _array(self._writer(request)(row) for _, row in rows))

        return await self._store.write(work)

    async def delete_dataset_item(self, request: Request) -> Answer:
        """Remove an item."""

        def work() -> Answer:
            number = self._dataset(request)
            row = self._item(request, number)
            self._items.delete(number, row)
            return Answer(_OK, self._writer(request)(row))

        return await self._store.write(work)

    async def _index(self, request: Request) -> None:
        """Bring the index of a dataset up to date, block by block, with room between them for other requests."""
        index = self._items.index

        def unindexed() -> int | None:
            return index.unindexed(self._dataset(request))

        def advance(first: int) -> None:
            index.advance(self._dataset(request), first)

        try:
            # Of several queries that saw the same block, one indexes it, and the others wait for that.
            while (first := await self._store.read_many(unindexed)) is not None:
                await self._store.write(functools.partial(advance, first))
        except StorageFailed as error:
            # A full disk or a lock that is held for long: the items that aren't indexed are looked through.
            _logger.warning("a query goes on with what is indexed: %s", error.__cause__ or error)

    def _dataset(self, request: Request, missing: Any = None) -> int:
        path = request.path
        return self._datasets.identify(path["organization_id"], path["dataset_id"], missing or _no_dataset)

    def _item(self, request: Request, dataset: int) -> ItemRow:
        row = self._items.get(dataset, item_number(request.path["dataset_item_id"]))
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
    """Make the 400 that is documented for creating and updating items, where reading answers 404."""
    return bad_request("dataset_id: the specified dataset id does not exist")


def _no_item(request: Request) -> Refusal:
    return not_found(f"dataset_item_id: the dataset has no item {request.path['dataset_item_id'][:_SHOWN]}")


def _array(elements: Any) -> bytes:
    return b"[" + b",".join(elements) + b"]"

"""The documented operations. Each method of `Operations` has an operationId as its name."""

from typing import Any

from .errors import Headers, Response, bad_request
from .handling.bulk import BulkUpdates
from .handling.indexing import Indexing
from .handling.lookup import Lookup, no_item, unknown_dataset
from .handling.pages import Pages, is_long, page_response
from .handling.request import Request
from .http.paging import Tokens
from .json_text import encode_json, encode_large_json
from .likeness import Likeness, likeness
from .storage.clock import Clock
from .storage.datasets import Datasets, dataset_number
from .storage.items import Items, Start, item_number
from .storage.records import ItemWriter
from .storage.search import compile_query
from .storage.store import Store

_OK = 200
_CREATED = 201


class Operations:
    """The documented operations on one database."""

    def __init__(self, store: Store, like: Likeness = likeness("documented")) -> None:  # noqa: B008 - immutable
        self.likeness = like
        self._store = store
        self._clock = Clock()
        self._datasets = Datasets(store)
        self._items = Items(store)
        self._tokens = Tokens(self._datasets.token_key())
        self._lookup = Lookup(self._datasets, self._items)
        self._bulk = BulkUpdates(store, self._clock, self._datasets, self._items, self._lookup)
        self._pages = Pages(store, self._datasets, self._items, self._lookup, self._bulk.merge)
        self._indexing = Indexing(store, self._items.index)

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
            number = self._lookup.dataset(request)
            return Response(_OK, self._datasets.get(number).json(self._datasets.total_count(number)))

        return await self._store.read_many(work)

    async def list_datasets(self, request: Request) -> Response:
        """Read a page of datasets; the next token is in a header."""
        organization, token = request.path["organization_id"], request.query.get("next_token")
        size = request.page_size("max_results")
        listing = ("datasets", organization)
        after = 0 if token is None else self._tokens.read("next_token", token, *listing)[0]

        # One more than asked for shows whether others follow.
        rows, in_parts = await self._pages.datasets(organization, after, size + 1)
        headers: Headers = ()
        if len(rows) > size:
            token = self._tokens.make(rows[size - 1].dataset_id, *listing)
            headers = ((b"x-next-token", token.encode("ascii")),)
        return await page_response(b"[", (row.json() for row in rows[:size]), b"]", headers, in_parts=in_parts)

    async def delete_dataset(self, request: Request) -> Response:
        """Remove a dataset and its items."""

        def work() -> Response:
            number = self._lookup.dataset(request)
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
        await self._datasets.prepare_rule(request.path["dataset_id"])

        def work() -> Response:
            number = self._lookup.dataset(request, unknown_dataset)
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
                self._lookup.dataset(request)
                raise no_item(request)
            return Response(_OK, self._writer(request)(row))

        return await self._store.read(work)

    async def list_dataset_items(self, request: Request) -> Response:
        """Read a page of items, or of those that match `q`."""
        token, q, size = request.query.get("next_page_token"), request.query.get("q"), request.page_size("limit")
        listing = ("items", request.path["organization_id"], request.path["dataset_id"])
        after, q = (-1, q or "") if token is None else self._tokens.resume(token, q, *listing)
        query = compile_query(q) if q else None
        if query is not None:
            await self._indexing.bring_up_to_date(lambda: self._lookup.dataset(request))

        # One more than asked for shows whether others follow.
        page = await self._pages.items(request, Start(after), size + 1, query)
        rows, end = page.rows[:size], self.likeness.end
        if self.likeness.goes_on(len(page.rows), size):
            token = self._tokens.make(rows[-1].dataset_item_id, *listing, query=q)
            end = b',"next_page_token":"%b"' % token.encode("ascii")
        end = b'],"total_count":%d%b}' % (page.count, end)
        return await page_response(b'{"items":[', map(self._writer(request), rows), end, in_parts=is_long(rows))

    async def update_dataset_item(self, request: Request) -> Response:
        """Replace an item's attributes."""
        attributes = request.body["attributes"]
        kept = await _encoded(request, attributes)
        await self._datasets.prepare_rule(request.path["dataset_id"])

        def work() -> Response:
            number = self._lookup.dataset(request, unknown_dataset)
            old = self._lookup.item(request, number)
            self._datasets.rule(number).check(attributes, "attributes")
            row = old._replace(attributes=kept, updated_at=self._clock.after(old.updated_at))
            self._items.update(number, old, row)
            return Response(_OK, self._writer(request)(row))

        return await self._store.write(work)

    async def bulk_update_dataset_item(self, request: Request) -> Response:
        """Replace the attributes of many items, or of none."""
        rows = await self._bulk.update(request)
        return await page_response(b"[", map(self._writer(request), rows), b"]", in_parts=is_long(rows))

    async def delete_dataset_item(self, request: Request) -> Response:
        """Remove an item."""

        def work() -> Response:
            number = self._lookup.dataset(request)
            row = self._lookup.item(request, number)
            self._items.delete(number, row)
            return Response(_OK, self._writer(request)(row))

        return await self._store.write(work)

    def _writer(self, request: Request) -> ItemWriter:
        return self.likeness.item_writer(request.path["organization_id"], request.path["dataset_id"])


async def _encoded(request: Request, value: Any) -> bytes:
    return await encode_large_json(value) if request.is_large else encode_json(value)

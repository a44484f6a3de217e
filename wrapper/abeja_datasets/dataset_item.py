"""The items of a dataset, as objects over `APIClient`."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from abeja_datasets.calls.identifiers import Identifier
from abeja_datasets.identified import Identified, unusable
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    from abeja_datasets import api_client, client, notebooks, prefetching, typed_dicts
    from abeja_datasets import source_data as sources
else:
    api_client = LazyModule("abeja_datasets.api_client")
    client = LazyModule("abeja_datasets.client")
    notebooks = LazyModule("abeja_datasets.notebooks")
    prefetching = LazyModule("abeja_datasets.prefetching")
    sources = LazyModule("abeja_datasets.source_data")
    typed_dicts = LazyModule("abeja_datasets.typed_dicts")


class DatasetItem(Identified):
    """An item of a dataset: its attributes, and where its content is.

    ::

        item = dataset.dataset_items.get(0)
        label_id = item.attributes["classification"][0]["label_id"]
        content = item.source_data[0].get_content()

    It can be pickled. What is unpickled in another process opens connections of its own.

    Attributes:
        organization_id: the organization that owns the dataset; that of the client where the response has none.
        dataset_id: the dataset.
        dataset_item_id: the number of the item in its dataset.
        attributes: a dict, to read and to change; `raw` has the same one. `DatasetItems.update` sends it.
        created_at: a timestamp, as the server sent it; `parse_timestamp` parses it.
        updated_at: the same for the last change.
        raw: the whole item, as the server sent it, with keys that are not documented too.

    Args:
        raw: the item.
        items: the items that it belongs to.

    Raises:
        InvalidResponse: `raw` is not an item.
    """

    def __init__(self, raw: Any, items: "DatasetItems") -> None:
        try:
            self.dataset_item_id: int = raw["dataset_item_id"]
            self.attributes: dict[str, Any] = raw.get("attributes") or {}
            self.organization_id: Identifier = raw.get("organization_id") or items.organization_id
            self.dataset_id: Identifier = raw.get("dataset_id") or items.dataset_id
            self.created_at: str | None = raw.get("created_at")
            self.updated_at: str | None = raw.get("updated_at")
        except (TypeError, KeyError, AttributeError):
            raise unusable(raw, "a dataset item, an object with `dataset_item_id`") from None
        self.raw: dict[str, Any] = raw
        self._items = items
        self._source_data: list[sources.SourceData] | None = None

    @property
    def source_data(self) -> "list[sources.SourceData]":
        """The sources of the item, each of which can download its content.

        Raises:
            InvalidResponse: what the item has for its sources is not a list.
        """
        if self._source_data is None:
            raw = self.raw.get("source_data") or []
            if not isinstance(raw, list):
                raise unusable(self.raw, "a dataset item with a list `source_data`")
            reader = self._items.client.content_reader()
            self._source_data = [sources.SourceData(one, reader) for one in raw]
        return self._source_data

    def asdict(self) -> dict[str, Any]:
        """Return a copy of the whole item as a dict, with its attributes as they are now."""
        return copy.deepcopy({**self.raw, "attributes": self.attributes})

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_source_data": None}  # a copy makes them anew, with what reads content there

    def _ids(self) -> tuple[Any, ...]:
        return self.organization_id, self.dataset_id, self.dataset_item_id

    def _repr_html_(self) -> str:
        return notebooks.item_html(self)


class DatasetItemIterator(Iterator[DatasetItem]):
    """Iterates over the items of a dataset, in the order of creation, loading a page at a time.

    Nothing is sent before the first item is asked for. A `for` that comes after another one, or after `next()`,
    continues with the rest; once there is no more, the next `for` starts again. After an error it continues where it
    failed.

    Args:
        items: whose items to list.
        params: what to list, as for `APIClient.list_dataset_items`.
        prefetch: whether threads download the content of the items ahead of the caller.

    Raises:
        ValueError: a parameter is not usable.
    """

    def __init__(self, items: "DatasetItems", params: Mapping[str, Any], *, prefetch: bool = False) -> None:
        self._items = items
        self._params = dict(params)
        self._prefetch = prefetch
        self._is_over = False
        self._source = self._begun()

    def __iter__(self) -> Self:
        if self._is_over:
            self._source = self._begun()
            self._is_over = False
        return self

    def __next__(self) -> DatasetItem:
        try:
            return next(self._source)
        except StopIteration:
            self._is_over = True
            raise

    def _begun(self) -> Iterator[DatasetItem]:
        items = self._items
        entries = items.api.iter_dataset_items(items.organization_id, items.dataset_id, self._params)
        made = map(partial(DatasetItem, items=items), entries)
        return prefetching.Prefetched(made, self._params.get("limit")) if self._prefetch else made


_Items = list[DatasetItem]
"""`list` is a method below."""


class DatasetItems:
    """The items of a dataset.

    ::

        dataset_items = client.get_dataset("1410805969256").dataset_items

    Attributes:
        client: the client that the items are loaded with.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.

    Args:
        client: the client of the dataset.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
    """

    def __init__(self, client: "client.Client", organization_id: Identifier, dataset_id: Identifier) -> None:
        self.organization_id = organization_id
        self.dataset_id = dataset_id
        self.client = client

    @property
    def api(self) -> "api_client.APIClient":
        """The `APIClient` that sends the requests."""
        return self.client.api

    def create(
        self,
        source_data: "Sequence[typed_dicts.SourceData | Mapping[str, Any]]",
        attributes: "typed_dicts.Attributes | Mapping[str, Any] | None" = None,
    ) -> DatasetItem:
        """Create an item.

        ::

            source_data = [{"data_uri": "datalake://1200123803688/20170815T044617", "data_type": "image/jpeg"}]
            attributes = {"classification": [{"category_id": 1, "label_id": 1}]}
            item = dataset.dataset_items.create(source_data, attributes)

        Args:
            source_data: where the content is: a list of at least one.
            attributes: labels and other metadata [optional].

        Raises:
            BadRequest: the item or the dataset is not valid.
        """
        return self._made(self.api.create_dataset_item(*self._place(), source_data, attributes))

    def get(self, dataset_item_id: Identifier) -> DatasetItem:
        """Get an item.

        Args:
            dataset_item_id: the number of the item.

        Raises:
            NotFound: there is no such item.
        """
        return self._made(self.api.get_dataset_item(*self._place(), dataset_item_id))

    def update(
        self, dataset_item_id: Identifier, attributes: "typed_dicts.Attributes | Mapping[str, Any]"
    ) -> DatasetItem:
        """Replace the attributes of an item.

        Args:
            dataset_item_id: the number of the item.
            attributes: all of its attributes from now on.

        Raises:
            NotFound: there is no such item.
            BadRequest: the attributes are not valid.
        """
        return self._made(self.api.update_dataset_item(*self._place(), dataset_item_id, attributes))

    def bulk_update(self, bulk_attributes: "Sequence[typed_dicts.BulkUpdateEntry | Mapping[str, Any]]") -> _Items:
        """Replace the attributes of many items: of all of them, or of none.

        Args:
            bulk_attributes: dicts with a `dataset_item_id` and its `attributes`.

        Returns:
            The items, in the order of the argument.

        Raises:
            BadRequest: an entry is not valid, or there is no such item.
        """
        found: Any = self.api.bulk_update_dataset_item(*self._place(), bulk_attributes)
        if not isinstance(found, list):
            raise unusable(found, "a list of dataset items")
        return [self._made(raw) for raw in found]

    def delete(self, dataset_item_id: Identifier) -> DatasetItem:
        """Delete an item, and return it as it was.

        Args:
            dataset_item_id: the number of the item.

        Raises:
            NotFound: there is no such item.
        """
        return self._made(self.api.delete_dataset_item(*self._place(), dataset_item_id))

    def list(
        self,
        next_page_token: str | None = None,
        limit: int | None = None,
        prefetch: bool = False,
        *,
        q: str | None = None,
    ) -> DatasetItemIterator:
        """List all items, in the order of creation.

        ::

            for item in dataset.dataset_items.list(prefetch=True):
                content = item.source_data[0].get_content()

        Args:
            next_page_token: the page to start from, as `APIClient.list_dataset_items` returned it [optional].
            limit: the size of a page, 1 to 1,000; all items are listed, whatever it is [optional].
            prefetch: True to download the content of at most a page of items ahead of the caller, in a few threads. A
                failure to download is raised where the content is asked for.
            q: a query that the items must match, such as `label:dog` [optional].

        Returns:
            An iterator that holds one page, and sends nothing before the first item is asked for.

        Raises:
            ValueError: a parameter is not usable.
        """
        given = {"next_page_token": next_page_token or None, "limit": limit, "q": q}
        return DatasetItemIterator(self, given, prefetch=prefetch)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # copies of an item share the client, and its connections

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.organization_id!r} {self.dataset_id!r}>"

    def _place(self) -> tuple[Identifier, Identifier]:
        return self.organization_id, self.dataset_id

    def _made(self, raw: Any) -> DatasetItem:
        return DatasetItem(raw, self)

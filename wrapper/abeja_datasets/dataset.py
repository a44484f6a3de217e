"""The datasets of an organization, as objects over `APIClient`."""

from collections.abc import Mapping  # noqa: TC003 - typing.get_type_hints looks it up here
from typing import TYPE_CHECKING, Any

from abeja_datasets.calls.identifiers import Identifier
from abeja_datasets.dataset_item import DatasetItems
from abeja_datasets.identified import Identified, unusable
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    from abeja_datasets import client, notebooks, typed_dicts
else:
    client = LazyModule("abeja_datasets.client")
    notebooks = LazyModule("abeja_datasets.notebooks")
    typed_dicts = LazyModule("abeja_datasets.typed_dicts")


class Dataset(Identified):
    """A dataset.

    ::

        dataset = client.get_dataset("1410805969256")
        for item in dataset.dataset_items.list():
            print(item.attributes)

    Attributes:
        organization_id: the organization that owns it; that of the client where the response has none.
        dataset_id: its id.
        name: its name.
        type: its type, such as `classification`.
        props: its properties; `categories` are the labels that its items may have.
        total_count: the number of its items when it was loaded; None unless it comes from `get`.
        created_at: a timestamp, as the server sent it; `parse_timestamp` parses it.
        updated_at: the same for the last change.
        dataset_items: its items. Nothing is sent before one is asked for.
        raw: the whole dataset, as the server sent it, with keys that are not documented too.

    Args:
        raw: the dataset.
        client: the client that loaded it.

    Raises:
        InvalidResponse: `raw` is not a dataset.
    """

    def __init__(self, raw: Any, client: "client.Client") -> None:
        if not isinstance(raw, dict) or "dataset_id" not in raw:
            raise unusable(raw, "a dataset, an object with `dataset_id`")
        self.organization_id: Identifier = raw.get("organization_id") or client.organization_id
        self.dataset_id: str = raw["dataset_id"]
        self.name: str | None = raw.get("name")
        self.type: str | None = raw.get("type")
        self.props: dict[str, Any] = raw.get("props") or {}
        self.total_count: int | None = raw.get("total_count")
        self.created_at: str | None = raw.get("created_at")
        self.updated_at: str | None = raw.get("updated_at")
        self.raw: dict[str, Any] = raw
        self.dataset_items = DatasetItems(client, self.organization_id, self.dataset_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.organization_id!r} {self.dataset_id!r} name={self.name!r}>"

    def _ids(self) -> tuple[Any, ...]:
        return self.organization_id, self.dataset_id

    def _repr_html_(self) -> str:
        return notebooks.dataset_html(self)


_Datasets = list[Dataset]
"""`list` is a method below."""


class Datasets:
    """The datasets of an organization.

    Args:
        client: the client, with its organization.
    """

    def __init__(self, client: "client.Client") -> None:
        self._client = client

    @property
    def organization_id(self) -> Identifier:
        """The organization of the client.

        Raises:
            InvalidIdentifier: the client has none.
        """
        return self._client.organization_id

    def create(
        self,
        name: str,
        type: str,  # noqa: A002 - the documented name
        props: "typed_dicts.Props | Mapping[str, Any]",
    ) -> Dataset:
        """Create a dataset.

        ::

            labels = [{"label_id": 1, "label": "dog"}, {"label_id": 2, "label": "cat"}]
            props = {"categories": [{"category_id": 1, "name": "cats_dogs", "labels": labels}]}
            dataset = client.datasets.create("test-dataset", "classification", props)

        Args:
            name: unique within the organization, 1 to 255 characters.
            type: such as `classification` or `detection`.
            props: the properties; `categories` are the labels that items may have.

        Raises:
            BadRequest: there is such a dataset, or an argument is not valid.
        """
        return self._dataset(self._client.api.create_dataset(self.organization_id, name, type, props))

    def get(self, dataset_id: Identifier) -> Dataset:
        """Get a dataset, with the number of its items.

        Args:
            dataset_id: the dataset.

        Raises:
            NotFound: there is no such dataset.
        """
        return self._dataset(self._client.api.get_dataset(self.organization_id, dataset_id))

    def list(self) -> _Datasets:
        """List all datasets of the organization, from all pages, in the order of creation."""
        return [*map(self._dataset, self._client.api.iter_datasets(self.organization_id))]

    def delete(self, dataset_id: Identifier) -> Dataset:
        """Delete a dataset with all of its items, and return it as it was.

        Args:
            dataset_id: the dataset.

        Raises:
            NotFound: there is no such dataset.
        """
        return self._dataset(self._client.api.delete_dataset(self.organization_id, dataset_id))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    def _dataset(self, raw: Any) -> Dataset:
        return Dataset(raw, self._client)

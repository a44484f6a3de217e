"""Finding the dataset and the item that a path names, and the refusals where there is none."""

from collections.abc import Callable

from abeja_datasets_mock.errors import Refusal, bad_request, not_found
from abeja_datasets_mock.storage.datasets import Datasets
from abeja_datasets_mock.storage.items import Items, item_number
from abeja_datasets_mock.storage.records import ItemRow

from .request import Request

_SHOWN = 80
"""Characters of an id that a message repeats."""


def no_dataset() -> Refusal:
    """Build the 404 that is documented for reading and deleting."""
    return not_found("dataset_id: dataset not found")


def unknown_dataset() -> Refusal:
    """Build the 400 that is documented for creating and updating items, where reading has a 404."""
    return bad_request("dataset_id: the specified dataset id does not exist")


def no_item(request: Request) -> Refusal:
    """Build the 404 for the item in a path."""
    return not_found(f"dataset_item_id: the dataset has no item {request.path['dataset_item_id'][:_SHOWN]}")


def unknown_item(index: int, item: int) -> Refusal:
    """Build the 400 for an entry of a bulk update."""
    return bad_request(f"[{index}].dataset_item_id: the dataset has no item {str(item)[:_SHOWN]}")


def repeated_item(index: int, item: int) -> Refusal:
    """Build the 400 for the second entry of a bulk update with one item."""
    return bad_request(f"[{index}].dataset_item_id: item {str(item)[:_SHOWN]} is in the list already")


class Lookup:
    """Finds what paths name. Call its methods inside `Store.read_many` and `Store.write`."""

    def __init__(self, datasets: Datasets, items: Items) -> None:
        self._datasets = datasets
        self._items = items

    def dataset(self, request: Request, missing: Callable[[], Refusal] = no_dataset) -> int:
        """Return the number of the dataset.

        Raises:
            Refusal: the one that `missing` builds, where the organization has no such dataset.
        """
        return self._datasets.identify(request.path["organization_id"], request.path["dataset_id"], missing)

    def item(self, request: Request, dataset: int) -> ItemRow:
        """Return the item, which is about to be changed.

        Raises:
            Refusal: 404, the dataset has no such item.
        """
        item = item_number(request.path["dataset_item_id"])
        self._items.settle(dataset, item)
        row = self._items.get(dataset, item)
        if row is None:
            raise no_item(request)
        return row

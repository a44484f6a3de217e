"""The ten documented methods, a call of each, and what it must put on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from abeja_datasets import APIClient


@dataclass(frozen=True)
class Operation:
    """A documented method, a call of it, and what that must put on the wire."""

    name: str
    arguments: Mapping[str, Any]
    """By documented name, in the documented order; all of them."""
    method: str
    path: str
    query: str = ""
    body: Any = None
    """None where there must be no body."""

    def call(self, client: APIClient) -> Any:
        return getattr(client, self.name)(**self.arguments)


_ORG: Final = {"organization_id": "1102940376065"}
_DATASET: Final = {**_ORG, "dataset_id": "1410805969256"}
_ITEM: Final = {**_DATASET, "dataset_item_id": 7}
_ATTRIBUTES: Final = {"custom": [{"anything": "something"}]}
_SOURCE: Final = [{"data_type": "image/jpeg", "data_uri": "datalake://1200000000000/20170815T044617"}]
_DATASETS_PATH: Final = "/organizations/1102940376065/datasets/"
_DATASET_PATH: Final = f"{_DATASETS_PATH}1410805969256"
_BULK: Final = [{"dataset_item_id": 7, "attributes": _ATTRIBUTES}]

OPERATIONS: Final = (
    Operation(
        "create_dataset",
        {**_ORG, "name": "cats", "type": "custom", "props": {"categories": []}},
        "POST",
        _DATASETS_PATH,
        body={"name": "cats", "type": "custom", "props": {"categories": []}},
    ),
    Operation("get_dataset", _DATASET, "GET", _DATASET_PATH),
    Operation(
        "list_datasets",
        {**_ORG, "max_results": 20, "next_token": "a b"},
        "GET",
        _DATASETS_PATH,
        query="max_results=20&next_token=a+b",
    ),
    Operation("delete_dataset", _DATASET, "DELETE", _DATASET_PATH),
    Operation(
        "create_dataset_item",
        {**_DATASET, "source_data": _SOURCE, "attributes": _ATTRIBUTES},
        "POST",
        f"{_DATASET_PATH}/items/",
        body={"source_data": _SOURCE, "attributes": _ATTRIBUTES},
    ),
    Operation("get_dataset_item", _ITEM, "GET", f"{_DATASET_PATH}/items/7"),
    Operation(
        "list_dataset_items",
        {**_DATASET, "params": {"q": "label_id:1 AND label:dog", "limit": 5}},
        "GET",
        f"{_DATASET_PATH}/items/",
        query="q=label_id%3A1+AND+label%3Adog&limit=5",
    ),
    Operation(
        "update_dataset_item",
        {**_ITEM, "attributes": _ATTRIBUTES},
        "PUT",
        f"{_DATASET_PATH}/items/7",
        body={"attributes": _ATTRIBUTES},
    ),
    Operation(
        "bulk_update_dataset_item", {**_DATASET, "bulk_attributes": _BULK}, "PUT", f"{_DATASET_PATH}/items", body=_BULK
    ),
    Operation("delete_dataset_item", _ITEM, "DELETE", f"{_DATASET_PATH}/items/7"),
)

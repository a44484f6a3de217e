"""What a seeded change is, and the handles by which one edits the document."""

from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

DATASETS = "/organizations/{organization_id}/datasets/"
DATASET = "/organizations/{organization_id}/datasets/{dataset_id}"
ITEMS = "/organizations/{organization_id}/datasets/{dataset_id}/items/"
BULK = "/organizations/{organization_id}/datasets/{dataset_id}/items"
ITEM = "/organizations/{organization_id}/datasets/{dataset_id}/items/{dataset_item_id}"
WITH_DATASET = {"list_datasets", "create_dataset", "get_dataset", "delete_dataset"}
WITH_ITEM_ID = {"get_dataset_item", "update_dataset_item", "delete_dataset_item"}
WITH_ITEM = WITH_ITEM_ID | {"list_dataset_items", "create_dataset_item", "bulk_update_dataset_item"}
ALL = WITH_DATASET | WITH_ITEM
SENDING_ATTRIBUTES = {"create_dataset_item", "bulk_update_dataset_item", "update_dataset_item"}
SENDING, READING, GENERATED, CHECK = "callers sending", "callers reading", "generated code", "contract check"
STRING = {"type": "string"}
Edit = Callable[[Any], object]


class Seed(NamedTuple):
    """A change, and what is to be said of it.

    Attributes:
        audience: one of those whom the worst finding has to concern.
        operations: all that the findings of that severity name.
        edit: changes the document in place.
        severity: of the worst finding.
        says: words of its sentence.
        example: whether a counterexample is to be shown, where it breaks.
    """

    audience: str
    operations: set[str]
    edit: Edit
    severity: str = "breaking"
    says: str = ""
    example: bool = True


def schema(d: Any, name: str) -> Any:
    return d["components"]["schemas"][name]


def properties(d: Any, name: str) -> Any:
    return schema(d, name)["properties"]


def parameter(d: Any, path: str, name: str) -> Any:
    return next(p for p in d["paths"][path]["get"]["parameters"] if p["name"] == name)


def body(d: Any, path: str, method: str) -> Any:
    return d["paths"][path][method]["requestBody"]


def response(d: Any, path: str, method: str, status: str) -> Any:
    return d["paths"][path][method]["responses"][status]


def rename_path(d: Any, old: str, new: str) -> None:
    d["paths"] = {new if path == old else path: item for path, item in d["paths"].items()}


def rename_path_parameter(d: Any) -> None:
    d["components"]["parameters"]["DatasetId"]["name"] = "id"
    d["paths"] = {path.replace("{dataset_id}", "{id}"): item for path, item in d["paths"].items()}


def rename_component(d: Any, old: str, new: str) -> None:
    text = yaml.safe_dump(d).replace(f"#/components/schemas/{old}'", f"#/components/schemas/{new}'")
    text = text.replace(f"#/components/schemas/{old}\n", f"#/components/schemas/{new}\n")
    d.clear()
    d.update(yaml.safe_load(text))
    d["components"]["schemas"][new] = d["components"]["schemas"].pop(old)

"""Each operation carries out its documented request."""

from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.resources import SOURCE, filled, plain, source, subject, subject_item

STAGE = Stage("operations")
_DOCUMENTED_ID = "dataset_item_id"
_SMALL: dict[str, Any] = {
    "create_dataset": {"type": "custom", "props": {}},
    "create_dataset_item": {"source_data": SOURCE},
    "update_dataset_item": {"attributes": {}},
    "bulk_update_dataset_item": [{"attributes": {}}],
}


def example(p: Probe, operation: str) -> Any:
    """Return the request that the document shows, or else a small one."""
    shown = p.contract.operation(operation).request_example
    return _SMALL[operation] if shown is None else shown


def _create_dataset(p: Probe) -> None:
    body = {**example(p, "create_dataset"), "name": p.name()}
    p.passing.append(p.call("create_dataset", json=body).at("dataset_id"))


def _get_dataset(p: Probe) -> None:
    p.call("get_dataset", (plain if p.may_write else subject)(p).id)


def _list_datasets(p: Probe) -> None:
    p.call("list_datasets")


def _delete_dataset(p: Probe) -> None:
    p.call("delete_dataset", filled(p, 1).id)


def _create_dataset_item(p: Probe) -> None:
    p.call("create_dataset_item", plain(p).id, json={"source_data": source(p)})
    p.call("create_dataset_item", plain(p).id, json=example(p, "create_dataset_item"))


def _get_dataset_item(p: Probe) -> None:
    dataset, item = subject_item(p)
    p.call("get_dataset_item", dataset.id, item.id)


def _list_dataset_items(p: Probe) -> None:
    p.call("list_dataset_items", subject(p).id)


def _update_dataset_item(p: Probe) -> None:
    dataset = filled(p, 1)
    p.call("update_dataset_item", dataset.id, dataset.items[0].id, json=example(p, "update_dataset_item"))


def _bulk_update_dataset_item(p: Probe) -> None:
    dataset = filled(p, 2)
    entry = example(p, "bulk_update_dataset_item")[0]
    body = [{**entry, _DOCUMENTED_ID: item.id} for item in dataset.items]
    p.call("bulk_update_dataset_item", dataset.id, json=body)


def _delete_dataset_item(p: Probe) -> None:
    dataset = filled(p, 1)
    p.call("delete_dataset_item", dataset.id, dataset.items[0].id)


_CHECKS: dict[str, Callable[[Probe], None]] = {
    "create_dataset": _create_dataset,
    "get_dataset": _get_dataset,
    "list_datasets": _list_datasets,
    "create_dataset_item": _create_dataset_item,
    "get_dataset_item": _get_dataset_item,
    "list_dataset_items": _list_dataset_items,
    "update_dataset_item": _update_dataset_item,
    "bulk_update_dataset_item": _bulk_update_dataset_item,
    "delete_dataset_item": _delete_dataset_item,
    "delete_dataset": _delete_dataset,
}


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for name, check in _CHECKS.items():
        add(
            f"operations.{name}.succeeds",
            f"{name} carries out a documented request, and responds with a documented success.",
            Source.operation(name, "responses", "200"),
            check,
            reads=contract.reads(name),
        )

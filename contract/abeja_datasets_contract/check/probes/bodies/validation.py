"""Bodies that break the documented schema, in each place and in each way, are 400 and change nothing."""

from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.labels import label
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.resources import (
    CATEGORIES,
    SOURCE,
    Dataset,
    nothing_changed,
    shared_filled,
    source,
)

from .mutations import Mutant, mutants

STAGE = Stage("validation")
_REFUSED = (400,)
_RECT = {"xmin": 22, "ymin": 145.5, "xmax": 140, "ymax": 220}
_NAME = "contract-check-placeholder"
ATTRIBUTES = {
    "classification": [label(1, 1), label(1, 1, label="dog")],
    "detection": [label(1, 2), label(1, 2, label="cat", rect=_RECT)],
}
_FILES = [{"data_uri": "datalake://1/a"}, {"data_uri": "datalake://1/b", "data_type": "x/y", "height": 5, "width": 2}]
_ITEM_ID = 0
VALID: dict[str, Any] = {
    "create_dataset": {"name": _NAME, "type": "custom", "props": {"categories": CATEGORIES}},
    "create_dataset_item": {"source_data": _FILES, "attributes": ATTRIBUTES},
    "update_dataset_item": {"attributes": ATTRIBUTES},
    "bulk_update_dataset_item": [
        {"dataset_item_id": _ITEM_ID, "attributes": {}},
        {"dataset_item_id": _ITEM_ID + 1, "attributes": ATTRIBUTES},
    ],
}
"""Bodies that keep the schema, with the ids and names of nobody."""


def target(p: Probe) -> Dataset:
    """Return the dataset that broken bodies are sent to, with two items."""
    return shared_filled(p, "validation", 2)


def adapted(p: Probe, dataset: Dataset, operation: str, body: Any) -> Any:
    """Insert ids and names that are in order where the point of a body is not that they are wrong."""
    body = p.contract.completed(operation, body)
    if operation == "create_dataset" and isinstance(body, dict) and body.get("name") == _NAME:
        return {**body, "name": p.name()}
    if operation == "bulk_update_dataset_item" and isinstance(body, list):
        return [_with_id(dataset, entry) for entry in body]
    return body


def _with_id(dataset: Dataset, entry: Any) -> Any:
    if isinstance(entry, dict) and type(entry.get("dataset_item_id")) is int and entry["dataset_item_id"] >= 0:
        return {**entry, "dataset_item_id": dataset.items[entry["dataset_item_id"]].id}
    return entry


def send(p: Probe, operation: str, dataset: Dataset, **more: Any) -> Response:
    """Call an operation that takes a body."""
    return p.call(operation, dataset.id, dataset.items[0].id, **more)


def names_in(*bodies: Any) -> list[str]:
    """List the names that bodies give datasets."""
    return [body["name"] for body in bodies if isinstance(body, dict) and isinstance(body.get("name"), str)]


def refusal(operation: str, bodies: list[Any]) -> Callable[[Probe], None]:
    """Return the check of bodies that are to be refused."""

    def check(p: Probe) -> None:
        dataset = target(p)
        sent = [adapted(p, dataset, operation, body) for body in bodies]
        for body in sent:
            with p.case():
                send(p, operation, dataset, json=body, expect=_REFUSED)
        nothing_changed(p, dataset, names_in(*sent), p.last)

    return check


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for operation, valid in VALID.items():
        places: dict[str, list[Any]] = {}
        for mutant in _mutants(contract, operation, valid):
            places.setdefault(mutant.place, []).append(mutant.value)
        source = Source.operation(operation, "requestBody", "content", "application/json", "schema")
        for place, bodies in places.items():
            add(
                f"validation.{operation}.{place or 'body'}",
                f"{operation} refuses a wrong {place or 'body'} with 400, and changes nothing.",
                source,
                refusal(operation, bodies),
            )


def _mutants(contract: Contract, operation: str, valid: Any) -> list[Mutant]:
    """Break a body in each way that the document describes; in none where the document refuses the body itself."""
    known = contract.operations.get(operation)
    if known is None or known.request_schema is None:
        return []
    try:
        whole = contract.completed(operation, valid)
    except Skip:
        return []
    compiled = contract.schemas.validator(known.request_schema)
    if not compiled.is_valid(whole):
        return []
    found = mutants(contract, known.request_schema, whole)
    return [mutant for mutant in found if not compiled.is_valid(contract.completed(operation, mutant.value))]


_PROPS: tuple[Any, ...] = (
    {},
    {"categories": []},
    {"categories": [{"category_id": 0, "name": "", "labels": []}]},
    {"categories": [{"category_id": 10**20, "name": "x", "labels": [{"label_id": 10**20, "more": 1}], "more": 1}]},
    {"categories": [{"category_id": 1, "name": "twice", "labels": [{"label_id": 1}, {"label_id": 2}]}] * 2},
)
_TAKEN: dict[str, list[Any]] = {
    "create_dataset": [{"name": _NAME, "type": "custom", "props": props} for props in _PROPS],
    "create_dataset_item": [
        {"source_data": [{"data_uri": "x"}]},
        {"source_data": [{"data_uri": "x", "height": 0, "width": 10**9, "data_type": "", "more": [None]}]},
        {"source_data": SOURCE * 3, "attributes": {}},
    ],
}
_TAKEN_ATTRIBUTES: list[Any] = [
    {},
    {"classification": [], "detection": []},
    {"detection": [label(0, 0, rect={"xmin": 0.5, "ymin": -1.25, "xmax": 1e3, "ymax": 0})]},
    {"detection": [label(1, 2, rect={**_RECT, "more": "kept"}), label(1, 2, rect={**_RECT, "xmin": 900})]},
    {"classification": [label(0, 0, more={"kept": 1}, label="")]},
    {"segmentation": {"any": "JSON"}, "custom": None, "custom_format": 1, "video": [[]]},
    {"segmentation": [], "custom": [{"anything": "something"}], "custom_format": "text", "video": False},
]


def _acceptance(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = shared_filled(p, "taken", 2)
        bodies = list(_TAKEN.get(operation, ()))
        for attributes in _TAKEN_ATTRIBUTES if operation != "create_dataset" else ():
            body: Any = {"attributes": attributes}
            if operation == "create_dataset_item":
                body["source_data"] = source(p)
            bodies.append([{"dataset_item_id": 0, **body}] if operation == "bulk_update_dataset_item" else body)
        for body in bodies:
            with p.case():
                response = send(p, operation, dataset, json=adapted(p, dataset, operation, body))
                if operation == "create_dataset":
                    p.passing.append(response.id("dataset_id"))

    return check


for _operation in VALID:
    STAGE.add(
        f"validation.{_operation}.takes-all-else",
        f"{_operation} accepts all that the schema allows.",
        Source.operation(_operation, "requestBody"),
        _acceptance(_operation),
    )

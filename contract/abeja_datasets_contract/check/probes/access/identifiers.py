"""Ids of what does not exist, and what is not an id at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.document.ids import MadeUp, segment
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.resources import (
    SOURCE,
    Dataset,
    gone,
    nothing_changed,
    shared_filled,
    subject,
    subject_item,
)

STAGE = Stage("identifiers")
_NOT_FOUND = (404,)
BODIES: dict[str, Any] = {
    "create_dataset_item": {"source_data": SOURCE},
    "update_dataset_item": {"attributes": {}},
    "bulk_update_dataset_item": [],
}
_UNKNOWN_DATASET = {
    "get_dataset": _NOT_FOUND,
    "list_dataset_items": _NOT_FOUND,
    "get_dataset_item": _NOT_FOUND,
    "delete_dataset": _NOT_FOUND,
    "delete_dataset_item": _NOT_FOUND,
    "create_dataset_item": (400,),
    # The document has both, and its reference 400.
    "update_dataset_item": (400, 404),
    "bulk_update_dataset_item": (400, 404),
}
_ITEM_PARAMETER = Source.component("parameters", "DatasetItemId", "description")
_LONG = 300
UNKNOWN_ITEM = 1_000_000_007
"""An item that nobody has: a server may look at the item's id alone."""
_MALFORMED, _PRINTABLE = 400, 32


def body_for(operation: str, item: Any) -> dict[str, Any]:
    """Return the arguments of a valid body."""
    if operation == "bulk_update_dataset_item":
        return {"json": [{"dataset_item_id": item, "attributes": {}}]}
    return {"json": BODIES[operation]} if operation in BODIES else {}


def _unknown_dataset(operation: str, statuses: tuple[int, ...]) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        made_up = [p.run, f"{p.run}-データ / ?#%", p.run + "x" * _LONG]
        if p.contract.reads(operation):
            made_up += ["-1", "1 OR 1=1", "null"]
        for dataset in made_up:
            with p.case():
                p.call(operation, dataset, UNKNOWN_ITEM, expect=statuses, **body_for(operation, UNKNOWN_ITEM))
        if p.may_write:
            old = gone(p)
            item = old.items[0].id
            p.call(operation, old.id, item, expect=statuses, **body_for(operation, item))

    return check


_FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


def malformed(item: int) -> list[str]:
    """List what is not an item id, though some of it would be read as the one given."""
    like = [
        f"0{item}",
        f"+{item}",
        f"-{item}",
        f"{item}.0",
        f" {item}",
        f"{item} ",
        f"{item}\n",
        f"0x{item:x}",
        f"{item}e0",
        f"{item}.json",
    ]
    full_width = str(item).translate(_FULL_WIDTH)
    return [
        *like,
        full_width,
        f"{item},{item}",
        f"{item};",
        "-1",
        "abc",
        "null",
        "1.5",
        "NaN",
        "*",
        "9" * 40,
        "x" * _LONG,
    ]


def _unknown_item(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset, _ = _kept(p, operation)
        unknown = max(entry.number for entry in dataset.items) + 1_000_000_007
        for number in (unknown, 2**63, 2**64, 10**30):
            with p.case():
                p.call(operation, dataset.id, number, expect=_NOT_FOUND, **body_for(operation, number))
        if p.may_write:
            nothing_changed(p, dataset, [])

    return check


def _malformed_item(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset, item = _kept(p, operation)
        every = malformed(item.number)
        for text in every if p.contract.reads(operation) else every[::2]:
            with p.case():
                p.call(operation, dataset.id, MadeUp(text), expect=_NOT_FOUND, **body_for(operation, item.id))
        if p.may_write:
            nothing_changed(p, dataset, [])

    return check


def _malformed_dataset(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = subject(p)
        item = dataset.items[0].id if dataset.items else 0
        like = [f"{dataset.id} ", f" {dataset.id}", f"{dataset.id}\n", f"{dataset.id}\x00"]
        like += [f"{dataset.id}x", f"{dataset.id}.json"]
        if dataset.id.isdecimal():
            like += [f"0{dataset.id}", f"+{dataset.id}", f"{dataset.id}.0"]
        for text in like:
            with p.case():
                response = p.send(p.request(operation, MadeUp(text), item))
                # A server may have refused control characters before it looks at the path.
                p.expect(response, (400, 404) if ord(min(text)) < _PRINTABLE else _NOT_FOUND)

    return check


def _kept(p: Probe, operation: str) -> tuple[Dataset, Any]:
    if p.contract.reads(operation):
        return subject_item(p)
    dataset = shared_filled(p, "identifiers", 2)
    return dataset, dataset.items[1]


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for operation, statuses in _UNKNOWN_DATASET.items():
        reads = contract.reads(operation)
        status = " or ".join(map(str, statuses))
        add(
            f"identifiers.unknown-dataset.{operation}",
            f"{operation} responds with {status} for a dataset that does not exist.",
            Source.operation(operation, "responses", str(statuses[0])),
            _unknown_dataset(operation, statuses),
            reads=reads,
        )
    for operation in ("get_dataset", "list_dataset_items", "get_dataset_item"):
        add(
            f"identifiers.malformed-dataset.{operation}",
            f"{operation} responds with 404 for an id that only looks like a dataset's.",
            Source.operation(operation, "responses", "404"),
            _malformed_dataset(operation),
            reads=True,
        )
    for operation in ("get_dataset_item", "update_dataset_item", "delete_dataset_item"):
        reads = contract.reads(operation)
        add(
            f"identifiers.unknown-item.{operation}",
            f"{operation} responds with 404 for an item that does not exist.",
            Source.operation(operation, "responses", "404"),
            _unknown_item(operation),
            reads=reads,
        )
        add(
            f"identifiers.malformed-item.{operation}",
            f"{operation} responds with 404 for what is not an item's number.",
            _ITEM_PARAMETER,
            _malformed_item(operation),
            reads=reads,
        )


def _raw(p: Probe, operation: str, dataset: str, raw: str) -> Response:
    """Request something by a segment of the path as it is to be sent."""
    marker = "contract-check-segment"
    ids = (marker, "") if operation == "get_dataset" else (dataset, marker)
    call = p.request(operation, *ids)
    return p.send(replace(call, target=call.target.replace(marker, raw)))


@STAGE.clause(
    "identifiers.percent-encoded",
    "An id is the same whether its characters are percent-encoded or not.",
    Source.reference("RFC 3986, section 6.2.2.2"),
    reads=True,
)
def percent_encoded(p: Probe) -> None:
    """Encode all of it."""

    def encoded(text: Any) -> str:
        return "".join(f"%{byte:02X}" for byte in str(text).encode())

    dataset, item = subject_item(p)
    response = p.expect(_raw(p, "get_dataset", dataset.id, encoded(dataset.id)), (200,))
    p.same({"dataset_id": dataset.id}, response, "the dataset of this id")
    response = p.expect(_raw(p, "get_dataset_item", dataset.id, encoded(item.id)), (200,))
    p.same({"dataset_item_id": item.id}, response, "the item of this id")


@STAGE.clause(
    "identifiers.encoded-slash",
    "A percent-encoded slash does not divide segments: an id with it is another one.",
    Source.reference("RFC 3986, section 2.2"),
    reads=True,
)
def encoded_slash(p: Probe) -> None:
    """Encode those that lead on to the items; a server may have refused that before it looks at the path."""
    dataset, item = subject_item(p)
    known = segment(dataset.id)
    for raw in (f"{known}%2Fitems", f"{known}%2fitems%2F{segment(item.id)}"):
        with p.case():
            response = _raw(p, "get_dataset", dataset.id, raw)
            if response.status != _MALFORMED:
                p.expect(response, _NOT_FOUND)


@STAGE.clause(
    "identifiers.not-utf-8",
    "An id that is not UTF-8 identifies nothing.",
    Source.operation("get_dataset", "responses", "404"),
    reads=True,
)
def not_utf_8(p: Probe) -> None:
    """Send some; a server may have refused them before it looks at the path."""
    dataset, _ = subject_item(p)
    for raw in ("%FF%FE", "%ED%A0%80", "x%C3"):
        for operation in ("get_dataset", "get_dataset_item"):
            with p.case():
                response = _raw(p, operation, dataset.id, raw)
                if response.status != _MALFORMED:
                    p.expect(response, _NOT_FOUND)

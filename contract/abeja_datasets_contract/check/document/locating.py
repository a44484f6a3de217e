"""Where in a document the source of a clause is."""

from collections.abc import Mapping, Sequence
from typing import Any

from abeja_datasets_contract.openapi import Document
from abeja_datasets_contract.openapi.pointers import child
from abeja_datasets_contract.openapi.responses import covering, json_key

from .operation import Operation
from .sources import Location, Source

_OF_THE_PROMISE = ("headers", "properties")


def locate(document: Document, operations: Mapping[str, Operation], source: Source) -> Location:
    """Return where a source is in a document."""
    if source.kind == "reference":
        return Location(f"reference: {source.name}")
    if source.kind == "place":
        return _located(document, "#", source.parts)
    operation = operations.get(source.name)
    if operation is None:
        return Location("#/paths", document.line("#/paths"), f"the operation {source.name}", promised=False)
    if source.kind == "parameter":
        return _located_parameter(document, operation, *source.parts)
    return _located(document, operation.pointer, source.parts)


def _located_parameter(document: Document, operation: Operation, name: str, *parts: str) -> Location:
    known = next((one for one in operation.parameters if one.name == name), None)
    if known is not None:
        return _located(document, known.pointer, parts)
    gone = f"the parameter {name} of {operation.name}"
    return Location(operation.pointer, document.line(operation.pointer), gone, promised=False)


def _located(document: Document, start: str, parts: Sequence[str]) -> Location:
    """Walk down from a place, over references; a status and a media type are found in what stands for them."""
    pointer = start
    for number, part in enumerate(parts):
        holder = document.follow(pointer)
        key = _key(document.mapping(holder), part, parts[number - 1] if number else "")
        if key is None:
            promised = part != "requestBody" and (not number or parts[number - 1] not in _OF_THE_PROMISE)
            return Location(pointer, document.line(pointer), child(start, *parts), promised=promised)
        pointer = child(holder, key)
    return Location(pointer, document.line(pointer))


def _key(holder: Mapping[str, Any], part: str, above: str) -> str | None:
    if part in holder:
        return part
    if above == "responses":
        # Whatever status of success the document has: which one it is says nothing about the promise.
        others = (key for key in holder if key[:1] == "2") if part[:1] == "2" else iter(())
        return covering(part, holder) or next(others, None)
    return json_key(holder) if above == "content" else None

"""Answers that are valid, and that nobody expects."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .effects import ServerEffect

_OK, _CREATED = 200, 201
_ERRORS = 400
_OF_SOURCE_DATA = ("data_type", "height", "width")


def unexpected(effect: ServerEffect, status: int, body: bytes) -> tuple[int, bytes]:
    """Change an answer as an effect asks, within what the document allows.

    A body that is no JSON stays as it is.
    """
    if effect.status_200 and status == _CREATED:
        status = _OK
    if effect.added_field is None and effect.added_enum_value is None and not effect.null_optional:
        return status, body
    try:
        value = json.loads(body)
    except ValueError:
        return status, body
    for resource in _resources(value):
        if effect.null_optional:
            _null_optional(resource, is_error=status >= _ERRORS)
        if effect.added_enum_value is not None:
            _add_enum_value(resource, effect.added_enum_value)
        if effect.added_field is not None:
            resource.update(effect.added_field)
    return status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _resources(value: Any) -> Iterator[dict[str, Any]]:
    """Give each described object of an answer: a page and its items, the elements of a list, or just the one."""
    for element in value if isinstance(value, list) else [value]:
        if isinstance(element, dict):
            yield element
            items = element.get("items")
            if isinstance(items, list) and "total_count" in element:
                yield from (item for item in items if isinstance(item, dict))


def _null_optional(resource: dict[str, Any], *, is_error: bool) -> None:
    """Say null for what may be left out, and was; what is there stays, for a null would lose it."""
    if is_error:
        resource.setdefault("error_detail", None)
    elif "items" in resource:
        resource.setdefault("next_page_token", None)
    for source in _objects(resource.get("source_data")):
        for name in _OF_SOURCE_DATA:
            source.setdefault(name, None)
    props = resource.get("props")
    if isinstance(props, dict):
        props.setdefault("categories", None)
        for category in _objects(props["categories"]):
            for label in _objects(category.get("labels")):
                label.setdefault("label", None)


def _add_enum_value(resource: dict[str, Any], value: str) -> None:
    """Name a type that nobody has heard of: of a dataset, or of an item's source data."""
    if "props" in resource:
        resource["type"] = value
    for source in _objects(resource.get("source_data")):
        source["data_type"] = f"{value}/{value}"


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))


def planned(effect: ServerEffect, status: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Write the answer that an effect lays down: its body, and its headers but for the length."""
    headers = [] if effect.retry_after is None else [(b"retry-after", effect.retry_after.encode("ascii"))]
    if status in (204, 304):
        return b"", headers
    body, kind = _body(effect, status)
    return body, [(b"content-type", kind), *headers]


def _body(effect: ServerEffect, status: int) -> tuple[bytes, bytes]:
    if not effect.has_body:
        error: Mapping[str, Any] = {"error": "planned_fault", "error_description": f"A planned fault answers {status}"}
        return json.dumps(error).encode("ascii"), b"application/json"
    if isinstance(effect.body, str):
        return effect.body.encode("utf-8", "surrogatepass"), b"text/html; charset=utf-8"
    return json.dumps(effect.body).encode("ascii"), b"application/json"

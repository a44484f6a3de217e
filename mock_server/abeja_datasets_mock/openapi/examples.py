"""The example responses of the document."""

import json
from collections.abc import Mapping
from typing import Any

from abeja_datasets_mock.errors import Response

from .references import resolve

_NOTHING: Any = object()


def documented_response(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Response | None:
    """Return the first success with a JSON example, with the headers that have one; None where there is none."""
    for status, response in sorted(operation.get("responses", {}).items(), key=lambda entry: str(entry[0])):
        if not str(status).startswith("2"):
            continue
        content = resolve(document, response)
        shown = _shown(document, content.get("content", {}).get("application/json", {}))
        if shown is not _NOTHING:
            code = int(status) if str(status).isdecimal() else 200  # `2XX` stands for any success
            body = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
            return Response(code, body, tuple(_headers(document, content.get("headers", {}))))
    return None


def _headers(document: Mapping[str, Any], headers: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    found = []
    for name, header in headers.items():
        shown = _shown(document, resolve(document, header))
        if name.lower() != "content-type" and isinstance(shown, str | int | float):
            found.append((name.lower().encode("latin-1"), str(shown).encode("latin-1", "replace")))
    return found


def _shown(document: Mapping[str, Any], holder: Mapping[str, Any]) -> Any:
    """Return the example of a media type or a header, its own or that of its schema."""
    if "example" in holder:
        return holder["example"]
    for example in holder.get("examples", {}).values():
        named = resolve(document, example)
        if "value" in named:
            return named["value"]
    schema = resolve(document, holder.get("schema", {}))
    return next(iter(schema.get("examples", ())), _NOTHING)

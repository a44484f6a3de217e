"""What an operation may respond with: statuses, ranges such as `4XX` and `default`; and JSON media types."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import child

JSON = "application/json"


def covering(status: int | str, documented: Collection[str]) -> str | None:
    """Return which of the documented keys describes a status: itself, its range, or `default`; None for none.

    Of several keys the OpenAPI Specification prefers the most specific one.
    """
    wanted = str(status).upper()
    found = {key.upper(): key for key in documented}
    return found.get(wanted) or found.get(f"{wanted[:1]}XX") or found.get("DEFAULT")


def responses(document: Document, operation: str) -> dict[str, dict[str, Any]]:
    """Return the responses of the operation at a pointer by their documented keys, references followed."""
    place = child(operation, "responses")
    keys = [key for key in document.mapping(place) if not key.startswith("x-")]
    return {key: document.mapping(document.follow(child(place, key))) for key in keys}


def json_key(content: Iterable[str]) -> str | None:
    """Return the key of a `content` that describes JSON, whatever its parameters and case; None without one.

    A type such as `application/problem+json` (RFC 6839) and a range (`application/*`, `*/*`) describe JSON too, where
    nothing closer does.
    """
    kinds = {key.partition(";")[0].strip().lower(): key for key in reversed([*content])}
    suffixed = [kind for kind in kinds if kind.endswith("+json")]
    return next((kinds[kind] for kind in (JSON, *suffixed, "application/*", "*/*") if kind in kinds), None)


def json_media(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the media type object of the JSON of a response or a request body; an empty one where there is none."""
    content = holder.get("content") or {}
    key = json_key(content)
    return (content[key] or {}) if key is not None else {}

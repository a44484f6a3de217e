"""Who may call an API: its security requirements."""

from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation
from abeja_datasets_contract.openapi.pointers import join


def requirements(document: Document, operation: Operation) -> list[dict[str, Any]]:
    """Return the ways to be let in, of which one is enough; an empty one where a request needs no credential."""
    found: list[dict[str, Any]] = operation.raw.get("security", document.data.get("security", [])) or [{}]
    return found


def secured(document: Document, operation: Operation) -> bool:
    """Return whether a request of an operation needs a credential."""
    return all(requirements(document, operation))


def scheme(document: Document, name: str) -> dict[str, Any]:
    """Return a security scheme; an empty one where the document has none of this name."""
    pointer = join("components", "securitySchemes", name)
    try:
        return document.mapping(document.follow(pointer))
    except KeyError:
        return {}


def elsewhere(document: Document, operation: Operation) -> str:
    """Return what an operation requires outside of the header `Authorization`, such as an API key in the header X-Key.

    It is empty where one of the ways to be let in needs no more than that header.
    """
    ways = [
        [place for place in map(_place, (scheme(document, name) for name in names)) if place]
        for names in requirements(document, operation)
    ]
    return "" if not all(ways) else " or ".join(dict.fromkeys(" and ".join(places) for places in ways))


def _place(known: dict[str, Any]) -> str:
    """Return where a scheme has its credential; empty for the header `Authorization`."""
    if known.get("type") == "mutualTLS":
        return "a client certificate"
    if known.get("type") != "apiKey" or _is_authorization(known):
        return ""
    where = "query parameter" if known.get("in") == "query" else known.get("in")
    return f"an API key in the {where} {known.get('name')}"


def _is_authorization(known: dict[str, Any]) -> bool:
    return known.get("in") == "header" and str(known.get("name")).lower() == "authorization"

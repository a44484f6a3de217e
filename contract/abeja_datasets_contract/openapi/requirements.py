"""Who may call an API: its security requirements."""

from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation


def requirements(document: Document, operation: Operation) -> list[dict[str, Any]]:
    """Return the ways to be let in, of which one is enough; an empty one where a request needs no credential."""
    found: list[dict[str, Any]] = operation.raw.get("security", document.data.get("security", [])) or [{}]
    return found


def secured(document: Document, operation: Operation) -> bool:
    """Return whether a request of an operation needs a credential."""
    return all(requirements(document, operation))

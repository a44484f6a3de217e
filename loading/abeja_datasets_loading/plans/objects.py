"""The content of the objects of a plan: JSON."""

import json
from collections.abc import Mapping
from typing import Any

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.plans.storage import Storage


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of an object."""
    return json.dumps(content, separators=(",", ":")).encode()


def decoded(
    storage: Storage, name: str, *, missing: str = "is missing; restore it from a copy", kind: Any = "damaged"
) -> dict[str, Any]:
    """Return the content of an object.

    Args:
        storage: where it is.
        name: of the object.
        missing: what to say where there is none.
        kind: of the error where there is none.

    Raises:
        PlanError: there is none, or it is damaged.
    """
    data = storage.read(name)
    if data is None:
        raise PlanError(storage.url_of(name), missing, kind)
    return parsed(storage, name, data)


def parsed(storage: Storage, name: str, data: bytes) -> dict[str, Any]:
    """Return the content of an object that was read.

    Raises:
        PlanError: it is damaged.
    """
    try:
        content = json.loads(data)
    except ValueError as error:
        raise PlanError(storage.url_of(name), f"is damaged: {error}; restore it from a copy", "damaged") from error
    if not isinstance(content, dict):
        raise PlanError(storage.url_of(name), "is damaged: not a JSON object; restore it from a copy", "damaged")
    return content

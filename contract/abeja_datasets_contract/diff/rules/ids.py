"""The stable ids of findings about schemas: a direction, what changed, and how: `request-max-length-changed`."""

import re
from typing import Any

from abeja_datasets_contract.diff.rules.values import NOTHING, Values
from abeja_datasets_contract.diff.schemas.changes import Change, Kind, is_branch
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.graph import besides
from abeja_datasets_contract.openapi.document import Document

OF_KINDS: dict[Kind, tuple[str, str]] = {
    Kind.NULL: ("null-removed", "null-added"),
    Kind.NULLABLE: ("null-added", "null-removed"),
    Kind.MISSING: ("property-required-added", "property-required-removed"),
    Kind.OPTIONAL: ("property-required-removed", "property-required-added"),
    Kind.REMOVED: ("property-removed", "property-added"),
    Kind.ADDED: ("property-added", "property-removed"),
    Kind.HIDDEN: ("property-read-only-added", "property-write-only-added"),
    Kind.CARRIED: ("property-read-only-removed", "property-write-only-removed"),
    Kind.CLOSED: ("additional-properties-refused", "additional-properties-allowed"),
    Kind.UNSENT: ("property-read-only-changed", "property-write-only-changed"),
    Kind.BRANCH: ("alternative-removed", "alternative-added"),
    Kind.DISCRIMINATOR: ("discriminator-changed", "discriminator-changed"),
    Kind.LOOSE: ("property-described", "property-undescribed"),
    Kind.TEXT: ("text-type-changed", "text-type-changed"),
    Kind.WIDER: ("schema-widened", "schema-narrowed"),
    Kind.REWRITTEN: ("alternatives-rewritten", "alternatives-rewritten"),
    Kind.WHOLE: ("schema-narrowed", "schema-widened"),
}
"""By the kind of a change, the end of its id in requests and in responses. A kind that is not here has a keyword."""


def kebab(name: str) -> str:
    """Return a keyword as a part of an id: `maxLength` is `max-length`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower().lstrip("$")


class Ids:
    """Names the rules by which changes of schemas are found.

    Args:
        direction: whether the schemas are of requests or of responses.
        sent: the document whose values are sent.
        covering: the other one.
    """

    def __init__(self, direction: Direction, sent: Document, covering: Document) -> None:
        self._direction = direction
        self._request = direction == "request"
        self._values = Values(direction, sent, covering)

    def of(self, change: Change, sent: str, covering: str) -> str:
        """Return the id of a change between the schemas at two pointers."""
        return f"{self._direction}-{self._end(change, sent, covering)}"

    def _end(self, change: Change, sent: str, covering: str) -> str:
        if change.kind == Kind.DISCRIMINATOR and change.name:
            return "discriminator-value-changed"
        if change.kind in OF_KINDS:
            return OF_KINDS[change.kind][0 if self._request else 1]
        if change.kind == Kind.LOOSER and is_branch(change.covering, change.name):
            return "alternative-added" if self._request else "alternative-removed"
        if change.name == "false":
            return "schema-false-added" if (change.kind == Kind.LOOSER) != self._request else "schema-false-removed"
        old, new = self._values.of(change, sent, covering)
        return f"{kebab(change.name or change.kind.value)}-{_how(change.name, old, new)}"


def _how(name: str, old: Any, new: Any) -> str:
    if old is NOTHING or new is NOTHING:
        return "changed" if old is new else "added" if old is NOTHING else "removed"
    if name == "enum" and isinstance(old, list) and isinstance(new, list):
        gone, more = bool(besides(old, new)), bool(besides(new, old))
        return "changed" if gone == more else "value-removed" if gone else "value-added"
    return "changed"

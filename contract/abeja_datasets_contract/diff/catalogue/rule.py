"""What a rule is, and the documents of its example."""

from typing import Any, Literal, NamedTuple

import yaml

from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.reading import parse

Where = Literal[
    "document", "path", "operation", "parameter", "request", "response", "request schema", "response schema"
]
_JSON = "application/json"
_COMPONENTS = {"schemas": {"A": {"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}}}}}
"""What the schemas of examples refer to."""


class Rule(NamedTuple):
    """A rule of the diff.

    Attributes:
        id: what its findings are called.
        says: what changed, in general.
        where: where the parts of its example belong in a document.
        old: the part of the old document, as YAML.
        new: the part of the new one.
    """

    id: str
    says: str
    where: Where
    old: str
    new: str

    def documents(self) -> tuple[Document, Document]:
        """Return the two documents of the example."""
        old, new = (_document(self.where, yaml.safe_load(part)) for part in (self.old, self.new))
        return old, new


def schema_of(direction: Direction) -> Where:
    """Return where the schemas of a direction belong."""
    return "request schema" if direction == "request" else "response schema"


def _document(where: Where, part: Any) -> Document:
    operation: dict[str, Any] = {"operationId": "x", "responses": {"200": {"description": "ok"}}}
    item: dict[str, Any] = {"post": operation}
    data: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": item}}
    if where.endswith("schema"):
        data["components"] = _COMPONENTS
    if where == "parameter":
        operation["parameters"] = [{"name": "q", "in": "query", **part}]
    elif where == "request schema":
        operation["requestBody"] = {"content": {_JSON: {"schema": part}}}
    elif where == "response schema":
        operation["responses"]["200"]["content"] = {_JSON: {"schema": part}}
    else:
        holders = {"document": data, "path": item, "operation": operation, "response": operation["responses"]["200"]}
        holders["request"] = operation.setdefault("requestBody", {"content": {_JSON: {}}}) if where == "request" else {}
        holders[where].update(part)
    return parse(yaml.safe_dump(data), "example")

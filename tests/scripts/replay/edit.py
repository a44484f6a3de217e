"""An edit of openapi.yaml, with what the list has to say after it, and helpers to write edits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]
ROOT = "/organizations/{organization_id}/datasets"
CLIENT, HANDLERS, PROBES = "async_api_client.py:", "mock_server/abeja_datasets_mock/operations.py:", "check/probes"


@dataclass(frozen=True)
class Edit:
    """An edit.

    Attributes:
        change: changes the document, as data.
        named: patterns, each of which an entry of the list has to match; none: nothing is left to do.
        refused: a pattern of the refusal, of a document of which nothing is generated.
    """

    change: Callable[[Data], object]
    named: tuple[str, ...] = ()
    refused: str = ""


def operation(data: Data, name: str) -> Data:
    """Return the operation with an operationId."""
    found = [each for item in data["paths"].values() for each in item.values() if _id(each) == name]
    assert len(found) == 1, name
    result: Data = found[0]
    return result


def _id(each: Any) -> str:
    return str(each.get("operationId")) if isinstance(each, dict) else ""


def parameter(data: Data, name: str, of: str) -> Data:
    """Return a parameter of an operation."""
    found: Data = next(each for each in operation(data, of)["parameters"] if each.get("name") == name)
    return found


def schema(data: Data, name: str) -> Data:
    found: Data = data["components"]["schemas"][name]
    return found


def more(of: str, name: str, location: str = "query", **rest: Any) -> Callable[[Data], object]:
    """Add a parameter: of text, if nothing else is said."""
    entry = {"name": name, "in": location, **({} if "content" in rest else {"schema": {"type": "string"}}), **rest}
    return lambda data: operation(data, of).setdefault("parameters", []).append(entry)


def changed(of: str, name: str, **values: Any) -> Callable[[Data], object]:
    """Change the schema of a parameter; None takes a keyword away."""

    def change(data: Data) -> None:
        holder = parameter(data, name, of)["schema"]
        holder.update(values)
        for key in [key for key, value in values.items() if value is None]:
            del holder[key]

    return change


def field(component: str, name: str, *, required: bool = False, **value: Any) -> Callable[[Data], object]:
    """Add a property to a component."""

    def change(data: Data) -> None:
        holder = schema(data, component)
        holder["properties"][name] = value or {"type": "string"}
        if required:
            holder["required"].append(name)

    return change


def text(old: str, new: str) -> Callable[[Data], object]:
    """Replace text in all keys and values."""

    def renewed(node: Any) -> Any:
        if isinstance(node, dict):
            return {re.sub(old, new, key) if isinstance(key, str) else key: renewed(each) for key, each in node.items()}
        if isinstance(node, list):
            return [renewed(each) for each in node]
        return re.sub(old, new, node) if isinstance(node, str) else node

    def change(data: Data) -> None:
        fresh = renewed(data)
        data.clear()
        data.update(fresh)

    return change


def all_of(*changes: Callable[[Data], object]) -> Callable[[Data], object]:
    def change(data: Data) -> None:
        for each in changes:
            each(data)

    return change

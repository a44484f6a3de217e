"""The references of a document."""

from collections.abc import Mapping
from typing import Any


def resolve(document: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """Follow a `$ref` within the document; a schema of true or false becomes the object that means the same."""
    while isinstance(node, Mapping) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target[int(key) if isinstance(target, list) else key]
        node = target
    if isinstance(node, bool):
        return {} if node else {"not": {}}
    return node if isinstance(node, Mapping) else {}

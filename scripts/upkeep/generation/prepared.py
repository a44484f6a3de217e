"""The document as the generators read it: plain JSON, from which they make code that sends what the caller gives.

Three things differ from what is written:

- Defaults are in descriptions alone: the generated functions would send them where the caller gives nothing.
- References between path items are replaced: the generator leaves out what is behind them.
- A parameter whose name is that of a variable in the generated functions has another name until they are written.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from upkeep.document.contract import snake_case

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document
    from abeja_datasets_contract.openapi.places import Place

VARIABLES = frozenset({
    "params", "headers", "cookies", "kwargs", "body", "response", "errors", "quote", "cast", "httpx", "field_dict",
})  # fmt: skip
"""The names that the functions of a generated operation have for other things than their arguments."""


class Prepared(NamedTuple):
    """A document for the generators.

    Attributes:
        text: JSON.
        renamed: the parameters that have another name there, each with the name that goes over the wire.
    """

    text: str
    renamed: dict[str, str]

    def restore(self, package: Path) -> None:
        """Send the parameters of a generated package by the names that they have in the document."""
        for module in sorted((package / "api").rglob("*.py")) if self.renamed else ():
            text = module.read_text(encoding="utf-8")
            for other, name in self.renamed.items():
                text = re.sub(rf'\b(params|headers|cookies)\["{re.escape(other)}"\]', rf'\1["{name}"]', text)
            module.write_text(text, encoding="utf-8")


def prepare(document: "Document") -> Prepared:
    """Return a document for the generators."""
    data = _without_defaults(document.data, "object")
    renamed: dict[str, str] = {}
    for path, item in data.get("paths", {}).items():
        data["paths"][path] = _whole(data, item)
    for operation in _operations(data):
        operation.setdefault("responses", {})
    data["paths"] = {
        _with_other_places(path): item for path, item in data.get("paths", {}).items() if isinstance(item, dict)
    }
    for parameter in _parameters(data):
        if "content" in parameter:  # as JSON; `upkeep.generation.styles` makes it of the value
            parameter["schema"] = next(iter(parameter.pop("content").values())).get("schema", {})
        name = str(parameter["name"])
        other = _name(name, str(parameter.get("in")))
        if other != name:
            parameter["name"] = other
            renamed[other] = name
    return Prepared(json.dumps(data, ensure_ascii=False), renamed)


def _name(name: str, location: str) -> str:
    """Return the name that a parameter has for the generator."""
    is_variable = snake_case(name) in VARIABLES or snake_case(name).startswith("json_")
    return f"{name}_in_{location}" if is_variable else name


def _with_other_places(path: str) -> str:
    """Return a path with the names that its parameters have for the generator."""
    return re.sub(r"\{([^}]*)\}", lambda found: f"{{{_name(found[1], 'path')}}}", path)


def _without_defaults(node: Any, place: "Place") -> Any:
    """Copy an object of a document without the defaults of its schemas."""
    from abeja_datasets_contract.openapi.places import is_named, place_of, place_of_item

    if isinstance(node, list):
        return [_without_defaults(each, place_of_item(place)) for each in node]
    if not isinstance(node, dict):
        return node
    copied = {}
    for key, value in node.items():
        is_keyword = not is_named(place)
        inside = None if is_keyword and key == "servers" else place_of(place, key, value)
        if not (is_keyword and key == "default"):
            copied[key] = value if inside is None else _without_defaults(value, inside)
        elif isinstance(value, str | int | float):
            words = f"Default: {json.dumps(value, ensure_ascii=False)}."
            copied["description"] = f"{node['description']} {words}" if "description" in node else words
    return copied


def _whole(data: Any, item: Any) -> Any:
    """Return a path item with all that its reference leads to; what stands beside the reference counts more."""
    seen = 0
    while isinstance(item, dict) and isinstance(item.get("$ref"), str) and seen < len(data["paths"]) + 1:
        target: Any = data
        for key in item["$ref"].split("/")[1:]:
            target = target[key.replace("~1", "/").replace("~0", "~")]
        item = {**target, **{key: value for key, value in item.items() if key != "$ref"}}
        seen += 1
    return item


def _operations(data: Any) -> Iterator[dict[str, Any]]:
    from abeja_datasets_contract.openapi.places import METHODS

    for item in data.get("paths", {}).values():
        if isinstance(item, dict):
            yield from (item[method] for method in METHODS if isinstance(item.get(method), dict))


def _parameters(data: Any) -> Iterator[dict[str, Any]]:
    """Yield each parameter that is written, once."""
    holders = [*data.get("paths", {}).values(), *_operations(data)]
    listed = [each for holder in holders if isinstance(holder, dict) for each in holder.get("parameters", [])]
    listed += (data.get("components") or {}).get("parameters", {}).values()
    seen = {id(each): each for each in listed if isinstance(each, dict) and "name" in each}
    yield from seen.values()

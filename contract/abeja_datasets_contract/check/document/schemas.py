"""The schemas of the document: their validators, and which properties and bounds they have."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from abeja_datasets_contract.openapi import Document
from abeja_datasets_contract.openapi.document import FILES

_AROUND = ("components", "paths", FILES)
"""What the references of a schema lead to."""


class Schemas:
    """The schemas of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def resolved(self, node: Any) -> Any:
        """Follow a `$ref` to what it names."""
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            node = self._document.at(node["$ref"])
        return node

    def validator(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema of the document, whose references point into it."""
        if isinstance(schema, Mapping):
            data = self._document.data
            schema = {**{key: data[key] for key in _AROUND if key in data}, **schema}
        return jsonschema_rs.Draft202012Validator(schema)

    def parts(self, schema: Any, around: tuple[int, ...] = ()) -> Iterator[Mapping[str, Any]]:
        """List a schema and those that it is composed of, down to the elements of arrays."""
        schema = self.resolved(schema)
        if not isinstance(schema, Mapping) or id(schema) in around:
            return
        yield schema
        inner = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
        for part in (*inner, schema.get("items", {})):
            if part:
                yield from self.parts(part, (*around, id(schema)))

    def given(self, schema: Any) -> Iterator[str]:
        """List the names of the properties of a request."""
        return (name for part in self.parts(schema) for name in part.get("properties", {}))

    def named(self, schema: Any, given: frozenset[str], around: tuple[int, ...] = ()) -> Iterator[tuple[str, bool]]:
        """List the properties of a response, each with whether it is required.

        What is inside a property that a request has too (`given`) is left out: that comes back as it was given.
        """
        parts = [part for part in self.parts(schema) if id(part) not in around]
        required = {name for part in parts for name in part.get("required", ())}
        for part in parts:
            for name, inner in part.get("properties", {}).items():
                yield name, name in required
                if name not in given:
                    yield from self.named(inner, given, (*around, *map(id, parts)))

    def required(self, schema: Any) -> dict[str, Any]:
        """Return the schemas of the properties that an object, or each one in a list, must have."""
        parts = list(self._always(schema))
        known = {name: inner for part in parts for name, inner in part.get("properties", {}).items()}
        return {name: known.get(name, {}) for part in parts for name in part.get("required", ())}

    def _always(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        """List a schema with those of `allOf` and that of the elements of an array, which all hold."""
        schema = self.resolved(schema)
        if isinstance(schema, Mapping):
            yield schema
            for part in (*schema.get("allOf", ()), schema.get("items")):
                yield from self._always(part)

    def examples(self, holder: Any) -> Iterator[Any]:
        """List the values that a schema or a parameter names for itself."""
        holder = self.resolved(holder)
        if not isinstance(holder, Mapping):
            return
        yield from (holder[key] for key in ("const", "default", "example") if key in holder)
        examples = holder.get("examples", ())
        if isinstance(examples, Mapping):  # of a parameter
            examples = [self.resolved(each).get("value") for each in examples.values()]
        yield from (*examples, *holder.get("enum", ()))
        inner = [part for key in ("allOf", "oneOf", "anyOf") for part in holder.get(key, ())]
        for part in (holder.get("schema"), *inner):
            yield from self.examples(part)

    def lengths(self, schema: Any, name: str) -> tuple[int, int | None]:
        """Return the smallest and the largest length of a property that is text; None without a largest."""
        properties = (part.get("properties", {}) for part in self.parts(schema))
        parts = [part for known in properties if name in known for part in self.parts(known[name])]
        least = [part["minLength"] for part in parts if "minLength" in part]
        return max(least, default=0), min((part["maxLength"] for part in parts if "maxLength" in part), default=None)

    def bounds(self, schema: Any) -> tuple[int, int | None, int | None]:
        """Return the smallest and the largest value of an integer, and the default; None without one."""
        parts = list(self.parts(schema))
        least = [part["minimum"] for part in parts if "minimum" in part]
        least += [part["exclusiveMinimum"] + 1 for part in parts if "exclusiveMinimum" in part]
        most = [part["maximum"] for part in parts if "maximum" in part]
        most += [part["exclusiveMaximum"] - 1 for part in parts if "exclusiveMaximum" in part]
        default = next((part["default"] for part in parts if isinstance(part.get("default"), int)), None)
        return int(max(least, default=1)), int(min(most)) if most else None, default

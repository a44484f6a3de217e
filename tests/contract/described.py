"""Whether a document of OpenAPI 3.1 describes a message of a counterexample: of the tests, and none of the diff's code.

It reads the document as it is written, with plain validators over it.
"""

import json
import re
from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs

WIRE = {"basic": "Authorization: Basic …", "bearer": "Authorization: Bearer …"}
"""What a request carries for the schemes of openapi.yaml."""


class Described:
    """A document, asked for messages as the report has them."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def request(self, message: Any) -> bool:
        for path, item in self._data["paths"].items():
            match = re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(path)), message["path"])
            operation = item.get(message["method"].lower())
            if match and operation:
                values = dict(zip(re.findall(r"\{(.*?)\}", path), map(unquote, match.groups()), strict=True))
                return self._fits(
                    message, [*item.get("parameters", []), *operation.get("parameters", [])], values
                ) and (self._lets_in(message, operation) and self._takes_body(message, operation.get("requestBody")))
        return False

    def response(self, operation: Any, message: Any) -> bool:
        described = self._resolved(operation["responses"].get(str(message["status"])))
        if not described:
            return False
        headers = {name: self._resolved(header) for name, header in described.get("headers", {}).items()}
        given = message.get("headers", {})
        return all(name in given or not header.get("required") for name, header in headers.items()) and (
            self._takes_body(message, {"required": "content" in described, **described})
        )

    def _fits(self, message: Any, parameters: list[Any], path: dict[str, str]) -> bool:
        given = {(place, name): value for place in ("query", "header", "cookie")
                 for name, value in message.get(place, {}).items()}  # fmt: skip
        given |= {("path", name): value for name, value in path.items()}
        known = {(one["in"], one["name"]): one for one in map(self._resolved, parameters)}
        required = {key for key, one in known.items() if one.get("required")}
        return required <= given.keys() <= known.keys() and all(
            self._takes(known[key]["schema"], value) or self._takes(known[key]["schema"], meant(value))
            for key, value in given.items()
        )

    def _lets_in(self, message: Any, operation: Any) -> bool:
        schemes = self._data["components"]["securitySchemes"]
        ways = [
            {WIRE[name] if schemes[name]["type"] == "http" else schemes[name]["name"] for name in way}
            for way in operation.get("security", self._data["security"])
        ]
        return any(way <= set(message.get("credentials", [])) for way in ways)

    def _takes_body(self, message: Any, body: Any) -> bool:
        if "media_type" not in message:
            return not (body and body.get("required"))
        content = (self._resolved(body) or {}).get("content", {}).get(message["media_type"])
        if content is None:
            return False
        return self._takes(content["schema"], message["body"]) and self._tells_of(content["schema"], message["body"])

    def _takes(self, schema: Any, value: Any) -> bool:
        whole = {**schema, **{key: self._data[key] for key in ("components", "paths")}}
        return bool(jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True).is_valid(value))

    def _tells_of(self, schema: Any, value: Any) -> bool:
        """Return whether each property in a body is named somewhere in its schema, and can be sent."""
        parts = [self._resolved(schema)]
        for part in parts:
            parts += [self._resolved(one) for key in ("allOf", "anyOf", "oneOf") for one in part.get(key, [])]
        if isinstance(value, list):
            items = [part["items"] for part in parts if "items" in part]
            return all(self._tells_of(items[0], one) for one in value) if items else True
        named = {name: one for part in parts for name, one in part.get("properties", {}).items()}
        if not isinstance(value, dict) or not named:
            return True
        return value.keys() <= named.keys() and all(
            not named[name].get("readOnly") and self._tells_of(named[name], one) for name, one in value.items()
        )

    def _resolved(self, part: Any) -> Any:
        while isinstance(part, dict) and "$ref" in part:
            part = self.at(part["$ref"])
        return part

    def at(self, pointer: str) -> Any:
        here = self._data
        for key in pointer.split("/")[1:]:
            here = here[key.replace("~1", "/").replace("~0", "~")]
        return here

    def value(self, pointer: str, value: Any) -> bool:
        """Return whether the schema at a pointer takes a value."""
        whole = {**self._data, "$ref": quote(pointer, safe="#/~")}
        return bool(jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True).is_valid(value))


def meant(text: Any) -> Any:
    """Return what the text of a parameter stands for, where it is more than text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text

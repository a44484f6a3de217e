"""The pages of the HTTP API, from openapi.yaml."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from docs.site.making import table

from abeja_datasets_contract.openapi.places import METHODS

_DOCUMENT: Final = Path(__file__).parents[2] / "openapi.yaml"


def operations() -> str:
    """Return the rules of all operations and a section for each, in Markdown."""
    document = _document()
    parts = [document["info"]["description"]]
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in (key for key in item if key in METHODS):
            parts += _operation(document, method, path, {**item[method], "shared": shared})
    return "\n\n".join(part.strip() for part in parts)


def schemas() -> str:
    """Return a section for each schema of the document, in Markdown."""
    found = _document()["components"]["schemas"]
    return "\n\n".join(part for name, schema in found.items() for part in _schema(name, schema))


def descriptions() -> dict[str, str]:
    """Return the description of each schema, by its name."""
    found = _document()["components"]["schemas"]
    return {name: _flat(schema.get("description", "")) for name, schema in found.items()}


def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(_DOCUMENT.read_text(encoding="utf-8"))
    return document


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {operation['operationId']}"
    yield f"```text\n{method.upper()} {path}\n```"
    yield operation.get("description") or operation["summary"]
    parameters = [_followed(document, one) for one in (*operation["shared"], *operation.get("parameters", ()))]
    yield table(("parameter", "in", "required", "meaning"), [_parameter(one) for one in parameters])
    if body := operation.get("requestBody"):
        yield f"**Request body**: {_content(document, body)}"
    yield table(
        ("status", "meaning", "body"),
        [
            (status, _flat(response["description"]), _content(document, response, examples=False))
            for status, named in operation["responses"].items()
            for response in (_followed(document, named),)
        ],
    )


def _parameter(one: Mapping[str, Any]) -> tuple[str, ...]:
    return f"`{one['name']}`", one["in"], "yes" if one.get("required") else "no", _flat(one.get("description", ""))


def _content(document: Mapping[str, Any], holder: Mapping[str, Any], *, examples: bool = True) -> str:
    media = holder.get("content", {}).get("application/json")
    if not media:
        return ""
    text = _type(media["schema"])
    for example in media.get("examples", {}).values() if examples else ():
        shown = _followed(document, example)
        value = json.dumps(shown["value"], indent=2, ensure_ascii=False)
        text += f"\n\n{shown['summary']}:\n\n```json\n{value}\n```"
    return text


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    if "description" in schema:
        yield str(schema["description"]).strip()
    parts = schema.get("allOf", [schema])
    for part in parts:
        if "$ref" in part:
            yield f"All that {_type(part)} has, and:"
        elif "properties" in part:
            required = part.get("required", ())
            yield table(
                ("property", "type", "required", "meaning"),
                [
                    (f"`{key}`", _type(value), "yes" if key in required else "no", _flat(value.get("description", "")))
                    for key, value in part["properties"].items()
                ],
            )
        else:
            yield _type(part)


def _type(schema: Any) -> str:
    """Return what a value is, in a few words; a schema that has a name is linked."""
    if not isinstance(schema, Mapping):
        return "any JSON"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for word, joined in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")):
        if word in schema:
            return joined.join(dict.fromkeys(_type(one) for one in schema[word]))
    kind = schema.get("type", "any JSON")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    if "items" in schema:
        text += f" of {_type(schema['items'])}"
    if bounds := [f"`{word}: {schema[word]}`" for word in _BOUNDS if word in schema]:
        text += f" ({', '.join(bounds)})"
    return text


_BOUNDS: Final = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern", "enum")


def _followed(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference of the document names."""
    for step in value["$ref"].removeprefix("#/").split("/") if "$ref" in value else ():
        document = document[step]
    return document if "$ref" in value else value


def _flat(text: str) -> str:
    return " ".join(text.split())

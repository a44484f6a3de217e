"""A document such as payment services publish: hundreds of objects that refer to each other through alternatives."""

from random import Random
from typing import Any

_FIELDS = 14
_WORDS = "A description of the field that takes some room. " * 4
TEXT = {"type": "string", "maxLength": 5000}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _field(random: Random, names: list[str]) -> dict[str, Any]:
    one, other = _ref(random.choice(names)), _ref(random.choice(names))
    page = {"data": {"type": "array", "items": one}, "has_more": {"type": "boolean"}}
    kinds: list[dict[str, Any]] = [
        TEXT,
        {"type": "integer"},
        {"type": "boolean"},
        {"anyOf": [TEXT, one]},
        {"anyOf": [one], "nullable": True},
        {"type": "array", "items": {"anyOf": [{"type": "string"}, one, other]}},
        {"type": "object", "required": ["data"], "properties": page},
        {"type": "string", "enum": ["a", "b", "c"]},
    ]
    return {**random.choice(kinds), "description": _WORDS}


def _operation(number: int, random: Random, names: list[str]) -> dict[str, Any]:
    either = {"anyOf": [{"type": "object", "properties": {"a": TEXT}}, {"type": "string", "enum": [""]}]}
    form = {"type": "object", "properties": {f"p{n}": TEXT if n % 3 else either for n in range(25)}}
    response = {"description": "ok", "content": {"application/json": {"schema": _ref(random.choice([*names, "any"]))}}}
    return {
        "operationId": f"op{number}",
        "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": {"200": response},
    }


def payments(objects: int = 700, operations: int = 400) -> dict[str, Any]:
    """Return a document of about 4 MB."""
    random = Random(1)
    names = [f"thing_{number}" for number in range(objects)]
    schemas: dict[str, Any] = {"any": {"anyOf": [_ref(name) for name in names[:60]]}}
    for name in names:
        fields = {f"field_{number}": _field(random, names) for number in range(_FIELDS)}
        own = {"id": TEXT, "object": {"type": "string", "enum": [name]}}
        schemas[name] = {"type": "object", "required": ["id", "object"], "properties": {**own, **fields}}
    paths = {f"/v1/r{number}": {"post": _operation(number, random, names)} for number in range(operations)}
    data = {"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return {**data, "components": {"schemas": schemas}}


def edit(data: dict[str, Any]) -> None:
    """Change 60 objects by fields that came, went or became required, and by limits; and break the reader of one."""
    random = Random(2)
    schemas = data["components"]["schemas"]
    schemas["thing_0"]["properties"]["id"] = {"type": "integer"}
    for name in random.sample(sorted(schemas.keys() - {"any"}), 60):
        fields, field = schemas[name]["properties"], f"field_{random.randrange(_FIELDS)}"
        match random.randrange(5):
            case 0:
                fields["new_field"] = {"type": "string"}
            case 1:
                schemas[name]["required"].append("field_3")
            case 2:
                fields.pop(field)
            case 3 if "enum" in fields[field]:
                fields[field]["enum"].append("z")
            case _ if fields[field].get("type") == "string":
                fields[field]["maxLength"] = 10

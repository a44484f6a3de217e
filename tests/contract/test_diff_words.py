"""The sentences of the diff: what each says of a change, and that none says nothing or the same twice."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.empty import EMPTY

from abeja_datasets_contract.diff import Document, Finding, compare, load, parse


def document(schema: Any, version: str, name: str = "p") -> Document:
    body = {"application/json": {"schema": {"type": "object", "properties": {name: schema}}}}
    operation = {
        "operationId": "x", "requestBody": {"content": body},
        "responses": {"200": {"description": "d", "content": body}},
    }  # fmt: skip
    data = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {"/x": {"post": operation}}}
    return parse(yaml.safe_dump(data), "x")


def found(old: Any, new: Any, version: str = "3.0.3", name: str = "p") -> list[Finding]:
    return compare(document(old, version, name), document(new, version, name)).findings


def sentences(old: Any, new: Any, version: str = "3.0.3") -> set[str]:
    """Return what is said of the two schemas in responses."""
    start = "`p` in response 200: "
    return {each.sentence.removeprefix(start) for each in found(old, new, version) if each.sentence.startswith(start)}


STRING = {"type": "string"}
SAID: list[tuple[str, Any, Any, set[str]]] = [
    ("3.0.3", {**STRING, "enum": ["a"]}, {**STRING, "enum": ["a"], "nullable": True},
     {'`type` changed from "string" to ["string", "null"]', "enum: value null added"}),
    ("3.0.3", {**STRING, "nullable": True}, {"type": "integer"},
     {'`type` changed from ["string", "null"] to "integer"'}),
    ("3.0.3", {"type": "integer", "minimum": 1, "exclusiveMinimum": True}, {"type": "integer", "minimum": 1},
     {"`exclusiveMinimum: 1` was removed", "`minimum: 1` was added"}),
    ("3.0.3", {"minimum": 1}, {"minimum": 1, "exclusiveMinimum": False}, set()),
    ("3.0.3", {"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"},
     {"`minimum` changed from -2147483648 to -9223372036854775808",
      "`maximum` changed from 2147483647 to 9223372036854775807"}),
    ("3.1.0", {"const": "a"}, {"const": "b"}, {'enum: value "a" removed and value "b" added'}),
    ("3.1.0", {"const": "a"}, {"enum": ["a", "b"]}, {'enum: value "b" added'}),
    ("3.1.0", {"enum": [1, 2]}, {"enum": [True, 2]}, {"enum: value 1 removed and value true added"}),
    ("3.1.0", {"enum": ["a"]}, {}, {"the list of values it can have (`enum`) was removed"}),
    ("3.1.0", {"type": ["string"]}, {"type": ["string", "null"]},
     {'`type` changed from "string" to ["string", "null"]'}),
    ("3.1.0", {"type": ["string", "null"]}, {"type": ["null", "string"]}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("version", "old", "new", "said"), SAID)
def test_a_change_is_said_as_it_is_meant(version: str, old: Any, new: Any, said: set[str]) -> None:
    assert sentences(old, new, version) == said


SCHEMAS: list[Any] = [
    {**STRING, "nullable": True}, {**STRING, "enum": ["a"], "nullable": True}, {**STRING, "enum": ["a"]},
    {"type": "integer", "minimum": 1, "exclusiveMinimum": True}, {"type": "number", "maximum": 5, "format": "int32"},
    {"type": "integer", "format": "int64"}, {"allOf": [STRING], "nullable": True}, {"type": "array", "items": STRING},
    {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
    {"type": "object", "properties": {"a": {}, "b": {}}, "additionalProperties": False},
    {"type": "object", "additionalProperties": STRING}, {"oneOf": [STRING, {"type": "integer"}]}, {"enum": [1, True]},
]  # fmt: skip


@pytest.mark.parametrize(("part", "name"), [*enumerate(["type", "items", "enum", "format", "additionalProperties"])])
def test_no_pair_of_schemas_is_reported_without_content(part: int, name: str) -> None:
    # Properties may have the names of keywords; each has a fifth of the pairs.
    for old, new in [*product(SCHEMAS, SCHEMAS)][part::5]:
        for finding in found(old, new, name=name):
            assert not EMPTY.search(finding.sentence), (old, new, finding)
            assert "{" not in finding.sentence.replace("`{", ""), (old, new, finding)


def test_the_place_of_a_constant_is_where_it_is_written() -> None:
    (finding,) = [one for one in found({"const": "a"}, {"enum": ["a", "b"]}, "3.1.0") if one.severity == "warning"]
    assert finding.old is not None
    assert finding.old.pointer.endswith("/p/const")


PET = """openapi: 3.1.0
info: {title: t, version: '1'}
paths: {/x: {get: {operationId: x, responses: {'200': {$ref: %s}}}}}
"""
OK = "description: d\ncontent: {application/json: {schema: {$ref: '%s'}}}\n"


@pytest.mark.parametrize(
    ("target", "file", "text", "subject"),
    [
        ("pet.yaml", "pet.yaml", "%s", "`pet.name`"),
        ("schemas/Pet.v1.yaml", "schemas/Pet.v1.yaml", "%s", "`Pet.v1.name`"),
        ("all.yaml#/Pet", "all.yaml", "{Pet: %s}", "`Pet.name`"),
        ("all.yaml#/components/schemas/Pet", "all.yaml", "{components: {schemas: {Pet: %s}}}", "`Pet.name`"),
        ("all.yaml#/$defs/Pet", "all.yaml", "{$defs: {Pet: %s}}", "`Pet.name`"),
        ("all.yaml#/definitions/Pet/allOf/0", "all.yaml", "{definitions: {Pet: {allOf: [%s]}}}", "`Pet.name`"),
    ],
)
def test_a_schema_of_another_file_has_a_readable_name(
    tmp_path: Path, target: str, file: str, text: str, subject: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / "openapi.yaml").write_text(PET % "ok.yaml")
    (tmp_path / "ok.yaml").write_text(OK % target)
    documents = []
    for kind in ("string", "integer"):
        (tmp_path / file).write_text(text % f"{{type: object, properties: {{name: {{type: {kind}}}}}}}")
        documents.append(load("openapi.yaml", folder=tmp_path))
    (finding,) = compare(*documents).findings
    assert finding.sentence == f'{subject} in responses: `type` changed from "string" to "integer"'


@pytest.mark.parametrize("text", ["description: d\nheaders: {X: {schema: {type: %s}}}", None])
def test_what_is_no_schema_of_another_file_has_a_readable_name(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "openapi.yaml").write_text(PET % "parts/ok.yaml")
    (tmp_path / "parts").mkdir()
    documents = []
    for kind in ("string", "integer"):
        body = f"description: d\ncontent: {{application/json: {{schema: {{type: {kind}}}}}}}\n"
        (tmp_path / "parts/ok.yaml").write_text(text % kind if text else body)
        documents.append(load("openapi.yaml", folder=tmp_path))
    (finding,) = compare(*documents).findings
    what = "`parts/ok.yaml headers/X`" if text else "`parts/ok.yaml`"
    assert finding.sentence == f'{what} in responses: `type` changed from "string" to "integer"'

"""A change of the document with everything in it that the project can lack."""

from typing import Any

from tests.scripts.project import DATASET, DATASETS, ITEMS

STRING = {"type": "string"}
NOTED = {"description": "It was done."}


def response(**schema: Any) -> dict[str, Any]:
    return {"200": {**NOTED, "content": {"application/json": {"schema": schema}}}, "400": NOTED}


def body(required: bool = True, **schema: Any) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


PURGE = {
    "operationId": "purge",
    "tags": ["datasets"],
    "summary": "Delete all datasets",
    "parameters": [
        {"name": "before", "in": "query", "required": True, "schema": STRING, "description": "Only older ones. More."},
        {"name": "type", "in": "query", "schema": STRING},
        {"name": "since", "in": "query", "schema": {**STRING, "format": "date-time"}},
        {"name": "X-Reason", "in": "header", "schema": STRING},
        {"name": "session", "in": "cookie", "schema": STRING},
    ],
    "responses": response(type="array", items={"$ref": "#/components/schemas/Dataset"}),
}
UPDATE = {
    "operationId": "update_dataset",
    "tags": ["datasets"],
    "summary": "更新する",
    "requestBody": body(
        allOf=[
            {"type": "object", "required": ["name"], "properties": {"name": STRING, "id": {"type": "integer"}}},
            {"properties": {"dataset_id": {"type": "integer"}, "labels": {"type": "array", "items": STRING}}},
            {"oneOf": [{"type": "object", "required": ["class"], "properties": {"class": {}}}, {"type": "object"}]},
        ]
    ),
    "responses": response(**{"$ref": "#/components/schemas/DatasetWithCount"}),
}
TAGS = {
    "post": {
        "operationId": "addTags",
        "tags": ["datasets"],
        "requestBody": body(type="array", items={"$ref": "#/components/schemas/Label"}),
        "responses": {"201": NOTED},
    },
    "patch": {
        "operationId": "patch_tags",
        "tags": ["datasets"],
        "requestBody": body(type="object"),
        "responses": response(type="object", properties={"tags": {}}),
    },
    "put": {
        "operationId": "put_tags",
        "tags": ["datasets"],
        "requestBody": body(type="string"),
        "responses": response(type="string"),
    },
}
STATUS = {"operationId": "status", "responses": response(type="object")}
SIGNED = {
    "operationId": "signed",
    "parameters": [
        {"name": "X-Signature", "in": "header", "required": True, "schema": STRING},
        {"name": "X-Count", "in": "header", "schema": {"type": "integer"}},
        {"name": "values", "in": "query", "schema": {"type": "boolean"}},
    ],
    "responses": {"200": {**NOTED, "content": {"text/csv": {"schema": STRING}}}},
}
RENAME = {
    "operationId": "renameAll",
    "requestBody": body(type="object", properties={"name": {"type": ["string", "null"]}}),
    "responses": response(type="object"),
}
WHEN = {
    "operationId": "changed_since",
    "parameters": [
        {"name": "since", "in": "query", "required": True, "schema": {**STRING, "format": "date-time"}},
    ],
    "responses": response(type="object"),
}
IN_A_SESSION = {
    "operationId": "in_a_session",
    "parameters": [{"name": "session", "in": "cookie", "required": True, "schema": STRING}],
    "responses": response(type="object"),
}
UPLOAD = {
    "operationId": "upload",
    "requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": STRING}}}}},
    "responses": response(type="object"),
}
DOWNLOAD = {
    "operationId": "download",
    "responses": {
        "200": {**NOTED, "content": {"application/octet-stream": {"schema": {**STRING, "format": "binary"}}}}
    },
}
STYLED = {
    "operationId": "styled",
    "parameters": [
        {"name": "ids", "in": "query", "schema": {"type": "array", "items": STRING}, "style": "pipeDelimited"},
    ],
    "responses": response(type="object"),
}
KEYED = {"operationId": "keyed", "security": [{"key": []}], "responses": response(type="object")}


def additions(data: Any) -> None:
    """New operations, of every kind of parameter and body."""
    paths = data["paths"]
    paths[DATASETS]["delete"] = PURGE
    paths[DATASET]["put"] = UPDATE
    paths[f"{DATASET}/tags"] = {"parameters": paths[DATASET]["parameters"], **TAGS}
    paths["/status"] = {"get": STATUS}


def unwritable(data: Any) -> None:
    """New operations that only a person can write the methods of."""
    data["paths"]["/changes"] = {"get": WHEN, "put": IN_A_SESSION, "post": UPLOAD, "patch": KEYED, "delete": DOWNLOAD}
    data["paths"]["/styled"] = {"get": STYLED}
    data["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "header", "name": "X-Key"}


def rest(data: Any) -> None:
    """What is changed of the operations that are there, or removed."""
    paths, components = data["paths"], data["components"]
    del paths[DATASET]["delete"]
    components["links"].pop("DeleteDataset")
    for status in ("200", "201"):
        paths[DATASETS]["post"]["responses"][status]["links"].pop("delete_dataset")
    paths[DATASETS]["get"]["parameters"].append({"name": "order", "in": "query", "schema": STRING})
    paths[ITEMS]["get"]["parameters"].append({"name": "order", "in": "query", "schema": STRING})
    paths[ITEMS]["get"]["parameters"].append({"name": "X-Trace", "in": "header", "schema": STRING})
    components["schemas"]["CreateDatasetRequest"]["properties"]["note"] = STRING
    components["schemas"]["Box"] = components["schemas"].pop("Rect")
    components["schemas"]["DetectionLabel"]["properties"]["rect"]["$ref"] = "#/components/schemas/Box"
    paths[DATASET]["get"]["tags"] = ["things"]
    data["tags"].append({"name": "things"})


def everything(data: Any) -> None:
    additions(data)
    rest(data)

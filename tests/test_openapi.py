"""The contract says what the reference documents and the design settles."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

ROOT = Path(__file__).parent.parent
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))

COLLECTION = "/organizations/{organization_id}/datasets/"
DATASET = COLLECTION + "{dataset_id}"
DOCUMENTED = {
    "bulk_update_dataset_item": ("put", DATASET + "/items", {"200", "400", "401", "404", "500"}),
    "create_dataset": ("post", COLLECTION, {"200", "201", "400", "401", "500"}),
    "create_dataset_item": ("post", DATASET + "/items/", {"200", "201", "400", "401", "500"}),
    "delete_dataset": ("delete", DATASET, {"200", "401", "404", "500"}),
    "delete_dataset_item": ("delete", DATASET + "/items/{dataset_item_id}", {"200", "401", "404", "500"}),
    "get_dataset": ("get", DATASET, {"200", "401", "404", "500"}),
    "get_dataset_item": ("get", DATASET + "/items/{dataset_item_id}", {"200", "401", "404", "500"}),
    "list_dataset_items": ("get", DATASET + "/items/", {"200", "400", "401", "404", "500"}),
    "list_datasets": ("get", COLLECTION, {"200", "400", "401", "500"}),
    "update_dataset_item": ("put", DATASET + "/items/{dataset_item_id}", {"200", "400", "401", "404", "500"}),
}


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method, path, operation)
        for path, entry in DOCUMENT["paths"].items()
        for method, operation in entry.items()
        if method != "parameters"
    }


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        reference, node = node["$ref"], DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    return node


def validator(pointer: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": f"#{pointer}", **DOCUMENT})


def schema_validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return validator(f"/components/schemas/{name}")


def test_it_is_a_valid_document() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_the_operations_are_the_documented_ones() -> None:
    found = {name: (method, path, set(o["responses"])) for name, (method, path, o) in operations().items()}
    assert found == DOCUMENTED


@pytest.mark.parametrize("name", DOCUMENTED)
def test_an_operation_is_described(name: str) -> None:
    operation = operations()[name][2]
    assert operation["summary"]
    assert operation["description"]
    assert len(operation["tags"]) == 1
    assert "security" not in operation, "what the document says of security holds for all"
    for parameter in operation.get("parameters", []):
        assert resolved(parameter)["description"]


def test_basic_and_bearer_credentials_hold_for_all() -> None:
    assert DOCUMENT["security"] == [{"basic": []}, {"bearer": []}]
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {"basic": "basic", "bearer": "bearer"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_error_answers_have_the_documented_shape(name: str) -> None:
    for status, answer in operations()[name][2]["responses"].items():
        if status >= "400":
            content = resolved(answer)["content"]
            assert list(content) == ["application/json"]
            assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
    unauthorized = resolved(operations()[name][2]["responses"]["401"])
    assert unauthorized["headers"]["WWW-Authenticate"]["required"] is True


def test_every_named_component_has_a_description() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name
        for key, value in schema.get("properties", {}).items():
            assert value.get("description") or "$ref" in value or "oneOf" in value, f"{name}.{key}"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2018-05-20T13:51:16.010344", True),
        ("2018-05-20T13:51:16.010000", True),
        ("2018-05-20T13:51:16", True),
        ("2018-05-20T13:51:16.010344Z", True),
        ("2018-05-20T13:51:16.010344+09:00", True),
        ("2018-05-20 13:51:16.010344", False),
        ("2018-13-20T13:51:16.010344", False),
        ("2018-05-20T24:51:16.010344", False),
        ("2018-05-20", False),
        ("1526824276", False),
    ],
)
def test_timestamps_with_and_without_an_offset(text: str, valid: bool) -> None:
    assert schema_validator("Timestamp").is_valid(text) is valid


ITEM = {"source_data": [{"data_uri": "datalake://1/a"}]}


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ("CreateDatasetItemRequest", ITEM, True),
        ("CreateDatasetItemRequest", {**ITEM, "attributes": None}, True),
        ("CreateDatasetItemRequest", {**ITEM, "attributes": []}, False),
        ("CreateDatasetItemRequest", {"source_data": []}, False),
        ("CreateDatasetItemRequest", {"source_data": [{"data_type": "image/jpeg"}]}, False),
        ("CreateDatasetItemRequest", {}, False),
        ("UpdateDatasetItemRequest", {"attributes": {}}, True),
        ("UpdateDatasetItemRequest", {"attributes": None}, False),
        ("UpdateDatasetItemRequest", {}, False),
        ("Attributes", {"classification": {"category_id": 1, "label_id": 1}}, False),
        ("ResponseAttributes", {"classification": {"category_id": 1, "label_id": 1}}, True),
        ("ResponseAttributes", {"classification": [{"category_id": 0, "label_id": 0}]}, True),
        ("Attributes", {"segmentation": {"any": "thing"}, "video": [1], "tag": None}, True),
        ("Attributes", {"classification": [{"category_id": 1}]}, False),
        ("Attributes", {"detection": [{"category_id": 1, "label_id": 1, "more": 1}]}, True),
        ("Rect", {"xmin": 0.5, "ymin": 1, "xmax": 2.5, "ymax": 3}, True),
        ("Rect", {"xmin": "0", "ymin": 1, "xmax": 2.5, "ymax": 3}, False),
        ("Props", {}, True),
        ("Props", {"categories": [{"category_id": 0, "name": "n", "labels": [{"label_id": 0}]}], "more": 1}, True),
        ("Props", {"categories": [{"category_id": 0, "labels": []}]}, False),
        ("DatasetName", "n" * 255, True),
        ("DatasetName", "n" * 256, False),
        ("DatasetName", "", False),
        ("DatasetType", "", False),
    ],
)
def test_what_the_design_settles(schema: str, value: Any, valid: bool) -> None:
    assert schema_validator(schema).is_valid(value) is valid

"""The documented examples: in the contract as in the reference, valid, and over the wire and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml

from abeja_datasets import APIClient

if TYPE_CHECKING:
    from tests.wrapper.reference import Documented
    from tests.wrapper.scripted import ScriptedServer

CONTRACT = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Any]] = {}
PATHS: dict[str, str] = {}
for path, entry in CONTRACT["paths"].items():
    for method, operation in entry.items():
        if method != "parameters":
            OPERATIONS[operation["operationId"]] = operation
            PATHS[operation["operationId"]] = path
IDS = {"organization_id": "1102940376065", "dataset_id": "1410805969256", "dataset_item_id": 0}


def resolved(node: Any) -> Any:
    """Follow a reference into the document."""
    while isinstance(node, dict) and "$ref" in node:
        target = CONTRACT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def named_examples(node: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield place, schema and value of each named example below a node of the document."""
    node = resolved(node)
    if isinstance(node, dict):
        if "schema" in node and isinstance(examples := node.get("examples", {}), dict):
            for name, example in examples.items():
                yield f"{place}/{name}", node["schema"], resolved(example)["value"]
        if "schema" in node and "example" in node:
            yield f"{place}/example", node["schema"], node["example"]
        for key, child in node.items():
            if key not in ("schema", "examples", "links"):
                yield from named_examples(child, f"{place}/{key.replace('/', '~1')}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from named_examples(child, f"{place}/{index}")


EXAMPLES = {place: (schema, value) for place, schema, value in named_examples(CONTRACT["paths"], "")}


def example(operation: str, *steps: str) -> Any:
    """The example of the published reference; the first one for an operation that the reference does not have."""
    node: Any = OPERATIONS[operation]
    for step in steps:
        node = resolved(node)[step]
    shown = resolved(node)["content"]["application/json"]["examples"]
    return resolved(shown.get("documented", next(iter(shown.values()))))["value"]


def answers(operation: str) -> dict[str, Any]:
    return {
        status: example(operation, "responses", status)
        for status, response in OPERATIONS[operation]["responses"].items()
        if status.startswith("2") and "content" in resolved(response)
    }


def request_of(documented: "Documented") -> Any:
    """The body that the reference's request example stands for; None where it has none."""
    values = documented.requests
    match documented.name:
        case "create_dataset":
            return {"name": values["dataset_name"], "type": values["dataset_type"], "props": values["props"]}
        case "create_dataset_item" | "update_dataset_item":
            return dict(values)
        case "bulk_update_dataset_item":
            return values["bulk_attributes"]
    assert not values
    return None


def test_the_contract_holds_the_documented_request(documented: "Documented") -> None:
    body = request_of(documented)
    assert ("requestBody" in OPERATIONS[documented.name]) == (body is not None)
    if body is not None:
        assert example(documented.name, "requestBody") == body


def test_the_contract_holds_the_documented_answer(documented: "Documented") -> None:
    documented_answer = documented.answer
    if documented_answer is None:
        # "deleted dataset item" is all that the reference says of it.
        assert documented.name == "delete_dataset_item"
        documented_answer = example("get_dataset_item", "responses", "200")
    for answer in answers(documented.name).values():
        assert answer == documented_answer


def test_the_contract_answers_with_the_documented_statuses(documented: "Documented") -> None:
    statuses = {"200", "201"} if documented.name.startswith("create") else {"200"}
    assert set(answers(documented.name)) == statuses


def test_there_are_examples_of_requests_answers_errors_and_parameters() -> None:
    assert len([place for place in EXAMPLES if "/requestBody/" in place]) == 4
    assert len([place for place in EXAMPLES if place.endswith("/documented") and "/responses/2" in place]) == 12
    assert len([place for place in EXAMPLES if "/responses/4" in place]) >= 20
    assert len([place for place in EXAMPLES if "/parameters/" in place]) >= 10


@pytest.mark.parametrize("place", EXAMPLES)
def test_every_example_validates(place: str) -> None:
    place = "/post/requestBody/content/application~1json/documented"
    schema, value = EXAMPLES["/~1organizations~1{organization_id}~1datasets~1" + place]
    broken = {**value, "props": {"categories": [{"labels": [{"label_id": "1"}], "category_id": 1, "name": "x"}]}}
    validator = jsonschema_rs.Draft202012Validator({"allOf": [schema], "components": CONTRACT["components"]})
    assert validator.is_valid(value)
    assert not validator.is_valid(broken)


@pytest.mark.parametrize("schema", sorted(CONTRACT["components"]["schemas"]))
def test_the_examples_of_schemas_validate_too(schema: str) -> None:
    components = CONTRACT["components"]
    validator = jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": components})
    for value in components["schemas"][schema].get("examples", []):
        validator.validate(value)


@pytest.mark.parametrize(("name", "status"), [(name, status) for name in OPERATIONS for status in answers(name)])
def test_each_documented_example_goes_over_the_wire_and_back(
    client: APIClient, server: "ScriptedServer", name: str, status: str
) -> None:
    answer = answers(name)[status]
    server.answer(answer, int(status))
    body = example(name, "requestBody") if "requestBody" in OPERATIONS[name] else None
    ids = {key: value for key, value in IDS.items() if f"{{{key}}}" in PATHS[name]}
    arguments = {"bulk_attributes": body} if isinstance(body, list) else body or {}
    assert getattr(client, name)(**ids, **arguments) == answer
    if body is None:
        assert server.only.body == b""
    else:
        assert server.only.json == body
        assert list(server.only.json) == list(body)


def test_the_documented_query_goes_over_the_wire(client: APIClient, server: "ScriptedServer") -> None:
    (query,) = (
        value for place, (_, value) in EXAMPLES.items() if "/parameters/" in place and place.endswith("documented")
    )
    server.answer({"items": []})
    client.list_dataset_items("1", "2", {"q": query, "next_page_token": "xxx"})
    assert server.only.query == [("q", "label_id:1 AND label:dog OR tag:A"), ("next_page_token", "xxx")]


def test_a_program_written_against_abeja_sdk_runs_unchanged(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({"dataset_id": "1410805969256"}, 201)
    dataset_id = client.create_dataset("1102940376065", "test", "custom", {"categories": []})["dataset_id"]
    annotations: list[dict[str, Any]] = [
        {"video": [{"start": 0.5, "tags": ["a"]}]},
        {"detection": [{"category_id": 0, "label_id": 0, "rect": {"xmin": 0.25, "ymin": 1.0}, "score": 0.9}]},
        {"segmentation": {"polygons": [[1, 2], [3, 4]]}},
    ]
    for number, attributes in enumerate(annotations):
        server.answer({"dataset_item_id": number}, 201)
        source = [{"data_uri": "datalake://1/2", "data_type": "image/jpeg"}]
        item = client.create_dataset_item("1102940376065", dataset_id, source, attributes)
        assert item["dataset_item_id"] == number
        assert server.requests[-1].json == {"source_data": source, "attributes": attributes}

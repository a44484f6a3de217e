"""The documented examples: each request is taken, and answered with what the document shows."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api, Oracle

ASSIGNED = {"created_at", "updated_at", "dataset_id", "dataset_item_id", "organization_id"}
REQUESTS = ["create_dataset", "create_dataset_item", "update_dataset_item", "bulk_update_dataset_item"]


def documented_request(oracle: "Oracle", operation_id: str) -> Any:
    content = oracle.operations[operation_id][2]["requestBody"]["content"]["application/json"]
    return oracle.resolve(content["examples"]["documented"])["value"]


def documented_answer(oracle: "Oracle", operation_id: str, status: str = "200") -> Any:
    content = oracle.operations[operation_id][2]["responses"][status]["content"]["application/json"]
    return oracle.resolve(content["examples"]["documented"])["value"]


def given(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ASSIGNED}


@pytest.fixture
def dataset(api: "Api", oracle: "Oracle") -> dict[str, Any]:
    response = api.request("POST", api.datasets_path, json=documented_request(oracle, "create_dataset"))
    assert response.status_code == 201
    answer: dict[str, Any] = response.json()
    return answer


@pytest.fixture
def item(api: "Api", oracle: "Oracle", dataset: dict[str, Any]) -> dict[str, Any]:
    body = documented_request(oracle, "create_dataset_item")
    response = api.request("POST", api.items_path(dataset), json=body)
    assert response.status_code == 201
    answer: dict[str, Any] = response.json()
    return answer


def test_all_requests_are_here(oracle: "Oracle") -> None:
    assert {name for name, (_, _, body) in oracle.operations.items() if "requestBody" in body} == set(REQUESTS)


def test_create_dataset(oracle: "Oracle", dataset: dict[str, Any]) -> None:
    assert given(dataset) == given(documented_answer(oracle, "create_dataset", "201"))
    assert set(dataset) == set(documented_answer(oracle, "create_dataset", "201"))


def test_get_dataset(api: "Api", oracle: "Oracle", dataset: dict[str, Any]) -> None:
    answer = api.ok("GET", api.dataset_path(dataset))
    expected = documented_answer(oracle, "get_dataset")
    assert {**given(answer), "total_count": 3670} == given(expected)
    assert set(answer) == set(expected)
    assert answer["total_count"] == 0


def test_list_and_delete_dataset(api: "Api", oracle: "Oracle", dataset: dict[str, Any]) -> None:
    (listed,) = api.ok("GET", api.datasets_path)
    (expected,) = documented_answer(oracle, "list_datasets")
    assert listed == dataset
    assert set(listed) == set(expected)
    deleted = api.ok("DELETE", api.dataset_path(dataset))
    assert deleted == dataset
    assert given(deleted) == given(documented_answer(oracle, "delete_dataset"))
    assert api.ok("GET", api.datasets_path) == []


def test_create_get_and_delete_item(api: "Api", oracle: "Oracle", item: dict[str, Any]) -> None:
    expected = documented_answer(oracle, "create_dataset_item", "201")
    assert given(item) == given(expected)
    assert set(item) == set(expected)
    assert item["dataset_item_id"] == 0
    assert api.ok("GET", api.item_path(item)) == item
    assert api.ok("DELETE", api.item_path(item)) == item
    api.refused(404, "GET", api.item_path(item))


def test_list_items(api: "Api", oracle: "Oracle", item: dict[str, Any]) -> None:
    answer = api.ok("GET", api.items_path(item))
    assert answer == {"items": [item], "total_count": 1}
    assert set(answer) | {"next_page_token"} == set(documented_answer(oracle, "list_dataset_items"))


def test_update_item(api: "Api", oracle: "Oracle", item: dict[str, Any]) -> None:
    updated = api.ok("PUT", api.item_path(item), json=documented_request(oracle, "update_dataset_item"))
    assert given(updated) == given(documented_answer(oracle, "update_dataset_item"))
    assert {**updated, "updated_at": ""} == {**item, "updated_at": ""}


def test_bulk_update(api: "Api", oracle: "Oracle", item: dict[str, Any]) -> None:
    body = documented_request(oracle, "bulk_update_dataset_item")
    path = api.items_path(item).rstrip("/")
    assert api.refused(400, "PUT", path, json=body) == "[0].dataset_item_id: the dataset has no item 1111111111111"
    body[0]["dataset_item_id"] = item["dataset_item_id"]
    (updated,) = api.ok("PUT", path, json=body)
    assert updated["attributes"] == body[0]["attributes"]
    assert set(updated) == set(documented_answer(oracle, "bulk_update_dataset_item")[0])


def test_documented_query(api: "Api", oracle: "Oracle", dataset: dict[str, Any]) -> None:
    parameters = oracle.operations["list_dataset_items"][2]["parameters"]
    (query,) = (parameter["examples"]["documented"]["value"] for parameter in parameters if parameter["name"] == "q")
    both = {"classification": [{"category_id": 1, "label_id": 1, "label": "dog"}]}
    tagged = {"custom": {"tag": "A"}}
    half = {"classification": [{"category_id": 1, "label_id": 1}]}
    found = [api.create_item(dataset, attributes) for attributes in (both, tagged)]
    api.create_item(dataset, half)
    assert api.ok("GET", api.items_path(dataset), params={"q": query}) == {"items": found, "total_count": 2}

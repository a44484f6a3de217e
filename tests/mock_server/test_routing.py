"""Paths and methods: the two spellings, 404, 405."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets_mock.errors import Refusal
from abeja_datasets_mock.http.routing import Routes
from abeja_datasets_mock.openapi.document import Operation

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api


@pytest.fixture
def item(api: "Api") -> dict[str, Any]:
    return api.create_item(api.create_dataset())


def test_both_spellings_of_a_collection_are_one(api: "Api", item: dict[str, Any]) -> None:
    for datasets in (api.datasets_path, api.datasets_path.rstrip("/")):
        assert len(api.ok("GET", datasets)) == 1
        api.refused(400, "POST", datasets, json={})
    for items in (api.items_path(item), api.items_path(item).rstrip("/")):
        assert api.ok("GET", items)["total_count"] == 1
        assert api.ok("PUT", items, json=[]) == []
        api.refused(400, "POST", items, json={})


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods_without_an_operation_are_405_with_all_that_have_one(
    api: "Api", item: dict[str, Any], method: str
) -> None:
    datasets, items = api.datasets_path, api.items_path(item)
    for path, allowed in [
        (datasets, {"GET", "POST"}),
        (datasets.rstrip("/"), {"GET", "POST"}),
        (api.dataset_path(item), {"GET", "DELETE"}),
        (items, {"GET", "POST", "PUT"}),
        (items.rstrip("/"), {"GET", "POST", "PUT"}),
        (api.item_path(item), {"GET", "PUT", "DELETE"}),
        (f"{items}no-number", {"GET", "PUT", "DELETE"}),
    ]:
        if method in allowed:
            continue
        for headers in ({}, {"Authorization": "wrong"}):
            response = api.request(method, path, headers=headers)
            assert response.status_code == 405
            assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/", "//", "/x", "/organizations", "/organizations/", "/organizations/1", "/organizations/1/",
        "/organizations//datasets/", "/organizations/1/datasets//", "/organizations/1/datasets//items/",
        "/organizations/1/datasets/1/", "/organizations/1/datasets/1/items//", "/organizations/1/datasets/1/items/0/",
        "/organizations/1/datasets/1/items/0/x", "/Organizations/1/datasets/", "/organizations/1/dataset/",
        "//organizations/1/datasets/", "/organizations/1/datasets/1/Items/",
        "/organizations%2F1/datasets/", "/organizations/%zz/datasets/", "/organizations/%/datasets/",
        "/organizations/1/datasets/%f", "/organizations/%ff/datasets/", "/organizations/%c3/datasets/",
        "/organizations/%ed%a0%80/datasets/", "/organizations/1/datasets/1/items/%zz", "/%00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_paths_of_nothing_are_404(send_raw: Callable[..., bytes], authorization: str, path: str, method: str) -> None:
    for head in (f"Authorization: {authorization}\r\n", ""):
        answer = send_raw(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{head}Connection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b"\r\ncontent-type: application/json\r\n" in answer
        assert b'{"error": "not_found", "error_description": "path: ' in answer


def test_percent_encoding(api: "Api", send_raw: Callable[..., bytes], authorization: str) -> None:
    assert api.refused(404, "GET", f"{api.datasets_path}a%2Fitems").startswith("dataset_id: ")
    head = f"Host: x\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n"
    assert send_raw(f"GET /organizations/1/%64atasets/ HTTP/1.1\r\n{head}".encode()).endswith(b"\r\n\r\n[]")


def test_templates_may_overlap() -> None:
    rest: Any = {"query": {}, "body": None, "body_required": False, "is_readable": True, "example": None}
    rest |= {"successes": {}, "headers": {}, "cookies": {}}
    routes = Routes(Operation(name, "GET", path, **rest) for name, path in (("one", "/a/{x}"), ("two", "/a/b")))
    resource, path = routes.find(b"/a/b/")
    assert (resource.operation("GET").operation_id, path) == ("two", {})
    assert routes.find(b"/a/c")[1] == {"x": "c"}
    with pytest.raises(Refusal):
        routes.find(b"/a/c/")

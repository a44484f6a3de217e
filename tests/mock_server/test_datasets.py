"""Datasets: names, ids, props, isolation."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets_mock import RunningServer

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
NAMES = [
    "a",
    "A",
    "é",
    "e\u0301",
    "x\0y",
    "x\0z",
    "\0",
    "🐕",
    "a/b",
    "' OR 1=1 --",
    "%00",
    " a",
    "a ",
    "x" * 255,
    "🐕" * 255,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_and_compared_exactly(api: "Api", name: str) -> None:
    for other in NAMES:
        if other != name:
            api.create_dataset(name=other)
    created = api.create_dataset(name=name)
    assert created["name"] == name
    assert api.ok("GET", api.dataset_path(created))["name"] == name
    body = {"name": name, "type": "custom", "props": {}}
    assert "already exists" in api.refused(400, "POST", api.datasets_path, json=body)


@pytest.mark.parametrize("name", ["", "x" * 256, "🐕" * 256, None, 1, ["a"]])
def test_other_names_are_refused(api: "Api", name: Any) -> None:
    description = api.refused(400, "POST", api.datasets_path, json={"name": name, "type": "custom", "props": {}})
    assert description.startswith("name: ")
    assert len(description) < 200
    assert api.ok("GET", api.datasets_path) == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"type": "custom", "props": {}}, 'body: "name"'),
        ({"name": "n", "props": {}}, 'body: "type"'),
        ({"name": "n", "type": "custom"}, 'body: "props"'),
        ({"name": "n", "type": "", "props": {}}, "type: "),
        ({"name": "n", "type": "custom", "props": []}, "props: "),
        ({"name": "n", "type": "custom", "props": None}, "props: "),
        ({"name": "n", "type": "custom", "props": {"categories": {}}}, "props.categories: "),
        ({"name": "n", "type": "custom", "props": {"categories": None}}, "props.categories: "),
        ({"name": "n", "type": "c", "props": {"categories": [{"category_id": 1}]}}, "props.categories[0]: "),
        (
            {"name": "n", "type": "c", "props": {"categories": [{"category_id": 1, "name": "", "labels": [{}]}]}},
            'props.categories[0].labels[0]: "label_id"',
        ),
        (
            {"name": "n", "type": "c", "props": {"categories": [{"category_id": -1, "name": "", "labels": []}]}},
            "props.categories[0].category_id: ",
        ),
        ([], "body: "),
        ("text", "body: "),
    ],
)
def test_an_invalid_body_is_refused_with_its_place(api: "Api", body: Any, place: str) -> None:
    assert api.refused(400, "POST", api.datasets_path, json=body).startswith(place)
    assert api.ok("GET", api.datasets_path) == []


def test_types_are_any_text(api: "Api") -> None:
    body = {"name": "n", "type": "of my own\0🐕", "props": {}}
    assert api.ok("POST", api.datasets_path, json=body)["type"] == "of my own\0🐕"


def test_ids_look_like_the_platforms_and_never_come_again(
    api: "Api", make_api: Callable[..., "Api"], server: RunningServer
) -> None:
    other = make_api(server, "another")
    ids = []
    for _ in range(3):
        for one in (api, other):
            created = one.create_dataset()
            ids.append(created["dataset_id"])
            one.ok("DELETE", one.dataset_path(created))
    assert len(set(ids)) == 6
    assert ids == sorted(ids)
    assert all(re.fullmatch("[1-9][0-9]{12}", number) for number in ids)


def test_timestamps(api: "Api") -> None:
    created = [api.create_dataset() for _ in range(20)]
    times = [dataset["created_at"] for dataset in created]
    assert all(TIMESTAMP.fullmatch(time) for time in times)
    assert times == sorted(set(times))
    assert all(dataset["created_at"] == dataset["updated_at"] for dataset in created)


def test_names_and_datasets_of_organizations_are_apart(
    api: "Api", make_api: Callable[..., "Api"], server: RunningServer
) -> None:
    other = make_api(server, "another")
    ours, theirs = api.create_dataset(name="same"), other.create_dataset(name="same")
    assert api.ok("GET", api.datasets_path) == [ours]
    assert other.ok("GET", other.datasets_path) == [theirs]
    item = api.create_item(ours)
    items = f"{other.datasets_path}{ours['dataset_id']}/items"
    body = {"source_data": [{"data_uri": "x"}]}
    for method in ("GET", "DELETE"):
        other.refused(404, method, items.removesuffix("/items"))
        other.refused(404, method, f"{items}/0")
    other.refused(404, "GET", items)
    other.refused(400, "POST", items, json=body)
    other.refused(400, "PUT", items, json=[])
    other.refused(400, "PUT", f"{items}/0", json={"attributes": {}})
    assert api.ok("GET", api.item_path(item)) == item


@pytest.mark.parametrize(
    "organization", ["%00", "a%2Fb", "%E3%81%82", "a%20b", "%25", "%25d%25s", "o" * 5000, "a+b", ".."]
)
def test_any_organization_goes(server: RunningServer, make_api: Callable[..., "Api"], organization: str) -> None:
    from urllib.parse import unquote

    one, plain = make_api(server, organization.replace("..", "%2E%2E")), make_api(server, "a")
    created = one.create_dataset()
    assert created["organization_id"] == unquote(organization)
    item = one.create_item(created)
    assert item["organization_id"] == unquote(organization)
    assert one.ok("GET", one.items_path(created))["items"] == [item]
    assert plain.ok("GET", plain.datasets_path) == []


@pytest.mark.parametrize(
    "dataset_id",
    ["0", "1", "9999999999999", "-1", "1.0", "x", "%00", "..%2F", "0140000000001", "1" * 5000, "%D9%A1" * 13],
)
def test_an_unknown_dataset(api: "Api", dataset_id: str) -> None:
    path = f"{api.datasets_path}{dataset_id}"
    cases: list[tuple[int, str, str, Any]] = [
        (404, "GET", "", None),
        (404, "DELETE", "", None),
        (404, "GET", "/items/", None),
        (404, "GET", "/items/0", None),
        (404, "DELETE", "/items/0", None),
        (400, "POST", "/items/", {"source_data": [{"data_uri": "x"}]}),
        (400, "PUT", "/items", []),
        (400, "PUT", "/items/0", {"attributes": {}}),
    ]
    for status, method, tail, body in cases:
        options = {} if body is None else {"json": body}
        assert api.refused(status, method, path + tail, **options).startswith("dataset_id: ")


def test_deleting_a_dataset_deletes_its_items_and_frees_its_name(api: "Api") -> None:
    first = api.create_dataset(name="same")
    api.create_item(first)
    api.ok("DELETE", api.dataset_path(first))
    api.refused(404, "GET", f"{api.items_path(first)}0")
    second = api.create_dataset(name="same")
    assert second["dataset_id"] != first["dataset_id"]
    assert api.ok("GET", api.items_path(second)) == {"items": [], "total_count": 0}
    assert api.create_item(second)["dataset_item_id"] == 0


def test_only_get_dataset_counts_items(api: "Api") -> None:
    dataset = api.create_dataset()
    assert "total_count" not in dataset
    for number in (1, 2, 3):
        item = api.create_item(dataset)
        assert api.ok("GET", api.dataset_path(dataset))["total_count"] == number
    api.ok("DELETE", api.item_path(item))
    assert api.ok("GET", api.dataset_path(dataset))["total_count"] == 2
    assert api.ok("GET", api.datasets_path) == [dataset]
    assert api.ok("DELETE", api.dataset_path(dataset)) == dataset

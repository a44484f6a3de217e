"""Items: ids, labels, updates, bulk updates."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

PROPS: dict[str, Any] = {
    "categories": [
        {"category_id": 1, "name": "cats_dogs", "labels": [{"label_id": 1, "label": "dog"}, {"label_id": 2}]},
        {"category_id": 0, "name": "zero", "labels": [{"label_id": 0}]},
    ]
}
SOURCE = [{"data_uri": "datalake://1/2"}]


@pytest.fixture
def dataset(api: "Api") -> dict[str, Any]:
    return api.create_dataset(PROPS)


def labelled(category_id: Any, label_id: Any, key: str = "classification") -> dict[str, Any]:
    return {key: [{"category_id": 1, "label_id": 1}, {"category_id": category_id, "label_id": label_id}]}


def test_ids_count_from_0_in_each_dataset_and_never_come_again(api: "Api", dataset: dict[str, Any]) -> None:
    other = api.create_dataset()
    items = [api.create_item(dataset) for _ in range(3)]
    assert [item["dataset_item_id"] for item in items] == [0, 1, 2]
    assert api.create_item(other)["dataset_item_id"] == 0
    for item in items[1:]:
        api.ok("DELETE", api.item_path(item))
    assert api.create_item(dataset)["dataset_item_id"] == 3


@pytest.mark.parametrize("attributes", [{}, {"attributes": None}, {"attributes": {}}])
def test_without_attributes(api: "Api", dataset: dict[str, Any], attributes: dict[str, Any]) -> None:
    assert api.ok("POST", api.items_path(dataset), json={"source_data": SOURCE, **attributes})["attributes"] == {}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, 'body: "source_data"'),
        ({"source_data": []}, "source_data: "),
        ({"source_data": {}}, "source_data: "),
        ({"source_data": [{}]}, 'source_data[0]: "data_uri"'),
        ({"source_data": [{"data_uri": ""}]}, "source_data[0].data_uri: "),
        ({"source_data": [{"data_uri": "x", "height": -1}]}, "source_data[0].height: "),
        ({"source_data": [{"data_uri": "x", "height": "1"}]}, "source_data[0].height: "),
        ({"source_data": SOURCE, "attributes": []}, "attributes: "),
        ({"source_data": SOURCE, "attributes": 0}, "attributes: "),
        ({"source_data": SOURCE, "attributes": {"classification": {}}}, "attributes.classification: "),
        ({"source_data": SOURCE, "attributes": labelled(True, 1)}, "attributes.classification[1].category_id: "),
        ({"source_data": SOURCE, "attributes": labelled(1.5, 1)}, "attributes.classification[1].category_id: "),
        ({"source_data": SOURCE, "attributes": labelled(1, -1)}, "attributes.classification[1].label_id: "),
        ({"source_data": SOURCE, "attributes": {"detection": [{"label_id": 1}]}}, "attributes.detection[0]: "),
        (
            {
                "source_data": SOURCE,
                "attributes": {
                    "detection": [{"category_id": 1, "label_id": 1, "rect": {"xmin": 1, "ymin": 1, "ymax": 1}}]
                },
            },
            'attributes.detection[0].rect: "xmax"',
        ),
        (
            {
                "source_data": SOURCE,
                "attributes": {
                    "detection": [
                        {"category_id": 1, "label_id": 1, "rect": {"xmin": 1, "ymin": 1, "ymax": 1, "xmax": "1"}}
                    ]
                },
            },
            "attributes.detection[0].rect.xmax: ",
        ),
    ],
)
def test_an_invalid_body_is_refused_with_its_place(api: "Api", dataset: dict[str, Any], body: Any, place: str) -> None:
    assert api.refused(400, "POST", api.items_path(dataset), json=body).startswith(place)
    if "source_data" in body and "attributes" in body:
        item = api.create_item(dataset)
        update = {"attributes": body["attributes"]}
        assert api.refused(400, "PUT", api.item_path(item), json=update).startswith(place)
        entry = {**update, "dataset_item_id": item["dataset_item_id"]}
        assert api.refused(400, "PUT", api.items_path(dataset), json=[entry]).startswith(f"[0].{place}")
        assert api.ok("GET", api.item_path(item)) == item
    assert api.ok("GET", api.dataset_path(dataset))["total_count"] <= 1


@pytest.mark.parametrize("key", ["classification", "detection"])
@pytest.mark.parametrize(("category_id", "label_id"), [(1, 3), (2, 1), (0, 1), (1, 0), (10**30, 1)])
def test_labels_outside_the_categories_are_refused(
    api: "Api", dataset: dict[str, Any], key: str, category_id: int, label_id: int
) -> None:
    attributes = labelled(category_id, label_id, key)
    told = f"{key}[1]: the dataset has no label {label_id} in category {category_id}"
    item = api.create_item(dataset)
    body = {"source_data": SOURCE, "attributes": attributes}
    assert api.refused(400, "POST", api.items_path(dataset), json=body) == f"attributes.{told}"
    assert api.refused(400, "PUT", api.item_path(item), json={"attributes": attributes}) == f"attributes.{told}"
    entry = {"dataset_item_id": 0, "attributes": attributes}
    assert api.refused(400, "PUT", api.items_path(dataset), json=[entry]) == f"[0].attributes.{told}"
    assert api.ok("GET", api.items_path(dataset)) == {"items": [item], "total_count": 1}


def test_labels_of_the_categories_are_taken(api: "Api", dataset: dict[str, Any]) -> None:
    for category_id, label_id in ((1, 2), (0, 0), (1.0, 2.0)):
        for key in ("classification", "detection"):
            api.create_item(dataset, labelled(category_id, label_id, key))
    # What any other key holds is not the rule's business.
    api.create_item(dataset, {"custom": [{"category_id": 9, "label_id": 9}], "segmentation": {"category_id": 9}})


def test_without_categories_any_label_goes_and_with_none_none(api: "Api") -> None:
    api.create_item(api.create_dataset({"other": 1}), labelled(7, 8))
    empty = api.create_dataset({"categories": []})
    api.create_item(empty, {"classification": []})
    api.refused(400, "POST", api.items_path(empty), json={"source_data": SOURCE, "attributes": labelled(1, 1)})


@pytest.mark.parametrize("body", [{}, {"attributes": None}, {"attributes": []}, [], None])
def test_an_update_never_wipes(api: "Api", dataset: dict[str, Any], body: Any) -> None:
    item = api.create_item(dataset, {"custom": 1})
    api.refused(400, "PUT", api.item_path(item), json=body)
    if isinstance(body, dict):
        api.refused(400, "PUT", api.items_path(dataset), json=[{"dataset_item_id": 0, **body}])
    assert api.ok("GET", api.item_path(item)) == item


def test_an_update_replaces_all_attributes(api: "Api", dataset: dict[str, Any]) -> None:
    item = api.create_item(dataset, {"custom": 1, "video": [1]})
    last = item["updated_at"]
    for attributes in ({"video": [2]}, {"video": [2]}, {}):
        updated = api.ok("PUT", api.item_path(item), json={"attributes": attributes, "source_data": "ignored"})
        assert updated["updated_at"] > last
        assert updated == {**item, "attributes": attributes, "updated_at": updated["updated_at"]}
        assert api.ok("GET", api.item_path(item)) == updated
        last = updated["updated_at"]


@pytest.mark.parametrize(
    "item_id",
    ["1", "-1", "00", "0.0", "1e0", "x", "+0", "%200", "%D9%A0", "9" * 18, "9" * 19, "9" * 5000, "0%00", "%2E"],
)
def test_an_unknown_item(api: "Api", dataset: dict[str, Any], item_id: str) -> None:
    api.create_item(dataset)
    path = f"{api.items_path(dataset)}{item_id}"
    for method in ("GET", "DELETE"):
        assert api.refused(404, method, path).startswith("dataset_item_id: ")
    assert api.refused(404, "PUT", path, json={"attributes": {}}).startswith("dataset_item_id: ")
    assert api.refused(400, "PUT", path, json={}).startswith("body: ")


def test_items_of_another_dataset_are_not_seen(api: "Api", dataset: dict[str, Any]) -> None:
    other = api.create_dataset()
    for _ in range(2):
        api.create_item(other)
    path = f"{api.items_path(dataset)}1"
    api.refused(404, "GET", path)
    api.refused(404, "DELETE", path)
    api.refused(404, "PUT", path, json={"attributes": {}})
    api.refused(400, "PUT", api.items_path(dataset), json=[{"dataset_item_id": 1, "attributes": {}}])
    assert api.ok("GET", api.dataset_path(other))["total_count"] == 2


def test_a_bulk_update_answers_in_the_order_asked(api: "Api", dataset: dict[str, Any]) -> None:
    items = [api.create_item(dataset, {"n": number}) for number in range(5)]
    order = [3, 0, 4]
    body = [{"dataset_item_id": number, "attributes": {"new": number}, "more": 1} for number in order]
    answer = api.ok("PUT", api.items_path(dataset), json=body)
    assert [item["dataset_item_id"] for item in answer] == order
    for item in answer:
        old = items[item["dataset_item_id"]]
        assert item == {**old, "attributes": {"new": item["dataset_item_id"]}, "updated_at": item["updated_at"]}
        assert item["updated_at"] > old["updated_at"]
        assert api.ok("GET", api.item_path(item)) == item
    assert api.ok("GET", api.item_path(items[1])) == items[1]


def test_an_empty_bulk_update(api: "Api", dataset: dict[str, Any]) -> None:
    assert api.ok("PUT", api.items_path(dataset), json=[]) == []


def test_integers_written_with_a_fraction_are_integers(api: "Api", dataset: dict[str, Any]) -> None:
    api.create_item(dataset)
    (item,) = api.ok("PUT", api.items_path(dataset), json=[{"dataset_item_id": 0.0, "attributes": {"a": 1.0}}])
    assert item["dataset_item_id"] == 0
    assert isinstance(item["attributes"]["a"], float)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"dataset_item_id": 2, "attributes": {}}, "[1].dataset_item_id: the dataset has no item 2"),
        ({"dataset_item_id": 0, "attributes": {}}, "[1].dataset_item_id: item 0 is in the list already"),
        ({"dataset_item_id": 0.0, "attributes": {}}, "[1].dataset_item_id: item 0 is in the list already"),
        (
            {"dataset_item_id": 2**63, "attributes": {}},
            "[1].dataset_item_id: the dataset has no item 9223372036854775808",
        ),
        ({"dataset_item_id": 1e300, "attributes": {}}, "[1].dataset_item_id: the dataset has no item 1000000000"),
        ({"dataset_item_id": -1, "attributes": {}}, "[1].dataset_item_id: "),
        ({"dataset_item_id": True, "attributes": {}}, "[1].dataset_item_id: "),
        ({"dataset_item_id": "1", "attributes": {}}, "[1].dataset_item_id: "),
        ({"attributes": {}}, '[1]: "dataset_item_id"'),
        ({"dataset_item_id": 1}, '[1]: "attributes"'),
        ({"dataset_item_id": 1, "attributes": labelled(9, 9)}, "[1].attributes.classification[1]: "),
        (None, "[1]: "),
    ],
)
def test_a_bulk_update_changes_all_or_nothing(api: "Api", dataset: dict[str, Any], entry: Any, place: str) -> None:
    items = [api.create_item(dataset, {"n": number}) for number in range(2)]
    body = [{"dataset_item_id": 0, "attributes": {"changed": True}}, entry]
    assert api.refused(400, "PUT", api.items_path(dataset), json=body).startswith(place)
    assert api.ok("GET", api.items_path(dataset))["items"] == items


def test_a_bulk_update_of_something_else_than_a_list(api: "Api", dataset: dict[str, Any]) -> None:
    assert api.refused(400, "PUT", api.items_path(dataset), json={}).startswith("body: ")

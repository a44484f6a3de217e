"""Datasets and items in notebooks: HTML that no data of a server can break out of, and that no failure breaks."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from abeja_datasets import Client
from abeja_datasets.dataset import Dataset
from abeja_datasets.dataset_item import DatasetItem

if TYPE_CHECKING:
    from tests.wrapper.scripted import ScriptedServer

EVIL: Final = "</table><script>alert('&\"')</script>"
PROPS: Final = {
    "categories": [
        {"category_id": 1, "name": "pets", "labels": [{"label_id": 1, "label": "dog"}, {"label_id": 2, "label": EVIL}]}
    ]
}
DATASET: Final = {"dataset_id": "2", "name": EVIL, "type": EVIL, "props": PROPS, "total_count": 3670}
SVG: Final = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path))


@pytest.fixture
def client(server: "ScriptedServer") -> Iterator[Client]:
    with Client("1", {"auth_token": "t"}, base_url=server.url, max_retry_count=0) as client:
        yield client


def shown(html: str) -> ET.Element:
    """Parse HTML of ours, which is XML too, and nothing of a server makes an element in it."""
    root = ET.fromstring(f"<div>{html}</div>")
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"div", "b", "p", "table", "tr", "th", "td", "svg", "rect", "text"}
    return root


def rows(root: ET.Element) -> dict[str, str]:
    return {str(row.findtext("th")): str(row.findtext("td")) for row in root.iter("tr")}


def item(client: Client, **fields: Any) -> DatasetItem:
    return DatasetItem({"dataset_item_id": 7, **fields}, Dataset(DATASET, client).dataset_items)


def labelled(**attributes: Any) -> dict[str, Any]:
    return {"dataset_item_id": 1, "attributes": attributes}


def test_a_dataset_shows_the_labels_of_its_first_page(client: Client, server: "ScriptedServer") -> None:
    first, second, unknown = ({"category_id": 1, "label_id": number} for number in (1, 2, 3))
    entries = [
        labelled(classification=[first]),
        labelled(classification=first),
        labelled(detection=[{**first, "rect": {}}, {**second, "rect": {}}]),
        labelled(classification=[unknown], detection=[]),
    ]
    server.answer({"items": entries, "total_count": 3670, "next_page_token": "t"})
    root = shown(Dataset(DATASET, client)._repr_html_())
    assert server.only.target == "/organizations/1/datasets/2/items/"
    assert rows(root) == {
        "name": EVIL,
        "type": EVIL,
        "items": "3670",
        "created_at": "None",
        "classification pets: dog": "2",
        "detection pets: dog": "1",
        f"detection pets: {EVIL}": "1",
        "classification category 1, label 3": "1",
    }
    assert root.findtext("p") == "Labels of the first page only: 4 of 3670 items"


ODD: Final[list[Any]] = [
    None,
    [],
    {},
    {"items": None},
    {"items": [None, 3, "text", [], {}]},
    {"items": [labelled(classification=EVIL, detection={"category_id": [], "label_id": {}})]},
    {"items": [{"dataset_item_id": 1, "attributes": [EVIL]}], "total_count": EVIL},
]


@pytest.mark.parametrize("page", ODD)
@pytest.mark.parametrize("props", [None, [], {"categories": EVIL}, {"categories": [None, {"labels": [[], {}]}]}])
def test_no_response_breaks_a_dataset(client: Client, server: "ScriptedServer", page: Any, props: Any) -> None:
    server.answer(page)
    root = shown(Dataset({**DATASET, "props": props}, client)._repr_html_())
    assert rows(root)["name"] == EVIL


@pytest.mark.parametrize("fault", ["500", "silent", "closed"])
def test_no_failure_breaks_a_dataset(client: Client, server: "ScriptedServer", fault: str) -> None:
    if fault == "closed":
        client.close()
    elif fault == "silent":
        server.reply(fault="silent")
    else:
        server.answer({"error": "down", "error_description": EVIL}, 500)
    root = shown(Dataset(DATASET, client)._repr_html_())
    assert rows(root)["items"] == "3670"
    assert str(root.findtext("p")).startswith("The items can't be listed: ")


def test_an_item_shows_its_rects_to_scale(client: Client) -> None:
    rects = [
        {"label_id": 1, "label": EVIL, "rect": {"xmin": 22, "ymin": 145.5, "xmax": 140, "ymax": 220}},
        {"label_id": "\ud800", "rect": {"xmin": 50, "ymin": 60, "xmax": 10, "ymax": 20}},
    ]
    source = {"data_uri": f"https://example.com/{EVIL}?signature=secret", "height": 500, "width": 200}
    root = shown(item(client, source_data=[source], attributes={"detection": rects, EVIL: EVIL})._repr_html_())
    found = rows(root)
    assert found[EVIL] == EVIL
    assert "alert" in found["source_data[0]"]
    assert "secret" not in ET.tostring(root, encoding="unicode")
    svg = root.find(f"{SVG}svg")
    assert svg is not None
    assert svg.get("viewBox") == "0 0 200 500"
    corners = [[each.get(key) for key in ("x", "y", "width", "height")] for each in svg.iter(f"{SVG}rect")]
    assert corners == [["22", "145.5", "118", "74.5"], ["10", "20", "40", "40"]]
    assert [each.text for each in svg.iter(f"{SVG}text")] == [EVIL, "\\ud800"]


def test_without_the_size_of_the_image_the_rects_give_it(client: Client) -> None:
    rects = [{"rect": {"xmin": 1, "ymin": 2, "xmax": 30, "ymax": 40.5}}]
    for source in ({"data_uri": "a"}, {"height": "tall", "width": -3}, {"height": 0, "width": True}):
        root = shown(item(client, source_data=[source], attributes={"detection": rects})._repr_html_())
        svg = root.find(f"{SVG}svg")
        assert svg is not None
        assert svg.get("viewBox") == "0 0 30 40.5"


NO_RECTS: Final[list[Any]] = [
    None, [], EVIL, [None], [{}], [{"rect": None}], [{"rect": []}], [{"rect": {"xmin": 1}}],
    [{"rect": {"xmin": "1", "ymin": 2, "xmax": 3, "ymax": 4}}],
    [{"rect": {"xmin": float("nan"), "ymin": 2, "xmax": 3, "ymax": 4}}],
    [{"rect": {"xmin": float("inf"), "ymin": 2, "xmax": 3, "ymax": 4}}],
    [{"rect": {"xmin": 10**400, "ymin": 2, "xmax": 3, "ymax": 4}}],
    [{"rect": {"xmin": True, "ymin": 2, "xmax": 3, "ymax": 4}}],
]  # fmt: skip


@pytest.mark.parametrize("detection", NO_RECTS)
def test_rects_that_are_none_are_left_out(client: Client, detection: Any) -> None:
    root = shown(item(client, source_data=[], attributes={"detection": detection})._repr_html_())
    assert root.find(f"{SVG}svg") is None


@pytest.mark.parametrize("sources", [None, EVIL, [None, EVIL], [{}], [{"data_uri": {"a": EVIL}}]])
@pytest.mark.parametrize("attributes", [None, [EVIL], EVIL, {EVIL: {"b": [EVIL]}}])
def test_no_data_breaks_an_item(client: Client, sources: Any, attributes: Any) -> None:
    root = shown(item(client, source_data=sources, attributes=attributes)._repr_html_())
    assert root.findtext("b") == "Item 7"


def test_many_rects_are_cut_and_counted(client: Client) -> None:
    rect = {"rect": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}}
    root = shown(item(client, source_data=[], attributes={"detection": [rect] * 520})._repr_html_())
    assert len(list(root.iter(f"{SVG}rect"))) == 500
    assert root.findtext("p") == "20 more rects are not shown."

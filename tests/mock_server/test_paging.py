"""Both kinds of paging."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets_mock import RunningServer

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api


def dataset_pages(api: "Api", size: int | None) -> Iterator[list[dict[str, Any]]]:
    params: dict[str, Any] = {} if size is None else {"max_results": size}
    while True:
        response = api.request("GET", api.datasets_path, params=params)
        assert response.status_code == 200
        yield response.json()
        if "X-Next-Token" not in response.headers:
            return
        params["next_token"] = response.headers["X-Next-Token"]


def item_pages(api: "Api", dataset: dict[str, Any], size: int | None, **params: Any) -> Iterator[list[dict[str, Any]]]:
    if size is not None:
        params["limit"] = size
    while True:
        page = api.ok("GET", api.items_path(dataset), params=params)
        yield page["items"]
        if "next_page_token" not in page:
            return
        params["next_page_token"] = page["next_page_token"]


@pytest.mark.parametrize(
    ("number", "size", "pages"), [(0, 1, 1), (3, 1, 3), (3, 3, 1), (4, 3, 2), (6, 3, 2), (3, 1000, 1), (3, None, 1)]
)
def test_datasets(api: "Api", number: int, size: int | None, pages: int) -> None:
    created = [api.create_dataset() for _ in range(number)]
    walked = list(dataset_pages(api, size))
    assert len(walked) == pages
    assert [dataset for page in walked for dataset in page] == created


@pytest.mark.parametrize(
    ("number", "size", "pages"),
    [(0, 1, 1), (3, 1, 3), (3, 3, 1), (4, 3, 2), (6, 3, 2), (3, 1000, 1), (100, None, 1), (101, None, 2)],
)
def test_items(api: "Api", number: int, size: int | None, pages: int) -> None:
    dataset = api.create_dataset()
    created = [api.create_item(dataset, {"n": n, "even": n % 2 == 0}) for n in range(number)]
    walked = list(item_pages(api, dataset, size))
    assert len(walked) == pages
    assert [item for page in walked for item in page] == created
    evens = [item for page in item_pages(api, dataset, size, q="even:true") for item in page]
    assert evens == created[::2]


def test_total_count_is_of_all_pages(api: "Api") -> None:
    dataset = api.create_dataset()
    for number in range(5):
        api.create_item(dataset, {"even": number % 2 == 0})
    page = api.ok("GET", api.items_path(dataset), params={"limit": 2})
    assert page["total_count"] == 5
    params = {"limit": 2, "q": "even:true"}
    page = api.ok("GET", api.items_path(dataset), params=params)
    assert page["total_count"] == 3
    page = api.ok("GET", api.items_path(dataset), params={**params, "next_page_token": page["next_page_token"]})
    assert page["total_count"] == 3
    assert "next_page_token" not in page


def test_exactly_one_page_of_matches_has_no_token(api: "Api") -> None:
    dataset = api.create_dataset()
    for number in range(6):
        api.create_item(dataset, {"even": number % 2 == 0})
    page = api.ok("GET", api.items_path(dataset), params={"limit": 3, "q": "even:true"})
    assert len(page["items"]) == 3
    assert "next_page_token" not in page


def test_what_happens_during_a_walk_of_datasets(api: "Api") -> None:
    created = [api.create_dataset() for _ in range(6)]
    walk = dataset_pages(api, 2)
    seen = next(walk)
    for gone in (created[0], created[1], created[3]):
        api.ok("DELETE", api.dataset_path(gone))
    late = api.create_dataset()
    seen += [dataset for page in walk for dataset in page]
    assert seen == [*created[:3], created[4], created[5], late]


def test_what_happens_during_a_walk_of_items(api: "Api") -> None:
    dataset = api.create_dataset()
    created = [api.create_item(dataset) for _ in range(6)]
    walk = item_pages(api, dataset, 2)
    seen = next(walk)
    for gone in (created[0], created[1], created[3]):
        api.ok("DELETE", api.item_path(gone))
    late = api.create_item(dataset)
    seen += [item for page in walk for item in page]
    assert seen == [*created[:3], created[4], created[5], late]


def test_the_size_may_change_during_a_walk(api: "Api") -> None:
    dataset = api.create_dataset()
    created = [api.create_item(dataset) for _ in range(5)]
    page = api.ok("GET", api.items_path(dataset), params={"limit": 1})
    page = api.ok("GET", api.items_path(dataset), params={"limit": 4, "next_page_token": page["next_page_token"]})
    assert page["items"] == created[1:]


def test_tokens_of_other_lists_are_refused(api: "Api", make_api: Callable[..., "Api"], server: RunningServer) -> None:
    other = make_api(server, "another")
    datasets = [api.create_dataset() for _ in range(2)]
    other_dataset, _ = (other.create_dataset() for _ in range(2))
    for dataset in datasets:
        for _ in range(2):
            api.create_item(dataset, {"a": 1, "b": 1})
    for _ in range(2):
        other.create_item(other_dataset, {"a": 1})
    list_token = api.request("GET", api.datasets_path, params={"max_results": 1}).headers["X-Next-Token"]
    other_token = other.request("GET", other.datasets_path, params={"max_results": 1}).headers["X-Next-Token"]

    def token(one: "Api", dataset: dict[str, Any], **params: Any) -> str:
        page = one.ok("GET", one.items_path(dataset), params={"limit": 1, **params})
        return str(page["next_page_token"])

    ours, searched = token(api, datasets[0]), token(api, datasets[0], q="a:1")
    foreign = [token(api, datasets[1]), token(api, datasets[1], q="a:1"), token(other, other_dataset), list_token]
    items = api.items_path(datasets[0])
    for wrong in foreign:
        told = api.refused(400, "GET", items, params={"next_page_token": wrong})
        assert told == "next_page_token: not a page token that this list has returned"
    for wrong in [ours, foreign[0], token(api, datasets[0], q="b:1")]:
        api.refused(400, "GET", items, params={"next_page_token": wrong, "q": "a:1"})
    for wrong in [ours, other_token]:
        assert api.refused(400, "GET", api.datasets_path, params={"next_token": wrong}).startswith("next_token: ")
    assert api.ok("GET", items, params={"next_page_token": searched, "q": "a:1"})["total_count"] == 2


@pytest.mark.parametrize("q", ["even:true", 'text:"犬 🐕\\"" OR even:true', "NOT a:b AND even:true"])
def test_a_token_carries_its_query(api: "Api", q: str) -> None:
    dataset = api.create_dataset()
    created = [api.create_item(dataset, {"even": n % 2 == 0}) for n in range(7)]
    items = api.items_path(dataset)
    page = api.ok("GET", items, params={"q": q, "limit": 1})
    found = page["items"]
    while token := page.get("next_page_token"):
        with_its_query = api.ok("GET", items, params={"q": q, "limit": 1, "next_page_token": token})
        page = api.ok("GET", items, params={"limit": 1, "next_page_token": token})
        assert page == with_its_query
        assert page["total_count"] == 4
        found += page["items"]
    assert found == created[::2]


def test_a_token_with_another_query_is_refused(api: "Api") -> None:
    dataset = api.create_dataset()
    for _ in range(3):
        api.create_item(dataset, {"a": 1})
    items = api.items_path(dataset)
    searched = api.ok("GET", items, params={"q": "a:1", "limit": 1})["next_page_token"]
    plain = api.ok("GET", items, params={"limit": 1})["next_page_token"]
    problem = "next_page_token: a token of another q; send it with the same q, or without q"
    for token, q in ((searched, "a:2"), (searched, "a:1 "), (plain, "a:1")):
        assert api.refused(400, "GET", items, params={"next_page_token": token, "q": q}) == problem
    # The query that a token carries can't be exchanged.
    for altered in (searched[:-1] + "A", searched + "A", searched.rpartition("-")[0], plain + "-YTox", plain + "-_"):
        told = api.refused(400, "GET", items, params={"next_page_token": altered})
        assert told == "next_page_token: not a page token that this list has returned"


@pytest.mark.parametrize(
    "wrong", ["", "0", "1", "x", "xxx", "1-" + "0" * 32, "-1", "\0", "é", "🐕", "1" * 5000, "\u0661-" + "0" * 32]
)
def test_made_up_tokens_are_refused(api: "Api", wrong: str) -> None:
    dataset = api.create_dataset()
    assert api.refused(400, "GET", api.datasets_path, params={"next_token": wrong}).startswith("next_token: ")
    told = api.refused(400, "GET", api.items_path(dataset), params={"next_page_token": wrong})
    assert told.startswith("next_page_token: ")


@pytest.mark.parametrize(
    "wrong",
    ["0", "1001", "-1", "1.0", "1e2", "x", "", " 1", "+1", "0x1", "\u0661", "1_0", "9" * 30, "9" * 5000, "null", "\0"],
)
def test_sizes_that_are_none(api: "Api", wrong: str) -> None:
    dataset = api.create_dataset()
    assert api.refused(400, "GET", api.datasets_path, params={"max_results": wrong}).startswith("max_results: ")
    assert api.refused(400, "GET", api.items_path(dataset), params={"limit": wrong}).startswith("limit: ")


@pytest.mark.parametrize(
    "query",
    ["limit=1&limit=1", "limit=1&limit=", "q=a:1&q=a:1", "limit=1&%6cimit=2", "next_page_token=&next_page_token=x"],
)
def test_a_parameter_given_twice_is_refused(api: "Api", query: str) -> None:
    dataset = api.create_dataset()
    api.refused(400, "GET", f"{api.items_path(dataset)}?{query}")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "unknown=1",
        "unknown=1&unknown=2",
        "&&",
        "=",
        "=&=",
        "Limit=0",
        "max_results=0",
        "a=%00",
        "limit=%31",
        "unknown=%zz",
        "?",
        "limit=1&",
    ],
)
def test_unknown_parameters_are_ignored(api: "Api", query: str) -> None:
    dataset = api.create_dataset()
    item = api.create_item(dataset)
    assert api.ok("GET", f"{api.items_path(dataset)}?{query}") == {"items": [item], "total_count": 1}


@pytest.mark.parametrize("query", ["q=%ff", "unknown=%ff", "%ff=1", "q=%c3", "limit=%zz", "limit=1%00"])
def test_queries_that_are_not_text_are_refused(api: "Api", query: str) -> None:
    api.refused(400, "GET", f"{api.items_path(api.create_dataset())}?{query}")

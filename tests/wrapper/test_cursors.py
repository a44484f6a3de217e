"""Cursors of the iterators: an iteration goes on in another process, with each entry exactly once."""

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abeja_datasets import APIClient, cursors
from abeja_datasets.cursors import Position
from abeja_datasets.exceptions import Error, HttpError, InvalidResponse, NotFound

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import Reply, Request, ScriptedServer


class Items:
    """A list of items on a server, in the order of creation; a token continues after the last id seen."""

    def __init__(self, server: "ScriptedServer", ids: Any, limit: int = 3) -> None:
        self.ids = list(ids)
        self.limit = limit
        server.reply()
        self._template = server.script.pop()
        server.always = self.answer

    def answer(self, request: "Request") -> "Reply":
        query = dict(request.query)
        limit = int(query.get("limit", self.limit))
        after = int(query.get("next_page_token", "t-1")[1:])
        rest = [one for one in self.ids if int(one) > after]
        page = rest[:limit]
        more = {"next_page_token": f"t{page[-1]}"} if len(rest) > limit else {}
        body = {"items": [{"dataset_item_id": one} for one in page], **more}
        return type(self._template)(body=json.dumps(body).encode())


def ids(entries: Any) -> list[Any]:
    return [entry["dataset_item_id"] for entry in entries]


def go_on(client: APIClient, cursor: Any, params: Any = None, **more: Any) -> Any:
    return client.iter_dataset_items(1, 2, params, start=json.loads(json.dumps(cursor)), **more)


@pytest.mark.parametrize("ahead", [0, 1])
def test_an_iteration_goes_on_from_each_place(client: APIClient, server: "ScriptedServer", ahead: int) -> None:
    Items(server, range(8))
    entries = client.iter_dataset_items(1, 2, ahead=ahead)
    found = [entries.checkpoint(), *(entries.checkpoint() for _ in entries)]
    for number, cursor in enumerate(found):
        assert ids(go_on(client, cursor, ahead=ahead)) == list(range(number, 8))


def test_a_cursor_says_where_and_no_more(client: APIClient, server: "ScriptedServer") -> None:
    Items(server, range(8))
    entries = client.iter_dataset_items(1, 2, {"q": "a:b", "limit": 3, "tag": ["x", "y"]})
    for _ in range(5):
        next(entries)
    cursor = entries.checkpoint()
    assert cursor == {
        "version": 1,
        "list": "/organizations/1/datasets/2/items/",
        "params": {"q": "a:b", "tag": ["x", "y"]},
        "token": "t2",
        "offset": 2,
        "after": 4,
    }
    assert pickle.loads(pickle.dumps(cursor)) == cursor
    cursor["offset"] = 9
    assert entries.checkpoint()["offset"] == 2
    assert next(entries) == {"dataset_item_id": 5}


def test_nothing_is_sent_for_a_cursor(client: APIClient, server: "ScriptedServer") -> None:
    cursor = client.iter_dataset_items(1, 2, {"next_page_token": "t4"}).checkpoint()
    assert (cursor["token"], cursor["offset"]) == ("t4", 0)
    assert go_on(client, cursor, ahead=1).checkpoint() == cursor
    assert server.requests == []


def test_at_the_end_of_a_page_the_next_page_is_all_that_is_loaded(client: APIClient, server: "ScriptedServer") -> None:
    Items(server, range(8))
    entries = client.iter_dataset_items(1, 2)
    for _ in range(3):
        next(entries)
    assert ids(go_on(client, entries.checkpoint())) == [3, 4, 5, 6, 7]
    assert [dict(request.query) for request in server.requests[1:]] == [
        {"next_page_token": "t2"},
        {"next_page_token": "t5"},
    ]


def test_behind_the_last_entry_come_those_created_since(client: APIClient, server: "ScriptedServer") -> None:
    items = Items(server, range(5))
    entries = client.iter_dataset_items(1, 2)
    assert len(list(entries)) == 5
    cursor = entries.checkpoint()
    assert ids(go_on(client, cursor)) == []
    items.ids += [7, 8, 9]
    assert ids(go_on(client, cursor)) == [7, 8, 9]


def test_an_empty_list_is_gone_on_with_too(client: APIClient, server: "ScriptedServer") -> None:
    items = Items(server, [])
    entries = client.iter_dataset_items(1, 2)
    assert list(entries) == []
    items.ids += [0, 1]
    assert ids(go_on(client, entries.checkpoint())) == [0, 1]


@pytest.mark.parametrize("kind", [int, str])
@pytest.mark.parametrize("deleted", [[0, 1, 2], [0, 4, 7], [3, 4, 5, 6], range(8)])
def test_deletions_meanwhile_make_it_miss_and_repeat_none(
    client: APIClient, server: "ScriptedServer", kind: Any, deleted: Any
) -> None:
    items = Items(server, ())
    for taken in (1, 3, 5, 8):
        items.ids, items.limit = [kind(one) for one in range(12)], 4
        entries = client.iter_dataset_items(1, 2)
        seen = [next(entries)["dataset_item_id"] for _ in range(taken)]
        items.ids = [one for one in items.ids if int(one) not in deleted]
        rest = [one for one in items.ids if one not in seen]
        assert ids(go_on(client, entries.checkpoint())) == rest
        assert ids(go_on(client, entries.checkpoint(), {"limit": 1})) == rest


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_deletions_and_page_sizes_give_the_entries_not_seen(data: Any) -> None:
    numbers = data.draw(st.lists(st.integers(0, 99), unique=True).map(sorted))
    text = data.draw(st.booleans())
    all_ids: list[cursors.Id] = [str(one) if text else one for one in numbers]
    offset = data.draw(st.integers(0, len(all_ids)))
    place = Position("t", offset, all_ids[offset - 1] if offset else None)
    left = [one for one in all_ids if not data.draw(st.booleans(), label="is deleted")]
    unseen = [one for one in left if one not in all_ids[:offset]]
    size = data.draw(st.integers(1, 5))
    found: list[Any] = []
    for first in range(0, len(left), size):
        page = left[first : first + size]
        seen = place.seen(page) if place.offset else 0
        found += page[seen:]
        place = place.following(seen, page, "t")
    assert found == unseen


def test_entries_without_ids_are_counted(client: APIClient, server: "ScriptedServer") -> None:
    for _ in range(2):
        server.answer({"items": [{"n": 0}, {"n": 1}, 7], "next_page_token": "t"})
    server.answer({"items": [{"n": 3}]})
    entries = client.iter_dataset_items(1, 2)
    assert [next(entries), next(entries)] == [{"n": 0}, {"n": 1}]
    assert entries.checkpoint()["after"] is None
    assert list(go_on(client, entries.checkpoint())) == [7, {"n": 3}]


def test_where_ids_do_not_grow_an_entry_comes_again_rather_than_never(
    client: APIClient, server: "ScriptedServer"
) -> None:
    server.answer({"items": [{"dataset_item_id": one} for one in ("f", "a", "z", "k")]})
    entries = client.iter_dataset_items(1, 2)
    assert ids([next(entries), next(entries)]) == ["f", "a"]
    server.answer({"items": [{"dataset_item_id": one} for one in ("f", "z", "k")]})
    assert ids(go_on(client, entries.checkpoint())) == ["f", "z", "k"]
    server.answer({"items": [{"dataset_item_id": one} for one in ("a", "z", "k")]})
    assert ids(go_on(client, entries.checkpoint())) == ["z", "k"]


def test_datasets_have_cursors_too(client: APIClient, server: "ScriptedServer") -> None:
    server.answer([{"dataset_id": "3"}, {"dataset_id": "5"}], headers={"X-Next-Token": "t"})
    entries = client.iter_datasets("1", page_size=2)
    assert next(entries) == {"dataset_id": "3"}
    cursor = entries.checkpoint()
    assert (cursor["list"], cursor["params"]) == ("/organizations/1/datasets/", {})
    server.answer([{"dataset_id": "5"}, {"dataset_id": "8"}], headers={"X-Next-Token": "t"})
    server.answer([{"dataset_id": "9"}])
    assert [one["dataset_id"] for one in client.iter_datasets("1", 50, start=cursor)] == ["5", "8", "9"]
    assert dict(server.requests[-1].query) == {"max_results": "50", "next_token": "t"}


def test_the_cursor_goes_before_the_token_among_the_parameters(client: APIClient, server: "ScriptedServer") -> None:
    Items(server, range(9))
    params = {"next_page_token": "t2"}
    entries = client.iter_dataset_items(1, 2, params)
    for _ in range(4):
        next(entries)
    assert ids(go_on(client, entries.checkpoint(), params)) == [7, 8]


@pytest.mark.parametrize("ahead", [0, 1])
@pytest.mark.parametrize("trouble", [404, 503, "silent", "no JSON", "no page", "token again", "bad token"])
def test_an_error_has_the_cursor_of_the_page_that_failed(
    face: "Face", server: "ScriptedServer", trouble: Any, ahead: int
) -> None:
    client = face.open(server, max_retry_count=0)
    server.answer({"items": [{"dataset_item_id": 1}], "next_page_token": "t"})
    bad: Any = {
        "no JSON": {"body": b"x"},
        "no page": {"body": b"{}"},
        "token again": {"body": b'{"items": [{"dataset_item_id": 2}], "next_page_token": "t"}'},
        "bad token": {"body": b'{"items": [{"dataset_item_id": 2}], "next_page_token": "\\n"}'},
        "silent": {"fault": "silent"},
    }
    server.reply(**bad.get(trouble, {"status": trouble}))
    entries = client.iter_dataset_items(1, 2, ahead=ahead)
    next(entries)
    with pytest.raises(Error) as caught:
        next(entries)
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.cursor == entries.checkpoint()
    assert (error.cursor["token"], error.cursor["offset"]) == ("t", 0)
    server.answer({"items": [{"dataset_item_id": 2}]})
    assert ids(go_on(client, error.cursor)) == [2]
    server.answer({"items": [{"dataset_item_id": 2}]})
    assert ids(entries) == [2]


def test_an_error_while_going_on_has_the_cursor_that_was_given(client: APIClient, server: "ScriptedServer") -> None:
    Items(server, range(8))
    entries = client.iter_dataset_items(1, 2)
    for _ in range(5):
        next(entries)
    server.reply(404)
    with pytest.raises(NotFound) as caught:
        next(go_on(client, entries.checkpoint()))
    assert caught.value.cursor == entries.checkpoint()


def test_no_other_error_has_a_cursor(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(404)
    with pytest.raises(HttpError) as caught:
        client.get_dataset(1, 2)
    assert caught.value.cursor is None
    assert InvalidResponse("x").cursor is None


def test_a_closed_iterator_says_where_it_stood(client: APIClient, server: "ScriptedServer") -> None:
    Items(server, range(8))
    entries: Any = client.iter_dataset_items(1, 2)
    for _ in range(5):
        next(entries)
    cursor = entries.checkpoint()
    entries.close()
    entries.close()
    assert list(entries) == []
    assert entries.checkpoint() == cursor
    assert ids(go_on(client, cursor)) == [5, 6, 7]


GOOD = {
    "version": 1,
    "list": "/organizations/1/datasets/2/items/",
    "params": {},
    "token": "t",
    "offset": 0,
    "after": None,
}


@pytest.mark.parametrize(
    ("cursor", "problem"),
    [
        ("t2", "a cursor is needed, as `checkpoint\\(\\)` returns it, not str"),
        ([GOOD], "a cursor is needed, as `checkpoint\\(\\)` returns it, not list"),
        (7, "a cursor is needed"),
        ({}, "a cursor of version 1 is needed, not of version None"),
        (GOOD | {"version": 2}, "a cursor of version 1 is needed, not of version 2"),
        (GOOD | {"version": True}, "a cursor of version 1 is needed, not of version True"),
        *(({k: v for k, v in GOOD.items() if k != gone}, f"has no '{gone}'") for gone in GOOD if gone != "version"),
        (GOOD | {"token": 7}, "'token' of the cursor is a page token or null, not 7"),
        (GOOD | {"token": ""}, "'token' of the cursor is a page token or null, not ''"),
        (GOOD | {"token": "a\nb"}, "'token' of the cursor is a page token or null, not 'a\\\\nb'"),
        (GOOD | {"token": "\ud800"}, "'token' of the cursor"),
        (GOOD | {"token": "x" * 100_000}, "its token can't be sent: .* too long"),
        (GOOD | {"offset": -1}, "'offset' of the cursor is a whole number from 0, not -1"),
        (GOOD | {"offset": 1.0}, "'offset'"),
        (GOOD | {"offset": True}, "'offset'"),
        (GOOD | {"offset": None}, "'offset'"),
        (GOOD | {"after": 1.5}, "'after' of the cursor is an id or null, not 1.5"),
        (GOOD | {"after": [1]}, "'after'"),
        (GOOD | {"list": None}, "'list' of the cursor is a path, not None"),
        (GOOD | {"params": ["q"]}, "'params' of the cursor is an object"),
        (GOOD | {"params": {1: "a"}}, "'params' of the cursor is an object"),
        (
            GOOD | {"list": "/organizations/1/datasets/3/items/"},
            "this cursor is of the list '/organizations/1/datasets/3/items/', and not of '/organizations/1/datasets/2/",
        ),
        (GOOD | {"list": "/organizations/1/datasets/"}, "and not of"),
        (GOOD | {"params": {"q": "secret"}}, r"of the same list with another q; (?!.*secret)"),
    ],
)
def test_what_is_no_cursor_of_the_list_is_refused_at_once(
    client: APIClient, server: "ScriptedServer", cursor: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=f"^start: .*{problem}"):
        client.iter_dataset_items(1, 2, start=cursor)
    assert server.requests == []


def test_other_parameters_are_another_list(client: APIClient) -> None:
    cursor = client.iter_dataset_items(1, 2, {"q": "a:b", "limit": 9}).checkpoint()
    for params in (None, {"q": "a:c"}, {"q": "a:b", "more": 1}):
        with pytest.raises(ValueError, match=r"another (q|more);"):
            go_on(client, cursor, params)
    go_on(client, cursor, {"q": "a:b"})


def test_a_cursor_of_another_dataset_of_that_name_is_told_apart(client: APIClient) -> None:
    cursor = client.iter_dataset_items(1, "a/b").checkpoint()
    with pytest.raises(ValueError, match="this cursor is of the list"):
        client.iter_dataset_items(1, "a", start=cursor)
    client.iter_dataset_items(1, "a/b", start=cursor)

"""Walking all pages: lazily, with the caller's parameters, and never for ever."""

import asyncio
import contextlib
import gc
import json
import tracemalloc
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Literal

import pytest

from abeja_datasets import APIClient, AsyncAPIClient, paging
from abeja_datasets.exceptions import BadRequest, Error, InvalidResponse, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wrapper.conftest import Waits
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import Request, ScriptedServer

Kind = Literal["iter_datasets", "iter_dataset_items"]
KINDS: list[Kind] = ["iter_datasets", "iter_dataset_items"]
TOKEN_PARAMETER = {"iter_datasets": "next_token", "iter_dataset_items": "next_page_token"}


def walk(client: APIClient, kind: Kind) -> "Iterator[dict[str, Any]]":
    return client.iter_datasets("1") if kind == "iter_datasets" else client.iter_dataset_items("1", "2")


def page(server: "ScriptedServer", kind: Kind, numbers: "list[int] | range", token: str | None) -> None:
    """Put a page of entries into the script."""
    entries = [{"number": number, "odd": 1.0} for number in numbers]
    if kind == "iter_datasets":
        server.answer(entries, headers={"X-Next-Token": token} if token is not None else {})
    else:
        server.answer({"items": entries, "total_count": 9} | ({"next_page_token": token} if token is not None else {}))


@pytest.mark.parametrize("kind", KINDS)
def test_all_pages_are_walked_one_request_at_a_time(client: APIClient, server: "ScriptedServer", kind: Kind) -> None:
    page(server, kind, [1, 2], "a b&c")
    page(server, kind, [], "empty page")
    page(server, kind, [3], "next to last")
    page(server, kind, [4, 5], None)
    entries = walk(client, kind)
    assert len(server.requests) == 0
    seen = []
    requests = []
    for entry in entries:
        seen.append(entry["number"])
        requests.append(len(server.requests))
    assert seen == [1, 2, 3, 4, 5]
    assert requests == [1, 1, 3, 4, 4]
    parameter = TOKEN_PARAMETER[kind]
    assert [dict(r.query).get(parameter) for r in server.requests] == [None, "a b&c", "empty page", "next to last"]
    path = "/organizations/1/datasets/" + ("2/items/" if kind == "iter_dataset_items" else "")
    assert {(r.method, r.path) for r in server.requests} == {("GET", path)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last", [None, ""])
def test_a_walk_ends_where_no_token_is_given(
    client: APIClient, server: "ScriptedServer", kind: Kind, last: str | None
) -> None:
    page(server, kind, [], last)
    assert list(walk(client, kind)) == []


def test_a_token_of_null_ends_a_walk(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({"items": [{"a": None}], "next_page_token": None})
    assert list(client.iter_dataset_items(1, 2)) == [{"a": None}]


@pytest.mark.parametrize("end", [{"next_page_token": None}, {}], ids=["null", "absent"])
@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_walk_ends_at_an_empty_page(
    client: APIClient, server: "ScriptedServer", pages: int, end: dict[str, Any]
) -> None:
    for number in range(pages):
        page(server, "iter_dataset_items", [number], f"t{number}")
    server.answer({"items": [], "total_count": pages, **end})
    assert [item["number"] for item in client.iter_dataset_items(1, 2)] == list(range(pages))
    tokens = [dict(r.query).get("next_page_token") for r in server.requests]
    assert tokens == [None, *(f"t{number}" for number in range(pages))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", [["a", "b", "c"], ["a", "b", "b"], ["a", "a"]], ids="-".join)
def test_tokens_on_empty_pages_do_not_keep_a_walk_going(
    client: APIClient, server: "ScriptedServer", kind: Kind, tokens: list[str]
) -> None:
    page(server, kind, [1], tokens[0])
    for token in tokens[1:]:
        page(server, kind, [], token)
    assert [entry["number"] for entry in walk(client, kind)] == [1]
    assert len(server.requests) == len(tokens)


def test_a_walk_can_be_left_without_loading_the_rest(client: APIClient, server: "ScriptedServer") -> None:
    page(server, "iter_dataset_items", range(3), "more")
    assert len(list(islice(client.iter_dataset_items(1, 2), 3))) == 3
    assert len(server.requests) == 1


def test_the_parameters_go_with_every_page(client: APIClient, server: "ScriptedServer") -> None:
    params = {"q": "label:dog", "limit": 2, "later": "x", "left out": None}
    page(server, "iter_dataset_items", [1, 2], "t1")
    page(server, "iter_dataset_items", [3], None)
    entries = client.iter_dataset_items(1, 2, params)
    params["q"] = "changed after the call"
    assert len(list(entries)) == 3
    same = {"q": "label:dog", "limit": "2", "later": "x"}
    assert [dict(r.query) for r in server.requests] == [same, {**same, "next_page_token": "t1"}]
    assert "next_page_token" not in params


def test_a_walk_may_start_at_a_token(client: APIClient, server: "ScriptedServer") -> None:
    page(server, "iter_dataset_items", [1], "t2")
    page(server, "iter_dataset_items", [2], None)
    assert len(list(client.iter_dataset_items(1, 2, {"next_page_token": "t1"}))) == 2
    assert [dict(r.query) for r in server.requests] == [{"next_page_token": "t1"}, {"next_page_token": "t2"}]


@pytest.mark.parametrize(("page_size", "query"), [(None, {}), (7, {"max_results": "7"})])
def test_the_size_of_a_page_can_be_set(
    client: APIClient, server: "ScriptedServer", page_size: int | None, query: dict[str, str]
) -> None:
    page(server, "iter_datasets", [1], "t")
    page(server, "iter_datasets", [2], None)
    assert len(list(client.iter_datasets("1", page_size=page_size))) == 2
    assert [dict(r.query) for r in server.requests] == [query, {**query, "next_token": "t"}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"], ["None", "None"]])
def test_a_token_that_comes_again_is_raised(
    client: APIClient, server: "ScriptedServer", kind: Kind, tokens: list[str]
) -> None:
    for number, token in enumerate(tokens):
        page(server, kind, [number], token)
    entries = walk(client, kind)
    for number in range(len(tokens) - 1):
        assert next(entries)["number"] == number
    with pytest.raises(InvalidResponse, match="responded with 200 with a page token that came before") as caught:
        next(entries)
    assert len(server.requests) == len(tokens)
    assert [a.status for a in caught.value.attempts] == [200]
    assert caught.value.outcome == "unknown"
    # The same page is asked for again; this time the server knows what comes next.
    page(server, kind, [7], None)
    assert [entry["number"] for entry in entries] == [7]
    assert server.requests[-1].target == server.requests[-2].target


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trouble", [503, 404, "silent", "half", "no JSON", "no page", "no token"])
def test_after_an_error_the_same_page_is_asked_for_again(
    face: "Face", server: "ScriptedServer", kind: Kind, trouble: int | str
) -> None:
    bad: dict[str, Any] = {"no JSON": b"x", "no page": b"7", "no token": b'{"items": [{"a": 1}], "next_page_token": 7}'}
    entries = walk(face.open(server, max_retry_count=0), kind)
    page(server, kind, [1], "t")
    assert next(entries)["number"] == 1
    for _ in range(3):
        if trouble in bad:
            server.reply(body=bad[str(trouble)])
        else:
            server.reply(**({"status": trouble} if isinstance(trouble, int) else {"fault": trouble}))
        with pytest.raises(Error):
            next(entries)
    page(server, kind, [2], "u")
    page(server, kind, [3], None)
    assert [entry["number"] for entry in entries] == [2, 3]
    with pytest.raises(StopIteration):
        next(entries)
    tokens = [dict(r.query).get(TOKEN_PARAMETER[kind]) for r in server.requests]
    assert tokens == [None, *["t"] * 4, "u"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_after_an_interruption_the_same_page_is_asked_for_again(
    face: "Face", server: "ScriptedServer", waits: "Waits", kind: Kind, interruption: type[BaseException]
) -> None:
    def interrupt() -> None:
        waits.then = lambda: None
        raise interruption

    if interruption is not KeyboardInterrupt and face.name == "sync":
        pytest.skip("a thread is not cancelled")
    if interruption is not asyncio.CancelledError and face.name != "sync":
        pytest.skip("it ends the event loop of the test")
    entries = walk(face.open(server), kind)
    page(server, kind, [1], "t")
    assert next(entries)["number"] == 1
    waits.then = interrupt
    server.reply(503)
    with pytest.raises(interruption):
        next(entries)
    page(server, kind, [2], None)
    assert [entry["number"] for entry in entries] == [2]


def test_a_call_that_is_cancelled_while_it_loads_a_page_loses_none(server: "ScriptedServer") -> None:
    async def main() -> list[Any]:
        async with AsyncAPIClient({"auth_token": "t"}, base_url=server.url) as client:
            entries = client.iter_dataset_items(1, 2)
            seen = [await anext(entries)]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(entries), 0.1)
            return [*seen, *[entry async for entry in entries]]

    page(server, "iter_dataset_items", [1], "t")
    server.reply(fault="stall")
    page(server, "iter_dataset_items", [2, 3], None)
    assert [entry["number"] for entry in asyncio.run(main())] == [1, 2, 3]


def test_two_tasks_may_not_load_a_page_at_once(server: "ScriptedServer") -> None:
    async def main() -> tuple[Any, ...]:
        async with AsyncAPIClient({"auth_token": "t"}, base_url=server.url) as client:
            entries = client.iter_dataset_items(1, 2)
            steps: list[Any] = [anext(entries), anext(entries)]
            return tuple(await asyncio.gather(*steps, return_exceptions=True))

    page(server, "iter_dataset_items", [1, 2], None)
    first, second = asyncio.run(main())
    assert first["number"] == 1
    assert isinstance(second, RuntimeError)


def test_a_walk_that_is_closed_ends(server: "ScriptedServer") -> None:
    page(server, "iter_dataset_items", [1, 2], "more")
    with APIClient({"auth_token": "t"}, base_url=server.url) as client:
        entries: Any = client.iter_dataset_items(1, 2)
        with contextlib.closing(entries):  # as of a generator
            assert next(entries)["number"] == 1
        assert list(entries) == []


def test_the_token_to_start_from_may_not_come_again_either(client: APIClient, server: "ScriptedServer") -> None:
    page(server, "iter_dataset_items", [1], "t1")
    with pytest.raises(InvalidResponse):
        list(client.iter_dataset_items(1, 2, {"next_page_token": "t1"}))


@pytest.mark.parametrize("token", ["None", "null", "0"])
def test_any_text_may_be_the_first_token(client: APIClient, server: "ScriptedServer", token: str) -> None:
    page(server, "iter_dataset_items", [1], token)
    page(server, "iter_dataset_items", [2], None)
    assert len(list(client.iter_dataset_items(1, 2))) == 2


@pytest.mark.parametrize("before", [0, 1, 700])
@pytest.mark.parametrize("length", [1, 2, 1023, 1024, 1025, 5000])
def test_any_cycle_is_told_within_three_rounds(length: int, before: int) -> None:
    guard = paging._RepetitionGuard(None)
    tokens = (f"{'before' if i < before else (i - before) % length}{i if i < before else ''}" for i in count())
    steps = next(step for step, token in enumerate(islice(tokens, 20_000)) if guard.is_repeated(token))
    # Brent: the held token is in the cycle after less than twice as many steps as lead there, or as one round takes.
    assert length <= steps - before <= 3 * max(length, before)
    assert len(guard._recent) <= 1024


def test_many_different_tokens_are_no_cycle() -> None:
    guard = paging._RepetitionGuard("start")
    assert not any(guard.is_repeated(str(i)) for i in range(20_000))
    assert len(guard._recent) <= 1024


@pytest.mark.parametrize(
    ("kind", "answer", "problem"),
    [
        ("iter_datasets", {"datasets": []}, "without a list of datasets"),
        ("iter_datasets", None, "without a list of datasets"),
        ("iter_dataset_items", [], "without a list of `items`"),
        ("iter_dataset_items", {}, "without a list of `items`"),
        ("iter_dataset_items", {"items": {"a": 1}}, "without a list of `items`"),
        (
            "iter_dataset_items",
            {"items": [], "next_page_token": 5},
            "with a `next_page_token` that is not text, but int",
        ),
    ],
)
def test_what_is_no_page_is_an_invalid_response(
    client: APIClient, server: "ScriptedServer", kind: Kind, answer: Any, problem: str
) -> None:
    server.answer(answer)
    with pytest.raises(InvalidResponse, match=problem) as caught:
        list(walk(client, kind))
    assert str(caught.value).startswith("GET /organizations/1/datasets/")
    assert len(caught.value.attempts) == 1


def test_a_page_is_retried_like_any_call_and_its_error_raised(client: APIClient, server: "ScriptedServer") -> None:
    page(server, "iter_dataset_items", [1], "t")
    server.reply(503)
    page(server, "iter_dataset_items", [2], "u")
    server.reply(400)
    entries = client.iter_dataset_items(1, 2)
    assert [next(entries)["number"], next(entries)["number"]] == [1, 2]
    with pytest.raises(BadRequest):
        next(entries)


def test_an_error_comes_with_the_first_entry_and_not_before(client: APIClient, server: "ScriptedServer") -> None:
    entries = client.iter_dataset_items(1, 2)
    server.reply(404)
    with pytest.raises(NotFound):
        next(entries)


def test_a_walk_takes_no_more_memory_the_longer_it_gets(face: "Face", server: "ScriptedServer") -> None:
    def numbered(request: "Request") -> Any:
        number = int(dict(request.query).get("next_page_token", 0))
        server.requests.clear()
        body = {"items": [{"text": "x" * 40_000}], "next_page_token": str(number + 1)}
        return template(body=json.dumps(body).encode())

    server.reply()
    template = type(server.script.pop())
    server.always = numbered
    entries = face.open(server).iter_dataset_items(1, 2)
    assert len(list(islice(entries, 50))) == 50
    gc.collect()
    tracemalloc.start()
    try:
        for _ in islice(entries, 200):  # 8 MB
            pass
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after < 400_000
    assert peak < 4_000_000


@pytest.mark.parametrize(
    "token", ["\ud800", "x" * 1_000_000, "é" * 20_000, "a\nb", "\x00", "a\x9fb"], ids=lambda token: ascii(token)[:10]
)
def test_a_token_that_can_not_stand_in_a_url_is_an_invalid_response(
    face: "Face", server: "ScriptedServer", token: str
) -> None:
    server.answer({"items": [{"dataset_item_id": 1}], "next_page_token": token})
    with pytest.raises(
        InvalidResponse, match="responded with 200 with a page token that can't stand in a URL"
    ) as caught:
        list(face.open(server).iter_dataset_items(1, 2))
    assert [attempt.status for attempt in caught.value.attempts] == [200]
    assert len(str(caught.value)) < 300


def test_a_header_with_such_a_token_is_one_too(face: "Face", server: "ScriptedServer") -> None:
    server.answer([{"dataset_id": "1"}], headers={"X-Next-Token": "x" * 66_000})
    with pytest.raises(InvalidResponse, match="with a page token that can't stand in a URL"):
        list(face.open(server).iter_datasets(1))


def test_a_list_of_tokens_to_start_from_goes_to_the_server(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({"items": []})
    assert list(client.iter_dataset_items(1, 2, {"next_page_token": ["a", "b"]})) == []
    assert server.only.query == [("next_page_token", "a"), ("next_page_token", "b")]

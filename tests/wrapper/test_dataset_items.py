"""`dataset_items.list()`: what it sends and when, where it ends and begins anew, and the content loaded ahead of it."""

import gc
import multiprocessing
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from tests.wrapper.scripted import Reply, Request, ScriptedServer

from abeja_datasets import Client
from abeja_datasets.dataset_item import DatasetItem, DatasetItems
from abeja_datasets.exceptions import ConnectionFailed, HttpError, InvalidResponse, NotFound, UnsupportedURI

PATH: Final = "/organizations/1/datasets/2/items/"
PREFETCH: Final = pytest.mark.parametrize("prefetch", [False, True])


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path))


@pytest.fixture
def items(server: ScriptedServer) -> Iterator[DatasetItems]:
    with Client("1", {"auth_token": "t"}, base_url=server.url, max_retry_count=0) as client:
        yield DatasetItems(client, "1", "2")


def raw(number: int, uri: str = "odd:uri") -> dict[str, Any]:
    return {"dataset_id": "2", "dataset_item_id": number, "attributes": {}, "source_data": [{"data_uri": uri}]}


def answer(server: ScriptedServer, numbers: range, token: str | None = None, **more: Any) -> None:
    server.answer({"items": [raw(number) for number in numbers], "total_count": 9, "next_page_token": token, **more})


def ids(items: Iterator[DatasetItem]) -> list[int]:
    return [item.dataset_item_id for item in items]


def targets(server: ScriptedServer) -> list[str]:
    return [request.target.removeprefix(PATH) for request in server.requests]


@PREFETCH
def test_nothing_is_sent_before_the_first_item(items: DatasetItems, server: ScriptedServer, prefetch: bool) -> None:
    listed = items.list(prefetch=prefetch)
    assert iter(listed) is listed
    assert iter(iter(listed)) is listed
    assert server.received == 0
    answer(server, range(3))
    assert next(listed).dataset_item_id == 0
    assert server.received == 1


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, ""),
        ({"limit": 5}, "?limit=5"),
        ({"next_page_token": "a b"}, "?next_page_token=a+b"),
        ({"next_page_token": ""}, ""),
        ({"q": "label:dog"}, "?q=label%3Adog"),
        ({"limit": 2, "next_page_token": "t", "q": "a:b", "prefetch": False}, "?next_page_token=t&limit=2&q=a%3Ab"),
        ({"limit": 2, "prefetch": True}, "?limit=2"),
    ],
)
def test_what_it_sends(items: DatasetItems, server: ScriptedServer, arguments: dict[str, Any], query: str) -> None:
    answer(server, range(2))
    assert ids(items.list(**arguments)) == [0, 1]
    assert server.only.method == "GET"
    assert server.only.target == f"{PATH}{query}"


def test_it_takes_its_arguments_by_position_too(items: DatasetItems, server: ScriptedServer) -> None:
    answer(server, range(2))
    assert ids(items.list("t", 2, True)) == [0, 1]
    assert targets(server) == ["?next_page_token=t&limit=2"]


ENDS: Final[dict[str, list[dict[str, Any]]]] = {
    "a null token": [{"items": [raw(2)], "next_page_token": None}],
    "no token": [{"items": [raw(2)]}],
    "an empty last page": [{"items": [raw(2)], "next_page_token": "u"}, {"items": [], "next_page_token": None}],
    "an empty last page without a token": [{"items": [raw(2)], "next_page_token": "u"}, {"items": []}],
}


@PREFETCH
@pytest.mark.parametrize("end", ENDS)
def test_it_ends_with_the_list(items: DatasetItems, server: ScriptedServer, end: str, prefetch: bool) -> None:
    answer(server, range(2), "t")
    for page in ENDS[end]:
        server.answer(page)
    listed = items.list(prefetch=prefetch)
    assert ids(listed) == [0, 1, 2]
    assert next(listed, None) is None
    assert targets(server) == ["", "?next_page_token=t", "?next_page_token=u"][: 1 + len(ENDS[end])]


@PREFETCH
def test_an_empty_dataset_has_no_items(items: DatasetItems, server: ScriptedServer, prefetch: bool) -> None:
    answer(server, range(0))
    assert ids(items.list(prefetch=prefetch)) == []


@PREFETCH
def test_for_goes_on_with_the_rest_and_then_begins_anew(
    items: DatasetItems, server: ScriptedServer, prefetch: bool
) -> None:
    for _ in range(2):
        answer(server, range(3), "t")
        answer(server, range(3, 5))
    listed = items.list(prefetch=prefetch)
    assert next(listed).dataset_item_id == 0
    for item in listed:
        if item.dataset_item_id == 2:
            break
    assert ids(listed) == [3, 4]
    assert next(listed, None) is None
    assert ids(listed) == [0, 1, 2, 3, 4]
    assert targets(server) == ["", "?next_page_token=t"] * 2


def test_it_begins_anew_from_the_page_that_was_asked_for(items: DatasetItems, server: ScriptedServer) -> None:
    listed = items.list("t")
    for _ in range(2):
        answer(server, range(3))
        assert ids(listed) == [0, 1, 2]
    assert targets(server) == ["?next_page_token=t"] * 2


@PREFETCH
@pytest.mark.parametrize("fault", ["silent", "500", "no page"])
def test_after_an_error_it_goes_on_where_it_failed(
    items: DatasetItems, server: ScriptedServer, prefetch: bool, fault: str
) -> None:
    answer(server, range(2), "t")
    if fault == "silent":
        server.reply(fault="silent")
    else:
        server.reply(500 if fault == "500" else 200, b"{}")
    answer(server, range(2, 4))
    listed = items.list(prefetch=prefetch)
    assert [next(listed).dataset_item_id for _ in range(2)] == [0, 1]
    with pytest.raises((ConnectionFailed, HttpError, InvalidResponse)):
        next(listed)
    assert ids(listed) == [2, 3]
    assert targets(server) == ["", "?next_page_token=t", "?next_page_token=t"]


@PREFETCH
def test_an_entry_that_is_no_item_is_an_error_at_its_place(
    items: DatasetItems, server: ScriptedServer, prefetch: bool
) -> None:
    server.answer({"items": [raw(0), None, raw(2)]})
    listed = items.list(prefetch=prefetch)
    assert next(listed).dataset_item_id == 0
    with pytest.raises(InvalidResponse, match="not a dataset item"):
        next(listed)
    assert ids(listed) == [2]


def test_the_iterators_of_one_list_are_independent(items: DatasetItems, server: ScriptedServer) -> None:
    for _ in range(2):
        answer(server, range(3))
    first, second = items.list(), items.list()
    assert [next(first).dataset_item_id, *ids(second), *ids(first)] == [0, 0, 1, 2, 1, 2]


@pytest.mark.parametrize("argument", ["limit", "next_page_token", "q"])
def test_a_parameter_that_is_not_usable_is_named(items: DatasetItems, server: ScriptedServer, argument: str) -> None:
    with pytest.raises(TypeError, match=rf"^params\['{argument}'\]"):
        items.list(**{argument: {"a": 1}})  # type: ignore[arg-type]  # what is refused
    assert server.received == 0


# With content: a second server has it, under a number each.


class Contents:
    """A server of content, which counts what is under way."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.odd: dict[int, Reply] = {}
        self.gate = threading.Event()
        self.gate.set()
        server.always = self.reply

    def reply(self, request: Request) -> Reply:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait(10)
        with self.lock:
            self.now -= 1
        number = int(request.path.strip("/"))
        return self.odd.get(number, Reply(body=f"content {number}".encode()))

    def page(self, numbers: range) -> list[dict[str, Any]]:
        return [raw(number, f"{self.server.url}/{number}") for number in numbers]

    @property
    def asked(self) -> list[int]:
        return sorted(int(request.path.strip("/")) for request in self.server.requests)


@pytest.fixture
def contents(other_server: ScriptedServer) -> Iterator[Contents]:
    contents = Contents(other_server)
    yield contents
    contents.gate.set()


def pages(server: ScriptedServer, contents: Contents, size: int, count: int) -> None:
    for page in range(count):
        numbers = range(page * size, (page + 1) * size)
        server.answer({"items": contents.page(numbers), "next_page_token": str(page) if page < count - 1 else None})


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "abeja-datasets prefetch"]


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)
    return holds()


def test_prefetch_keeps_the_order_and_downloads_each_content_once(
    items: DatasetItems, server: ScriptedServer, contents: Contents
) -> None:
    pages(server, contents, 10, 3)
    found = [(item.dataset_item_id, item.source_data[0].get_content()) for item in items.list(limit=10, prefetch=True)]
    assert found == [(number, f"content {number}".encode()) for number in range(30)]
    assert contents.asked == [*range(30)]
    assert {request.headers.get("authorization") for request in contents.server.requests} == {None}


def test_prefetch_downloads_several_at_once_and_at_most_a_page_ahead(
    items: DatasetItems, server: ScriptedServer, contents: Contents
) -> None:
    pages(server, contents, 20, 2)
    contents.gate.clear()
    listed = items.list(limit=20, prefetch=True)
    with ThreadPoolExecutor(1) as caller:
        first = caller.submit(next, listed)
        assert eventually(lambda: contents.now == 8)
        assert not first.done()
        contents.gate.set()
        assert first.result(10).dataset_item_id == 0
    assert eventually(lambda: contents.asked == [*range(20)])
    assert server.received == 1
    assert contents.most == 8
    assert len(ids(listed)) == 39


def test_the_threads_of_prefetch_end_with_the_work_and_after_an_early_break(
    items: DatasetItems, server: ScriptedServer, contents: Contents
) -> None:
    pages(server, contents, 30, 1)
    kept = items.list(limit=30, prefetch=True)
    for _ in kept:
        break
    assert eventually(lambda: not workers()), "threads of an iterator that is kept, with nothing to do"
    assert len(ids(kept)) == 29

    pages(server, contents, 30, 1)
    contents.odd = {number: Reply(fault="stall") for number in range(100, 200)}
    numbers = range(100, 130)
    server.answer({"items": [*contents.page(range(30, 31)), *contents.page(numbers)]})
    for _ in items.list(limit=30, prefetch=True):
        break
    for _ in items.list(limit=31, prefetch=True):
        break  # with downloads under way that would never end
    gc.collect()
    assert eventually(lambda: not workers())
    assert len(set(contents.asked) & set(numbers)) <= 8


@pytest.mark.parametrize("odd", ["404", "500", "half", "uri", "none", "list"])
def test_content_that_fails_is_an_error_where_it_is_asked_for(
    items: DatasetItems, server: ScriptedServer, contents: Contents, odd: str
) -> None:
    page = contents.page(range(5))
    contents.odd[2] = Reply(int(odd)) if odd.isdigit() else Reply(body=b"half", fault="half")
    if not odd.isdigit() and odd != "half":
        page[2]["source_data"] = [{"uri": {"data_uri": "ftp://a/b"}, "none": {}, "list": {"data_uri": ["a"]}}[odd]]
    server.answer({"items": page})
    kinds = {"404": NotFound, "500": HttpError, "half": ConnectionFailed}
    listed = list(items.list(prefetch=True))
    assert ids(iter(listed)) == [0, 1, 2, 3, 4]
    for number in (0, 1, 3, 4):
        assert listed[number].source_data[0].get_content() == f"content {number}".encode()
    before = len(contents.asked)
    with pytest.raises(kinds.get(odd, UnsupportedURI)):
        listed[2].source_data[0].get_content()
    assert len(contents.asked) == before, "the failure is that of the download ahead"
    contents.odd.clear()
    if odd in kinds:
        assert listed[2].source_data[0].get_content() == b"content 2"


def test_prefetch_takes_items_without_usable_sources(items: DatasetItems, server: ScriptedServer) -> None:
    server.answer({"items": [{**raw(0), "source_data": None}, {**raw(1), "source_data": []}, raw(2)]})
    assert ids(items.list(prefetch=True)) == [0, 1, 2]


def test_prefetch_goes_on_where_no_thread_can_be_started(
    items: DatasetItems, server: ScriptedServer, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(server, contents, 3, 1)

    started = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "abeja-datasets prefetch":
            raise RuntimeError("can't start new thread")
        started(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        listed = items.list(limit=3, prefetch=True)
        assert next(listed).source_data[0].get_content() == b"content 0"
    assert [item.source_data[0].get_content() for item in listed] == [b"content 1", b"content 2"]


def _rest(listed: Iterator[DatasetItem], found: Any) -> None:
    found.put([item.source_data[0].get_content() for item in listed])


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_goes_on_with_a_list_that_prefetches(
    items: DatasetItems, server: ScriptedServer, contents: Contents
) -> None:
    pages(server, contents, 5, 2)
    listed = items.list(limit=5, prefetch=True)
    next(listed)
    assert eventually(lambda: contents.asked == [*range(5)])
    contents.gate.clear()
    assert next(listed).dataset_item_id == 1
    assert eventually(lambda: contents.now == 1), (
        "the parent downloads the next content, and the child can't wait for it"
    )
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    child = context.Process(target=_rest, args=(listed, found))
    child.start()
    contents.gate.set()
    assert found.get(timeout=30) == [f"content {number}".encode() for number in range(2, 10)]
    child.join(10)
    assert child.exitcode == 0
    server.script.clear()


@PREFETCH
def test_it_holds_one_page(items: DatasetItems, server: ScriptedServer, contents: Contents, prefetch: bool) -> None:
    pages(server, contents, 10, 5)
    alive: weakref.WeakSet[DatasetItem] = weakref.WeakSet()
    most = 0
    for item in items.list(limit=10, prefetch=prefetch):
        alive.add(item)
        most = max(most, len(alive))
        del item
    assert most <= 2

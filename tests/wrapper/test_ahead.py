"""`ahead=1`: one page is loaded while the caller works, and nothing is left behind, however an iteration ends."""

import asyncio
import copy
import gc
import json
import logging
import os
import pickle
import threading
import time
from collections.abc import Callable
from itertools import islice, product
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.sampling import every
from tests.wrapper.scripted import Reply

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.calls import waiting
from abeja_datasets.exceptions import NotFound, ServiceUnavailable

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import Request, ScriptedServer

CREDENTIAL = {"auth_token": "t"}


def page(server: "ScriptedServer", *numbers: int, token: str | None = None) -> None:
    server.answer({"items": [{"number": number} for number in numbers], "next_page_token": token})


def pages(server: "ScriptedServer", most: int) -> None:
    """Respond with pages of two items, as many as this."""

    def answer(request: "Request") -> Reply:
        number = int(dict(request.query).get("next_page_token", 0))
        token = str(number + 1) if number + 1 < most else None
        items = [{"number": 2 * number}, {"number": 2 * number + 1}]
        return Reply(body=json.dumps({"items": items, "next_page_token": token}).encode())

    server.always = answer


def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def loaders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "abeja-datasets page ahead"]


@pytest.fixture(autouse=True)
def _no_loader_is_left() -> Any:
    yield
    gc.collect()
    until(lambda: not loaders())


def test_all_entries_come_in_order(client: APIClient, server: "ScriptedServer") -> None:
    pages(server, 5)
    assert [one["number"] for one in client.iter_dataset_items(1, 2, ahead=1)] == list(range(10))
    assert [dict(r.query).get("next_page_token") for r in server.requests] == [None, "1", "2", "3", "4"]


def test_datasets_are_loaded_ahead_too(client: APIClient, server: "ScriptedServer") -> None:
    server.answer([{"dataset_id": "1"}], headers={"X-Next-Token": "t"})
    server.answer([{"dataset_id": "2"}])
    assert len(list(client.iter_datasets("1", ahead=1))) == 2


def test_one_page_is_loaded_while_the_caller_works_and_no_more(server: "ScriptedServer") -> None:
    pages(server, 9)
    with APIClient(CREDENTIAL, base_url=server.url) as client:
        entries = client.iter_dataset_items(1, 2, ahead=1)
        assert server.requests == []
        next(entries)
        until(lambda: len(server.requests) == 2)
        until(lambda: not loaders())
        next(entries)
        time.sleep(0.05)
        assert len(server.requests) == 2
        next(entries)
        until(lambda: len(server.requests) == 3)


def test_one_page_is_loaded_while_a_task_works_and_no_more(server: "ScriptedServer") -> None:
    async def main() -> None:
        async with AsyncAPIClient(CREDENTIAL, base_url=server.url) as client:
            entries = client.iter_dataset_items(1, 2, ahead=1)
            await anext(entries)
            await asyncio.to_thread(until, lambda: len(server.requests) == 2)
            await anext(entries)
            await asyncio.sleep(0.05)
            assert len(server.requests) == 2

    pages(server, 9)
    asyncio.run(main())


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_the_request_goes_out_before_a_task_that_awaits_nothing_works(server: "ScriptedServer", transport: Any) -> None:
    async def main() -> None:
        async with AsyncAPIClient(CREDENTIAL, base_url=server.url, transport=transport) as client:
            await anext(client.iter_dataset_items(1, 2, ahead=1))
            until(lambda: len(server.requests) == 2)  # the event loop is held meanwhile

    pages(server, 9)
    asyncio.run(main())


def test_without_ahead_there_is_no_thread(server: "ScriptedServer") -> None:
    pages(server, 3)
    before = threading.active_count()
    with APIClient(CREDENTIAL, base_url=server.url) as client:
        for _ in client.iter_dataset_items(1, 2):
            assert threading.active_count() <= before + 1  # the server's own


@pytest.mark.parametrize("ahead", every(3, [2, -1, True, None, "1", 1.0]))
def test_any_other_number_of_pages_is_refused(client: APIClient, ahead: Any) -> None:
    with pytest.raises(ValueError, match=r"^ahead: 0 or 1 is needed, not "):
        client.iter_dataset_items(1, 2, ahead=ahead)
    with pytest.raises(ValueError, match=r"^ahead: 0 or 1 is needed, not "):
        client.iter_datasets(1, ahead=ahead)


# Errors


def test_an_error_comes_when_its_page_is_due_and_the_page_is_asked_for_again(
    face: "Face", server: "ScriptedServer"
) -> None:
    entries = face.open(server).iter_dataset_items(1, 2, ahead=1)
    page(server, 1, 2, token="t")
    server.reply(404)
    assert next(entries)["number"] == 1
    if face.name == "sync":
        until(lambda: len(server.requests) == 2)
    assert next(entries)["number"] == 2
    with pytest.raises(NotFound) as caught:
        next(entries)
    assert caught.value.cursor == entries.checkpoint()
    page(server, 3, token="u")
    page(server, 4)
    assert [one["number"] for one in entries] == [3, 4]
    assert [dict(r.query).get("next_page_token") for r in server.requests] == [None, "t", "t", "u"]


def test_a_page_ahead_is_retried_like_any_other(face: "Face", server: "ScriptedServer") -> None:
    page(server, 1, token="t")
    server.reply(503)
    page(server, 2)
    assert [one["number"] for one in face.open(server).iter_dataset_items(1, 2, ahead=1)] == [1, 2]


def test_nobody_hears_of_the_error_of_a_page_that_is_never_due(
    server: "ScriptedServer", caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    async def main() -> None:
        async with AsyncAPIClient(CREDENTIAL, base_url=server.url, max_retry_count=0) as client:
            entries = client.iter_dataset_items(1, 2, ahead=1)
            await anext(entries)
            await asyncio.to_thread(until, lambda: not server.script)
            await asyncio.sleep(0.02)
        del entries
        gc.collect()

    page(server, 1, token="t")
    server.reply(404)
    asyncio.run(main())
    page(server, 1, token="t")
    server.reply(404)
    with APIClient(CREDENTIAL, base_url=server.url, max_retry_count=0) as client:
        entries = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        until(lambda: not loaders())
        del entries
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"]
    assert not recwarn.list


# Ends


def test_closing_early_ends_a_request_that_is_under_way(server: "ScriptedServer") -> None:
    page(server, 1, token="t")
    server.reply(fault="stall")
    with APIClient(CREDENTIAL, base_url=server.url) as client:
        entries = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        until(lambda: len(server.requests) == 2)
        cursor = entries.checkpoint()
        began = time.monotonic()
        entries.close()
        assert time.monotonic() - began < 2
        assert not loaders()
        assert list(entries) == []
        assert entries.checkpoint() == cursor
        page(server, 2)
        assert len(list(client.iter_dataset_items(1, 2, start=cursor))) == 1


def test_garbage_ends_a_request_that_is_under_way(server: "ScriptedServer") -> None:
    page(server, 1, token="t")
    server.reply(fault="stall")
    with APIClient(CREDENTIAL, base_url=server.url) as client:
        for _ in client.iter_dataset_items(1, 2, ahead=1):
            until(lambda: len(server.requests) == 2)
            break
        gc.collect()
        until(lambda: not loaders())
        until(lambda: len(server.left()) == 1)


def test_closing_the_client_ends_a_request_that_is_under_way(
    server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    page(server, 1, token="t")
    server.reply(fault="stall")
    with caplog.at_level(logging.WARNING), APIClient(CREDENTIAL, base_url=server.url) as client:
        entries = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        until(lambda: len(server.requests) == 2)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert not loaders()
    assert server.all_left()
    assert not caplog.records
    with pytest.raises(RuntimeError, match="this APIClient is closed"):
        next(entries)


@pytest.mark.parametrize(
    ("transport", "how"),
    every(3, product(["httpx", "aiohttp"], ["aclose", "garbage", "client", "loop", "by hand"])),
)
def test_no_task_and_no_connection_is_left(
    server: "ScriptedServer", how: str, transport: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        client = AsyncAPIClient(CREDENTIAL, base_url=server.url, transport=transport)
        entries = client.iter_dataset_items(1, 2, ahead=1)
        await anext(entries)
        await asyncio.to_thread(until, lambda: len(server.requests) == 2)
        kept.append(entries)
        if how == "aclose":
            await entries.aclose()
        elif how == "garbage":
            kept.clear()
            del entries
            gc.collect()
            await asyncio.sleep(0.05)
        elif how == "client":
            await client.close()
        if how in ("aclose", "garbage", "client"):
            assert len(asyncio.all_tasks()) == 1
            if how != "client":
                await asyncio.to_thread(until, lambda: len(server.left()) == 1)
            await client.close()

    kept: list[Any] = []
    page(server, 1, token="t")
    server.reply(fault="stall")
    if how == "by hand":
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
    else:
        asyncio.run(main())
    assert server.all_left()
    kept.clear()
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_a_wait_can_be_ended() -> None:
    stopped = waiting.Stop()
    began = time.monotonic()
    threading.Timer(0.05, stopped.now).start()
    stopped.wait(30)
    assert time.monotonic() - began < 5
    stopped.now()
    assert stopped.is_over


def test_closing_ends_the_wait_before_a_retry(server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(_: float) -> None:
        stopped = waiting.stop.get()
        assert stopped is not None
        is_waiting.set()
        stopped.wait(30)

    is_waiting = threading.Event()
    monkeypatch.setattr(waiting, "wait", wait)
    page(server, 1, token="t")
    server.reply(503)
    with APIClient(CREDENTIAL, base_url=server.url) as client:
        entries = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        assert is_waiting.wait(5)
        entries.close()
        assert not loaders()
    assert len(server.requests) == 2


def test_a_wait_that_nobody_ends_takes_its_time() -> None:
    began = time.monotonic()
    waiting.Stop().wait(0.05)
    assert time.monotonic() - began >= 0.05


# Interruptions, processes and copies


def test_a_step_that_is_cancelled_leaves_the_page_to_the_next_one(server: "ScriptedServer") -> None:
    async def main() -> list[Any]:
        async with AsyncAPIClient(CREDENTIAL, base_url=server.url) as client:
            entries = client.iter_dataset_items(1, 2, ahead=1)
            seen = [await anext(entries)]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(entries), 0.05)
            return [*seen, *[one async for one in entries]]

    page(server, 1, token="t")
    server.reply(body=b'{"items": [{"number": 2}]}', pause=0.01)
    assert [one["number"] for one in asyncio.run(main())] == [1, 2]
    assert len(server.requests) == 2


def test_an_iterator_goes_on_in_another_event_loop(server: "ScriptedServer") -> None:
    pages(server, 4)
    client = AsyncAPIClient(CREDENTIAL, base_url=server.url)
    entries = client.iter_dataset_items(1, 2, ahead=1)

    async def steps(count: int) -> list[int]:
        return [(await anext(entries))["number"] for _ in range(count)]

    assert [asyncio.run(steps(count)) for count in (1, 3, 4)] == [[0], [1, 2, 3], [4, 5, 6, 7]]
    asyncio.run(client.close())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_goes_on_and_leaves_the_parents_connection_alone(server: "ScriptedServer") -> None:
    hold = threading.Event()

    def answer(request: "Request") -> Reply:
        token = dict(request.query).get("next_page_token")
        if token == "1" and len([r for r in server.requests if "token=1" in r.target]) == 1:
            hold.wait(10)
        return Reply(
            body=json.dumps(
                {"items": [{"number": int(token or 0)}], "next_page_token": {None: "1", "1": "2"}.get(token)}
            ).encode()
        )

    server.always = answer
    with APIClient(CREDENTIAL, base_url=server.url) as client:
        entries: Any = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        until(lambda: len(server.requests) == 2)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                first = next(entries)["number"]
                entries.close()
                status = 0 if first == 1 else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        hold.set()
        assert [one["number"] for one in entries] == [1, 2]


@pytest.mark.parametrize("copied", [copy.copy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"])
def test_an_iterator_copies_without_what_is_under_way(server: "ScriptedServer", copied: Any) -> None:
    pages(server, 3)
    client = APIClient(CREDENTIAL, base_url=server.url)
    entries: Any = client.iter_dataset_items(1, 2, ahead=1)
    first = list(islice(entries, 2))
    assert [one["number"] for one in (*first, *copied(entries))] == list(range(6))
    client.close()


def test_a_given_client_loads_ahead_and_ends_too(server: "ScriptedServer") -> None:
    pages(server, 3)
    with httpx.Client(trust_env=False) as given:
        client = APIClient(CREDENTIAL, base_url=server.url, http_client=given)
        assert len(list(client.iter_dataset_items(1, 2, ahead=1))) == 6
        server.script.append(Reply(body=b'{"items": [{"number": 1}], "next_page_token": "t"}'))
        server.script.append(Reply(fault="stall"))
        entries: Any = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        until(lambda: len(server.requests) == 5)
        entries.close()
        assert not loaders()


def test_the_hook_and_the_token_of_a_client_serve_the_thread_too(server: "ScriptedServer") -> None:
    pages(server, 3)
    reports: list[Any] = []
    with APIClient(
        {"auth_token": lambda: "t"}, base_url=server.url, on_attempt=lambda report: reports.append(report.status)
    ) as client:
        assert len(list(client.iter_dataset_items(1, 2, ahead=1))) == 6
    assert reports == [200, 200, 200]
    server.always = None


def test_a_failure_is_raised_with_the_thread_behind_it(server: "ScriptedServer") -> None:
    page(server, 1, token="t")
    server.reply(503)
    with APIClient(CREDENTIAL, base_url=server.url, max_retry_count=0) as client:
        entries = client.iter_dataset_items(1, 2, ahead=1)
        next(entries)
        with pytest.raises(ServiceUnavailable) as caught:
            next(entries)
    assert len(caught.value.attempts) == 1

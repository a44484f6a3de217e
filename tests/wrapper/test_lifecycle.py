"""How long connections live: over many calls, threads, event loops and processes, until they are closed."""

import asyncio
import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import NotFound

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import Request, ScriptedServer

TOKEN = {"auth_token": "irrelevant"}


def echo(server: "ScriptedServer") -> None:
    """Make the server respond to each request with its own path."""
    server.reply()
    template = type(server.script.pop())

    def answer(request: "Request") -> Any:
        return template(body=f'"{request.path}"'.encode())

    server.always = answer


def test_one_connection_serves_many_calls(client: APIClient, server: "ScriptedServer", operation: "Operation") -> None:
    for _ in range(5):
        server.answer({})
        operation.call(client)
    server.reply(404)
    with pytest.raises(NotFound):
        operation.call(client)
    server.answer({})
    operation.call(client)
    assert [r.connection for r in server.requests] == [1] * 7


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(client: APIClient, server: "ScriptedServer") -> None:
    for _ in range(3):
        server.reply(fault="goodbye")
        client.create_dataset(1, "a", "b", {})
        # The next call must find the end of the connection there.
        server.drop_connections()
    assert [r.connection for r in server.requests] == [1, 2, 3]


def test_connections_announced_as_closing_are_not_reused(client: APIClient, server: "ScriptedServer") -> None:
    for _ in range(3):
        server.reply(fault="goodbye", headers={"Connection": "close"})
        client.create_dataset(1, "a", "b", {})
    assert [r.connection for r in server.requests] == [1, 2, 3]


def test_after_close_every_call_is_a_runtime_error(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    server.answer({})
    operation.call(client)
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match=r"this (Async)?APIClient is closed"):
        operation.call(client)
    assert len(server.requests) == 1
    assert server.all_left()


def test_a_client_that_was_never_used_closes_too(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server)
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.get_dataset(1, 2)


def test_with_closes_at_its_end(face: "Face", server: "ScriptedServer") -> None:
    server.answer({})
    with face.open(server) as client:
        client.get_dataset(1, 2)
    with pytest.raises(RuntimeError, match="closed"):
        client.get_dataset(1, 2)
    with pytest.raises(RuntimeError, match="closed"):
        next(client.iter_datasets(1))
    assert server.all_left()


def test_with_closes_after_an_error_and_lets_it_pass(face: "Face", server: "ScriptedServer") -> None:
    server.reply(404)
    with pytest.raises(NotFound), face.open(server) as client:
        client.get_dataset(1, 2)
    assert server.all_left()


def test_threads_share_one_client(server: "ScriptedServer", threads: "ThreadPoolExecutor") -> None:
    echo(server)
    start = threading.Barrier(4)

    with APIClient(TOKEN, base_url=server.url) as client:

        def call(thread: int) -> list[Any]:
            start.wait(5)
            return [client.get_dataset(thread, number) for number in range(25)]

        answers = list(threads.map(call, range(4)))
    assert answers == [[f"/organizations/{thread}/datasets/{number}" for number in range(25)] for thread in range(4)]
    assert len(server.requests) == 100
    assert len({r.connection for r in server.requests}) <= 4
    assert server.all_left()


def test_tasks_share_one_client(server: "ScriptedServer") -> None:
    echo(server)

    async def main() -> list[Any]:
        async with AsyncAPIClient(TOKEN, base_url=server.url) as client:
            answers: list[Any] = await asyncio.gather(*(client.get_dataset(1, number) for number in range(40)))
            return answers

    assert asyncio.run(main()) == [f"/organizations/1/datasets/{number}" for number in range(40)]
    assert server.all_left()


def test_one_async_client_serves_one_event_loop_after_another(server: "ScriptedServer") -> None:
    echo(server)
    client = AsyncAPIClient(TOKEN, base_url=server.url)

    async def main() -> None:
        for number in range(3):
            await client.get_dataset(1, number)

    for _ in range(3):
        asyncio.run(main())
        # The end of a loop is the end of its connections: nothing is left to be collected with a warning.
        assert server.all_left()
        gc.collect()
    assert [r.connection for r in server.requests] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    asyncio.run(client.close())
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(main())


def test_one_async_client_serves_two_event_loops_at_once(
    server: "ScriptedServer", threads: "ThreadPoolExecutor"
) -> None:
    echo(server)
    client = AsyncAPIClient(TOKEN, base_url=server.url)
    start = threading.Barrier(2)

    async def main(thread: int) -> list[Any]:
        start.wait(5)
        return [await client.get_dataset(thread, number) for number in range(25)]

    answers = list(threads.map(lambda thread: asyncio.run(main(thread)), range(2)))
    assert answers == [[f"/organizations/{thread}/datasets/{number}" for number in range(25)] for thread in range(2)]
    assert {r.connection for r in server.requests} == {1, 2}
    assert server.all_left()
    gc.collect()


def test_closing_in_one_loop_leaves_the_others_connections_to_their_own_end(server: "ScriptedServer") -> None:
    echo(server)
    client = AsyncAPIClient(TOKEN, base_url=server.url)
    with asyncio.Runner() as other:
        other.run(client.get_dataset(1, 2))
        with asyncio.Runner() as runner:
            runner.run(client.get_dataset(1, 2))
            runner.run(client.close())
            assert server.left() == [2]
        with pytest.raises(RuntimeError, match="closed"):
            other.run(client.get_dataset(1, 2))
    assert server.all_left()


def test_a_cancelled_call_leaves_a_client_that_works(server: "ScriptedServer") -> None:
    server.reply(fault="stall")
    server.answer({"after": 1})

    async def main() -> Any:
        async with AsyncAPIClient(TOKEN, base_url=server.url) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.create_dataset(1, "a", "b", {}), 0.05)
            return await client.get_dataset(1, 2)

    assert asyncio.run(main()) == {"after": 1}
    assert len(server.requests) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings(
    "ignore:.*multi-threaded, use of fork:DeprecationWarning"
)  # the server's threads, from 3.12
def test_a_forked_child_gets_connections_of_its_own(face: "Face", server: "ScriptedServer") -> None:
    echo(server)
    client = face.open(server)
    client.get_dataset(1, "parent before")
    child = os.fork()
    if child == 0:
        # Nothing of pytest may run in here: whatever happens, it ends with a status.
        status = 9
        try:
            signal.alarm(10)
            if face.name == "sync":
                answer: Any = client.get_dataset(1, "child")
                client.close()
            else:
                # The loop is the parent's: a child has to run one of its own.
                own = AsyncAPIClient.get_dataset(client._client, 1, "child")  # type: ignore[attr-defined] # conftest's
                answer = asyncio.run(own)
            status = 0 if answer == "/organizations/1/datasets/child" else 1
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, waited = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(waited) == 0
    client.get_dataset(1, "parent after")
    assert [(r.path.rpartition("/")[2], r.connection) for r in server.requests] == [
        ("parent%20before", 1),
        ("child", 2),
        ("parent%20after", 1),
    ]

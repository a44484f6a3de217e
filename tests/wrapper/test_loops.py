"""Event loops that are run in other ways than by `asyncio.run`, and clients that nobody closes."""

import asyncio
import gc
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.wrapper.programs import run
from tests.wrapper.scripted import Reply

from abeja_datasets import AsyncAPIClient

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wrapper.scripted import ScriptedServer

TOKEN = {"auth_token": "irrelevant"}


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(autouse=True)
def _any_number_of_calls(server: "ScriptedServer") -> None:
    server.always = lambda _request: Reply()


def loops() -> int:
    gc.collect()
    return sum(isinstance(each, asyncio.AbstractEventLoop) for each in gc.get_objects())


def test_loops_run_by_hand_leave_nothing_behind(server: "ScriptedServer", transport: Any) -> None:
    client = AsyncAPIClient(TOKEN, base_url=server.url, transport=transport)
    before = loops()
    for _ in range(20):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.get_dataset(1, 2))
        loop.close()
        assert loop.is_closed()
    del loop
    assert server.all_left()
    assert loops() == before


def test_a_loop_that_is_closed_while_another_runs_closes_its_connections(
    server: "ScriptedServer", transport: Any
) -> None:
    client = AsyncAPIClient(TOKEN, base_url=server.url, transport=transport)
    other = asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_until_complete, args=[client.get_dataset(1, 2)])
    thread.start()
    thread.join()

    async def main() -> None:
        other.close()

    asyncio.run(main())
    assert server.all_left()


def test_many_clients_in_one_loop_leave_nothing_behind(server: "ScriptedServer", transport: Any) -> None:
    async def main() -> None:
        for _ in range(50):
            async with AsyncAPIClient(TOKEN, base_url=server.url, transport=transport) as client:
                await client.get_dataset(1, 2)
        assert server.all_left()
        close: Any = asyncio.get_running_loop().close
        assert close.open == {}

    asyncio.run(main())


@pytest.mark.parametrize("when", ["running", "idle"])
def test_a_client_that_nobody_closes_is_closed_when_it_is_garbage(
    server: "ScriptedServer", transport: Any, when: str
) -> None:
    async def main(*, is_collected: bool) -> None:
        client = AsyncAPIClient(TOKEN, base_url=server.url, transport=transport)
        await client.get_dataset(1, 2)
        del client
        if is_collected:
            gc.collect()
            await asyncio.sleep(0.05)
            assert server.all_left()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main(is_collected=when == "running"))
    gc.collect()
    loop.close()
    assert server.all_left()


def test_closing_in_the_loop_of_another_thread_leaves_no_warning(server: "ScriptedServer", transport: Any) -> None:
    client = AsyncAPIClient(TOKEN, base_url=server.url, transport=transport)
    with asyncio.Runner() as runner:
        runner.run(client.get_dataset(1, 2))
        thread = threading.Thread(target=lambda: asyncio.run(client.close()))
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="closed"):
            runner.run(client.get_dataset(1, 2))
    assert server.all_left()


def test_without_an_event_loop_of_asyncio_the_error_says_so(server: "ScriptedServer", transport: Any) -> None:
    client = AsyncAPIClient(TOKEN, base_url=server.url, transport=transport)
    for call in (client.get_dataset(1, 2), client.__aenter__(), anext(client.iter_datasets(1))):
        with pytest.raises(RuntimeError, match="needs a running event loop of asyncio"):
            call.__await__().__next__()


NEST = """
import asyncio, sys
from abeja_datasets import AsyncAPIClient
def run(main):  # as nest_asyncio does it: the loop goes on, and nobody ends its generators
    return loop.run_until_complete(asyncio.ensure_future(main, loop=loop))
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
client = AsyncAPIClient({"auth_token": "t"}, base_url=sys.argv[1], transport=sys.argv[2])
for _ in range(2):
    assert run(client.get_dataset(1, 2)) == {}
"""
"""A program in a notebook."""


def test_a_loop_that_goes_on_to_the_end_of_the_program_leaves_no_message(
    server: "ScriptedServer", transport: Any, tmp_path: "Path"
) -> None:
    done = run("-c", NEST, server.url, transport, cwd=tmp_path, flags=())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_that_drops_the_client_leaves_the_parents_connection(
    server: "ScriptedServer", transport: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    client = AsyncAPIClient(TOKEN, base_url=server.url, transport=transport)
    with asyncio.Runner() as runner:
        runner.run(client.get_dataset(1, 2))
        child = os.fork()
        if child == 0:
            status = 1
            try:
                del client
                gc.collect()
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        runner.run(client.get_dataset(1, 2))
    assert [request.connection for request in server.requests] == [1, 1]
    assert capfd.readouterr().err == ""

"""The fixtures of the wrapper's tests: a scripted server, and the clients behind it."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.sampling import leave_half
from tests.wrapper.faces import Face
from tests.wrapper.operations import OPERATIONS, Operation
from tests.wrapper.reference import DOCUMENTED, Documented
from tests.wrapper.scripted import ScriptedServer

from abeja_datasets import APIClient, retry
from abeja_datasets.calls import waiting


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave half of each long table of cases and transports to scripts/test-slow."""
    leave_half(items, Path(__file__).parent)


class Waits(list[float]):
    """The waits that a client asked for; none of them takes any time, unless it is asked to."""

    then: Callable[[], None] = staticmethod(lambda: None)
    """What happens during a wait."""
    _takes_time = False

    def take_time(self) -> None:
        """Wait in earnest from now on."""
        self._takes_time = True

    def sleep(self, seconds: float) -> None:
        self.append(seconds)
        if self._takes_time:
            time.sleep(seconds)
        self.then()

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's environment may reach the clients."""
    for variable in os.environ:
        if variable.startswith(("ABEJA_", "PLATFORM_")) or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Record the waits between attempts, instead of waiting; each as long as the policy allows."""
    waits = Waits()
    monkeypatch.setattr(waiting, "wait", waits.sleep)
    monkeypatch.setattr(waiting, "wait_async", waits.asleep)
    monkeypatch.setattr(retry, "draw", lambda bound: bound)
    return waits


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.finish()


@pytest.fixture
def other_server() -> Iterator[ScriptedServer]:
    """Another origin."""
    server = ScriptedServer()
    yield server
    server.finish()


@pytest.fixture
def late_server() -> Iterator[ScriptedServer]:
    """A server that takes no connections before its `listen` is called."""
    server = ScriptedServer(listening=False)
    yield server
    server.finish()


@pytest.fixture(params=["sync", "async", "aiohttp"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    with contextlib.ExitStack() as stack:
        yield Face(request.param, stack)


@pytest.fixture
def client(face: Face, server: ScriptedServer) -> APIClient:
    """A client of `server`, on either face."""
    return face.open(server)


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.name)
def operation(request: pytest.FixtureRequest) -> Operation:
    """Each of the ten methods."""
    documented: Operation = request.param
    return documented


@pytest.fixture
def operations() -> dict[str, Operation]:
    """The ten methods by name."""
    return {operation.name: operation for operation in OPERATIONS}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture(params=DOCUMENTED)
def documented(request: pytest.FixtureRequest) -> Documented:
    """What the reference says of each of the ten methods."""
    return DOCUMENTED[request.param]

"""Play the table of scenarios for a client, over real connections, and report what it did wrong."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from starlette.types import ASGIApp, Receive, Scope, Send

from abeja_datasets_mock.faults import FaultProxy, Faults, install
from abeja_datasets_mock.faults.effects import Between, OnRequest
from abeja_datasets_mock.faults.live import identify
from abeja_datasets_mock.likeness import likeness
from abeja_datasets_mock.server import RunningServer

from .table import Row, counted, load_rows, shortened
from .world import Snapshot, World

_PATIENCE = 5.0
_POLL = 0.001
_PAGES = 10


class Target(NamedTuple):
    """The server that a client is made for."""

    url: str
    credential: Mapping[str, str]
    """`user_id` and `personal_access_token`."""
    timeout: float
    """Seconds, for connecting and for each read."""
    retries: int
    """How often a call is repeated at most."""


class Classified(NamedTuple):
    """An error, as far as the client knows it; a field of None is not judged."""

    kind: str
    """"status 503" and the like, "connection", "invalid" (a success that can't be used), or anything else."""
    name: str | None = None
    """The name in `abeja.exceptions`."""
    outcome: str | None = None
    attempts: int | None = None


class Adapter(Protocol):
    """A client, as the runner uses it.

    It may also have a method `walk(arguments)`, which returns all items of a dataset, read by the client's own iterator
    with the arguments of `list_dataset_items`. Without it the runner follows the page tokens by calls.
    """

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Make a call with these arguments, by their documented names; return the response as JSON, or raise."""

    def classify(self, error: Exception) -> Classified:
        """Classify an error that `call` raised."""


Make = Callable[[Target], AbstractContextManager[Adapter]]
"""Makes a client for a row, with no connections open. It may shorten the waits between attempts, but not to less than
0.05 s in all, for a server that is away for 0.03 s has to be outwaited."""


class Result(NamedTuple):
    """The result of a row. It is passed when there are no problems."""

    row: Row
    problems: tuple[str, ...]
    happened: str


class Stage:
    """The reference server, with the fault proxy in front of it, for any number of rows."""

    def __init__(self) -> None:
        self._faults = Faults()
        self._server = RunningServer()
        self._count = _Count()
        install(self._server.app, self._faults)
        self._server.app.add_middleware(self._count.around)
        self._proxy: FaultProxy | None = None
        self._exit = contextlib.ExitStack()
        self._played = 0

    def __enter__(self) -> Self:
        self._exit.enter_context(self._server)
        self._proxy = self._exit.enter_context(FaultProxy(self._server.url, self._faults))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    def play(self, row: Row, make: Make) -> Result:
        """Play a row."""
        if self._proxy is None:
            raise RuntimeError("the stage is entered first: with Stage() as stage")
        self._played += 1
        with contextlib.ExitStack() as stack:
            stack.callback(self._faults.clear)
            world = World(self._server.url, self._server.credential, f"organization-{self._played}")
            stack.callback(world.close)
            target = Target(self._proxy.url, self._server.credential, row.timeout, row.retries)
            client = stack.enter_context(make(target))
            self._server.app.state.operations.likeness = likeness(row.like)
            self._faults.plan = [row.fault] if row.fault else []
            if any(isinstance(effect, Between) and not effect.at_start for effect in self._effects()):
                self._connect(world, client, self._proxy)
            return self._judge(row, world, client)

    def _effects(self) -> list[Any]:
        return [fault.effect for fault in self._faults.plan.faults]

    def _connect(self, world: World, client: Adapter, proxy: FaultProxy) -> None:
        """Open a connection of the client by a call, and wait until the fault has closed it."""
        client.call("get_dataset", world.arguments("get_dataset"))
        self._await(lambda: bool(self._faults.applied) and not proxy.connections, "the connection was not closed")

    def _judge(self, row: Row, world: World, client: Adapter) -> Result:
        problems: list[str] = []
        self._count.begin(row.operation)
        response = None
        try:
            response = _call(row, client, world.arguments(row.operation))
        except Exception as error:  # noqa: BLE001 - whatever a client raises is to be judged
            end = _judge_error(row, client.classify(error), error, problems)
        else:
            end = "succeeds"
        self._await(lambda: not self._count.pending, "a request did not end")
        arrived = self._count.arrived
        effects = self._effects()
        kept = [record for record in self._faults.applied if isinstance(effects[record.fault], OnRequest)]
        # Attempts that an outage refuses leave no trace.
        is_counted = not any(isinstance(effect, Between) and effect.at_start for effect in effects)
        attempts = arrived + len(kept)
        self._faults.clear()
        after = world.snapshot()
        if end == "succeeds" and row.expected.raises:
            problems.append(f"succeeded, and should raise {row.expected.raises}")
        if end == "succeeds" and not world.is_right(row.operation, response, after):
            problems.append(f"got the wrong response: {shortened(response)}")
        _judge_numbers(row, arrived, attempts if is_counted else None, problems)
        if after != world.after(row.operation, int(row.expected.changed)):
            problems.append(f"left the server {world.described(row.operation, after)}")
        problems += self._afterwards(row, world, client, after)
        happened = f"{end}, {counted(attempts, arrived)}, {world.described(row.operation, after)}"
        return Result(row, tuple(problems), happened)

    def _afterwards(self, row: Row, world: World, client: Adapter, state: Snapshot) -> list[str]:
        """Make another call, which must not get the response to the call before it."""
        other = "list_dataset_items" if row.operation == "list_datasets" else "list_datasets"
        try:
            response = client.call(other, world.arguments(other))
        except Exception as error:  # noqa: BLE001 - whatever a client raises is to be judged
            return [f"the next call, {other}, failed: {shortened(str(error))}"]
        if world.is_right(other, response, state):
            return []
        return [f"the next call, {other}, got the wrong response: {shortened(response)}"]

    def _await(self, condition: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(otherwise)
            time.sleep(_POLL)


def play(make: Make, rows: Iterable[Row] | None = None) -> Iterator[Result]:
    """Play rows for a client, all of them unless others are given."""
    with Stage() as stage:
        for row in load_rows() if rows is None else rows:
            yield stage.play(row, make)


def _call(row: Row, client: Adapter, arguments: dict[str, Any]) -> Any:
    """Return the response to the call of a row, or all items of a list that is walked."""
    if not row.walks:
        return client.call(row.operation, arguments)
    arguments["params"] = {"limit": 1}
    walk = getattr(client, "walk", None)
    return walk(arguments) if walk else _follow(row, client, arguments)


def _follow(row: Row, client: Adapter, arguments: dict[str, Any]) -> list[Any]:
    """Return all items of a list, for a client that has no walk of its own."""
    items: list[Any] = []
    for _ in range(_PAGES):
        page = client.call(row.operation, arguments)
        items += page["items"]
        token = page.get("next_page_token")
        if not token:
            break
        arguments["params"] = {**arguments["params"], "next_page_token": token}
    return items


def _judge_error(row: Row, found: Classified, error: Exception, problems: list[str]) -> str:
    expected = row.expected
    name = found.name or found.kind
    if expected.raises is None:
        problems.append(f"raised {name}, and should succeed: {shortened(str(error))}")
    elif (found.name or expected.raises) != expected.raises or (not found.name and found.kind != expected.kind):
        problems.append(f"raised {name}, and should raise {expected.raises}")
    elif found.outcome is not None and found.outcome != expected.outcome:
        problems.append(f"reported the outcome {found.outcome!r}, and should report {expected.outcome!r}")
    elif found.attempts is not None and expected.attempts is not None and found.attempts != expected.attempts:
        problems.append(f"reported {found.attempts} attempts, and should report {expected.attempts}")
    return f"raises {name}" + (f" ({found.outcome})" if found.outcome else "")


def _judge_numbers(row: Row, arrived: int, attempts: int | None, problems: list[str]) -> None:
    expected = row.expected
    if arrived != expected.arrived:
        problems.append(f"{arrived} requests arrived, and {expected.arrived} should")
    elif None not in (expected.attempts, attempts) and attempts != expected.attempts:
        problems.append(f"tried {attempts} times, and should {expected.attempts} times")


class _Count:
    """How many requests for an operation have come, and how many requests are under way."""

    def __init__(self) -> None:
        self.arrived = 0
        self.pending = 0
        self._operation = ""

    def begin(self, operation: str) -> None:
        self.arrived, self._operation = 0, operation

    def around(self, app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            self.arrived += identify(scope["method"], scope["raw_path"]).operation == self._operation
            self.pending += 1
            try:
                await app(scope, receive, send)
            finally:
                self.pending -= 1

        return counting

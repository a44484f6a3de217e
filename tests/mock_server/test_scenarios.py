"""The table of scenarios: ours passes all of it, abeja-sdk what its page says, and a bad client is found out."""

import asyncio
import collections
import contextlib
import os
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import httpx
import pytest
from tests.sampling import every

from abeja_datasets import APIClient, AsyncAPIClient, retry
from abeja_datasets.calls import waiting
from abeja_datasets.exceptions import Error
from abeja_datasets_mock.faults.kinds import KINDS
from abeja_datasets_mock.openapi.document import operations
from abeja_datasets_mock.scenarios import Adapter, Classified, ProgramAdapter, Row, Stage, Target, load_rows, play
from abeja_datasets_mock.scenarios.runner import _PATIENCE

ROWS = load_rows()
PACE = types.SimpleNamespace(times=1000)
"""How many times shorter our clients wait than they do elsewhere."""

SCENARIOS: dict[str, list[Row]] = collections.defaultdict(list)
for _row in ROWS:
    SCENARIOS[_row.scenario].append(_row)


@pytest.fixture(scope="module", autouse=True)
def _quick_and_alone() -> Iterator[None]:
    """Shorten the waits of our clients, and keep the machine's settings out."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in os.environ:
            if variable.startswith(("ABEJA_", "PLATFORM_")) or variable.lower().endswith("_proxy"):
                patch.delenv(variable)
        patch.setattr(waiting, "wait", lambda seconds: time.sleep(seconds / PACE.times))
        patch.setattr(waiting, "wait_async", lambda seconds: asyncio.sleep(seconds / PACE.times))
        patch.setattr(retry, "draw", lambda bound: bound)
        yield


class Ours:
    """Either of our clients."""

    def __init__(
        self, call: Callable[[str, Mapping[str, Any]], Any], walk: Callable[[Mapping[str, Any]], list[Any]]
    ) -> None:
        self.call = call
        self.walk = walk

    def classify(self, error: Exception) -> Classified:
        if not isinstance(error, Error):
            raise error
        return Classified("", type(error).__name__, error.outcome, len(error.attempts))


@contextlib.contextmanager
def sync_client(target: Target) -> Iterator[Adapter]:
    with APIClient(target.credential, target.timeout, target.retries, base_url=target.url) as client:
        yield Ours(
            lambda operation, arguments: getattr(client, operation)(**arguments),
            lambda arguments: list(client.iter_dataset_items(**arguments)),
        )


@contextlib.contextmanager
def async_client(target: Target) -> Iterator[Adapter]:
    client = AsyncAPIClient(target.credential, target.timeout, target.retries, base_url=target.url)

    async def walk(arguments: Mapping[str, Any]) -> list[Any]:
        return [item async for item in client.iter_dataset_items(**arguments)]

    with asyncio.Runner() as runner:
        yield Ours(
            lambda operation, arguments: runner.run(getattr(client, operation)(**arguments)),
            lambda arguments: runner.run(walk(arguments)),
        )
        runner.run(client.close())


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.mark.parametrize(("scenario", "make"), every(5, product(SCENARIOS, [sync_client, async_client])))
def test_ours_does_what_a_correct_client_does(
    stage: Stage, scenario: str, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scenario == "refused for a moment":
        # A moment that has to be outwaited.
        monkeypatch.setattr(PACE, "times", 60)
    results = [stage.play(row, make) for row in SCENARIOS[scenario]]
    assert [(str(result.row), result.problems, result.happened) for result in results if result.problems] == []


def test_the_table_has_each_fault_for_each_operation() -> None:
    documented = sorted(operation.operation_id for operation in operations())
    assert len(documented) >= 10
    for scenario, rows in SCENARIOS.items():
        assert sorted(row.operation for row in rows) == documented, scenario
    assert {row.like for row in ROWS if row.walks} == {"documented", "deployed"}
    kinds = {name for row in ROWS for name in row.fault}
    assert kinds >= {"when", *KINDS}


def test_the_table_follows_the_rule_of_retrying() -> None:
    for row in ROWS:
        if row.operation.startswith("create"):
            unsure = row.expected.outcome == "unknown"
            assert row.expected.attempts in ((1,) if unsure else (1, 2, 4, None)), row
        if row.operation.startswith(("get", "list")):
            assert not row.expected.changed


def found(operation: str, scenario: str) -> Row:
    return next(row for row in SCENARIOS[scenario] if row.operation == operation)


class Bad:
    """A client that does one thing wrong."""

    def __init__(self, target: Target, **wrong: Any) -> None:
        self.target = target
        self.wrong = wrong
        self.calls = 0

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        self.calls += 1
        if self.wrong.get("fails_afterwards") and self.calls > 1:
            raise OSError("no more")
        with sync_client(self.target) as client:
            if self.wrong.get("hides_errors"):
                with contextlib.suppress(Error):
                    return client.call(operation, arguments)
                return {}
            if self.wrong.get("twice"):
                client.call(operation, arguments)
            answer = client.call(operation, arguments)
            return self.wrong.get("answer", answer)

    def classify(self, error: Exception) -> Classified:
        if type(error) is OSError:
            return Classified("connection")
        assert isinstance(error, Error)
        known = Classified("status 503", type(error).__name__, error.outcome, len(error.attempts))
        return known._replace(**self.wrong.get("says", {}))


@pytest.mark.parametrize(
    ("operation", "scenario", "wrong", "problem"),
    [
        ("create_dataset_item", "late", {"twice": True}, "2 requests arrived, and 1 should"),
        ("create_dataset_item", "late", {"twice": True}, "left the server changed twice"),
        ("create_dataset_item", "late", {"answer": None}, "got the wrong response: null"),
        ("get_dataset", "late", {"answer": {"dataset_id": "x" * 200}}, 'got the wrong response: {"dataset_id": "xxxx'),
        ("get_dataset", "late", {"answer": [0]}, "the next call, list_datasets, got the wrong response: [0]"),
        ("get_dataset", "late", {"fails_afterwards": True}, "the next call, list_datasets, failed: no more"),
        ("list_datasets", "404 refused by the server", {"hides_errors": True}, "succeeded, and should raise NotFound"),
        ("create_dataset", "503 for a moment", {"says": {"name": "Odd"}}, "raised Odd, and should raise ServiceUn"),
        ("create_dataset", "503 for a moment", {"says": {"name": None, "kind": "status 500"}}, "raised status 500"),
        (
            "create_dataset",
            "503 for a moment",
            {"says": {"outcome": "rejected"}},
            "reported the outcome 'rejected'",
        ),
        ("create_dataset", "503 for a moment", {"says": {"attempts": 3}}, "reported 3 attempts, and should report 1"),
    ],
)
def test_a_bad_client_is_found_out(
    stage: Stage, operation: str, scenario: str, wrong: dict[str, Any], problem: str
) -> None:
    result = stage.play(found(operation, scenario), lambda target: contextlib.nullcontext(Bad(target, **wrong)))
    assert any(text.startswith(problem) for text in result.problems), result


def test_a_client_that_gives_up_is_found_out(stage: Stage) -> None:
    class Hasty(Bad):
        def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
            with sync_client(self.target._replace(retries=0)) as client:
                return client.call(operation, arguments)

    row = found("update_dataset_item", "reset before it arrives")
    result = stage.play(row, lambda target: contextlib.nullcontext(Hasty(target)))
    assert result.problems[0].startswith("raised ConnectionFailed, and should succeed: ")
    assert result.happened == "raises ConnectionFailed (unknown), 1 attempt, 0 arrived, unchanged"
    assert str(result.row.expected) == "succeeds, 2 attempts, 1 arrived, changed"


def test_a_client_that_tries_too_often_is_found_out(stage: Stage) -> None:
    class Eager(Bad):
        def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
            with sync_client(self.target) as client:
                try:
                    return client.call(operation, arguments)
                except Error:
                    return client.call(operation, arguments)

    row = found("create_dataset_item", "reset before it arrives, always")
    result = stage.play(row, lambda target: contextlib.nullcontext(Eager(target)))
    assert result.problems == ("tried 2 times, and should 1 times",)


@pytest.mark.parametrize(("scenario", "pages"), [("as documented", 2), ("as deployed", 3)])
def test_a_list_is_walked_for_a_client_without_a_walk(stage: Stage, scenario: str, pages: int) -> None:
    row = found("list_dataset_items", scenario)
    result = stage.play(row, lambda target: contextlib.nullcontext(Bad(target)))
    assert result.problems == ()
    assert result.happened == f"succeeds, {pages} attempts, {pages} arrived, unchanged"


@pytest.mark.parametrize("ends_at", ["absent", "empty"])
def test_a_walk_that_knows_one_end_alone_is_found_out(stage: Stage, ends_at: str) -> None:
    class Narrow(Bad):
        def walk(self, arguments: Mapping[str, Any]) -> list[Any]:
            items: list[Any] = []
            params = dict(arguments["params"])
            for _ in range(6):
                page = self.call("list_dataset_items", {**arguments, "params": params})
                items += page["items"]
                if ("next_page_token" not in page) if ends_at == "absent" else not page["items"]:
                    break
                params["next_page_token"] = page.get("next_page_token")
            return items

    scenarios = {name: found("list_dataset_items", name) for name in ("as documented", "as deployed")}
    passed = {
        name for name, row in scenarios.items()
        if not stage.play(row, lambda target: contextlib.nullcontext(Narrow(target))).problems
    }  # fmt: skip
    assert passed == {"as documented" if ends_at == "absent" else "as deployed"}


def test_half_a_change_is_told() -> None:
    with Stage() as stage:

        def make(target: Target) -> Any:
            class Half(Bad):
                def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
                    if "bulk_attributes" in arguments:
                        arguments = {**arguments, "bulk_attributes": arguments["bulk_attributes"][:1]}
                    return super().call(operation, arguments)

            return contextlib.nullcontext(Half(target))

        result = stage.play(found("bulk_update_dataset_item", "late"), make)
    assert any(problem.startswith("left the server holds Snapshot(") for problem in result.problems)


def test_a_stage_is_entered_first() -> None:
    stage = Stage()
    with pytest.raises(RuntimeError, match="entered first"):
        stage.play(ROWS[0], sync_client)
    stage._server.stop()


def test_a_request_that_never_ends_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.scenarios.runner._PATIENCE", 0.05)
    assert _PATIENCE > 1
    stage._count.pending += 1
    with pytest.raises(RuntimeError, match="a request did not end"):
        stage.play(found("get_dataset", "late"), sync_client)
    stage._count.pending -= 1


PROGRAM = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "url" in message:
        print("{}", flush=True)
    elif message["operation"] == "get_dataset":
        error = {"kind": "status 400", "name": "BadRequest", "outcome": "rejected", "attempts": 1, "message": "no"}
        print(json.dumps({"error": error}), flush=True)
    elif message["operation"] == "list_datasets":
        print(json.dumps({"result": [{"name": "first"}]}), flush=True)
    else:
        print(sys.argv[1], flush=True)
"""


def test_a_program_plays() -> None:
    row = found("get_dataset", "400 refused by the server")
    with ProgramAdapter([sys.executable, "-c", PROGRAM, "?"]) as adapter:
        (result,) = play(adapter.make, [row])
        assert result.problems == ("0 requests arrived, and 1 should",)
        assert result.happened == "raises BadRequest (rejected), 0 attempts, 0 arrived, unchanged"
        with pytest.raises(RuntimeError, match="an object in a line of JSON is needed, not '"):
            adapter.call("delete_dataset", {})
        with pytest.raises(ZeroDivisionError):
            adapter.classify(ZeroDivisionError())


def test_a_program_that_ends_or_does_not() -> None:
    with (
        ProgramAdapter([sys.executable, "-c", ""]) as adapter,
        pytest.raises(RuntimeError, match="not ''"),
        adapter.make(Target("", {}, 1, 1)),
    ):
        pass
    with pytest.raises(RuntimeError, match="does not run"):
        ProgramAdapter(["true"]).call("get_dataset", {})
    ProgramAdapter(["true"]).__exit__(None, None, None)


def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.scenarios.program._PATIENCE", 0.05)
    start = time.monotonic()
    with ProgramAdapter([sys.executable, "-c", "import time; time.sleep(60)"]):
        pass
    assert time.monotonic() - start < 10


def test_abeja_sdk_fails_where_its_page_says(abeja_sdk: types.ModuleType) -> None:
    program = abeja_sdk
    page = program.PAGE.read_text(encoding="utf-8")
    told = {
        (scenario.strip(), operation.strip(" `"))
        for scenario, operations, *_ in (line.split("|")[1:] for line in page.splitlines() if line.startswith("| "))
        for operation in operations.split(",")
    }
    played = ("create_dataset_item", "delete_dataset_item")
    results = program.play_for_sdk(played)
    fails = {(result.row.scenario, result.row.operation) for result in results if result.problems}
    assert fails == {(scenario, operation) for scenario, operation in told if operation in played}
    assert ("reset instead of the response", "create_dataset_item") in fails
    assert f"{len(ROWS)} rows" in page


def test_a_raw_client_sees_what_the_table_says(stage: Stage) -> None:
    """A client with no retries of its own sees each fault that the table has, as it is."""
    seen: list[int] = []

    class Raw(Bad):
        def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
            assert operation in ("list_datasets", "list_dataset_items")
            url = f"{self.target.url}/organizations/{arguments['organization_id']}/datasets/"
            auth = (f"user-{self.target.credential['user_id']}", self.target.credential["personal_access_token"])
            response = httpx.get(url, auth=auth, trust_env=False, verify=False)
            seen.append(response.status_code)
            return response.json()

    row = found("list_datasets", "503 for a moment")
    result = stage.play(row, lambda target: contextlib.nullcontext(Raw(target)))
    assert seen == [503, 200]
    assert result.problems[0].startswith("got the wrong response")

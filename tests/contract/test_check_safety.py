"""The check is safe on a live server, and servers that can't be checked are told in one line."""

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.contract.faulty import (
    AUTHORIZATION,
    CREDENTIALS,
    ORGANIZATION,
    OTHER_AUTHORIZATION,
    OTHER_ORGANIZATION,
    URL,
    Ask,
    Asked,
    Told,
    spoilt,
)
from tests.sampling import every

from abeja_datasets_contract.check import CheckFailed, Mode, Options, Status, check, clean_up
from abeja_datasets_contract.check.results import Exchange, Verdict
from abeja_datasets_contract.check.safety.ledger import Ledger, read
from abeja_datasets_mock import RunningServer

_ERROR = b'{"error": "x", "error_description": "x"}'
_JSON = ("content-type", "application/json")


def options(tmp_path: Path, **more: Any) -> Options:
    return Options(**{"mode": Mode.WRITES, "ledger": tmp_path / "ledger.jsonl", **more})


def create(server: Any, name: str, items: int = 0) -> str:
    root = f"/organizations/{ORGANIZATION}/datasets/"
    headers = {"authorization": AUTHORIZATION, "content-type": "application/json"}
    body = json.dumps({"name": name, "type": "custom", "props": {}}).encode()
    dataset: str = server.ask(Asked("POST", root, headers, body)).json["dataset_id"]
    for number in range(items):
        body = json.dumps({"source_data": [{"data_uri": "x"}], "attributes": {"n": number}}).encode()
        server.ask(Asked("POST", f"{root}{dataset}/items/", headers, body))
    return dataset


def names(server: Any) -> list[str]:
    told = server.ask(Asked("GET", f"/organizations/{ORGANIZATION}/datasets/", {"authorization": AUTHORIZATION}))
    return [record["name"] for record in told.json]


@pytest.mark.parametrize("items", [0, 3, 30])
def test_read_only_sends_nothing_but_get(items: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with spoilt() as server:
        create(server, "theirs", items)
        server.asked.clear()
        report = check(URL, ORGANIZATION, AUTHORIZATION, Options(transport=server))
        assert {asked.method for asked in server.asked} == {"GET"}
        assert not any(asked.body for asked in server.asked)
    assert report.failures == ()
    by_reason = {verdict.reason for verdict in report.verdicts if verdict.status is Status.NOT_CHECKED}
    assert any("--allow-writes" in reason for reason in by_reason)
    assert report.count(Status.PASS) > (20 if items else 15)
    assert all(v.status is Status.NOT_CHECKED for v in report.verdicts if v.clause.writes)
    assert list(tmp_path.iterdir()) == []


def test_read_only_tries_two_bad_credentials_an_operation(tmp_path: Path) -> None:
    with spoilt() as server:
        create(server, "theirs", 3)
        check(URL, ORGANIZATION, AUTHORIZATION, Options(transport=server, select=("auth.*",), ledger=tmp_path / "l"))
        bad = [asked for asked in server.asked if asked.headers.get("authorization") != AUTHORIZATION]
    assert len(bad) == 8
    assert sum("authorization" not in asked.headers for asked in bad) == 4


def test_read_only_on_an_organization_without_datasets() -> None:
    with spoilt() as server:
        report = check(URL, ORGANIZATION, AUTHORIZATION, Options(transport=server))
    assert report.failures == ()
    reasons = {v.reason for v in report.verdicts if v.clause.name == "operations.get_dataset.succeeds"}
    [reason] = reasons
    assert reason.startswith("the organization has no dataset to read, and a read-only check makes none")
    assert "--allow-writes" in reason


def test_a_read_only_check_finds_what_reading_shows() -> None:
    async def newest_first(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if asked.operation == "get_dataset" and told.status == 200:
            return told.but(json={**told.json, "total_count": 0})
        return told

    with spoilt(newest_first) as server:
        create(server, "theirs", 3)
        report = check(URL, ORGANIZATION, AUTHORIZATION, Options(transport=server))
    assert [failure.clause.name for failure in report.failures] == ["datasets.total-count.items"]


def test_datasets_that_no_read_finds_are_left_and_reported(tmp_path: Path) -> None:
    async def lost(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(status=404, body=_ERROR) if asked.operation == "get_dataset" else told

    with spoilt(lost) as server:
        report = check(
            URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server, select=("items.create.*",))
        )
        there = names(server)
    assert there
    assert all(any(name in line for line in report.left_behind) for name in there)
    assert report.exit_code != 0


@pytest.mark.parametrize("alias", every(2, ["create_dataset", "get_dataset"]))
def test_a_dataset_of_others_stays_whatever_a_response_says(alias: str, tmp_path: Path) -> None:
    theirs: list[str] = []

    async def another(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if asked.operation == alias and told.status < 300 and theirs:
            return told.but(json={**told.json, "dataset_id": theirs[0]})
        return told

    with spoilt(another) as server:
        kept = create(server, "theirs", 3)
        theirs.append(kept)
        server.asked.clear()
        check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server))
        changed = [asked for asked in server.asked if asked.method != "GET" and kept in asked.target]
        assert "theirs" in names(server)
    assert changed == []


def test_what_others_have_there_stays(tmp_path: Path) -> None:
    with spoilt() as server:
        theirs = [create(server, f"theirs {number}", number) for number in range(12)]
        server.asked.clear()
        report = check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server))
        changed = [asked for asked in server.asked if asked.method != "GET"]
        assert not any(dataset in asked.target for dataset in theirs for asked in changed)
        assert names(server) == [f"theirs {number}" for number in range(12)]
    assert report.failures == ()
    assert report.left_behind == ()


def test_the_ledger_has_each_name_before_its_create(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"

    async def looks(asked: Asked, ask: Ask) -> Told:
        if asked.operation == "create_dataset":
            try:
                name = asked.json["name"]
            except (ValueError, TypeError, LookupError, RecursionError):
                name = None
            if isinstance(name, str):
                written = [json.loads(line) for line in ledger.read_text().splitlines()]
                assert name in [entry.get("creating") for entry in written]
                assert name == "" or re.search("contract-check-[0-9a-f]{8}-", name) or len(set(name)) == 1
        return await ask(asked)

    with spoilt(looks) as server:
        report = check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server))
        assert names(server) == []
    assert report.failures == ()
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert entries[0]["run"] == report.run
    assert {entry["dataset"] for entry in entries if "dataset" in entry} == {
        entry["deleted"] for entry in entries if "deleted" in entry
    }
    assert any("item" in entry for entry in entries)


def test_a_ledger_of_its_own_goes_when_all_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with spoilt() as server:
        check(URL, ORGANIZATION, AUTHORIZATION, Options(mode=Mode.WRITES, transport=server, select=("names.*",)))
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_removed_is_told(tmp_path: Path) -> None:
    async def keeps(asked: Asked, ask: Ask) -> Told:
        return Told(500, [_JSON], _ERROR) if asked.operation == "delete_dataset" else await ask(asked)

    with spoilt(keeps) as server:
        report = check(
            URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server, select=("items.update.*",))
        )
        assert len(report.left_behind) == len(names(server)) > 0
    assert "status 500" in report.left_behind[0]


def test_what_a_deletion_did_not_remove_is_told(tmp_path: Path) -> None:
    async def pretends(asked: Asked, ask: Ask) -> Told:
        return Told(204) if asked.operation == "delete_dataset" else await ask(asked)

    with spoilt(pretends) as server:
        report = check(
            URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server, select=("items.create.*",))
        )
        assert names(server)
        assert all(any(name in line for line in report.left_behind) for name in names(server))
        assert report.exit_code != 0
    assert read(tmp_path / "ledger.jsonl").datasets


def test_creates_that_were_not_answered_are_found_by_name(tmp_path: Path) -> None:
    async def cut_short(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if asked.operation == "create_dataset" and told.status == 201:
            return Told(500, [_JSON], _ERROR)
        return told

    with spoilt(cut_short) as server:
        create_ = options(tmp_path, transport=server, select=("operations.create_dataset.*",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, create_)
        assert names(server) == []
    assert report.left_behind == ()
    assert [failure.clause.name for failure in report.failures] == ["operations.create_dataset.succeeds"]


@contextmanager
def checking(server: RunningServer, ledger: Path) -> Iterator[subprocess.Popen[str]]:
    program = (
        "import sys; from pathlib import Path; from abeja_datasets_contract.check import *\n"
        "url, organization, authorization, ledger = sys.argv[1:]\n"
        "options = Options(mode=Mode.WRITES, ledger=Path(ledger), rate=200)\n"
        "report = check(url, organization, authorization, options)\n"
        "print(report.stopped, report.left_behind, report.failures, report.exit_code)\n"
    )
    command = [sys.executable, "-c", program, server.url, ORGANIZATION, AUTHORIZATION, str(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while not (ledger.exists() and ledger.read_text().count('"dataset"') > 5):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process


def there(server: RunningServer) -> int:
    report = check(server.url, ORGANIZATION, AUTHORIZATION, Options(select=("operations.list_datasets.*",)))
    received = report.exchanges[-1].received
    assert received is not None
    return len(json.loads(received.body))


def test_a_crash_is_cleaned_up_after(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with RunningServer(credentials=CREDENTIALS) as server:
        with checking(server, ledger) as process:
            os.kill(process.pid, signal.SIGKILL)
        assert there(server) > 0
        with ledger.open("a") as file:
            file.write('{"creating": "cut sho')
        assert clean_up(ledger, AUTHORIZATION) == ()
        assert there(server) == 0
        # Again, and there is nothing left to do.
        assert clean_up(ledger, AUTHORIZATION, server.url) == ()


def test_a_crash_is_cleaned_up_after_in_both_organizations(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    parties = ((ORGANIZATION, AUTHORIZATION), (OTHER_ORGANIZATION, OTHER_AUTHORIZATION))
    with RunningServer(credentials=CREDENTIALS) as server, httpx.Client() as client:
        written = Ledger(ledger)
        written.open("contract-check-x", server.url, ORGANIZATION)
        for organization, authorization in parties:
            path = f"{server.url}/organizations/{organization}/datasets/"
            for end in ("known", "pending"):
                body = {"name": f"contract-check-x-{end}", "type": "custom", "props": {}}
                response = client.post(path, json=body, headers={"Authorization": authorization})
                written.note(creating=body["name"], organization_id=organization)
                if end == "known":
                    written.note(dataset=response.json()["dataset_id"], organization_id=organization, name=body["name"])
        left = clean_up(ledger, AUTHORIZATION)
        assert len(left) == 2
        assert all("no credential for organization" in line for line in left)
        both = Options(other_organization_id=OTHER_ORGANIZATION, other_authorization=OTHER_AUTHORIZATION)
        assert clean_up(ledger, AUTHORIZATION, options=both) == ()
        for organization, authorization in parties:
            path = f"{server.url}/organizations/{organization}/datasets/"
            assert client.get(path, headers={"Authorization": authorization}).json() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_an_interrupt_is_cleaned_up_after(number: signal.Signals, tmp_path: Path) -> None:
    with RunningServer(credentials=CREDENTIALS) as server:
        with checking(server, tmp_path / "ledger.jsonl") as process:
            os.kill(process.pid, number)
            output, _ = process.communicate(timeout=30)
        assert output.strip() == "interrupted () () 3"
        assert there(server) == 0


def test_an_interrupt_within_a_request_is_cleaned_up_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[httpx.Response] = []
    handle_request = httpx.HTTPTransport.handle_request

    def interrupted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        response = handle_request(self, request)
        if not held and request.url.path.endswith("/items/"):
            held.append(response)  # whose connection is taken until it is read
            raise KeyboardInterrupt
        return response

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", interrupted)
    with RunningServer(credentials=CREDENTIALS) as server:
        report = check(server.url, ORGANIZATION, AUTHORIZATION, options(tmp_path, timeout=5))
        assert report.stopped == "interrupted"
        assert report.left_behind == ()
        assert there(server) == 0


class Stages:
    """Knows the stage that a check is in."""

    def __init__(self) -> None:
        self.now = ""

    def stage(self, name: str, _index: int, _total: int) -> None:
        self.now = name

    def request(self, exchange: Exchange) -> None:
        pass

    def verdict(self, verdict: Verdict) -> None:
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_only_another_ctrl_c_ends_the_clean_up(number: signal.Signals, tmp_path: Path) -> None:
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    stages = Stages()

    async def signals(asked: Asked, ask: Ask) -> Told:
        if stages.now == "clean-up":
            signal.raise_signal(number)
        return await ask(asked)

    with spoilt(signals) as server:
        given = options(tmp_path, transport=server, select=("items.create.*",))
        if number == signal.SIGINT:
            with pytest.raises(KeyboardInterrupt):
                check(URL, ORGANIZATION, AUTHORIZATION, given, stages)
        else:
            assert check(URL, ORGANIZATION, AUTHORIZATION, given, stages).exit_code == 0
        stages.now = ""
        assert (names(server) == []) is (number != signal.SIGINT)
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == handlers


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_within_a_callback_is_not_lost(number: signal.Signals, tmp_path: Path) -> None:
    collecting: list[bool] = []

    def interrupt(phase: str, _info: dict[str, int]) -> None:
        # What a callback of the garbage collector raises, Python prints and forgets.
        if collecting == [True] and phase == "start":
            collecting.append(False)
            signal.raise_signal(number)

    async def collects(asked: Asked, ask: Ask) -> Told:
        if asked.operation == "create_dataset_item" and not collecting:
            collecting.append(True)
            gc.collect()
        return await ask(asked)

    gc.callbacks.append(interrupt)
    try:
        with spoilt(collects) as server:
            report = check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server))
            assert names(server) == []
    finally:
        gc.callbacks.remove(interrupt)
    assert report.stopped == "interrupted"
    assert report.left_behind == ()


def test_clean_up_needs_a_ledger_and_a_server(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        clean_up(tmp_path / "none", AUTHORIZATION)
    other = tmp_path / "other"
    for text in ("", "not JSON\n", '{"a": 1}\n', "[]\n[]\n"):
        other.write_text(text)
        with pytest.raises(ValueError, match="ledger"):
            clean_up(other, AUTHORIZATION)
    other.write_text(json.dumps({"run": "r", "url": f"http://127.0.0.1:{free_port()}", "organization_id": "1"}) + "\n")
    with pytest.raises(CheckFailed, match="no connection"):
        clean_up(other, AUTHORIZATION)
    with pytest.raises(ValueError, match="nothing was sent"):
        clean_up(other, AUTHORIZATION, "http://127.0.0.1:1")
    with pytest.raises(ValueError, match="nothing was sent"):
        clean_up(other, AUTHORIZATION, organization_id="2")
    with RunningServer(credentials=CREDENTIALS) as server:
        other.write_text(json.dumps({"run": "r", "url": server.url, "organization_id": "1"}) + "\n")
        with pytest.raises(CheckFailed, match="status 401"):
            clean_up(other, AUTHORIZATION, server.url)


def test_the_caps_hold(tmp_path: Path) -> None:
    with spoilt() as server:
        report = check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server, max_requests=60))
        sent = [exchange for exchange in report.exchanges if exchange.stage != "clean-up"]
        assert len(sent) == 60
        assert report.stopped == "the limit of 60 requests is reached (--max-requests)"
        assert names(server) == []
        started = time.monotonic()
        report = check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server, max_seconds=0.2, rate=50))
        assert time.monotonic() - started < 15
        assert report.stopped == "the limit of 0.2 seconds is reached (--max-seconds)"
    unchecked = [v.reason for v in report.verdicts if v.status is Status.NOT_CHECKED]
    assert len(unchecked) > 300
    assert "nothing that shows it came up" not in {
        verdict.reason for verdict in report.verdicts if not verdict.clause.name.startswith("responses.")
    }
    assert report.failures == ()


def test_the_rate_is_kept(tmp_path: Path) -> None:
    with spoilt() as server:
        given = options(tmp_path, transport=server, rate=100, select=("items.create.*",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    assert report.seconds > (len(report.exchanges) - 2) / 100


def test_the_rate_is_kept_by_requests_at_once(tmp_path: Path) -> None:
    with spoilt() as server:
        given = options(tmp_path, transport=server, rate=100, concurrency=8, select=("concurrency.update*",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    assert len(report.exchanges) > 100
    assert report.seconds > (len(report.exchanges) - 2) / 100


def test_ten_server_errors_in_a_row_stop_it(tmp_path: Path) -> None:
    async def fails(asked: Asked, ask: Ask) -> Told:
        return Told(500, [_JSON], _ERROR) if "/items" in asked.target else await ask(asked)

    async def fails_always(_asked: Asked, _ask: Ask) -> Told:
        return Told(503, [_JSON], _ERROR)

    for fault in (fails, fails_always):
        with spoilt(fault) as server:
            given = options(tmp_path, transport=server, select=("auth.none.*", "operations.*"))
            report = check(URL, ORGANIZATION, AUTHORIZATION, given)
        assert report.exit_code == 1
        if fault is fails_always:
            assert report.stopped == "the server responded to 10 requests in a row with 5xx"
            assert len([e for e in report.exchanges if e.stage != "clean-up"]) == 10


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    responses: list[tuple[int, str]] = [(429, "1"), (503, "0"), (503, "Wed, 21 Oct 2015 07:28:00 GMT"), (429, "soon")]

    async def later(asked: Asked, ask: Ask) -> Told:
        if asked.operation == "get_dataset" and responses:
            status, after = responses.pop(0)
            return Told(status, [_JSON, ("Retry-After", after)], _ERROR)
        return await ask(asked)

    with spoilt(later) as server:
        given = options(tmp_path, transport=server, select=("datasets.create.kept",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    assert report.failures == ()
    assert responses == []
    assert report.seconds > 2


def test_a_long_retry_after_stops_it(tmp_path: Path) -> None:
    async def much_later(asked: Asked, ask: Ask) -> Told:
        if asked.operation == "get_dataset":
            return Told(429, [_JSON, ("Retry-After", "3600")], _ERROR)
        return await ask(asked)

    with spoilt(much_later) as server:
        report = check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server))
    assert report.stopped == "the server asks to be left alone for 3600 seconds (Retry-After)"
    assert (report.exit_code, report.failures) == (3, ())
    reasons = [each.reason for each in report.verdicts if each.clause.name == "items.create.kept"]
    assert reasons == [f"the check ended: {report.stopped}"]


@pytest.mark.parametrize("status", [202, 200])
def test_a_deletion_that_is_begun_is_waited_for(status: int, tmp_path: Path) -> None:
    later: dict[str, int] = {}

    async def slowly(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked.reading() if asked.operation == "delete_dataset" else asked)
        if asked.operation == "delete_dataset" and told.status == 200:
            later[asked.path] = 2
            return told.but(status=status)
        if asked.operation == "get_dataset" and asked.path in later:
            later[asked.path] -= 1
            if later[asked.path] == 0:
                await ask(asked.but(method="DELETE"))
        return told

    with spoilt(slowly) as server:
        given = options(tmp_path, transport=server, select=("operations.get_dataset.*",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
        assert names(server) == ([] if status == 202 else [read(tmp_path / "ledger.jsonl").datasets.popitem()[1]])
    assert bool(report.left_behind) == (status == 200)


def test_a_deletion_that_never_ends_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_contract.check.safety.cleaning._PAUSE", 0)

    async def never(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked.reading() if asked.operation == "delete_dataset" else asked)
        return told.but(status=202) if asked.operation == "delete_dataset" else told

    with spoilt(never) as server:
        given = options(tmp_path, transport=server, select=("operations.get_dataset.*",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    assert report.exit_code == 3
    assert [left.rpartition(": ")[2] for left in report.left_behind] == [
        "the server responded to its deletion with status 202, and still has it"
    ]


def test_an_expired_credential_is_told(tmp_path: Path) -> None:
    count = 0

    async def expires(asked: Asked, ask: Ask) -> Told:
        nonlocal count
        count += 1
        if count > 100:
            return Told(401, [_JSON, ("WWW-Authenticate", "Basic")], _ERROR)
        return await ask(asked)

    with spoilt(expires) as server, pytest.raises(CheckFailed, match="it may have expired") as caught:
        check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server))
    report = caught.value.report
    assert report is not None
    assert report.count(Status.PASS) > 5
    assert report.left_behind
    assert (tmp_path / "ledger.jsonl").exists()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port

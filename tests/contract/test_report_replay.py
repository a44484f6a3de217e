"""The lines that show a failure again, run by a shell against a server that still has the fault."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, URL, Ask, Asked, Spoilt, Told, Wrap, spoilt
from tests.sampling import every

from abeja_datasets_contract.check import Failure, Mode, Options, Report, check
from abeja_datasets_contract.check.report.again.replay import again
from abeja_datasets_contract.check.report.again.traffic import Traffic

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]


@contextmanager
def listening(server: Spoilt) -> Iterator[str]:
    """Run a server that listens on a port, as a shell needs it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = server.ask(Asked(self.command, self.path, headers, body))
            self.send_response(told.status)
            for name, value in [*told.headers, ("Content-Length", str(len(told.body)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server names them

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{listener.server_address[1]}"
        listener.shutdown()


def run(fault: Wrap | None, select: str, tmp_path: Path) -> Report:
    with spoilt(fault) as server:
        options = Options(
            mode=Mode.WRITES,
            transport=server,
            ledger=tmp_path / "ledger",
            select=(select,),
            skip=("responses.*",),
        )
        return check(URL, ORGANIZATION, AUTHORIZATION, options)


def shown_again(failure: Failure, report: Report, fault: Wrap | None, shell: str) -> tuple[str, Spoilt]:
    """Run the lines of a failure against a fresh server; return what they print, and the server."""
    with spoilt(fault) as server, listening(server) as url:
        lines = again(failure, Traffic(report)).replace(URL, url)
        environment = {"PATH": os.environ["PATH"], "AUTHORIZATION": AUTHORIZATION}
        done = subprocess.run([shell, "-c", lines], env=environment, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode() + lines
        left = server.ask(Asked("GET", f"/organizations/{ORGANIZATION}/datasets/", {"authorization": AUTHORIZATION}))
        assert left.json == [], f"the lines leave something: {lines}"
        return done.stdout.decode(), server


async def forgets_custom(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "get_dataset_item" and told.status == 200:
        return told.but(json={**told.json, "attributes": {}})
    return told


async def merges(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "update_dataset_item":
        return await ask(asked)
    old = (await ask(asked.reading())).json.get("attributes", {})
    new = asked.json
    if isinstance(new, dict) and isinstance(new.get("attributes"), dict):
        return await ask(asked.but(json={**new, "attributes": {**old, **new["attributes"]}}))
    return await ask(asked)


async def counts_one_more(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "get_dataset" and told.status == 200:
        return told.but(json={**told.json, "total_count": told.json["total_count"] + 1})
    return told


async def repeats_the_first_of_a_page(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and told.status == 200 and "next_page_token" in asked.target:
        found = told.json
        return told.but(json={**found, "items": [{**each, "dataset_item_id": 0} for each in found["items"]]})
    return told


async def half_a_bulk(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "bulk_update_dataset_item":
        told = await ask(asked)
        return told.but(json=told.json[:1]) if told.status == 200 and isinstance(told.json, list) else told
    return await ask(asked)


async def keeps_no_names(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "get_dataset" and told.status == 200:
        return told.but(json={**told.json, "name": told.json["name"].upper()})
    return told


FAULTS: dict[str, tuple[Wrap, str, str]] = {
    "an item that is read": (forgets_custom, "items.create.*", r'"attributes": \{\}'),
    "an update": (merges, "items.update.replaces", '"old":1'),
    "a count": (counts_one_more, "datasets.total-count.*", r'"total_count": \d'),
    "a page": (repeats_the_first_of_a_page, "paging.items.*", r'"dataset_item_id": 0'),
    "a bulk update": (half_a_bulk, "bulk.*", "200 OK"),
    "a name": (keeps_no_names, "names.*", "CONTRACT-CHECK"),
}


@pytest.mark.parametrize("name", every(2, FAULTS))
def test_the_lines_show_the_failure_again(name: str, tmp_path: Path) -> None:
    fault, select, shown = FAULTS[name]
    report = run(fault, select, tmp_path)
    assert report.failures
    alike = {failure.clause.name: failure for failure in report.failures}
    for index, failure in enumerate(list(alike.values())[:6]):
        printed, server = shown_again(failure, report, fault, SHELLS[index % len(SHELLS)])
        assert re.search(shown, printed), printed
        if failure.exchange is not None:
            sent = [(asked.method, asked.operation) for asked in server.asked]
            assert (failure.exchange.sent.method, failure.exchange.operation) in sent
            assert failure.exchange.received is not None
            assert f"HTTP/1.1 {failure.exchange.received.status} " in printed


def test_an_empty_response_changes_nothing_of_others(tmp_path: Path) -> None:
    report = run(forgets_custom, "items.create.*", tmp_path)

    async def says_nothing(asked: Asked, ask: Ask) -> Told:
        return Told(201, [], b"{}") if asked.operation == "create_dataset" else await ask(asked)

    with spoilt(says_nothing) as server, listening(server) as url:
        lines = again(report.failures[0], Traffic(report)).replace(URL, url)
        environment = {"PATH": os.environ["PATH"], "AUTHORIZATION": AUTHORIZATION}
        done = subprocess.run(["sh", "-c", lines], env=environment, capture_output=True, timeout=60, check=False)
        assert done.returncode != 0
        assert [asked.method for asked in server.asked] == ["POST"]
        # A person who pastes the lines goes on after the one that failed.
        interactive = subprocess.run(
            ["bash", "-i"], input=lines.encode() + b"\n", env=environment, capture_output=True, timeout=60, check=False
        )
        assert interactive.stdout is not None
        assert {asked.method for asked in server.asked} == {"POST"}

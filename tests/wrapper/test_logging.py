"""What a client tells in its log, and that it tells nothing anywhere else."""

import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import ConnectionFailed, InvalidResponse, NotFound

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "abeja.datasets")
    return caplog


def lines(log: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """The levels and texts of the library's records; how long a request took is made 0."""
    return [
        (record.levelname, re.sub(r"in \d+\.\d ms", "in 0 ms", record.getMessage()))
        for record in log.records
        if record.name == "abeja.datasets"
    ]


def test_each_request_is_one_line(
    client: APIClient, server: "ScriptedServer", operation: "Operation", log: pytest.LogCaptureFixture
) -> None:
    server.answer({}, 201)
    operation.call(client)
    assert lines(log) == [("DEBUG", f"{operation.method} {operation.path} 201 in 0 ms, attempt 1")]
    (milliseconds,) = re.findall(r"in (\d+\.\d) ms", log.text)
    assert 0 < float(milliseconds) < 5000


def test_each_retry_is_a_warning_with_its_reason(
    face: "Face", server: "ScriptedServer", log: pytest.LogCaptureFixture
) -> None:
    client = face.open(server, max_retry_count=2)
    server.reply(503, reason="Busy", headers={"Retry-After": "3"})
    server.reply(fault="silent")
    server.reply(404)
    with pytest.raises(NotFound):
        client.list_dataset_items("o", "d", {"q": "hush:hush", "next_page_token": "hush"})
    path = "GET /organizations/o/datasets/d/items/"
    name, text = {
        "httpx": ("RemoteProtocolError", "Server disconnected without sending a response."),
        "aiohttp": ("ServerDisconnectedError", "Server disconnected"),
    }[face.library]
    assert lines(log) == [
        ("DEBUG", f"{path} 503 in 0 ms, attempt 1"),
        ("WARNING", f"{path}: 503 Busy; retry 1 of 2 in 3.50 s"),
        ("DEBUG", f"{path} {name} in 0 ms, attempt 2"),
        (
            "WARNING",
            f"{path}: {name}: {text}; retry 2 of 2 in 1.00 s",
        ),
        ("DEBUG", f"{path} 404 in 0 ms, attempt 3"),
    ]
    assert "hush" not in "".join(text for _, text in lines(log))


def test_a_redirect_is_a_line_of_its_own(
    client: APIClient, server: "ScriptedServer", log: pytest.LogCaptureFixture
) -> None:
    server.reply(307, headers={"Location": "/there?x=hush"})
    server.answer({})
    client.get_dataset(1, 2)
    assert lines(log) == [
        ("DEBUG", "GET /organizations/1/datasets/2 307 in 0 ms, attempt 1"),
        ("DEBUG", "GET /there 200 in 0 ms, attempt 1"),
    ]


def test_what_is_given_up_is_no_warning(face: "Face", server: "ScriptedServer", log: pytest.LogCaptureFixture) -> None:
    client = face.open(server, max_retry_count=0)
    server.reply(503)
    server.reply(body=b"<html>")
    server.reply(fault="reset")
    for kind in (Exception, InvalidResponse, ConnectionFailed):
        with pytest.raises(kind):
            client.get_dataset(1, 2)
    assert {level for level, _ in lines(log)} == {"DEBUG"}


def test_no_id_can_forge_a_line(client: APIClient, server: "ScriptedServer", log: pytest.LogCaptureFixture) -> None:
    server.answer({})
    client.get_dataset("a\u2028b c", "%s%d")
    assert lines(log) == [("DEBUG", "GET /organizations/a%E2%80%A8b%20c/datasets/%25s%25d 200 in 0 ms, attempt 1")]


def test_nothing_is_printed(
    client: APIClient, server: "ScriptedServer", capfd: pytest.CaptureFixture[str], operation: "Operation"
) -> None:
    server.reply(429)
    server.reply(404)
    with pytest.raises(NotFound):
        operation.call(client)
    assert capfd.readouterr() == ("", "")


def test_a_program_without_logging_sees_nothing() -> None:
    program = """
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading
from abeja_datasets import APIClient

class Busy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if not seen else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")
        seen.append(1)
    def log_message(self, *args):
        pass

seen = []
server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
with APIClient({"auth_token": "t"}, base_url=f"http://127.0.0.1:{server.server_port}") as client:
    client.list_datasets("1")
server.shutdown()
print(len(seen))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("2\n", "")

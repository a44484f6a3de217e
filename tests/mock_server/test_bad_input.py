"""Requests that are wrong on purpose: each is answered in the documented shape, or its connection is closed."""

import base64
import json
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets_mock import DEMO, RunningServer
from abeja_datasets_mock.faults import install

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

PATH = "/organizations/1/datasets/"
BODY = b'{"name":"n","type":"custom","props":{}}'
SECONDS = 20
IDLE = 10_000
FILES = 40
"""What a process has open beside its connections, at most."""


def head(authorization: str, *lines: str, path: str = PATH, method: str = "POST") -> bytes:
    fields = ["Host: x", f"Authorization: {authorization}", "Content-Type: application/json", *lines]
    return "\r\n".join((f"{method} {path} HTTP/1.1", *fields, "", "")).encode("latin-1")


def connect(url: str, seconds: float = 10) -> socket.socket:
    parts = httpx.URL(url)
    return socket.create_connection((parts.host, parts.port or 80), timeout=seconds)


def read_to_end(connection: socket.socket) -> bytes:
    """Read until the server closes; one that does not is a TimeoutError."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@pytest.mark.parametrize(
    ("length", "body", "expected"),
    [
        # Shorter than what comes: the rest is not a request, and the connection ends there.
        ("5", BODY, [400]),
        ("0", BODY, [400]),
        # No number, or two: it can't be told where the next request begins.
        ("-1", BODY, [400]),
        ("+39", BODY, [400]),
        ("0x27", BODY, [400]),
        ("39, 39", BODY, [400]),
        ("39\r\nContent-Length: 39", BODY, [400]),
        ("39\r\nTransfer-Encoding: chunked", BODY, [400]),
        ("9" * 40, BODY, [400]),
    ],
)
def test_a_length_that_lies(
    server: RunningServer, authorization: str, length: str, body: bytes, expected: list[int]
) -> None:
    with connect(server.url) as connection:
        connection.sendall(head(authorization, f"Content-Length: {length}") + body)
        connection.shutdown(socket.SHUT_WR)
        answer = read_to_end(connection)
    assert statuses(answer) == expected
    assert b"\r\nconnection: close\r\n" in answer


def test_a_length_that_promises_more_than_comes(server: RunningServer, api: "Api", authorization: str) -> None:
    with connect(server.url) as connection:
        connection.sendall(head(authorization, "Content-Length: 1000") + BODY)
        connection.shutdown(socket.SHUT_WR)
        # Nobody waits for an answer, and a half request is not carried out.
        assert read_to_end(connection) == b""
    assert api.ok("GET", PATH) == []


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (b"27\r\n" + BODY + b"\r\n0\r\n\r\n", 201),
        (b"27;a=b\r\n" + BODY + b"\r\n0\r\nTrailer: x\r\n\r\n", 201),
        (b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n", 201),
        (b"00000027\r\n" + BODY + b"\r\n000\r\n\r\n", 201),
        (b"0\r\n\r\n", 400),
        (b"-1\r\n", 400),
        (b"zz\r\n", 400),
        (b"\r\n", 400),
        (b"f" * 17 + b"\r\n", 400),
        (b"27\r\n" + BODY + b"x\r\n0\r\n\r\n", 400),
    ],
)
def test_chunked_bodies(server: RunningServer, authorization: str, chunks: bytes, expected: int) -> None:
    with connect(server.url) as connection:
        connection.sendall(head(authorization, "Transfer-Encoding: chunked", "Connection: close") + chunks)
        answer = read_to_end(connection)
    assert statuses(answer) == [expected]


@pytest.mark.parametrize("coding", ["gzip", "identity", "chunked, gzip", "xchunked", "chunked, chunked"])
def test_codings_that_are_not_known(server: RunningServer, authorization: str, coding: str) -> None:
    with connect(server.url) as connection:
        connection.sendall(head(authorization, f"Transfer-Encoding: {coding}") + b"27\r\n" + BODY + b"\r\n0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = read_to_end(connection)
    assert 201 not in statuses(answer)


@pytest.mark.parametrize("extra", ["", "Expect: 100-continue"])
def test_a_gigabyte_is_refused_early(server: RunningServer, authorization: str, extra: str) -> None:
    lines = [line for line in (extra, "Content-Length: 1000000000") if line]
    with connect(server.url) as connection:
        connection.sendall(head(authorization, *lines) + b"x" * 1000)
        answer = read_to_end(connection)
    top, _, body = answer.partition(b"\r\n\r\n")
    assert statuses(top) == [400]
    assert b"\r\nconnection: close" in top
    told = json.loads(body)["error_description"]
    assert told == "body: input data exceeded the max limit of 10485760 bytes"


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("depth", [10_000, 100_000])
def test_json_that_is_nested_too_deep(api: "Api", opening: str, depth: int) -> None:
    items = api.items_path(api.create_dataset())
    closing = "".join({"[": "]", "{": "}"}[character] for character in reversed(opening) if character in "[{")
    nested = opening * depth + "1" + closing * depth
    for content in (nested, f'{{"source_data":[{{"data_uri":"u"}}],"attributes":{{"a":{nested}}}}}', opening * depth):
        told = api.refused(400, "POST", items, content=content, headers={"Content-Type": "application/json"})
        assert told.startswith("body: ")
    assert api.ok("GET", items)["items"] == []


def test_of_a_key_that_stands_twice_the_last_counts(api: "Api") -> None:
    content = '{"name":"a","type":"custom","name":"b","props":{"x":1,"x":{"y":1,"y":2}}}'
    made = api.ok("POST", api.datasets_path, content=content, headers={"Content-Type": "application/json"})
    assert (made["name"], made["props"]) == ("b", {"x": {"y": 2}})


def test_slashes_and_nuls_stay_within_their_segment(
    api: "Api", make_api: Callable[..., "Api"], server: RunningServer
) -> None:
    dataset = api.create_dataset()
    real = dataset["dataset_id"]
    for odd in ("%00", f"{real}%00", f"{real}%2Fitems%2F0", f"%2F{real}", f"..%2F{real}", "%2e%2e", f"{real}%0d%0a"):
        assert api.refused(404, "GET", f"{api.datasets_path}{odd}") == "dataset_id: dataset not found"
        assert api.refused(404, "GET", f"{api.datasets_path}{real}/items/{odd}").startswith("dataset_item_id: ")
    # An organization of such a name is one like any other, and sees nothing of others.
    for odd in ("%00", "a%2Fb", "a%2Fdatasets", f"{api.organization}%00"):
        other = make_api(server, odd)
        assert other.ok("GET", other.datasets_path) == []
        assert other.create_dataset(name="\0/")["name"] == "\0/"
        assert len(other.ok("GET", other.datasets_path)) == 1
    assert len(api.ok("GET", api.datasets_path)) == 1


INJECTED = "\r\nX-Injected: 1\r\n\r\nHTTP/1.1 200 OK\r\n"


def test_no_input_gets_into_the_head_of_an_answer(server: RunningServer, authorization: str) -> None:
    quoted = httpx.QueryParams({"": INJECTED})
    escaped = str(quoted).partition("=")[2].replace("+", "%20")
    body = json.dumps({"name": INJECTED, "type": INJECTED, "props": {INJECTED: INJECTED}}).encode()
    requests = [
        head(authorization, method="GET", path=f"/organizations/{escaped}/datasets/"),
        head(authorization, method="GET", path=f"{PATH}{escaped}"),
        head(authorization, method="GET", path=f"{PATH}?max_results={escaped}"),
        head(authorization, method="GET", path=f"{PATH}?next_token={escaped}"),
        head(authorization, method="GET", path=f"{PATH}1400000000001/items/?q={escaped}"),
        head(authorization, f"Content-Length: {len(body)}") + body,
        head(authorization, f"Content-Length: {len(body)}") + body,
        head("Bearer " + base64.b64encode(INJECTED.encode()).decode(), method="GET"),
        head(authorization, "X: a\rX-Injected: 1", method="GET"),
    ]
    for data in requests:
        with connect(server.url) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = read_to_end(connection)
        top, _, rest = answer.partition(b"\r\n\r\n")
        assert len(statuses(top)) == 1
        assert b"injected" not in top.lower()
        # What is quoted in a body is escaped there, so that nothing that reads lines takes it for a head either.
        assert b"\r" not in rest
        json.loads(rest)


def test_a_body_that_is_not_wanted_yet_is_waited_for(authorization: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.PATIENCE", 0.1)
    server = RunningServer()
    install(server.app, [{"latency": 0.5}])
    large = json.dumps({"name": "n", "type": "custom", "props": {"text": "x" * 3_000_000}}).encode()
    with server:
        for body, line in ((large, "Connection: close"), (BODY, "Expect: 100-continue")):
            with connect(server.url) as connection:
                connection.sendall(head(authorization, f"Content-Length: {len(body)}", line))
                if "Expect" in line:
                    # Whoever asks so waits to be told.
                    assert statuses(connection.recv(65536)) == [100]
                connection.sendall(body)
                connection.shutdown(socket.SHUT_WR)
                assert statuses(read_to_end(connection)) == [201 if body is large else 400]


@contextmanager
def process(files: int) -> Iterator[Any]:
    """Run the server as a program that may open so many files, and starts with fewer."""
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, {files}));"
        "import sys; from abeja_datasets_mock.__main__ import main; sys.exit(main([]))"
    )
    environ = DEMO.environment
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environ) as running:
        try:
            assert running.stdout is not None
            running.stdout.readline()
            url = running.stdout.readline().strip().removeprefix("export ABEJA_API_URL=")
            yield SimpleNamespace(url=url, credential=DEMO.argument)
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


@contextmanager
def room_for(files: int) -> Iterator[None]:
    """Allow this process to open so many files."""
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= most < files:
        pytest.skip(f"a process may open {most} files here, and {files} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, files), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


@pytest.mark.slow
def test_ten_thousand_idle_connections(make_api: Callable[..., "Api"]) -> None:
    with room_for(IDLE + FILES), process(IDLE + FILES) as running, ExitStack() as stack:
        for number in range(IDLE):
            connection = stack.enter_context(connect(running.url))
            if number % 2:
                connection.sendall(b"GET /")
        api = make_api(running)
        dataset = api.create_dataset()
        for _ in range(20):
            api.create_item(dataset)
        assert api.ok("GET", api.dataset_path(dataset))["total_count"] == 20


def served(api: "Api") -> bool:
    """Return whether the server takes a connection again; it learns only by and by which of them were closed."""
    try:
        api.create_dataset()
    except httpx.TransportError:
        return False
    return True


def test_more_connections_than_the_system_allows(make_api: Callable[..., "Api"]) -> None:
    with process(FILES + 60) as running:
        with ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(connect(running.url))
        api = make_api(running)
        deadline = time.monotonic() + SECONDS
        while not served(api):
            assert time.monotonic() < deadline

"""The limits of a request, and hostile connections."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.mock_server import hostile
from tests.sampling import every

from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.http.heads import MAX_FIELDS, MAX_HEAD

PATH = b"/organizations/1/datasets/"
Send = Callable[..., bytes]
ENTRIES: dict[str, Any] = {"type": "array", "items": {"type": "object", "required": ["a"]}}


def statuses(response: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3})", response)


def refused(response: bytes) -> str:
    """Check that this is one refusal that ends the connection, and return its description."""
    head, _, body = response.partition(b"\r\n\r\n")
    assert statuses(response) == [b"400"]
    assert b"content-type: application/json" in head
    assert b"connection: close" in head
    content = json.loads(body)
    assert content.keys() == {"error", "error_description"}
    return str(content["error_description"])


@pytest.fixture(scope="module")
def victim() -> Iterator[hostile.Victim]:
    with hostile.victim() as server:
        yield server


@pytest.mark.parametrize("name", every(3, hostile.ATTACKS))
def test_a_hostile_connection(victim: hostile.Victim, name: str) -> None:
    effect = victim.suffer(hostile.ATTACKS[name], 0.4)
    assert effect.growth < 50
    if name.startswith("endless"):
        assert b"HTTP/1.1 400 " in effect.responses
        assert b'{"error": "bad_request"' in effect.responses


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_a_head_of_the_limit_is_taken_and_one_more_byte_is_not(
    server: RunningServer, authorization: str, extra: int, step: int
) -> None:
    start = f"GET /organizations/1/datasets/ HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nA: ".encode()
    request = start + b"x" * (MAX_HEAD - len(start) - 4 + extra) + b"\r\n\r\n"
    # Only the last bytes come in small steps.
    first, request = (request[:-200], request[-200:]) if step < 100 else (b"", request)
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(first)
        for at in range(0, len(request), step):
            connection.sendall(request[at : at + step])
        response = connection.recv(65536)
    assert statuses(response) == [b"400" if extra else b"200"]


@pytest.mark.parametrize("extra", [0, 1])
def test_as_many_fields_as_the_limit_are_taken(send_raw: Send, authorization: str, extra: int) -> None:
    fields = b"A: b\r\n" * (MAX_FIELDS - 3 + extra)
    request = b"GET %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\nConnection: close\r\n%b\r\n" % (
        PATH, authorization.encode(), fields,
    )  # fmt: skip
    assert statuses(send_raw(request, silence=5)) == [b"400" if extra else b"200"]


def test_the_limit_is_for_each_request(send_raw: Send, authorization: str) -> None:
    request = b"GET %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\nA: %b\r\n\r\n" % (
        PATH, authorization.encode(), b"x" * 60_000,
    )  # fmt: skip
    last = b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert statuses(send_raw(request * 5 + last, silence=5)) == [b"200"] * 5 + [b"404"]


def test_a_body_in_tiny_chunks_with_trailers(send_raw: Send, authorization: str) -> None:
    body = b'{"name":"\\r\\n\\r\\n","type":"custom","props":{}}' + b"\r\n\r\n" * 30_000
    chunks = b"".join(b"1;a=b\r\n%c\r\n" % byte for byte in body)
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\nContent-Type: application/json\r\n" % (
        PATH, authorization.encode(),
    )  # fmt: skip
    request = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nHost: y\r\nTE: chunked\r\n\r\n"
    last = b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert statuses(send_raw(request + last, silence=5)) == [b"201", b"404"]


@pytest.mark.parametrize(
    ("line", "fields", "told"),
    [
        ("GET / HTTP/1.1", "", "Host: missing"),
        ("GET http://a/ HTTP/1.1", "", "Host: missing"),
        ("GET / HTTP/1.1", "Host: a\r\nHost: a\r\n", "Host: sent more than once"),
        ("GET / HTTP/1.0", "Host: a\r\nHost: b\r\n", "Host: sent more than once"),
        ("GET / HTTP/1.1", "Host: a b\r\n", "Host: not a host"),
        ("GET / HTTP/1.1", "Host: a/b\r\n", "Host: not a host"),
        ("GET / HTTP/1.1", "Host: a, b:80\r\n", "Host: not a host"),
        ("GET / HTTP/1.1", "Host: u@a\r\n", "Host: not a host"),
        ("GET / HTTP/1.1", "Host: a:b\r\n", "Host: not a host"),
        ("GET / HTTP/1.1", "Host: [::1\r\n", "Host: not a host"),
        ("GET / HTTP/1.1", "Host: a%zz\r\n", "Host: not a host"),
        ("POST / HTTP/1.1", "Host: a\r\nTE: gzip, chunked\r\n", "TE: "),
        ("POST / HTTP/1.1", "Host: a\r\nTE: Chunked;q=0.5\r\n", "TE: "),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: "),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: gzip\r\n", "Transfer-Encoding: "),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: identity\r\n", "Transfer-Encoding: "),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: xchunked\r\n", "Transfer-Encoding: "),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding:\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "Transfer-Enc"),
        ("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: not part of HTTP/1.0"),
        ("POST / HTTP/1.1", "Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nContent-Length: 1, 1\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nContent-Length: +1\r\n", ""),
        ("POST / HTTP/1.1", "Host: a\r\nContent-Length:\r\n", ""),
        ("GET / HTTP/1.1", "Host: a\r\nA: b\r\n c\r\n", ""),
        ("GET / HTTP/1.1", "Host : a\r\n", ""),
        ("GET / HTTP/1.1", " Host: a\r\n", ""),
        ("GET / HTTP/1.1", "Host: a\n", ""),
    ],
)  # fmt: skip
def test_a_head_that_breaks_http(send_raw: Send, line: str, fields: str, told: str) -> None:
    request = f"{line}\r\n{fields}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    assert refused(send_raw(request.encode(), silence=5)).startswith(f"HTTP: {told}")


@pytest.mark.parametrize(
    "head",
    [
        "GET /x HTTP/1.0\r\n", "GET /x HTTP/1.1\r\nHost:\r\n", "GET /x HTTP/1.1\r\nHost: a-b.c_d~:80\r\n",
        "GET /x HTTP/1.1\r\nHost: [::1]:80\r\n", "GET /x HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n",
        "GET /x HTTP/1.1\r\nHost: %E3%81%82\r\n", "GET http://a/x HTTP/1.1\r\nHost: a\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nTE: trailers, gzip;q=0.5\r\n", "\r\n\r\nGET /x HTTP/1.1\r\nHost: a:\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\nA: b\r\n",
    ],
)  # fmt: skip
def test_a_head_that_keeps_http(send_raw: Send, head: str) -> None:
    assert statuses(send_raw(f"{head}\r\n".encode())) == [b"404"]


UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
BODY = '{"name":"n","type":"t","props":{}}'
SECOND = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("step", [1, 10**6])
@pytest.mark.parametrize(
    ("line", "fields", "body", "expected"),
    [
        ("POST %s", f"{UPGRADE}Content-Length: {len(BODY)}\r\n", BODY, b"201"),
        ("POST %s", f"{UPGRADE}Content-Length: {len(SECOND)}\r\n", SECOND, b"400"),
        (
            "POST %s", f"{UPGRADE}Transfer-Encoding: chunked\r\n",
            f"8\r\n{BODY[:8]}\r\n{len(BODY) - 8:x};a=b\r\n{BODY[8:]}\r\n0\r\nA: b\r\n\r\n", b"201",
        ),
        ("GET %s", f"{UPGRADE}Content-Length: {len(SECOND)}\r\n", SECOND, b"200"),
        ("GET %s", UPGRADE, "", b"200"),
        ("CONNECT /", f"Content-Length: {len(SECOND)}\r\n", SECOND, b"404"),
        # The space around a value is not a part of it.
        ("POST %s", f"Content-Length: \t {len(BODY)} \t \r\n", BODY, b"201"),
    ],
)  # fmt: skip
def test_a_body_is_no_second_request(  # noqa: PLR0917 - each is a part of the request
    send_raw: Send, authorization: str, step: int, line: str, fields: str, body: str, expected: bytes
) -> None:
    line = f"{line.replace('%s', PATH.decode())} HTTP/1.1\r\nHost: a \r\n"
    head = f"{line}Authorization: {authorization}\r\nContent-Type: application/json\r\n{fields}\r\n"
    response = send_raw(f"{head}{body}{SECOND}".encode(), silence=5, step=step)
    assert statuses(response) == [expected, b"404"]


@pytest.mark.parametrize(("version", "expected"), [("1.0", [b"201"]), ("1.1", [b"100", b"201"])])
def test_a_client_of_http_1_0_is_not_asked_for_the_body(
    send_raw: Send, authorization: str, version: str, expected: list[bytes]
) -> None:
    head = f"POST {PATH.decode()} HTTP/{version}\r\nHost: a\r\nAuthorization: {authorization}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nExpect: 100-continue \r\nContent-Length: {len(BODY)}\r\n\r\n"
    assert statuses(send_raw((head + BODY).encode(), silence=5)) == expected


def test_too_many_connections(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.MAX_CONNECTIONS", 3)
    address = httpx.URL(server.url)
    made = [socket.create_connection((address.host, address.port or 80), timeout=5) for _ in range(4)]
    try:
        response = made[3].recv(65536)
        assert statuses(response) == [b"503"]
        assert json.loads(response.partition(b"\r\n\r\n")[2])["error"] == "service_unavailable"
        made[0].sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert statuses(made[0].recv(65536)) == [b"404"]
    finally:
        for connection in made:
            connection.close()
    deadline = time.monotonic() + 5
    while httpx.get(f"{server.url}/x").status_code != 404:
        assert time.monotonic() < deadline


def test_a_client_that_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.PATIENCE", 0.2)
    with RunningServer() as server:
        address = httpx.URL(server.url)
        with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
            request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
            with pytest.raises(ConnectionError):  # noqa: PT012 - either of the two
                for _ in range(2000):
                    connection.sendall(request)
                    time.sleep(0.01)


def test_a_body_may_take_so_long_and_no_longer(
    server: RunningServer, authorization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.PATIENCE", 1.0)
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.BODY_PATIENCE", 1)
    address = httpx.URL(server.url)
    head = f"POST {PATH.decode()} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((address.host, address.port or 80), timeout=0.05) as connection:
        connection.sendall(head.encode())
        response = b""
        for _ in range(200):
            connection.sendall(b" ")
            try:
                response = connection.recv(65536)
                break
            except TimeoutError:
                continue
    assert refused(response) == "HTTP: the body took longer than 1 s"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (ENTRIES, "[1] * 200_000"),
        ({"oneOf": [ENTRIES, {"type": "null"}]}, "[1] * 200_000"),
        (ENTRIES["items"], "{str(n): [n] for n in range(200_000)}"),
        ({"properties": {"b": ENTRIES}}, "{'b': [{str(n): [n] for n in range(200_000)}]}"),
    ],
)
def test_a_refusal_copies_a_small_part_of_the_value(schema: dict[str, Any], value: str) -> None:
    # All 200,000 errors, or members, together take up to hundreds of megabytes, outside Python's own accounts.
    program = """
import json, resource, sys
from abeja_datasets_mock.errors import Refusal
from abeja_datasets_mock.openapi.validation import Schema
from abeja_datasets_mock.turns import at_once

schema, value = Schema(json.loads(sys.argv[1]), {}), eval(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    at_once(schema.checking(value, "body", b""))
except Refusal:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    command = [sys.executable, "-c", program, json.dumps(schema), value]
    grown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(grown) < 20_000  # KiB

"""HTTP itself: malformed requests, large bodies, connections, shutdown."""

import contextlib
import json
import logging
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from abeja_datasets_mock import RunningServer

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

PATH = b"/organizations/1/datasets/"
GRACE = 2
"""Seconds that the server gives connections which do not end by themselves as it stops."""
LIMIT = 10 * 1024 * 1024


def connect(server: RunningServer) -> socket.socket:
    address = httpx.URL(server.url)
    return socket.create_connection((address.host, address.port or 80), timeout=10)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\0" * 1000,
        b"garbage\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET " + b"/" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_answered_in_the_documented_shape(send_raw: Callable[..., bytes], data: bytes) -> None:
    answer = send_raw(data, silence=5)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401", b"HTTP/1.1 404 ", b"HTTP/1.1 405"))
    assert b"content-type: application/json" in head
    assert set(json.loads(body)) == {"error", "error_description"}


def test_a_target_that_is_no_path_is_named(send_raw: Callable[..., bytes]) -> None:
    for method, target in ((b"CONNECT", b"x:1"), (b"GET", b"http://a:b:c/")):
        answer = send_raw(method + b" " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n", silence=5)
        assert b"callback" not in answer
    answer = send_raw(b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", silence=5)
    assert b"HTTP: the target of the request is not a path or a URL; send one that begins with /" in answer


def test_garbage_behind_a_request_closes_the_connection_after_its_answer(send_raw: Callable[..., bytes]) -> None:
    request = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = send_raw(request + b"\0\0\0", silence=5)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"404"]
    # Where another request waits in between, nothing but the end is sure.
    assert b"400" in send_raw(request + request + b"\0\0\0", silence=5)


@pytest.mark.parametrize("number", [1, 3])
def test_a_client_that_has_closed_its_sending_half_is_answered(
    server: RunningServer, authorization: str, number: int
) -> None:
    body = b'{"name":"n","type":"custom","props":{}}'
    head = f"Host: x\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n"
    request = b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (PATH, head.encode(), len(body), body)
    with connect(server) as connection:
        connection.sendall(request * number)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"201", b"400", b"400"][:number]


def test_a_client_that_stops_in_the_middle_is_not_answered(server: RunningServer, authorization: str) -> None:
    head = f"POST {PATH.decode()} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
    head += "Content-Type: application/json\r\n"
    for data in (b"", b"GET", head.encode() + b"Content-Length: 9\r\n\r\n{", b"GET /x HTTP/1.1\r\nHost: x\r\n\r\nGET"):
        with connect(server) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"HTTP/1.1 2" not in answer


def test_mangled_requests(server: RunningServer, authorization: str, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(1)
    head = f"Host: x\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n"
    body = (
        '{"name":"n","type":"custom","props":{"categories":[{"category_id":1,"name":"a","labels":[{"label_id":1}]}]}}'
    )
    whole = [
        f"GET /organizations/1/datasets/?max_results=1 HTTP/1.1\r\n{head}\r\n",
        f"POST /organizations/1/datasets/ HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}",
        (
            f"POST /organizations/1/datasets HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n"
            f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"
        ),
        f"GET /organizations/1/datasets/1400000000001/items?q=a:1%20AND%20b:2 HTTP/1.1\r\n{head}\r\n",
    ]
    statuses = set()
    for _ in range(600):
        data = bytearray("".join(chance.choices(whole, k=chance.randint(1, 3))).encode())
        for _ in range(chance.choice([0, 1, 1, 2, 5])):
            at = chance.randrange(len(data))
            cut = chance.choice([0, 1, 20])
            data[at : at + cut] = chance.choice([chance.randbytes(cut), b"", data[at : at + 50]])
        with connect(server) as connection, contextlib.suppress(ConnectionResetError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
            statuses.update(re.findall(rb"HTTP/1.1 (\d+)", answer))
    assert statuses <= {b"200", b"201", b"400", b"401", b"404", b"405"}
    assert statuses >= {b"200", b"201", b"400"}
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_pipelined_requests_are_answered_in_turn(send_raw: Callable[..., bytes], authorization: str) -> None:
    head = f"Host: x\r\nAuthorization: {authorization}\r\n".encode()
    body = b'{"name":"n","type":"custom","props":{}}'
    create = b"POST %b HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        PATH,
        head,
        len(body),
        body,
    )
    listing = b"GET %b HTTP/1.1\r\n%b\r\n" % (PATH, head)
    last = b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = send_raw(listing + create + create + listing + last, silence=5)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"201", b"400", b"200", b"404"]


def test_upgrades_and_expectations(send_raw: Callable[..., bytes], authorization: str) -> None:
    head = f"Host: x\r\nAuthorization: {authorization}\r\n".encode()
    upgrade = b"GET %b HTTP/1.1\r\n%bConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" % (PATH, head)
    assert send_raw(upgrade).startswith(b"HTTP/1.1 200 ")
    body = b'{"name":"n","type":"custom","props":{}}'
    expecting = (
        b"POST %b HTTP/1.1\r\n%bExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (PATH, head, len(body))
    )
    assert send_raw(expecting + body).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 ")
    old = b"GET %b HTTP/1.0\r\n%b\r\n" % (PATH, head)
    assert b"connection: close" in send_raw(old, silence=5)


def test_a_body_of_the_limit_is_taken_and_one_more_byte_is_not(api: "Api") -> None:
    dataset = api.create_dataset()
    frame = '{"source_data":[{"data_uri":"x"}],"attributes":{"a":"%s"}}'
    content = frame % ("x" * (LIMIT - len(frame) + 2))
    headers = {"Content-Type": "application/json"}
    assert len(content) == LIMIT
    api.ok("POST", api.items_path(dataset), content=content, headers=headers)
    told = f"body: input data exceeded the max limit of {LIMIT} bytes"
    assert api.refused(400, "POST", api.items_path(dataset), content=content + " ", headers=headers) == told

    def chunks() -> Iterator[bytes]:
        yield content.encode()
        yield b" "

    assert api.refused(400, "POST", api.items_path(dataset), content=chunks(), headers=headers) == told
    assert api.ok("GET", api.dataset_path(dataset))["total_count"] == 1


@pytest.mark.parametrize("length", [LIMIT + 1, 10**9, 10**18, 10**25])
def test_a_declared_length_over_the_limit_is_refused_unread(
    send_raw: Callable[..., bytes], authorization: str, length: int
) -> None:
    head = (
        f"Host: x\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    )
    answer = send_raw(b"POST %b HTTP/1.1\r\n%bExpect: 100-continue\r\n\r\n" % (PATH, head.encode()), silence=5)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize("path", [PATH, b"/x", b"/organizations/1/datasets/1/items"])
@pytest.mark.parametrize("authorized", [True, False])
def test_an_endless_body_is_cut_off(server: RunningServer, authorization: str, path: bytes, authorized: bool) -> None:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n" % path
    if authorized:
        head += f"Authorization: {authorization}\r\n".encode()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with connect(server) as connection:
        connection.sendall(head + b"\r\n")
        sent = 0
        answer = b""
        connection.setblocking(False)
        end = time.monotonic() + 10
        while time.monotonic() < end and b"}" not in answer:
            try:
                sent += connection.send(chunk[sent % len(chunk) :])
            except BlockingIOError:
                time.sleep(0.001)
            with contextlib.suppress(BlockingIOError):
                answer += connection.recv(65536)
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 ", b"HTTP/1.1 404 "))
        assert b"\r\nconnection: close\r\n" in answer
        assert sent < 10 * LIMIT


def test_the_answer_reaches_a_client_that_is_still_sending(api: "Api") -> None:
    response = api.http.post(
        api.datasets_path, content=b" " * (3 * LIMIT), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert response.headers["connection"] == "close"
    assert api.ok("GET", api.datasets_path) == []


def test_refusals_leave_the_connection_open_where_no_large_body_follows(api: "Api") -> None:
    for _ in range(3):
        assert "connection" not in api.request("GET", f"{api.datasets_path}1").headers
        assert "connection" not in api.request("POST", "/x", content=b"x" * 1000).headers


def test_another_limit(make_api: Callable[..., "Api"]) -> None:
    with RunningServer(max_body=100) as server:
        api = make_api(server)
        assert "limit of 100 bytes" in api.refused(400, "POST", api.datasets_path, json={"name": "x" * 100})
        api.create_dataset()


def test_clients_that_go_away(server: RunningServer, api: "Api", authorization: str) -> None:
    head = (
        f"POST /organizations/1/datasets/ HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
        "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n"
    )
    for data in (b"", b"GE", head.encode(), head.encode() + b'{"name":'):
        for reset in (False, True):
            with connect(server) as connection:
                connection.sendall(data)
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert api.ok("GET", api.datasets_path) == []


def test_stopping_closes_connections_promptly(authorization: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    server = RunningServer().start()
    head = f"Host: x\r\nAuthorization: {authorization}\r\n".encode()
    idle, used, half, waiting = (connect(server) for _ in range(4))
    try:
        used.sendall(b"GET %b HTTP/1.1\r\n%b\r\n" % (PATH, head))
        assert used.recv(65536).startswith(b"HTTP/1.1 200")
        half.sendall(b"GET %b HT" % PATH)
        waiting.sendall(
            b"POST %b HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{" % (PATH, head)
        )
        time.sleep(0.05)
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < GRACE
        for connection in (idle, used, half):
            assert connection.recv(100) == b""
        with contextlib.suppress(ConnectionResetError):
            assert waiting.recv(100) == b""
    finally:
        for connection in (idle, used, half, waiting):
            connection.close()
    assert caplog.records == []
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_stopping_lets_requests_that_have_arrived_finish() -> None:
    answers: list[int] = []
    server = RunningServer().start()
    credential = server.credential
    auth = (f"user-{credential['user_id']}", credential["personal_access_token"])

    def work(number: int) -> None:
        with httpx.Client(auth=auth) as client:
            body = {"name": str(number), "type": "custom", "props": {}}
            while True:
                try:
                    answers.append(client.post(f"{server.url}/organizations/1/datasets", json=body).status_code)
                except httpx.TransportError:
                    return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while answers.count(201) < 4 or 400 not in answers:
        time.sleep(0.01)
    server.stop()
    for thread in threads:
        thread.join()
    assert answers.count(201) == 4
    assert set(answers) == {201, 400}


def test_a_date_and_no_name_of_the_program(api: "Api") -> None:
    response = api.request("GET", api.datasets_path)
    assert "date" in response.headers
    assert "server" not in response.headers

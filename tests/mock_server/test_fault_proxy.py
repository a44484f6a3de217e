"""The fault proxy, seen by raw sockets on both of its sides."""

import asyncio
import contextlib
import functools
import gc
import http.client
import json
import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvloop

from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.faults import FaultProxy, Faults, PlanError, Proxy, install

LIST = b"GET /organizations/1/datasets/ HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /organizations/1/datasets HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nabcde"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
RESET = b"(reset)"


class Upstream:
    """A server that reads what comes, and answers whatever ends like a request with the next of its answers."""

    def __init__(self) -> None:
        self.received = b""
        self.answers: list[bytes | None] = []
        """None closes the connection; without any left, `OK` is answered."""
        self.closes = False
        """Whether it closes a connection behind an answer."""
        self.connections = 0
        self.ends: list[bytes] = [b"\r\n\r\n", b"abcde"]
        self.not_yet: list[bytes] = [b"Content-Length: 5\r\n\r\n", b"chunked\r\n\r\n", b"5\r\nabcde"]
        """Ends of pieces that look like the end of a request, and have more of it to come."""
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._sockets.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while piece := connection.recv(1_000_000):
                self.received += piece
                request += piece
                if not request.endswith(tuple(self.ends)) or request.endswith(tuple(self.not_yet)):
                    continue
                request = b""
                answer = self.answers.pop(0) if self.answers else OK
                if answer == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if answer is None or answer == RESET:
                    return
                connection.sendall(answer)
                if self.closes:
                    return

    def wait_for(self, end: bytes) -> None:
        """Wait until what was received ends so."""
        deadline = time.monotonic() + 5
        while not self.received.endswith(end):
            assert time.monotonic() < deadline, self.received
            time.sleep(0.001)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.close()


@pytest.fixture
def proxy(upstream: Upstream) -> Iterator[FaultProxy]:
    with FaultProxy(upstream.url) as proxy:
        yield proxy


@contextlib.contextmanager
def connected(proxy: FaultProxy) -> Iterator[socket.socket]:
    parts = urlsplit(proxy.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield client


def read(client: socket.socket, size: int | None = None) -> bytes:
    """Read so many bytes, or to the end; a reset reads as one."""
    data = b""
    while size is None or len(data) < size:
        try:
            piece = client.recv(65536 if size is None else size - len(data))
        except ConnectionResetError:
            return data + RESET
        if not piece:
            break
        data += piece
    return data


def ask(proxy: FaultProxy, request: bytes = LIST, size: int | None = None) -> bytes:
    with connected(proxy) as client:
        client.sendall(request)
        return read(client, size)


def test_messages_pass_as_they_are(upstream: Upstream, proxy: FaultProxy) -> None:
    head = b"HTTP/1.1 200 Fine by me\r\nx-ODD:  kept \r\nTransfer-Encoding: chunked\r\n\r\n"
    odd = head + b"3;a=b\r\nabc\r\n0\r\nT: r\r\n\r\n"
    upstream.answers = [odd]
    assert ask(proxy, LIST, len(odd)) == odd
    host = upstream.url.removeprefix("http://").encode()
    assert upstream.received == LIST.replace(b"here", host)


def test_a_connection_serves_many_requests(upstream: Upstream, proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        for request in (LIST, POST, LIST):
            client.sendall(request)
            assert read(client, len(OK)) == OK
    assert upstream.connections == 1


def test_pipelined_requests_are_answered_in_order(upstream: Upstream, proxy: FaultProxy) -> None:
    upstream.answers = [OK, OK.replace(b"body", b"next"), OK.replace(b"body", b"last")]
    with connected(proxy) as client:
        client.sendall(LIST + POST + LIST)
        assert read(client, 3 * len(OK)).split(b"\r\n\r\n")[1:] == [
            b"bodyHTTP/1.1 200 OK\r\nContent-Length: 4", b"nextHTTP/1.1 200 OK\r\nContent-Length: 4", b"last",
        ]  # fmt: skip


def test_requests_in_pieces(proxy: FaultProxy) -> None:
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nabcde\r\n0\r\n\r\n"
    for request in (LIST, POST, chunked):
        with connected(proxy) as client:
            for byte in request:
                client.sendall(bytes((byte,)))
            assert read(client, len(OK)) == OK


def test_answers_without_a_body(upstream: Upstream, proxy: FaultProxy) -> None:
    upstream.answers = [
        b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    ]  # fmt: skip
    sizes = [len(answer or b"") for answer in upstream.answers]
    with connected(proxy) as client:
        for request, size in zip((LIST, LIST, LIST.replace(b"GET", b"HEAD")), sizes, strict=True):
            client.sendall(request)
            assert len(read(client, size)) == size
        client.sendall(LIST)
        assert read(client, len(OK)) == OK


def test_interim_answers_pass_at_once(upstream: Upstream, proxy: FaultProxy) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    head, body = POST[:-5].replace(b"Host: here", b"Expect: 100-continue"), POST[-5:]
    for plan in ([], [{"byte_by_byte": True}]):
        proxy.plan = plan
        upstream.not_yet = [b"(none)"]
        upstream.answers = [interim, OK]
        with connected(proxy) as client:
            client.sendall(head)
            assert read(client, len(interim)) == interim
            client.sendall(body)
            assert read(client, len(OK)) == OK


def test_an_answer_may_end_with_its_connection(upstream: Upstream, proxy: FaultProxy) -> None:
    upstream.answers = [b"HTTP/1.0 200 OK\r\n\r\nuntil the end"]
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, 32) == b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
        upstream.close()
        assert read(client) == b""


def test_an_answer_that_is_cut_short_is_cut_short(upstream: Upstream, proxy: FaultProxy) -> None:
    upstream.closes = True
    for answer in (OK[:-1], OK[:10], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5"):
        upstream.answers = [answer]
        assert ask(proxy) == answer


def test_a_server_that_closes_without_an_answer(upstream: Upstream, proxy: FaultProxy) -> None:
    upstream.answers = [None]
    assert ask(proxy) == b""
    upstream.answers = [RESET]
    assert ask(proxy) == RESET


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,
        b"HTTP/1.1 200 OK\r\n folded: yes\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_http_passes(upstream: Upstream, proxy: FaultProxy, answer: bytes) -> None:
    upstream.answers = [answer]
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(answer)) == answer


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET  /two-spaces HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nabcde",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\nabcde",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabcde",
        b"GET / HTTP/1.1\r\nbroken\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_a_request_that_is_no_http_passes_and_is_struck_by_nothing(
    upstream: Upstream, proxy: FaultProxy, request_: bytes
) -> None:
    proxy.faults.add(reset_before=True)
    with connected(proxy) as client:
        client.sendall(request_)
        assert read(client, len(OK)) == OK
    assert upstream.received == request_
    assert proxy.applied == []


def test_a_request_with_a_broken_chunk_passes(upstream: Upstream, proxy: FaultProxy) -> None:
    request = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcde"
    assert ask(proxy, request, len(OK)) == OK
    assert upstream.received == request


def test_a_client_that_goes_within_its_request(upstream: Upstream, proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        client.sendall(POST[:-2])
        client.shutdown(socket.SHUT_WR)
        assert read(client) == b""
    upstream.wait_for(b"abc")
    with connected(proxy) as client:
        client.sendall(b"GET")
        client.shutdown(socket.SHUT_WR)
        assert read(client) == b""
    upstream.wait_for(b"GET")


def test_a_client_that_says_nothing(proxy: FaultProxy, upstream: Upstream) -> None:
    with connected(proxy):
        pass
    with connected(proxy) as client:
        client.shutdown(socket.SHUT_WR)
        assert read(client) == b""
    assert upstream.connections == 0


def test_a_client_that_closes_its_half_gets_its_answer(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        client.sendall(LIST)
        client.shutdown(socket.SHUT_WR)
        assert read(client) == OK


def test_a_reset_by_the_client_is_passed_on(upstream: Upstream, proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        client.sendall(POST[:-2])
        upstream.wait_for(b"abc")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert ask(proxy, LIST, len(OK)) == OK
    assert upstream.connections == 2
    assert upstream.received.startswith(b"POST")


def test_a_server_that_speaks_unasked_is_heard(upstream: Upstream, proxy: FaultProxy) -> None:
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(OK)) == OK
        upstream._sockets[0].sendall(late)
        assert read(client) == late


def test_a_server_that_resets_an_idle_connection(upstream: Upstream, proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(OK)) == OK
        upstream._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        upstream._sockets[0].shutdown(socket.SHUT_RD)
        upstream.close()
        assert read(client) in (b"", RESET)


def test_a_server_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with FaultProxy(f"http://127.0.0.1:{port}") as proxy:
        assert ask(proxy) == RESET
        deadline = time.monotonic() + 5
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.001)
    assert caplog.messages[0].startswith("the server can't be reached: ")


def test_a_large_body_passes_both_ways() -> None:
    server = RunningServer()
    with server, FaultProxy(server.url) as proxy:
        connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=20)
        with contextlib.closing(connection):
            auth = {"Authorization": "Basic dXNlci0xMjM0NTY3ODkwMTIzOmRlbW8tcGVyc29uYWwtYWNjZXNzLXRva2Vu"}
            text = "x" * 8_000_000
            connection.request(
                "POST", "/organizations/1/datasets", json.dumps({"name": "n", "type": "t", "props": {"text": text}}),
                {**auth, "Content-Type": "application/json"},
            )  # fmt: skip
            response = connection.getresponse()
            assert response.status == 201
            assert text in response.read().decode()


def test_a_body_that_is_refused_before_its_end() -> None:
    server = RunningServer(max_body=1000)
    with server, FaultProxy(server.url) as proxy:
        auth = b"Authorization: Basic dXNlci0xMjM0NTY3ODkwMTIzOmRlbW8tcGVyc29uYWwtYWNjZXNzLXRva2Vu\r\n"
        head = b"POST /organizations/1/datasets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        with connected(proxy) as client:
            client.sendall(head + auth + b"Content-Length: 100000\r\n\r\n" + b"x" * 2000)
            answer = read(client)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"max limit" in answer


def test_reset_before_the_request_arrives(upstream: Upstream, proxy: FaultProxy) -> None:
    proxy.faults.add(operations="create_dataset", reset_before=True, count=1)
    assert ask(proxy, POST) == RESET
    assert (upstream.received, upstream.connections) == (b"", 0)
    assert ask(proxy, POST, len(OK)) == OK
    (record,) = proxy.applied
    assert str(record) == "faults[0] reset_before: POST /organizations/1/datasets (create_dataset), time 1"


def test_reset_after_the_request_arrived(upstream: Upstream, proxy: FaultProxy) -> None:
    proxy.faults.add(reset_after=True)
    assert ask(proxy, POST) == RESET
    assert upstream.received.endswith(b"abcde")


@pytest.mark.parametrize(("size", "left"), [(True, OK[:-2]), (5, OK[:5]), (0, b""), (1000, OK)])
def test_half_of_the_answer(proxy: FaultProxy, size: Any, left: bytes) -> None:
    proxy.faults.add(half_answer=size)
    assert ask(proxy) == left


def test_half_of_an_answer_without_a_body(upstream: Upstream, proxy: FaultProxy) -> None:
    upstream.answers = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    proxy.faults.add(half_answer=True)
    assert ask(proxy) == b"HTTP/1.1 204 "


def test_byte_by_byte(proxy: FaultProxy) -> None:
    proxy.faults.add(byte_by_byte=0.001)
    pieces: list[bytes] = []
    with connected(proxy) as client:
        client.sendall(LIST)
        while b"".join(pieces) != OK:
            pieces.append(client.recv(65536))
    assert len(pieces) > len(OK) / 3


def test_stall(proxy: FaultProxy) -> None:
    proxy.faults.add(stall=0.2)
    start = time.monotonic()
    assert ask(proxy, LIST, len(OK)) == OK
    assert time.monotonic() - start >= 0.2


def test_a_stall_ends_when_the_client_goes(upstream: Upstream, proxy: FaultProxy) -> None:
    proxy.faults.add(stall=60)
    start = time.monotonic()
    with connected(proxy) as client:
        client.sendall(LIST)
        client.shutdown(socket.SHUT_WR)
        read(client)
    assert time.monotonic() - start < 5
    assert upstream.connections == 1


def test_a_stall_does_not_end_when_the_client_sends_ahead(proxy: FaultProxy) -> None:
    proxy.faults.add(stall=0.3, count=1)
    start = time.monotonic()
    with connected(proxy) as client:
        client.sendall(LIST + b"x" * 1_200_000)
        assert read(client, len(OK)) == OK
    assert time.monotonic() - start >= 0.3


def test_garbage(proxy: FaultProxy) -> None:
    proxy.faults.plan = {"seed": 5, "faults": [{"garbage": True}]}
    expected = random.Random("5/0").randbytes(64)
    assert ask(proxy) == expected
    proxy.plan = [{"garbage": "SSH-2.0\r\n"}]
    assert ask(proxy) == b"SSH-2.0\r\n"


def test_requests_sent_at_once_before_the_end_of_sending(upstream: Upstream, proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        client.sendall(LIST * 3)
        client.shutdown(socket.SHUT_WR)
        assert read(client) == OK * 3
    assert upstream.received.count(b"GET ") == 3


def test_the_same_answer_twice(proxy: FaultProxy) -> None:
    proxy.faults.add(twice=True, count=1)
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, 2 * len(OK)) == OK + OK
        client.sendall(LIST)
        assert read(client, len(OK)) == OK


def test_a_connection_is_closed_while_idle(upstream: Upstream, proxy: FaultProxy) -> None:
    proxy.faults.add(operations="list_datasets", close_idle=True, after=1)
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(OK)) == OK
        client.sendall(LIST)
        assert read(client) == OK
    assert upstream.connections == 1
    assert [record.operation for record in proxy.applied] == ["list_datasets"]
    deadline = time.monotonic() + 5
    while proxy.connections:
        assert time.monotonic() < deadline


def refused(proxy: FaultProxy) -> bool:
    try:
        with connected(proxy):
            return False
    except ConnectionRefusedError:
        return True


def test_connections_are_refused_until_there_is_another_plan(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(OK)) == OK
        proxy.plan = [{"refuse": True}]
        assert read(client) == b""
    assert refused(proxy)
    proxy.plan = [{"refuse": True}]
    assert refused(proxy)
    proxy.faults.clear()
    assert ask(proxy, LIST, len(OK)) == OK


def test_connections_are_refused_for_a_while(proxy: FaultProxy) -> None:
    proxy.faults.add(refuse=0.2, count=1)
    assert refused(proxy)
    assert [str(record) for record in proxy.applied] == ["faults[0] refuse 0.2: no request yet, time 1"]
    deadline = time.monotonic() + 5
    while refused(proxy):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert ask(proxy, LIST, len(OK)) == OK


def test_connections_are_refused_after_requests(proxy: FaultProxy) -> None:
    proxy.faults.add(refuse=True, after=2, count=1)
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(OK)) == OK
        client.sendall(LIST)
        assert read(client) == OK
    assert refused(proxy)


def test_which_requests_are_struck_depends_on_the_seed_alone(upstream: Upstream) -> None:
    def outcomes(seed: int) -> list[bool]:
        plan = {"seed": seed, "faults": [{"reset_before": True, "probability": 0.4}]}
        with FaultProxy(upstream.url, plan) as proxy:
            return [ask(proxy, LIST, len(OK)) == OK for _ in range(30)]

    assert outcomes(1) == outcomes(1)
    assert outcomes(1) != outcomes(2)


def test_both_levels_share_one_plan() -> None:
    faults = Faults([{"status": 503, "count": 1}, {"half_answer": 12, "count": 1}])
    server = RunningServer()
    install(server.app, faults)
    with server, FaultProxy(server.url, faults) as proxy:
        assert ask(proxy) == b"HTTP/1.1 503"
        assert [record.level for record in faults.applied] == ["wire", "server"]


def test_a_server_within_a_path(upstream: Upstream) -> None:
    with FaultProxy(f"{upstream.url}/some/where/") as proxy:
        assert ask(proxy, LIST, len(OK)) == OK
        assert upstream.received.startswith(b"GET /some/where/organizations/1/datasets/ HTTP/1.1\r\n")
        assert ask(proxy, b"OPTIONS * HTTP/1.1\r\n\r\n", len(OK)) == OK
        assert upstream.received.endswith(b"OPTIONS * HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:80", "ftp://host", "http://", "http://h:x", "http://u:p@h", "http://h/?q", "http://h\u00e9"]
)
def test_a_url_that_is_none_of_a_server(url: str) -> None:
    with pytest.raises(ValueError, match="the URL of a server is needed"):
        FaultProxy(url)


def test_a_plan_for_the_server_is_refused(upstream: Upstream) -> None:
    with pytest.raises(PlanError, match="needs the server's own faults"):
        FaultProxy(upstream.url, [{"status": 503}])


def test_a_port_that_is_taken(upstream: Upstream) -> None:
    taken = urlsplit(upstream.url).port or 0
    with pytest.raises(OSError, match=r"in use"), FaultProxy(upstream.url, port=taken):
        pass


def test_it_may_be_stopped_twice_and_unstarted(upstream: Upstream) -> None:
    proxy = FaultProxy(upstream.url)
    proxy.stop()
    proxy.start()
    with connected(proxy) as client:
        client.sendall(LIST)
        assert read(client, len(OK)) == OK
        proxy.stop()
        assert read(client) == b""
    proxy.stop()
    proxy.faults.add(refuse=True)


def test_it_may_be_stopped_while_it_refuses(upstream: Upstream) -> None:
    with FaultProxy(upstream.url, [{"refuse": True}]) as proxy:
        assert refused(proxy)
    with FaultProxy(upstream.url, [{"refuse": 60}]) as proxy:
        assert refused(proxy)


def test_a_connection_that_comes_as_it_stops_is_closed(upstream: Upstream) -> None:
    """Whichever turn of the loop it comes in: before its task has begun, or after the others were ended."""

    class Late(Proxy):
        async def stop(self) -> None:
            coming = [asyncio.ensure_future(self._connect(turns)) for turns in range(6)]
            await super().stop()
            await asyncio.gather(*coming)

        async def _connect(self, turns: int) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            ours, theirs = socket.socketpair()
            kept.append(theirs)
            reader = asyncio.StreamReader()
            make = functools.partial(asyncio.StreamReaderProtocol, reader, self._accept)
            await asyncio.get_running_loop().connect_accepted_socket(make, ours)

    async def run() -> None:
        proxy = Late(upstream.url)
        await proxy.start()
        await proxy.stop()

    kept: list[socket.socket] = []
    asyncio.run(run())
    gc.collect()
    for client in kept:
        client.settimeout(1)
        assert client.recv(1) == b""
        client.close()


def test_it_listens_on_ipv6(upstream: Upstream) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")
    with FaultProxy(upstream.url, host="::1") as proxy:
        assert proxy.url.startswith("http://[::1]:")
        assert ask(proxy, LIST, len(OK)) == OK
        proxy.plan = [{"refuse": True}]
        assert refused(proxy)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_it_runs_within_a_loop_and_its_plan_may_be_set_there(
    upstream: Upstream, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def run() -> tuple[bytes, bytes]:
        proxy = Proxy(upstream.url)
        port = urlsplit(await proxy.start()).port
        proxy.faults.add(reset_after=True, count=1)
        answers = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(LIST)
            try:
                answers.append(await reader.read(len(OK)))
            except ConnectionResetError:
                answers.append(RESET)
            writer.close()
        proxy.faults.add(refuse=True)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await proxy.stop()
        return answers[0], answers[1]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(run()) == (RESET, OK)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_client_that_is_killed_before_a_response(
    upstream: Upstream, loop_factory: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    upstream.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + bytes(9_000_000)]

    async def run() -> None:
        proxy = Proxy(upstream.url)
        address = urlsplit(await proxy.start())
        with socket.create_connection((address.hostname, address.port or 0)) as client:
            client.sendall(LIST)
        async with asyncio.timeout(5):
            while proxy.connections or not upstream.connections:  # noqa: ASYNC110 - no event says it
                await asyncio.sleep(0.001)
        await proxy.stop()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())
    assert not caplog.records


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_connection_accepted_just_before_an_outage_does_not_hang(
    upstream: Upstream, loop_factory: Callable[[], asyncio.AbstractEventLoop], turns: int
) -> None:
    async def run() -> bytes:
        proxy = Proxy(upstream.url)
        address = urlsplit(await proxy.start())
        with socket.create_connection((address.hostname, address.port or 0)) as client:
            client.sendall(LIST)
            client.setblocking(False)
            for _ in range(turns):
                await asyncio.sleep(0)
            proxy.refuse(None)
            try:
                async with asyncio.timeout(5):
                    return await asyncio.get_running_loop().sock_recv(client, len(OK))
            except ConnectionResetError:
                return RESET
            finally:
                await proxy.stop()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        # Served, reset with the listening socket, or closed as an idle one; but not left open.
        assert runner.run(run()) in (OK, RESET, b"")
    gc.collect()


@pytest.mark.parametrize("turns", range(10))
@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_request_that_an_outage_cuts_off_is_not_carried_out_later(
    upstream: Upstream, loop_factory: Callable[[], asyncio.AbstractEventLoop], turns: int
) -> None:
    """Whichever turn of the loop it comes in: a client that has seen the close may look at once what became of it."""

    async def run() -> tuple[bytes, bytes]:
        proxy = Proxy(upstream.url)
        address = urlsplit(await proxy.start())
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(LIST)
        await reader.readexactly(len(OK))
        before = len(upstream.received)
        writer.write(LIST)
        for _ in range(turns):
            await asyncio.sleep(0)
        proxy.refuse(None)
        try:
            async with asyncio.timeout(5):
                response = await reader.read(len(OK))
        except ConnectionResetError:
            response = RESET
        # Time for a request that is still on its way.
        await asyncio.sleep(0.02)
        await proxy.stop()
        writer.close()
        return response, upstream.received[before:]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        response, late = runner.run(run())
    assert (response == OK) == (LIST.split(b"\r\n")[0] in late)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_server_behind_tls(certificate: Path, is_trusted: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> list[bytes]:
        received: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                received.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(OK)
                await reader.read()
            writer.close()

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        trusting = ssl.create_default_context(cafile=certificate) if is_trusted else None
        proxy = Proxy(f"https://localhost:{port}/base", context=trusting)
        reader, writer = await asyncio.open_connection(*(await proxy.start()).removeprefix("http://").split(":"))
        writer.write(LIST)
        with contextlib.suppress(ConnectionResetError):
            received.append(await reader.read(len(OK)))
        writer.write_eof()
        with contextlib.suppress(ConnectionResetError):
            received.append(await reader.read())
        writer.close()
        await proxy.stop()
        server.close()
        await asyncio.sleep(0.05)
        return [piece.replace(b"%d" % port, b"PORT") for piece in received]

    if is_trusted:
        asked = LIST.replace(b" /o", b" /base/o").replace(b"here", b"localhost:PORT")
        assert asyncio.run(run()) == [asked, OK, b""]
    else:
        assert b"".join(asyncio.run(run())) == b""
        assert "certificate verify failed" in caplog.messages[0]

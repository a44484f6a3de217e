"""What a transport does below a call, over each HTTP library: codings, proxies, limits, and what may be given."""

import asyncio
import base64
import contextlib
import gzip
import os
import re
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import pytest
from tests.sampling import every
from tests.wrapper.faces import TOKEN as TOKEN_OF_FACES

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import ConnectionFailed, HttpError, InvalidResponse, NotFound, RequestTimeout
from abeja_datasets.transports import http_libraries, trust
from abeja_datasets.transports.lanes import TASKS_A_LANE, Lanes
from abeja_datasets.transports.received import Body
from abeja_datasets.transports.wire import BodyTooLarge, DecodingError, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

TOKEN = {"auth_token": "irrelevant"}
TEXT = b'{"text": "' + b"0123456789" * 1000 + b'"}'


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


CODINGS = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZIP": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),  # several members
    "gzip ": gzip.compress(TEXT) + b"\0" * 50,  # padded, as some tools write it
    "deflate": zlib.compress(TEXT),
    "deflate ": raw_deflate(TEXT),
    "identity": TEXT,
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
}


# Codings


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("is_given", [False, True])
def test_a_response_is_decoded(face: "Face", server: "ScriptedServer", coding: str, is_given: bool) -> None:
    if is_given and coding == "GZIP":
        coding = "gzip"  # httpx's own decoder reads one member, in lowercase
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    server.reply(body=CODINGS[coding], headers={"Content-Encoding": coding})
    server.reply(404, body=CODINGS[coding], headers={"Content-Encoding": coding})
    client = face.open(server, **given)
    assert client.get_dataset(1, 2) == {"text": "0123456789" * 1000}
    with pytest.raises(HttpError, match="0123456789"):
        client.get_dataset(1, 2)
    accepted = server.requests[0].headers["accept-encoding"].split(", ")
    assert accepted[:2] == ["gzip", "deflate"]
    assert is_given or len(accepted) == 2


@pytest.mark.parametrize("coding", ["br", "gzip, br", "zstd", "gzip, gzip, gzip, gzip", "x" * 300])
def test_a_coding_that_was_not_asked_for_is_a_connection_failed(
    face: "Face", server: "ScriptedServer", coding: str
) -> None:
    server.reply(body=TEXT, headers={"Content-Encoding": coding})
    with pytest.raises(ConnectionFailed, match=r"Content-Encoding '.{2,100}', which can't be read") as caught:
        face.open(server, max_retry_count=0).get_dataset(1, 2)
    assert caught.value.outcome == "unknown"


@pytest.mark.parametrize("body", [TEXT, CODINGS["gzip"][:-10]], ids=["broken", "cut short"])
@pytest.mark.parametrize("coding", ["gzip", "br", "br, gzip"])
@pytest.mark.parametrize("is_given", [False, True])
def test_the_status_of_an_error_counts_also_where_its_body_can_not_be_read(
    face: "Face", server: "ScriptedServer", coding: str, body: bytes, is_given: bool
) -> None:
    if is_given and coding == "br":
        pytest.skip("httpx leaves a body as it is whose coding it does not know")
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    client = face.open(server, max_retry_count=1, **given)
    headers = {"Content-Encoding": coding, "Content-Type": "text/plain; charset=utf-16", "X-Request-Id": "id-7"}
    server.reply(404, body, headers)
    with pytest.raises(NotFound) as caught:
        client.create_dataset(1, "a", "b", {})
    # What httpx decodes may be no text; what we decode says why there is none.
    assert is_given or re.search("can't be (read|decoded)|cut short", caught.value.error_description or "")
    assert (caught.value.status_code, caught.value.outcome, caught.value.request_id) == (404, "rejected", "id-7")
    assert [attempt.status for attempt in caught.value.attempts] == [404]
    server.reply(503, body, headers)
    server.answer({"a": 1})
    assert client.get_dataset(1, 2) == {"a": 1}  # as after any other 503


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate "])
def test_a_coding_that_is_cut_short_is_a_connection_failed(face: "Face", server: "ScriptedServer", coding: str) -> None:
    server.reply(body=CODINGS[coding][:-10], headers={"Content-Encoding": coding})
    with pytest.raises(ConnectionFailed, match="DecodingError"):
        face.open(server).create_dataset(1, "a", "b", {})


def test_a_small_body_that_becomes_a_huge_one_is_stopped(face: "Face", server: "ScriptedServer") -> None:
    bomb = gzip.compress(gzip.compress(b"0" * 50_000_000))
    assert len(bomb) < 1000
    server.reply(body=bomb, headers={"Content-Encoding": "gzip, gzip"})
    with pytest.raises(InvalidResponse, match="larger than max_response_bytes, 1,000,000 bytes"):
        face.open(server, max_response_bytes=1_000_000).get_dataset(1, 2)


def test_a_coding_may_come_in_several_headers(face: "Face", server: "ScriptedServer") -> None:
    # The script has one header of a name, and servers may write it in any case.
    server.reply(body=CODINGS["deflate, gzip"], headers={"Content-Encoding": "deflate", "content-encoding": "gzip"})
    assert face.open(server).get_dataset(1, 2) == {"text": "0123456789" * 1000}


@pytest.mark.parametrize("codings", [2, 4])
def test_a_given_client_is_held_to_the_limit_too(face: "Face", server: "ScriptedServer", codings: int) -> None:
    body = b"0" * 2_000_000
    for _ in range(codings):
        body = gzip.compress(body)
    server.reply(body=body, headers={"Content-Encoding": ", ".join(["gzip"] * codings)})
    with pytest.raises(InvalidResponse, match="larger than max_response_bytes, 1,000,000 bytes"):
        face.open(server, max_response_bytes=1_000_000, http_client=face.http_client(trust_env=False)).get_dataset(1, 2)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate ", "deflate, gzip"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pieces_of_any_size_are_decoded(coding: str, size: int) -> None:
    body = Body(coding, limits(10**6))
    encoded = CODINGS[coding]
    for start in range(0, len(encoded), size):
        body.feed(encoded[start : start + size])
    assert body.finish() == TEXT


def test_a_response_without_a_body_may_name_a_coding() -> None:
    body = Body("gzip", limits(10))
    assert body.finish() == b""


def test_the_bounds_of_a_body() -> None:
    body = Body(None, limits(10))
    body.feed(b"0123456789")
    assert body.finish() == b"0123456789"
    with pytest.raises(BodyTooLarge):
        body.feed(b"0")
    late = Body(None, limits(10, deadline=time.monotonic() - 1))
    with pytest.raises(TimeoutError):
        late.feed(b"0")
    with pytest.raises(DecodingError):
        Body("br", limits(10))


def limits(max_bytes: int, deadline: float | None = None) -> Request:
    """A request with these limits."""
    credential: Any = None
    return Request("GET", "http://h", "/", (), None, 1.0, deadline, max_bytes, credential)


# Cookies and keep-alive


def test_no_cookie_is_kept(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server)
    for cookie in ("a=1", "b=\u00e9", "c=2; Path=/"):
        server.reply(headers={"Set-Cookie": cookie})
        client.get_dataset(1, 2)
    assert ["cookie" in request.headers for request in server.requests] == [False] * 3


@pytest.mark.parametrize("size", [0, 300_000, 3_000_000])
def test_a_body_of_any_size_is_sent_whole(face: "Face", server: "ScriptedServer", size: int) -> None:
    server.answer({})
    face.open(server).update_dataset_item(1, 2, 3, {"text": "x" * size})
    assert server.only.json == {"attributes": {"text": "x" * size}}
    assert server.only.headers["content-length"] == str(len(server.only.body))
    assert "transfer-encoding" not in server.only.headers


# Proxies


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_requests_go_through_the_proxy_of_the_environment(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, server.url.replace("http://", "http://me:secret@"))
    server.answer({"through": "a proxy"})
    assert face.open("http://nowhere.invalid").get_dataset(1, 2) == {"through": "a proxy"}
    assert server.only.target == "http://nowhere.invalid/organizations/1/datasets/2"
    assert server.only.headers["host"] == "nowhere.invalid"
    assert server.only.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()


def test_a_proxy_for_https_is_asked_for_a_tunnel(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.reply(403, b"no")
    with pytest.raises(ConnectionFailed) as caught:
        face.open("https://nowhere.invalid", max_retry_count=0).get_dataset(1, 2)
    assert caught.value.outcome == "not_sent"
    assert (server.only.method, server.only.target) == ("CONNECT", "nowhere.invalid:443")
    assert TOKEN_OF_FACES not in str(server.only.headers)


def test_a_proxy_without_a_password_gets_no_authorization_of_its_own(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.answer({})
    face.open("http://nowhere.invalid").get_dataset(1, 2)
    assert "proxy-authorization" not in server.only.headers


@pytest.mark.parametrize("user", ["me:p%40ss", "me:p%C3%A9"])
def test_a_tunnel_that_is_refused_shows_no_password(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url.replace("http://", f"http://{user}@"))
    server.reply(407, b"no")
    with pytest.raises(ConnectionFailed, match="407") as caught:
        face.open("https://nowhere.invalid", max_retry_count=0).get_dataset(1, 2)
    assert user not in repr(caught.value) + str(caught.value) + repr(caught.value.attempts)
    sent = server.only.headers["proxy-authorization"]
    assert sent == "Basic " + base64.b64encode(unquote(user).encode()).decode()


def test_a_proxy_that_says_nothing_runs_into_the_timeout(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.reply(fault="stall")
    with pytest.raises(RequestTimeout):
        face.open("https://nowhere.invalid", max_retry_count=0, timeout=0.2).get_dataset(1, 2)


@pytest.mark.parametrize("fault", ["unread", "silent", "reset"])
def test_a_tunnel_that_is_dropped_has_sent_nothing_and_is_tried_again(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.reply(fault=fault)
    server.reply(fault=fault)
    with pytest.raises(ConnectionFailed) as caught:
        face.open("https://nowhere.invalid", max_retry_count=1).create_dataset(1, "a", "b", {})
    assert [attempt.outcome for attempt in caught.value.attempts] == ["not_sent", "not_sent"]
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize(
    "speaks", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", b"\x15\x03\x01\0\x02\x02\x46"]
)
@pytest.mark.parametrize("is_given", [False, True])
def test_a_tunnel_that_is_garbled_has_sent_nothing(
    face: "Face", monkeypatch: pytest.MonkeyPatch, speaks: bytes, is_given: bool
) -> None:
    with speaking(speaks) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        given = {"http_client": face.http_client()} if is_given else {}
        with pytest.raises(ConnectionFailed) as caught:
            face.open("https://nowhere.invalid", max_retry_count=1, **given).create_dataset(1, "a", "b", {})
    assert [attempt.outcome for attempt in caught.value.attempts] == ["not_sent", "not_sent"]


@pytest.mark.parametrize("where", ["TLS", "CONNECT", "TLS behind CONNECT"])
@pytest.mark.parametrize("is_given", [False, True])
@pytest.mark.parametrize("limit", ["deadline", "timeout"])
def test_a_limit_that_is_over_while_connecting_has_sent_nothing(
    face: "Face", monkeypatch: pytest.MonkeyPatch, where: str, is_given: bool, limit: str
) -> None:
    with speaking(b"HTTP/1.1 200 OK\r\n\r\n" if where == "TLS behind CONNECT" else b"") as url:
        if where != "TLS":
            monkeypatch.setenv("HTTPS_PROXY", url)
        origin = url.replace("http:", "https:") if where == "TLS" else "https://nowhere.invalid"
        given = {"http_client": face.http_client()} if is_given else {}
        client = face.open(origin, max_retry_count=0, **{limit: 0.1}, **given)
        with pytest.raises(RequestTimeout) as caught:
            client.create_dataset(1, "a", "b", {})
    assert caught.value.outcome == "not_sent"


def test_a_failure_that_the_caller_handles_does_not_count(face: "Face", server: "ScriptedServer") -> None:
    # The error of the first call is the context of the second's.
    with speaking(b"garbage") as url:
        unsafe = face.open(url.replace("http:", "https:"), max_retry_count=0)

        def fail_twice() -> None:
            try:
                unsafe.get_dataset(1, 2)
            except ConnectionFailed:
                face.open(server, deadline=0.2).create_dataset(1, "a", "b", {})

        server.reply(fault="stall")
        with pytest.raises(RequestTimeout) as caught:
            fail_twice()
    assert isinstance(caught.value.__cause__, TimeoutError | httpx.TimeoutException)
    assert caught.value.outcome == "unknown"
    assert len(server.requests) == 1


@contextlib.contextmanager
def speaking(data: bytes) -> "Iterator[str]":
    """Run a server that reads a little from each connection, sends this, and then nothing; yield its URL."""
    connections: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                connection.recv(4096)
                if data:
                    connection.sendall(data)
                    if b"200 OK\r\n\r\n" not in data:
                        connection.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(5)
            for connection in connections:
                connection.close()


@pytest.mark.parametrize("value", ["127.0.0.1", "localhost,127.0.0.1", "*", "127.0.0.1:{port}", ".0.0.1"])
def test_no_proxy_is_used_for_what_no_proxy_names(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", value.format(port=server.url.rpartition(":")[2]))
    server.answer({})
    assert face.open(server).get_dataset(1, 2) == {}


@pytest.mark.parametrize(
    "value", ["http://", "http://h:port", "http://a b", "http://me:hush@h:99999", "socks5://me:hush@h", "gopher://h"]
)
def test_a_proxy_that_can_not_be_used_is_an_error_that_names_its_variable(
    face: "Face", monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", value)
    with pytest.raises(ValueError, match=r"^HTTP_PROXY: ") as caught:
        face.open("http://h").get_dataset(1, 2)
    assert "hush" not in str(caught.value)


# What may be given


def test_an_unknown_transport_is_refused(face: "Face") -> None:
    with pytest.raises(ValueError, match=r"^transport: 'httpx' or 'aiohttp' is needed, not 'requests'"):
        face.make(TOKEN, transport="requests")


def test_the_sync_client_takes_no_aiohttp() -> None:
    other: Any = "aiohttp"
    with pytest.raises(ValueError, match=r"^transport: 'aiohttp' is only for AsyncAPIClient"):
        APIClient(TOKEN, transport=other)


def test_a_transport_beside_a_client_is_refused(face: "Face") -> None:
    with pytest.raises(ValueError, match=r"^transport: 'httpx' and http_client can't both be given"):
        face.make(TOKEN, transport="httpx", http_client=face.http_client())


def test_a_transport_whose_extra_is_missing_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.delitem(sys.modules, "aiohttp", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ImportError, match=r"^transport: 'aiohttp' needs the extra \[fast\]: pip install "):
        AsyncAPIClient(TOKEN, transport="aiohttp")


def test_a_transport_that_can_not_be_imported_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ImportError, match=r"^transport: 'aiohttp' needs the extra \[fast\]"):
        AsyncAPIClient(TOKEN, transport="aiohttp")


def test_another_object_of_httpx_is_not_called_another_package() -> None:
    given: Any = httpx.HTTPTransport()
    with pytest.raises(TypeError, match=r"^http_client: an httpx.Client is needed, not HTTPTransport$"):
        APIClient(TOKEN, http_client=given)


def test_a_client_of_httpx2_is_named_as_what_it_is() -> None:
    kind = type("Client", (), {"__module__": "httpx2._client"})
    given: Any = kind()
    with pytest.raises(TypeError, match=r"an httpx.Client is needed, not httpx2.Client: httpx2 is another package"):
        APIClient(TOKEN, http_client=given)


def test_a_closed_http_client_is_refused_at_once_or_at_the_call(face: "Face", server: "ScriptedServer") -> None:
    http_client = face.http_client(trust_env=False)
    client = face.open(server, http_client=http_client)
    face.run(http_client.close if isinstance(http_client, httpx.Client) else http_client.aclose)
    kind = type(http_client).__name__
    with pytest.raises(ValueError, match=f"^http_client: this httpx.{kind} is closed; pass one that is open$"):
        face.open(server, http_client=http_client)
    with pytest.raises(RuntimeError, match="the client given as http_client is closed; pass one that is open"):
        client.get_dataset(1, 2)
    assert server.received == 0


def test_several_clients_may_share_one_http_client(face: "Face", server: "ScriptedServer") -> None:
    http_client = face.http_client(trust_env=False)
    first, second = (face.open(server, http_client=http_client) for _ in range(2))
    for client in (first, second):
        server.answer({})
        client.get_dataset(1, 2)
    first.close()
    server.answer({})
    assert second.get_dataset(1, 2) == {}
    assert {request.connection for request in server.requests} == {1}


def test_a_hook_of_a_given_client_may_read_the_response(face: "Face", server: "ScriptedServer") -> None:
    def read(response: httpx.Response) -> None:
        response.read()

    async def read_async(response: httpx.Response) -> None:
        await response.aread()

    hook = read if face.name == "sync" else read_async
    client = face.open(server, http_client=face.http_client(trust_env=False, event_hooks={"response": [hook]}))
    server.reply(body=CODINGS["gzip"], headers={"Content-Encoding": "gzip"})
    assert client.get_dataset(1, 2) == {"text": "0123456789" * 1000}


# The workarounds


class Renamed:
    """A stream whose internals are not where they were."""


def test_a_lost_internal_is_told_once_with_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_libraries, "_warned", set())
    response = httpx.Response(200, extensions={"network_stream": object()})
    with pytest.warns(RuntimeWarning, match=rf"internals of httpx {httpx.__version__} with httpcore \d.*: what comes"):
        assert not http_libraries.has_leftovers(response, Renamed(), is_given=False)
    # Warnings are errors here: a second one would fail.
    assert not http_libraries.has_leftovers(response, Renamed(), is_given=False)
    assert not http_libraries.has_leftovers(response, Renamed(), is_given=True)
    with pytest.warns(RuntimeWarning, match=r"internals of aiohttp \d.*_retry_connection"):
        http_libraries.never_resend(object())


def test_sniffio_is_not_looked_for_in_each_request(server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> None:
            del path, target
            looked_for.append(name)

    async def main() -> None:
        async with AsyncAPIClient({"auth_token": "t"}, base_url=server.url) as client:
            await client.get_dataset(1, 2)
            looked_for.clear()
            await client.get_dataset(1, 2)

    looked_for: list[str] = []
    monkeypatch.delitem(sys.modules, "sniffio", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    for _ in range(2):
        server.reply()
    asyncio.run(main())
    assert "sniffio" not in looked_for


def test_where_sniffio_is_loaded_it_says_which_library_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpcore

    class Sniffio:
        @staticmethod
        def current_async_library() -> str:
            return "curio"

    http_libraries.find_sniffio_once()
    current: Any = httpcore._synchronization
    monkeypatch.delitem(sys.modules, "sniffio", raising=False)
    assert current.current_async_library() == "asyncio"
    monkeypatch.setitem(sys.modules, "sniffio", Sniffio)
    with pytest.raises(RuntimeError, match="unsupported async environment"):
        current.current_async_library()
    before = current.current_async_library
    http_libraries.find_sniffio_once()
    assert current.current_async_library is before


# Many at once


def test_more_tasks_take_more_lanes() -> None:
    made: list[Any] = []

    class Slow:
        library = "slow"

        def __init__(self) -> None:
            made.append(self)
            self.most = self.now = 0

        async def send(self, _request: Any) -> Any:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1

        async def close(self) -> None:
            made.remove(self)

    async def main() -> tuple[int, int]:
        lanes = Lanes(Slow)
        request: Any = None
        for _ in range(3):
            await asyncio.gather(*(lanes.send(request) for _ in range(32)))
        found = len(made), max(lane.most for lane in made)
        await lanes.close()
        return found

    assert asyncio.run(main()) == (32 // TASKS_A_LANE, TASKS_A_LANE)
    assert made == []


def test_cancelled_calls_leave_a_client_that_works(face: "Face", server: "ScriptedServer") -> None:
    if face.name == "sync":
        pytest.skip("a thread is not cancelled")

    async def main() -> Any:
        options: dict[str, Any] = {"transport": "aiohttp"} if face.name == "aiohttp" else {}
        async with AsyncAPIClient(TOKEN, base_url=server.url, **options) as client:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.create_dataset(1, "a", "b", {}), 0.1)
            return await client.get_dataset(1, 2)

    for _ in range(3):
        server.reply(fault="stall")
    server.answer({"after": 1})
    assert asyncio.run(main()) == {"after": 1}
    assert len(server.requests) == 4
    assert server.all_left()


# The first call

PROGRAM = """
import asyncio, sys
from abeja_datasets import AsyncAPIClient

async def main():
    before = "httpx" in sys.modules
    client = AsyncAPIClient({"auth_token": "t"}, base_url=sys.argv[1])
    await client.get_dataset(1, 2)
    await client.close()
    print(before, "httpx" in sys.modules, any(name.startswith(("rich", "click", "pygments")) for name in sys.modules))

asyncio.run(main())
"""


def test_the_first_call_loads_httpx_without_its_command_line(server: "ScriptedServer") -> None:
    server.answer({})
    command = [sys.executable, "-W", "error", "-c", PROGRAM, server.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=dict(os.environ))
    assert done.stdout == "False True False\n"


def test_the_first_call_loads_in_a_thread(server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch) -> None:
    from abeja_datasets.transports.choice import AsyncChoice

    loaded: list[threading.Thread] = []
    prepare = AsyncChoice.prepare

    def noted(choice: AsyncChoice) -> None:
        loaded.append(threading.current_thread())
        prepare(choice)

    monkeypatch.setattr(AsyncChoice, "prepare", noted)

    async def main() -> None:
        async with AsyncAPIClient(TOKEN, base_url=server.url) as client:
            assert len(loaded) == 1  # before the first call
            await client.get_dataset(1, 2)

    server.answer({})
    asyncio.run(main())
    assert loaded != [threading.main_thread()]
    assert len(loaded) == 1


def test_plain_http_reads_no_certificates(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "no certificates"
    file.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    server.answer({})
    assert face.open(server).get_dataset(1, 2) == {}
    with pytest.raises(ValueError, match=r"^SSL_CERT_FILE: no certificates can be read from "):
        face.open("https://nowhere.invalid").get_dataset(1, 2)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_certificates_that_are_not_there_are_told_with_plain_http_too(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for one in trust.VARIABLES:
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(variable, "/nowhere/at/all")
    with pytest.raises(ValueError, match=rf"^{variable}: no certificates can be read from '/nowhere/at/all'"):
        face.open(server).get_dataset(1, 2)


@pytest.mark.parametrize("size", every(3, [100, 2, 1]))
def test_a_body_of_small_pieces_takes_no_more_memory_than_twice_its_size(size: int) -> None:
    whole = 1 << 20
    body = Body(None, limits(whole))
    tracemalloc.start()
    try:
        for number in range(whole // size):
            body.feed(bytes((number % 251,)) * size)
        received = body.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received == b"".join(bytes((number % 251,)) * size for number in range(whole // size))
    assert peak < 2 * whole + 200_000

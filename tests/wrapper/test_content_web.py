"""Content on web servers: what is sent for it, what is followed, and what goes wrong."""

import gzip
import logging
import socket
import ssl
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.wrapper.conftest import Waits
from tests.wrapper.raw_server import serving
from tests.wrapper.scripted import Reply, Request, ScriptedServer

from abeja_datasets import APIClient, exceptions
from abeja_datasets.content import ContentReader
from abeja_datasets.exceptions import (
    ConnectionFailed,
    Error,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    UnsupportedURI,
)

SECRET = "hush-hush-token"
IMAGE = b"\x89PNG" + bytes(range(256))

Make = Callable[..., ContentReader]


@pytest.fixture
def make(server: ScriptedServer, tmp_path: Path) -> Make:
    def make(api: dict[str, Any] | None = None, **options: Any) -> ContentReader:
        settings = {"max_retry_count": 0, **(api or {})}
        client = APIClient({"auth_token": SECRET}, base_url=server.url, **settings)
        return ContentReader(client, **{"cache_dir": tmp_path / "cache", **options})

    return make


def kept(tmp_path: Path) -> list[Path]:
    """Return all that is in the cache."""
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_nothing_of_the_caller_goes_to_the_server(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    server.reply(body=IMAGE, headers={"Set-Cookie": "a=b", "Content-Type": "image/png"})
    server.reply(body=IMAGE)
    # The API itself, to which the client would send its credential.
    api = APIClient({"auth_token": SECRET}, base_url=server.url).with_options(headers={"X-Trace": "1"})
    reader = ContentReader(api, cache_dir=tmp_path / "cache")
    assert reader.read(f"{server.url}/a.png") == IMAGE
    assert reader.read(f"{server.url}/b.png") == IMAGE
    for request in server.requests:
        assert request.method == "GET"
        assert request.body == b""
        assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
        assert request.headers["accept"] == "*/*"
    assert [request.connection for request in server.requests] == [1, 1]


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("", "/"),
        ("/", "/"),
        ("/a b/é.jpg", "/a%20b/%C3%A9.jpg"),
        ("/a%20b%2Fc", "/a%20b%2Fc"),
        ("/a?X-Amz-Signature=a%2Bb%2F%3D&x=a/b:c,d", "/a?X-Amz-Signature=a%2Bb%2F%3D&x=a/b:c,d"),
        ("?a=1", "/?a=1"),
        ("/a?b?c", "/a?b?c"),
        ("/a#fragment", "/a"),
        ("/'(a)!;@$&=+,*", "/'(a)!;@$&=+,*"),
    ],
)
def test_the_target_is_the_one_of_the_uri(make: Make, server: ScriptedServer, given: str, target: str) -> None:
    server.reply(body=IMAGE)
    assert make().read(server.url + given) == IMAGE
    assert server.only.target == target


def test_the_scheme_has_any_case(make: Make, server: ScriptedServer) -> None:
    server.reply(body=IMAGE)
    assert make().read(server.url.replace("http", "HTTP")) == IMAGE


def test_a_content_coding_is_undone(make: Make, server: ScriptedServer) -> None:
    server.reply(body=gzip.compress(IMAGE), headers={"Content-Encoding": "gzip"})
    assert make().read(server.url) == IMAGE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_server_is_followed(
    make: Make, server: ScriptedServer, other_server: ScriptedServer, status: int
) -> None:
    server.reply(status, headers={"Location": f"{other_server.url}/there?sig=1"})
    other_server.reply(302, headers={"Location": "/further"})
    other_server.reply(body=IMAGE)
    assert make().read(f"{server.url}/here") == IMAGE
    assert [request.target for request in other_server.requests] == ["/there?sig=1", "/further"]
    for request in other_server.requests:
        assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
        assert request.headers["host"] == other_server.url.removeprefix("http://")


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://x/y", "gopher://x", "data:,x", "http://u:p@h/x", "http://[::1", "http://h:0/"],
)
def test_a_redirect_to_no_web_server_is_not(make: Make, server: ScriptedServer, tmp_path: Path, location: str) -> None:
    server.reply(302, b"", headers={"Location": location})
    with pytest.raises(HttpError, match=r"the redirect to .* is not followed: not a URL of a web server") as caught:
        make().read(server.url)
    assert caught.value.status_code == 302
    assert "u:p" not in str(caught.value)
    assert kept(tmp_path) == []


def test_redirects_in_a_circle_end(make: Make, server: ScriptedServer) -> None:
    server.always = lambda request: Reply(302, headers={"Location": f"{request.path}x"})
    with pytest.raises(HttpError, match="5 redirects were followed"):
        make().read(f"{server.url}/a")
    assert [request.path for request in server.requests] == [f"/a{'x' * number}" for number in range(6)]


@pytest.mark.parametrize(
    ("status", "headers"), [(302, {}), (300, {"Location": "/x"}), (304, {}), (305, {"Location": "/"})]
)
def test_other_redirects_are_errors(make: Make, server: ScriptedServer, status: int, headers: dict[str, str]) -> None:
    server.reply(status, b"", headers=headers)
    with pytest.raises(HttpError) as caught:
        make().read(server.url)
    assert caught.value.status_code == status


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, "BadRequest"), (401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound"), (410, "HttpError")],
)
def test_a_refusal_is_not_repeated(make: Make, server: ScriptedServer, tmp_path: Path, status: int, error: str) -> None:
    server.reply(status, b"<Error>no</Error>")
    with pytest.raises(HttpError, match="<Error>no</Error>") as caught:
        make({"max_retry_count": 5}).read(f"{server.url}/a?q=1")
    assert type(caught.value) is getattr(exceptions, error)
    assert caught.value.url == f"{server.url}/a?q=1"
    assert caught.value.outcome == "rejected"
    assert kept(tmp_path) == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_what_fails_for_a_moment_is_repeated(make: Make, server: ScriptedServer, waits: Waits, status: int) -> None:
    server.reply(status, headers={"Retry-After": "3"})
    server.reply(body=IMAGE)
    assert make({"max_retry_count": 1}).read(server.url) == IMAGE
    assert waits == [3.5]
    server.reply(status)
    server.reply(status)
    with pytest.raises(HttpError) as caught:
        make({"max_retry_count": 1}).read(f"{server.url}/b")
    assert [attempt.status for attempt in caught.value.attempts] == [status, status]


@pytest.mark.parametrize("fault", ["half", "reset", "silent", "unread"])
def test_half_a_body_is_an_error_and_never_kept(make: Make, server: ScriptedServer, tmp_path: Path, fault: str) -> None:
    server.reply(body=IMAGE, fault=fault)
    server.reply(body=IMAGE, fault=fault)
    reader = make({"max_retry_count": 1})
    with pytest.raises(ConnectionFailed) as caught:
        reader.read(server.url)
    assert isinstance(caught.value, OSError)
    assert len(caught.value.attempts) == 2
    assert kept(tmp_path) == []
    server.reply(body=IMAGE, fault=fault)
    server.reply(body=IMAGE)
    assert reader.read(server.url) == IMAGE


def test_half_of_a_chunked_or_compressed_body_is_an_error(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.reply(raw=head + b"4\r\nabcd\r\n")
    server.reply(body=gzip.compress(IMAGE)[:-9], headers={"Content-Encoding": "gzip"})
    reader = make()
    for _ in range(2):
        with pytest.raises(ConnectionFailed):
            reader.read(server.url)
    assert kept(tmp_path) == []


def test_no_server_is_a_connection_that_failed(make: Make, late_server: ScriptedServer) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        make().read(late_server.url)
    assert (caught.value.outcome, caught.value.errno) == ("not_sent", 111)


def test_the_timeout_and_the_deadline_of_the_client_hold(make: Make, server: ScriptedServer) -> None:
    server.reply(fault="stall")
    with pytest.raises(RequestTimeout):
        make({"timeout": 0.05}).read(server.url)
    server.reply(body=bytes(1000), pause=0.01)
    with pytest.raises(RequestTimeout):
        make({"deadline": 0.1}).read(server.url)


@pytest.mark.parametrize("status", [201, 202, 204, 205, 206, 226])
def test_another_success_is_no_content(make: Make, server: ScriptedServer, tmp_path: Path, status: int) -> None:
    server.reply(status, b"" if status in (204, 205) else IMAGE)
    with pytest.raises(InvalidResponse, match=f"GET {server.url}/ responded with {status} which is not whole content"):
        make().read(server.url)
    assert kept(tmp_path) == []


def test_content_up_to_the_limit_is_accepted(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    server.reply(body=IMAGE)
    assert make(max_content_bytes=len(IMAGE)).read(server.url) == IMAGE
    message = rf"larger than max_content_bytes, {len(IMAGE) - 1} bytes"
    # Kept by a client with another limit.
    with pytest.raises(InvalidResponse, match=message):
        make(max_content_bytes=len(IMAGE) - 1).read(server.url)
    for path in kept(tmp_path):
        path.unlink()
    server.reply(body=IMAGE)
    with pytest.raises(InvalidResponse, match=message):
        make(max_content_bytes=len(IMAGE) - 1).read(server.url)
    server.reply(body=gzip.compress(bytes(1_000_000)), headers={"Content-Encoding": "gzip"})
    with pytest.raises(InvalidResponse, match="max_content_bytes, 5,000 bytes"):
        make(max_content_bytes=5000).read(server.url)
    assert kept(tmp_path) == []


def test_the_limit_is_that_of_the_client_unless_one_is_given(make: Make, server: ScriptedServer) -> None:
    server.reply(body=IMAGE)
    with pytest.raises(InvalidResponse, match="max_content_bytes, 10 bytes"):
        make({"max_response_bytes": 10}).read(server.url)


def test_no_query_is_in_errors_and_logs(make: Make, server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hidden, further = "X-Signature=hush%2Bhush0", "sig=hush-further"

    def reply(request: Request) -> Reply:
        if request.path == "/a":
            return Reply(302, headers={"Location": f"/b?{further}"})
        body = "it is hush+hush0 or hush%2Bhush0" + (" and hush-further" if request.path == "/b" else "")
        return Reply(500, body.encode(), reason="hush+hush0", headers={"X-Echo": request.target})

    server.always = reply
    for target in (f"/a?{hidden}", f"/c?{hidden}"):
        with pytest.raises(HttpError) as caught:
            make({"max_retry_count": 1}).read(server.url + target)
        error = caught.value
        shown = [str(error), error.error_description, error.error, repr(error.headers), repr(error.attempts)]
        text = "\n".join([*shown, *traceback.format_exception(error), caplog.text])
        assert "hush" not in text
        assert "[secret]" in error.error_description


def test_the_hook_hears_of_each_attempt(make: Make, server: ScriptedServer) -> None:
    reports: list[Any] = []
    server.reply(503)
    server.reply(body=IMAGE)
    make({"max_retry_count": 1, "on_attempt": reports.append}).read(f"{server.url}/a?q=hush")
    assert [(one.operation, one.method, one.path, one.status) for one in reports] == [
        ("get_content", "GET", "/a", 503),
        ("get_content", "GET", "/a", 200),
    ]


@pytest.mark.parametrize(
    "uri",
    ["http://", "http:///x", "http:x", "http://h:x/", "http://h:0/", "http://h:99999/", "http://[::1/", "http://1.2.3.999/",
     "http://a b/", "http://u@h/", "http://u:p@h/", "https://:443/", "http://\u2100/",
     "http://\u2603/", "http://x..y/", "http://127.0.0.1/" + "a" * 70_000],
)  # fmt: skip
def test_what_is_no_url_is_refused_and_nothing_sent(make: Make, uri: str) -> None:
    with pytest.raises((UnsupportedURI, ConnectionFailed)) as caught:
        make({"max_retry_count": 5}).read(uri)
    assert "u:p" not in str(caught.value)
    assert "base_url" not in str(caught.value)
    assert len(caught.value.attempts) <= 1


def test_a_closed_reader_says_so(make: Make, server: ScriptedServer) -> None:
    server.reply(body=IMAGE)
    reader = make()
    reader.read(server.url)
    reader.close()
    assert server.all_left()
    with pytest.raises(RuntimeError, match="closed"):
        reader.read(server.url)


def test_idle_connections_to_many_servers_are_few(make: Make) -> None:
    reader = make()
    servers = [ScriptedServer() for _ in range(5)]
    for one in servers:
        one.reply(body=IMAGE)
        assert reader.read(one.url) == IMAGE
    routes = reader._web._session._places.found().transport._routes  # type: ignore[union-attr]  # it has one by now
    assert len(routes) == 1
    reader.close()
    for one in servers:
        assert one.all_left()
        one.finish()


def test_all_errors_are_of_this_package(make: Make, server: ScriptedServer) -> None:
    server.reply(raw=b"this is not HTTP\r\n\r\n")
    with pytest.raises(Error):
        make().read(server.url)


def test_content_goes_through_the_proxy_that_the_environment_names(
    make: Make, server: ScriptedServer, other_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", other_server.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    other_server.reply(302, headers={"Location": f"{server.url}/direct"})
    server.reply(body=IMAGE)
    assert make().read("http://far.example/a?b=1") == IMAGE
    assert other_server.only.target == "http://far.example/a?b=1"
    assert other_server.only.headers["host"] == "far.example"
    assert server.only.target == "/direct"


def test_a_proxy_that_is_none_is_a_setting_that_can_not_be(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "no url")
    with pytest.raises(ValueError, match="HTTP_PROXY: "):
        make().read("http://far.example/a")


def test_content_over_tls_never_leaves_it(
    make: Make, server: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with context.wrap_socket(connection, server_side=True) as secure:
            target = secure.recv(65_536).split(b" ")[1]
            location = f"Location: {server.url}/\r\n".encode() if target == b"/away" else b""
            status = b"302 Found" if location else b"200 OK"
            secure.sendall(b"HTTP/1.1 " + status + b"\r\n" + location + b"Content-Length: 2\r\n\r\nok")

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(serve) as url:
        secure = url.replace("http://127.0.0.1", "https://localhost")
        reader = make()
        assert reader.read(f"{secure}/a") == b"ok"
        with pytest.raises(HttpError, match="is not followed: it leaves https"):
            reader.read(f"{secure}/away")
        server.reply(302, headers={"Location": f"{secure}/a"})
        assert reader.read(f"{server.url}/in") == b"ok"
        reader.close()
    monkeypatch.setenv("SSL_CERT_FILE", "/nothing")
    with pytest.raises(ValueError, match="SSL_CERT_FILE: "):
        make().read(f"{secure}/a", cache=False)

"""Servers that can't be checked, and wrong use, are told in one line."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.contract.faulty import AUTHORIZATION, CREDENTIALS, ORGANIZATION, OTHER_ORGANIZATION, URL, spoilt

from abeja_datasets_contract.check import CheckFailed, Mode, Options, check, clean_up
from abeja_datasets_mock import RunningServer


def options(tmp_path: Path, **more: Any) -> Options:
    return Options(**{"mode": Mode.WRITES, "ledger": tmp_path / "ledger.jsonl", **more})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def responseing(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                talk(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()


def failing(url: str, **more: Any) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(url, ORGANIZATION, AUTHORIZATION, Options(timeout=0.5, **more))
    assert caught.value.report is None
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_port_nobody_listens_on() -> None:
    assert "no connection" in failing(f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_server_that_responses_html(status: int) -> None:
    with responseing(status, {"Content-Type": "text/html"}, b"<h1>Welcome</h1>") as url:
        assert "HTML" in failing(url)


def test_a_server_that_redirects() -> None:
    with responseing(301, {"Location": "https://example.com/"}, b"") as url:
        assert "redirects to https://example.com/" in failing(url)


def test_a_server_without_such_an_api() -> None:
    with responseing(404, {"Content-Type": "application/json"}, b"{}") as url:
        assert "404" in failing(url)


def test_a_server_that_never_responses() -> None:
    with listening(lambda _: None) as url:
        assert "no response in time" in failing(url)


def test_a_server_that_closes_each_connection() -> None:
    with listening(lambda connection: connection.close()) as url:
        assert re.search("no (whole )?response", failing(url))


def test_a_server_that_does_not_talk_http() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-x\r\n")
        connection.close()

    with listening(talk) as url:
        assert "response" in failing(url)


def test_a_wrong_credential_and_a_wrong_organization() -> None:
    with RunningServer(credentials=CREDENTIALS) as server:
        with pytest.raises(CheckFailed, match="refuses the credential"):
            check(server.url, ORGANIZATION, "Bearer nobody")
        with pytest.raises(CheckFailed, match=OTHER_ORGANIZATION):
            check(server.url, OTHER_ORGANIZATION, AUTHORIZATION)


def test_a_refusal_is_shown_as_it_came() -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Key realm=x\r\nContent-Length: 28\r\n\r\n"
            b"No API key found in request\n"
        )

    with listening(refuse) as url:
        message = failing(url)
    assert message.endswith("status 401: No API key found in request\\n, WWW-Authenticate: Key realm=x")


def test_a_server_that_goes_away(tmp_path: Path) -> None:
    import httpx

    class Away(httpx.BaseTransport):
        def __init__(self, inner: Any) -> None:
            self.inner, self.left = inner, 200

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.left -= 1
            if self.left < 0:
                raise httpx.ReadError("gone", request=request)
            response: httpx.Response = self.inner.handle_request(request)
            return response

    with spoilt() as server, pytest.raises(CheckFailed, match="no longer responds") as caught:
        check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=Away(server)))
    assert caught.value.report is not None
    assert caught.value.report.left_behind


@pytest.mark.parametrize(
    "url",
    ["", "api.abeja.io", "ftp://x", "http://", "http://x:99999", "http://user:secret@x", "http://x/?a=1", "http://x y"],
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        check(url, ORGANIZATION, AUTHORIZATION)


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"max_requests": 0},
        {"max_body": 0},
        {"fuzz_examples": 0},
        {"rate": 0},
        {"timeout": -1},
        {"max_seconds": float("nan")},
        {"other_organization_id": "1"},
    ],
)
def test_options_that_are_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_id")[0]):
        Options(**wrong)


@pytest.mark.parametrize("value", ["", " ", "Bearer \u20ac", "Bearer a\nb", "Bearer a\x00", "Bearer \ud800"])
def test_a_credential_that_no_header_can_hold(value: str, tmp_path: Path) -> None:
    for call in (
        lambda: check(URL, ORGANIZATION, value),
        lambda: check(URL, ORGANIZATION, AUTHORIZATION, Options(other_organization_id="2", other_authorization=value)),
        lambda: clean_up(tmp_path / "ledger", value),
    ):
        with pytest.raises(ValueError, match="authorization: it is empty, or has characters that a header can't hold"):
            call()


def test_an_organization_is_needed() -> None:
    with pytest.raises(ValueError, match="organization_id"):
        check(URL, "", AUTHORIZATION)

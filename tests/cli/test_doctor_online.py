"""`abeja-datasets doctor --online`: the one request it sends, and the reason where that fails."""

import contextlib
import http.server
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from abeja_datasets_cli.doctor import online
from abeja_datasets_cli.doctor.findings import Finding
from abeja_datasets_cli.main import main

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi

TOKEN = "token-of-the-doctor"
Serve = Callable[..., str]


@pytest.fixture(autouse=True)
def _in_its_place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request.getfixturevalue("nothing_set")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", TOKEN)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server on loopback that gives one response, and return its URL."""
    with contextlib.ExitStack() as stack:

        def start(status: int, body: str, *, certificate: Path | None = None) -> str:
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body.encode())

                do_CONNECT = do_GET  # noqa: N815 - the name that the base class looks for

                def log_message(self, *args: object) -> None:
                    pass

            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.shutdown)
            host = "localhost" if certificate else "127.0.0.1"
            return f"{'https' if certificate else 'http'}://{host}:{server.server_address[1]}"

        yield start


def ask(monkeypatch: pytest.MonkeyPatch, url: str, organization_id: str = "1") -> Finding:
    monkeypatch.setenv("ABEJA_API_URL", url)
    (finding,) = online.online_findings(os.environ, organization_id)
    assert bool(finding.fix) == (finding.level == "problem")
    assert "\n" not in finding.text
    assert TOKEN not in str(finding)
    return finding


def run(api: "DatasetApi", monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    for name, value in api.environment.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(main, ["doctor", "--online", *arguments])


def test_it_sends_one_get(dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(dataset_api, monkeypatch, "--organization-id", dataset_api.organization_id)
    (request,) = dataset_api.requests
    path = f"/organizations/{dataset_api.organization_id}/datasets/"
    assert (request.method, request.path) == ("GET", path)
    assert f"ok    GET {path}: 200, a list of datasets, in " in result.stdout


def test_the_organization_may_stand_in_the_environment(
    dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABEJA_ORGANIZATION_ID", "77")
    assert "ok    GET /organizations/77/datasets/" in run(dataset_api, monkeypatch).stdout
    assert [request.path for request in dataset_api.requests] == ["/organizations/77/datasets/"]


def test_nothing_is_sent_without_asking(dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in dataset_api.environment.items():
        monkeypatch.setenv(name, value)
    CliRunner().invoke(main, ["doctor", "--organization-id", "1"])
    assert dataset_api.requests == []


def test_a_failure_is_not_tried_again(dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch) -> None:
    dataset_api.faults.add(operations="list_datasets", status=503)
    result = run(dataset_api, monkeypatch, "--organization-id", "1")
    assert len(dataset_api.requests) == 1
    assert result.exit_code == 1
    assert "503: the server, or a proxy before it, fails" in result.stdout


def test_a_credential_that_is_refused(dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, dataset_api.url).text.startswith("401: the server does not accept the credential")


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, "<html>Log in</html>", "the response is not JSON, as from a login page"),
        (200, "", "the response is not JSON"),
        (200, '{"hello": 1}', "a success, but no list of datasets"),
        (302, "", "302: the server redirects"),
        (
            400,
            '{"error": "bad_request", "error_description": "no such dataset"}',
            "400: the server refuses the request",
        ),
        (403, "", "403: the credential does not allow this"),
        (404, "<h1>Not here</h1>", "404: the server knows no such path or organization (<h1>Not here</h1>)"),
        (407, "", "407: the proxy wants a user and a password"),
        (418, "tea", "418: the server refuses the request (tea)"),
        (429, "", "429: too many requests"),
        (502, "x" * 10_000, "502: the server, or a proxy before it, fails"),
        (401, TOKEN, "401: the server does not accept the credential for this organization ([secret])"),
    ],
)
def test_each_response_has_its_reason(
    serve: Serve, status: int, body: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = ask(monkeypatch, serve(status, body))
    assert finding.level == "problem"
    assert finding.text.startswith(says)
    assert len(finding.text) < 400


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert ask(monkeypatch, "http://nosuch.example").text.startswith("DNS: the name of the host is not known")


def test_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert ask(monkeypatch, f"http://127.0.0.1:{port}").text.startswith("refused: nothing listens")


def test_no_response_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_SDK_CONNECTION_TIMEOUT", "0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        finding = ask(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert finding.text.startswith("timeout: no response in time [0.")


def test_a_connection_that_breaks(dataset_api: "DatasetApi", monkeypatch: pytest.MonkeyPatch) -> None:
    dataset_api.faults.add(half_answer=True)
    assert ask(monkeypatch, dataset_api.url).text.startswith("the connection broke")


def test_a_certificate_that_is_not_trusted(serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = serve(200, "[]", certificate=certificate)
    finding = ask(monkeypatch, url)
    assert finding.text.startswith("TLS: the certificate is not trusted (self-signed certificate)")
    assert "REQUESTS_CA_BUNDLE" in finding.fix
    monkeypatch.delenv("SSL_CERT_DIR")
    monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate))
    assert ask(monkeypatch, url).level == "ok"


def test_a_server_without_tls(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = ask(monkeypatch, serve(200, "[]").replace("http:", "https:"))
    assert finding.text.startswith("TLS: no encrypted connection")


def test_a_proxy_that_wants_a_password(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(407, "").replace("http://", "http://me:proxy-password@")
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    finding = ask(monkeypatch, "https://api.example.com")
    assert finding.text.startswith("proxy 407: the proxy wants a user and a password")
    assert "proxy-password" not in str(finding)


def test_a_proxy_that_fails(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", serve(502, ""))
    assert ask(monkeypatch, "https://api.example.com").text.startswith("the proxy fails: 502")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PLATFORM_AUTH_TOKEN", "", "not sent: there is no credential"),
        ("PLATFORM_AUTH_TOKEN", "a b", "not sent: PLATFORM_AUTH_TOKEN"),
        ("ABEJA_SDK_MAX_RETRY_COUNT", "x", "not sent: ABEJA_SDK_MAX_RETRY_COUNT"),
        ("ABEJA_SDK_CONNECTION_TIMEOUT", "x", "not sent: ABEJA_SDK_CONNECTION_TIMEOUT"),
        ("SSL_CERT_FILE", "/nosuch", "not sent: SSL_CERT_FILE"),
        ("HTTP_PROXY", "ftp://me:password@127.0.0.1:1", "not sent: "),
        ("HTTP_PROXY", "http://me:pass/word@127.0.0.1:1", "not sent: "),
        ("HTTP_PROXY", "socks5://me:password@127.0.0.1:1", "not sent: "),
    ],
)
def test_what_keeps_it_from_being_sent(variable: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    finding = ask(monkeypatch, "http://127.0.0.1:1")
    assert finding.text.startswith(says)
    assert "pass" not in str(finding)


@pytest.mark.parametrize("organization_id", ["..", "\ud800", "a\nb"])
def test_an_organization_that_can_not_be_one(organization_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_API_URL", "http://127.0.0.1:1")
    (finding,) = online.online_findings(os.environ, organization_id)
    assert finding.text.startswith("not sent: ")

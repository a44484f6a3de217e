"""Which certificates a client trusts: the variables that name them, over real TLS."""

import http.server
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import ConnectionFailed

if TYPE_CHECKING:
    from tests.wrapper.faces import Face

VARIABLES = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing of a client that does not trust the certificate, and so ends the handshake."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what it was called with


@pytest.fixture(scope="module")
def url(certificate: Path) -> Iterator[str]:
    """The URL of a server whose certificate only `certificate` vouches for."""
    with Server(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def folder(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of certificates as OpenSSL reads it."""
    folder = tmp_path_factory.mktemp("hashed")
    shutil.copy(certificate, folder / "ours.pem")
    subprocess.run(["openssl", "rehash", folder], check=True)
    return folder


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def is_trusted(url: str) -> bool:
    with APIClient({"auth_token": "t"}, base_url=url, max_retry_count=0) as client:
        try:
            return client.list_datasets("1") == []
        except ConnectionFailed as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                return False
            raise


def test_without_a_variable_the_usual_certificates_hold(url: str) -> None:
    assert not is_trusted(url)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_variable_may_name_a_file(
    variable: str, url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    assert is_trusted(url)


@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_variable_may_name_a_folder(variable: str, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(folder))
    assert is_trusted(url)


@pytest.mark.parametrize("first", range(len(VARIABLES)))
def test_the_first_that_is_set_wins(
    first: int, url: str, certificate: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in VARIABLES[:first]:
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv(VARIABLES[first], str(folder if VARIABLES[first] == "SSL_CERT_DIR" else certificate))
    for variable in VARIABLES[first + 1 :]:
        monkeypatch.setenv(variable, "/no/such/path")
    assert is_trusted(url)


def test_a_file_that_was_replaced_is_read_by_the_next_client(
    url: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import certifi

    file = tmp_path / "bundle.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    shutil.copy(certifi.where(), file)
    assert not is_trusted(url)
    shutil.copy(certificate, file)
    assert is_trusted(url)


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_value_that_can_not_be_read_is_named(
    variable: str, content: str | None, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bündel"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(ValueError, match=f"^{variable}: no certificates can be read from .*bündel"):
        is_trusted(url)


def test_certificates_are_checked_over_each_transport(
    face: "Face", url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED") as caught:
        face.open(url).list_datasets("1")
    assert caught.value.outcome == "not_sent"
    assert len(caught.value.attempts) == 1  # it will not be trusted in a second either
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert face.open(url).list_datasets("1") == []


def test_a_given_client_trusts_what_it_trusts(url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonsense")
    with httpx.Client(verify=ssl.create_default_context(cafile=certificate)) as http_client:
        client = APIClient({"auth_token": "t"}, base_url=url, http_client=http_client)
        assert client.list_datasets("1") == []

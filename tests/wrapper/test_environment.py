"""A variable of the environment that can't be used is one error that names it, over each transport, also for http."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

VARIABLES = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
BAD_FILES = {
    "empty": b"",
    "garbage": b"\x00\xff garbage",
    "no-base64": b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n",
    "cut": b"-----BEGIN CERTIFICATE-----\nAAAA\n",
    "key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("kind", [*BAD_FILES, "missing", "pipe", "too long"])
def test_certificates_that_can_not_be_read_are_named_for_http_too(
    *, face: "Face", server: "ScriptedServer", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, kind: str
) -> None:
    path = tmp_path / ("x" * 5000 if kind == "too long" else kind)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind in BAD_FILES:
        path.write_bytes(BAD_FILES[kind])
    for other in VARIABLES:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, str(path))
    for url in (server.url, server.url.replace("http:", "https:")):
        with pytest.raises(ValueError, match=f"^{variable}: no certificates can be read from '/") as caught:
            face.open(url).get_dataset(1, 2)
        assert len(str(caught.value)) < 400
    assert not server.requests


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "url",
    [
        "http://host:x",
        "http://host:99999",
        "http://u:hush@host:x",
        "http://u:hu/sh@host:1",
        "u:hush@host:x",
        "http://",
        " ",
        "http://[::1",
        "http://h\x01",
        "http://999.1.1.1:1",
        "http://[1::2::3]:1",
        "http://a..b:1",
        f"http://{'a' * 3000}:1",
        "http:/host:1",
        "//host:1",
        "ftp://host:1",
        "socks4://u:hush@host:1",
    ],
    ids=lambda url: ascii(url)[:24],
)
def test_a_proxy_that_is_no_url_is_named(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    monkeypatch.setenv(variable, url)
    with pytest.raises(ValueError, match=f"^{variable}: .*") as caught:
        face.open(server).get_dataset(1, 2)
    assert "hush" not in str(caught.value)
    assert "sh@" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert not server.requests


@pytest.mark.parametrize("value", ["socks5://u:hush@127.0.0.1:1", "socks5h://127.0.0.1:1"])
def test_a_proxy_of_socks_without_its_package_is_named(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(ValueError, match=r"^ALL_PROXY: 'socks5.*127.0.0.1:1' can't be used: ") as caught:
        face.open(server).get_dataset(1, 2)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("value", ["[::1]", "[", "::1", "http://[::1]", ",,", " ", "*.x,10.0.0.0/8", "é"])
def test_no_value_of_no_proxy_is_an_error(
    face: "Face", server: "ScriptedServer", other_server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("NO_PROXY", value)
    server.answer({"direct": True})
    assert face.open(server).get_dataset(1, 2) == {"direct": True}
    monkeypatch.setenv("HTTP_PROXY", other_server.url)
    other_server.answer({"through": "the proxy"})
    assert face.open(server).get_dataset(1, 2) == {"through": "the proxy"}


@pytest.mark.parametrize("value", ["*", "127.0.0.1", " 127.0.0.1 , x", "x,127.0.0.1"])
def test_what_no_proxy_names_is_asked_directly(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", value)
    server.answer({})
    assert face.open(server).get_dataset(1, 2) == {}


@pytest.mark.parametrize(
    "variable", ["ABEJA_SDK_CONNECTION_TIMEOUT", "ABEJA_SDK_MAX_RETRY_COUNT", "ABEJA_SDK_DEADLINE"]
)
@pytest.mark.parametrize("value", ["\uff11\uff10", "1_0", "0x10", "nan", "-1", "1,5", "9" * 5000, "true", "5s", " "])
def test_an_odd_number_is_named(face: "Face", monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"^{variable}: a (whole )?number"):
        face.make({"auth_token": "t"})

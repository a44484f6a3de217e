"""What a server says is cut and escaped where it is shown, kept in the fields, and never shows a secret."""

import json
import logging
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import BadRequest, Error, HttpError, InvalidResponse, ServiceUnavailable

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

TOKEN = "hush-token-of-these-tests"
ODD = "a\nb\r\x00\x1b[31mred\x9b\u202eright\u2066\u200b\ufeff\u2028\ud800 ok\u3000日本"
SHOWN = r"a\nb\r\x00\x1b[31mred\x9b\u202eright\u2066\u200b\ufeff\u2028\ud800 ok" + "\u3000日本"


@pytest.mark.parametrize("field", ["error", "error_description", "error_detail"])
def test_control_characters_are_escaped_where_an_error_is_shown(
    face: "Face", server: "ScriptedServer", field: str
) -> None:
    server.answer({"error": "e", "error_description": "d", field: ODD}, 400)
    with pytest.raises(BadRequest) as caught:
        face.open(server).get_dataset(1, 2)
    assert getattr(caught.value, field) == ODD
    assert SHOWN in str(caught.value)


@pytest.mark.parametrize("field", ["error", "error_description", "error_detail"])
def test_a_huge_field_is_cut_where_it_is_shown(face: "Face", server: "ScriptedServer", field: str) -> None:
    huge = "x" * 5_000_000
    server.answer({"error": "e", "error_description": "d", field: huge}, 400)
    with pytest.raises(BadRequest) as caught:
        face.open(server).get_dataset(1, 2)
    assert getattr(caught.value, field) == huge
    assert len(str(caught.value)) < 700


def test_a_huge_id_and_a_huge_reason_are_cut_too(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(2):
        server.reply(503, b"", {"X-Request-Id": "i" * 30_000}, reason="R" * 30_000)
    with pytest.raises(ServiceUnavailable) as caught:
        face.open(server, max_retry_count=1).get_dataset(1, 2)
    assert caught.value.request_id == "i" * 30_000
    assert len(str(caught.value)) < 3000
    assert max(len(record.getMessage()) for record in caplog.records) < 1000


@pytest.mark.parametrize("detail", ["x", 1, 1.5, True, [], {}, [[["deep"]]], {"a": {"b": None}}, "", 0, False])
def test_a_detail_of_any_shape_is_kept(client: APIClient, server: "ScriptedServer", detail: Any) -> None:
    server.answer({"error": "e", "error_description": "d", "error_detail": detail}, 400)
    with pytest.raises(BadRequest) as caught:
        client.get_dataset(1, 2)
    assert caught.value.error_detail == detail
    assert f"({detail})" in str(caught.value)


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "raw_unicode_escape", "zlib", "utf-8-sig", "x" * 999])
def test_a_codec_that_is_no_charset_takes_no_time(face: "Face", server: "ScriptedServer", charset: str) -> None:
    server.reply(400, b"a-" + b"b" * 300_000, {"Content-Type": f"text/plain; charset={charset}"})
    started = time.monotonic()
    with pytest.raises(BadRequest):
        face.open(server).get_dataset(1, 2)
    assert time.monotonic() - started < 2


NO_JSON = [
    b"1e999",
    b'{"a": [-1E+400]}',
    b"1" * 400 + b".0",
    b"NaN",
    b'{"a": [1, Infinity]}',
    b"-Infinity",
    b"1" * 5000,
    b"[" * 100_000,
    b'{"a": 1e}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("body", NO_JSON, ids=lambda body: ascii(body)[2:20])
def test_a_number_that_could_not_be_sent_back_is_no_json(face: "Face", server: "ScriptedServer", body: bytes) -> None:
    server.reply(body=body)
    with pytest.raises(InvalidResponse, match="responded with 200 but the body is not JSON: "):
        face.open(server).get_dataset(1, 2)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16-le"), {"a": "é"}),
        ('{"a": "é"}'.encode("utf-32"), {"a": "é"}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (rb'{"a": "\ud800"}', {"a": "\ud800"}),
        (b'{"a": %d}' % 10**4000, {"a": 10**4000}),
        (b"[1.7976931348623157e308, -1e-999, 1E2]", [1.7976931348623157e308, -0.0, 100.0]),
    ],
    ids=lambda given: ascii(given)[:20],
)
def test_odd_json_is_read_as_python_reads_it(face: "Face", server: "ScriptedServer", body: bytes, value: Any) -> None:
    server.reply(body=body)
    assert face.open(server).get_dataset(1, 2) == value


@pytest.mark.parametrize("status", [204, 205])
def test_a_response_that_has_no_body_gives_none(face: "Face", server: "ScriptedServer", status: int) -> None:
    client: Any = face.open(server)
    for _ in range(3):
        server.reply(status, b"")
    assert client.delete_dataset(1, 2) is None
    assert client.with_raw_response.delete_dataset(1, 2).data is None
    with pytest.raises(InvalidResponse, match=f"responded with {status} without a list"):
        list(client.iter_dataset_items(1, 2))


SECRET = TOKEN.encode()
ECHOES = [
    b"HTTP/1.1 %b OK\r\n\r\n",
    b"%b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n%b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: %b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{%b",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{%b",
    b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n\xff%b",
    b"HTTP/1.1 302 %b\r\nLocation: http://%b/?%b\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 %b\r\nX-Request-Id: %b\r\n%b: 1\r\nRetry-After: %b\r\nContent-Length: 0\r\n\r\n",
    b'HTTP/1.1 200 OK\r\nSet-Cookie: a=%b\r\nX-Next-Token: %b\r\nContent-Length: 13\r\n\r\n{"items": []}',
]


@pytest.mark.parametrize("echo", ECHOES, ids=lambda echo: ascii(echo)[2:40])
@pytest.mark.parametrize("is_given", [False, True])
def test_a_server_that_repeats_the_credential_shows_it_nowhere(
    *, face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture, echo: bytes, is_given: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    reports: list[Any] = []
    given = {"http_client": face.http_client()} if is_given else {}
    for _ in range(2):
        server.reply(raw=echo.replace(b"%b", SECRET))
    client = face.open(server, credential={"auth_token": TOKEN}, max_retry_count=1, on_attempt=reports.append, **given)
    error: BaseException | None = None
    try:
        client.list_dataset_items(1, 2, {"q": "a-private-search"})
    except Error as raised:
        error = raised
    server.script.clear()
    shown = everything(error) + repr(reports) + caplog.text + repr([vars(record) for record in caplog.records])
    assert TOKEN not in shown
    assert "a-private-search" not in str(error) + caplog.text
    assert error is None or isinstance(error, Error)


def everything(error: BaseException | None) -> str:
    """All texts of an error and of those behind it."""
    left, seen = [error], []
    while left:
        one = left.pop()
        if one is not None and one not in seen:
            seen.append(one)
            left += [one.__cause__, one.__context__]
    return "\n".join(f"{one} {one!r} {one.args} {vars(one)}" for one in seen)


@pytest.mark.parametrize("is_given", [False, True])
def test_no_query_and_no_page_token_reaches_a_log(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture, *, is_given: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    client = face.open(server, **({"http_client": face.http_client()} if is_given else {}))
    server.answer([{"name": "a"}], headers={"X-Next-Token": "private-token"})
    server.answer([])
    server.reply(307, headers={"Location": "/there?q=private-search"})
    server.answer({"items": [{}], "next_page_token": "private-token"})
    server.answer({"items": []})
    assert list(client.iter_datasets(1)) == [{"name": "a"}]
    assert list(client.iter_dataset_items(1, 2, {"q": "private-search"})) == [{}]
    assert [request.query[-1:] for request in server.requests][1] == [("next_token", "private-token")]
    names = {record.name for record in caplog.records}
    assert "abeja.datasets" in names
    assert ("httpx" in names) == is_given
    assert "private-" not in caplog.text


def test_what_the_libraries_log_of_other_requests_stays(
    server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with httpx.Client() as http_client:
        ours = APIClient({"auth_token": "t"}, http_client=http_client, base_url=server.url)
        server.answer({})
        server.answer({})
        ours.get_dataset(1, 2)
        http_client.get(f"{server.url}/?q=of-the-caller")
    assert "q=of-the-caller" in caplog.text
    assert "receive_response_headers.complete return_value=(b'HTTP/1.1'" in caplog.text


def test_every_cookie_is_harmless(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server)
    cookies = ["a=é", "a=1", "=", ";;;", "a=" + "x" * 8000, 'a="\\"', "a=1; Expires=Thu, 99 Foo 99999", "a=\x01", "é=é"]
    for number, cookie in enumerate(cookies):
        server.answer({"n": number}, headers={"Set-Cookie": cookie})
        assert client.get_dataset(1, 2) == {"n": number}
    assert all("cookie" not in request.headers for request in server.requests)


def test_an_error_body_of_any_json_is_its_description(client: APIClient, server: "ScriptedServer") -> None:
    for body in ([1], "text", 1, None, True, 0.5, [{"error": "no"}]):
        server.answer(body, 409)
        with pytest.raises(HttpError) as caught:
            client.get_dataset(1, 2)
        assert caught.value.error_description == json.dumps(body)

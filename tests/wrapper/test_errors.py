"""What a server's error is raised as, and that nothing of it is lost on the way."""

import copy
import errno
import inspect
import json
import pickle
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

import abeja_datasets.exceptions
from abeja_datasets import APIClient
from abeja_datasets.exceptions import (
    Attempt,
    BadGateway,
    BadRequest,
    Conflict,
    ConnectionFailed,
    CredentialNotFound,
    Error,
    Forbidden,
    GatewayTimeout,
    HttpError,
    InternalServerError,
    InvalidIdentifier,
    InvalidResponse,
    MethodNotAllowed,
    NotFound,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

CLASSES: dict[int, type[HttpError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    418: HttpError,
    429: TooManyRequests,
    500: InternalServerError,
    501: HttpError,
    502: BadGateway,
    503: ServiceUnavailable,
    504: GatewayTimeout,
    520: HttpError,
    599: HttpError,
}
ALL = [
    member
    for _, member in inspect.getmembers(abeja_datasets.exceptions, inspect.isclass)
    if issubclass(member, abeja_datasets.exceptions.Error)
]


@pytest.fixture
def client(face: "Face", server: "ScriptedServer") -> APIClient:
    return face.open(server, max_retry_count=0)


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("detail", [None, {"why": [1, None]}, "text"])
def test_a_documented_error_keeps_its_fields(
    client: APIClient, server: "ScriptedServer", status: int, detail: Any
) -> None:
    server.answer({"error": "its_name", "error_description": "é: why", "error_detail": detail, "more": 1}, status)
    with pytest.raises(HttpError) as caught:
        client.list_dataset_items("1", "2", {"q": "secret:plan"})
    error = caught.value
    assert type(error) is CLASSES[status]
    assert (error.error, error.error_description, error.error_detail) == ("its_name", "é: why", detail)
    assert error.status_code == status
    assert error.url == f"{server.url}/organizations/1/datasets/2/items/?q=secret%3Aplan"
    shown = f" ({detail})" if detail is not None else ""
    assert str(error) == f"{status} its_name: é: why{shown} [{server.url}/organizations/1/datasets/2/items/]"


HTML = b"<html><h1>502 Bad Gateway</h1></html>"
DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES: list[tuple[bytes, str]] = [
    (HTML, HTML.decode()),
    (b"", ""),
    (b"   \n", "   \n"),
    (b'["a", "list"]', '["a", "list"]'),
    (b'"a string"', '"a string"'),
    (b"null", "null"),
    (b"12", "12"),
    (b"{}", "{}"),
    (b'{"message": "other shape"}', '{"message": "other shape"}'),
    (b'{"error_description": null}', '{"error_description": null}'),
    (b'{"error": "cut sho', '{"error": "cut sho'),
    (b"\xff\xfe caf\xe9", "\ufffd\ufffd caf\ufffd"),
    (DEEP, DEEP.decode()),
    (b"x" * 5_000_000, "x" * 5_000_000),
    (b"1" * 5000, "1" * 5000),
]


@pytest.mark.parametrize("status", [400, 404, 502, 520])
@pytest.mark.parametrize(("body", "text"), BODIES, ids=[ascii(body)[2:25] for body, _ in BODIES])
def test_an_error_of_another_shape_is_the_right_class_with_its_text(
    client: APIClient, server: "ScriptedServer", status: int, body: bytes, text: str
) -> None:
    server.reply(status, body, reason="Odd")
    with pytest.raises(HttpError) as caught:
        client.get_dataset(1, 2)
    assert type(caught.value) is CLASSES[status]
    assert caught.value.error == "Odd"
    assert caught.value.error_description == text
    assert caught.value.error_detail is None
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("answer", "name", "description"),
    [
        ({"error": 7, "error_description": ["a"]}, "7", "['a']"),
        ({"error": "", "error_description": ""}, "Scripted", ""),
        ({"error": None, "error_description": "why"}, "Scripted", "why"),
    ],
)
def test_fields_of_other_types_become_text(
    client: APIClient, server: "ScriptedServer", answer: Any, name: str, description: str
) -> None:
    server.answer(answer, 400)
    with pytest.raises(BadRequest) as caught:
        client.get_dataset(1, 2)
    assert (caught.value.error, caught.value.error_description) == (name, description)


@pytest.mark.parametrize(
    ("status", "name"), [(404, "Not Found"), (418, "I'm a Teapot"), (520, "HTTP 520"), (599, "HTTP 599")]
)
def test_without_a_reason_the_status_has_a_name_all_the_same(
    client: APIClient, server: "ScriptedServer", status: int, name: str
) -> None:
    server.reply(status, b"", reason="")
    with pytest.raises(HttpError) as caught:
        client.get_dataset(1, 2)
    assert caught.value.error == name
    assert str(caught.value) == f"{status} {name} [{server.url}/organizations/1/datasets/2]"


def test_a_detail_that_is_nested_deeply_can_be_shown(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(400, b'{"error": "e", "error_description": "d", "error_detail": ' + b"[" * 900 + b"]" * 900 + b"}")
    with pytest.raises(BadRequest) as caught:
        client.get_dataset(1, 2)
    assert "400" in str(caught.value)


@pytest.mark.parametrize(
    "charset", ["shift_jis", "base64", "hex", "rot13", "undefined", "idna", "punycode", "utf-16", "nonsense", ""]
)
def test_any_declared_charset_leaves_a_readable_error(
    client: APIClient, server: "ScriptedServer", charset: str
) -> None:
    body = "障害 error".encode("shift_jis" if charset == "shift_jis" else "utf-8")
    server.reply(500, body, {"Content-Type": f"text/html; charset={charset}"})
    with pytest.raises(InternalServerError) as caught:
        client.get_dataset(1, 2)
    if charset == "shift_jis":
        assert caught.value.error_description == "障害 error"
    elif charset != "utf-16":
        assert "error" in caught.value.error_description


UNUSABLE = [
    b"",
    b" ",
    HTML,
    b'{"items": [1, 2',
    b"{'single': 1}",
    b"[" * 10_000 + b"]" * 10_000,
    b"\xff\xfe\xff",
    b'{"a": 1} trailing',
    b"\xef\xbb\xbf\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("status", [200, 201, 299])
@pytest.mark.parametrize("body", UNUSABLE, ids=lambda body: ascii(body)[2:20])
def test_a_success_that_is_no_json_is_an_invalid_response(
    client: APIClient, server: "ScriptedServer", body: bytes, status: int
) -> None:
    server.reply(status, body)
    with pytest.raises(InvalidResponse) as caught:
        client.create_dataset(1, "a", "b", {})
    error = caught.value
    assert str(error).startswith(f"POST /organizations/1/datasets/ responded with {status} but the body is not JSON: ")
    assert len(str(error)) < 500
    assert isinstance(error.__cause__, ValueError | RecursionError)
    assert error.outcome == "unknown"
    assert "may have been carried out" in str(error)
    assert [(a.status, a.reason) for a in error.attempts] == [(status, f"{status} without JSON")]


def test_an_invalid_response_is_not_asked_for_again(face: "Face", server: "ScriptedServer") -> None:
    server.reply(503)
    server.reply(body=b"<html>")
    with pytest.raises(InvalidResponse) as caught:
        face.open(server).get_dataset(1, 2)
    assert [a.status for a in caught.value.attempts] == [503, 200]
    assert "may have been carried out" not in str(caught.value)


def test_an_answer_whose_compression_is_broken_is_a_connection_failed(
    client: APIClient, server: "ScriptedServer"
) -> None:
    server.reply(body=b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(ConnectionFailed, match="DecodingError") as caught:
        client.create_dataset(1, "a", "b", {})
    assert caught.value.outcome == "unknown"


def made(error_class: type[Error]) -> Error:
    """An error of this class with every field set."""
    if issubclass(error_class, HttpError):
        error: Error = error_class("name", "description", {"detail": [1, None]}, 400, "http://server/path?q=secret")
        assert isinstance(error, HttpError)
        error.retry_after = 61.5
    else:
        error = error_class("what happened")
    error.attempts = (Attempt("503 Busy", 503, "unknown", 0.25), Attempt("ReadTimeout", None, "unknown", 30.0))
    error.outcome = "unknown"
    error.hint = "take care"
    return error


@pytest.mark.parametrize("error_class", ALL)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_pickles_with_all_its_fields(error_class: type[Error], protocol: int) -> None:
    error = made(error_class)
    copied = pickle.loads(pickle.dumps(error, protocol))
    assert type(copied) is error_class
    assert vars(copied) == vars(error)
    assert copied.args == error.args
    assert str(copied) == str(error)
    assert vars(copy.copy(error)) == vars(copy.deepcopy(error)) == vars(error)


@pytest.mark.parametrize("error_class", ALL)
def test_every_error_has_the_common_fields_and_shows_no_query(error_class: type[Error]) -> None:
    plain = error_class("name", "description") if issubclass(error_class, HttpError) else error_class("text")
    assert plain.attempts == ()
    assert plain.outcome == ("unknown" if error_class is InvalidResponse else "not_sent")
    assert not plain.hint
    text = str(made(error_class))
    assert "?" not in text
    assert "secret" not in text
    assert "(after 2 attempts: 503 Busy, ReadTimeout); take care" in text


def test_errors_of_real_calls_pickle(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({"error": "e", "error_description": "d", "error_detail": {"a": 1}}, 503, {"Retry-After": "7"})
    server.reply(body=b"?")
    server.reply(fault="silent")
    for _ in range(3):
        with pytest.raises(Error) as caught:
            client.create_dataset(1, "a", "b", {})
        copied = pickle.loads(pickle.dumps(caught.value))
        assert (type(copied), str(copied)) == (type(caught.value), str(caught.value))
        assert vars(copied) == vars(caught.value)
        assert copied.attempts


def test_other_bases_hold_where_they_help() -> None:
    assert issubclass(RequestTimeout, TimeoutError)
    assert issubclass(ConnectionFailed, OSError)
    assert issubclass(InvalidIdentifier, ValueError)
    assert CredentialNotFound("error", "description").status_code is None
    # A shared base of ours, so that one `except` catches all of them and nothing else.
    assert [c for c in ALL if Error not in c.__mro__] == []


def test_a_failed_connection_is_an_oserror_with_the_number_of_its_cause(
    face: "Face", late_server: "ScriptedServer"
) -> None:
    with pytest.raises(OSError, match=r"^POST http") as caught:
        face.open(late_server, max_retry_count=0).create_dataset(1, "a", "b", {})
    error = caught.value
    assert type(error) is ConnectionFailed
    assert (error.errno, error.outcome, len(error.attempts)) == (errno.ECONNREFUSED, "not_sent", 1)
    assert error.__cause__ is not None
    for copied in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (copied.errno, str(copied)) == (errno.ECONNREFUSED, str(error))


def test_a_timeout_is_an_oserror_without_a_number(face: "Face", server: "ScriptedServer") -> None:
    server.reply(fault="stall")
    with pytest.raises(OSError, match=r"^POST http") as caught:
        face.open(server, timeout=0.05).create_dataset(1, "a", "b", {})
    assert isinstance(caught.value, RequestTimeout)
    assert (caught.value.errno, caught.value.outcome) == (None, "unknown")
    assert isinstance(caught.value, TimeoutError)


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn: dict[str, str | None] = {}
    parents: list[str] = []
    for line in (abeja_datasets.exceptions.__doc__ or "").splitlines():
        if found := re.match(r"    ([│ ├└─]*)([A-Z]\w+)  ", line):
            depth = len(found[1]) // 4
            parents[depth:] = [found[2]]
            drawn[found[2]] = parents[depth - 1] if depth else None
    real = {c.__name__: c.__bases__[0].__name__ if c is not Error else None for c in ALL}
    assert drawn == real


def test_the_drawn_statuses_are_the_real_ones() -> None:
    drawn = {
        int(status): name
        for name, status in re.findall(r"(\w+) +(\d{3})$", abeja_datasets.exceptions.__doc__ or "", re.MULTILINE)
    }
    assert drawn == {status: c.__name__ for status, c in CLASSES.items() if c is not HttpError}
    for status in range(300, 600):
        assert abeja_datasets.exceptions.error_class(status) is CLASSES.get(status, HttpError)


def test_all_that_callers_catch_is_exported() -> None:
    assert {c.__name__ for c in ALL} <= set(abeja_datasets.exceptions.__all__)
    assert sorted(abeja_datasets.exceptions.__all__) == abeja_datasets.exceptions.__all__


def test_an_answer_within_the_limit_of_nesting_comes_back(client: APIClient, server: "ScriptedServer") -> None:
    depth = sys.getrecursionlimit() // 3
    server.reply(body=b"[" * depth + b"]" * depth)
    answer: Any = client.get_dataset(1, 2)
    assert json.dumps(answer) == "[" * depth + "]" * depth

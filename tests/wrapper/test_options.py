"""Views of a client with other options, whole responses, the hook, tokens that expire, and limits."""

import asyncio
import contextlib
import gc
import logging
import pickle
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.calls.attempts import AttemptReport, RawResponse
from abeja_datasets.exceptions import (
    ConnectionFailed,
    CredentialNotFound,
    InternalServerError,
    InvalidResponse,
    NotFound,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from tests.wrapper.conftest import Waits
    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer


# Views


def test_a_view_shares_the_connections_and_leaves_the_client_as_it_is(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, max_retry_count=2)
    view = client.with_options(max_retry_count=0, timeout=7, headers={"X-Trace": "1"})
    assert "timeout=7 max_retry_count=0>" in repr(view)
    assert "timeout=30 max_retry_count=2>" in repr(client)
    server.answer({})
    server.reply(429)
    server.answer({})
    assert client.get_dataset(1, 2) == {}
    with pytest.raises(TooManyRequests):
        view.get_dataset(1, 2)
    assert client.get_dataset(1, 2) == {}
    assert [request.connection for request in server.requests] == [1, 1, 1]
    assert [request.headers.get("x-trace") for request in server.requests] == [None, "1", None]


def test_a_view_of_a_view_adds_to_it(face: "Face", server: "ScriptedServer") -> None:
    first = face.open(server).with_options(headers={"X-Trace": "1", "X-Other": "a"}, max_retry_count=0)
    second = first.with_options(headers={"x-trace": "2", "X-Empty": ""}, timeout=3)
    server.answer({})
    second.get_dataset(1, 2)
    sent = server.only.headers
    assert (sent["x-trace"], sent["x-other"], sent["x-empty"]) == ("2", "a", "")
    assert sent["accept"] == "application/json"
    assert "timeout=3 max_retry_count=0>" in repr(second)


def test_a_view_that_opens_the_connections_opens_them_for_all(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server)
    server.answer({})
    client.with_options(timeout=3).get_dataset(1, 2)
    client.close()
    assert server.all_left()
    with pytest.raises(RuntimeError, match="closed"):
        client.with_options(timeout=3).get_dataset(1, 2)


def test_a_view_takes_its_headers_through_a_given_http_client(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, http_client=face.http_client(trust_env=False, headers={"X-Trace": "theirs"}))
    server.answer({})
    client.with_options(headers={"X-Trace": "ours"}).get_dataset(1, 2)
    assert server.only.headers["x-trace"] == "ours"


def test_a_view_decodes_with_a_given_function(face: "Face", server: "ScriptedServer") -> None:
    decoded: list[bytes] = []

    def decode(body: bytes) -> Any:
        decoded.append(body)
        if b"ud800" in body or b"NaN" in body:
            raise ValueError("not read here")
        return {"by": "ours"}

    client = face.open(server)
    view = client.with_options(decode=decode).with_options(timeout=3)
    for body in (b'{"a": 1}', b'{"a": "\\ud800"}', b'{"a": NaN}', b'{"a": 1}'):
        server.reply(200, body)
    assert view.get_dataset(1, 2) == {"by": "ours"}
    assert view.get_dataset(1, 2) == {"a": "\ud800"}
    with pytest.raises(InvalidResponse, match="NaN is not JSON"):
        view.get_dataset(1, 2)
    assert client.get_dataset(1, 2) == {"a": 1}
    assert decoded == [b'{"a": 1}', b'{"a": "\\ud800"}', b'{"a": NaN}']


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"timeout": 0}, ValueError, "timeout: "),
        ({"timeout": "5"}, ValueError, "timeout: "),
        ({"deadline": -1}, ValueError, "deadline: "),
        ({"deadline": float("nan")}, ValueError, "deadline: "),
        ({"max_retry_count": 1.5}, ValueError, "max_retry_count: "),
        ({"decode": "orjson"}, TypeError, "decode: a function is needed, not str"),
        ({"headers": "X: y"}, TypeError, "headers: a dict is needed, not str"),
        ({"headers": {"X": 1}}, TypeError, "headers: names and values are str, not int"),
        ({"headers": {1: "x"}}, TypeError, "headers: names and values are str, not int"),
        ({"headers": {"X y": "z"}}, ValueError, "headers: 'X y' is not the name of a header"),
        ({"headers": {"": "z"}}, ValueError, "headers: '' is not the name of a header"),
        ({"headers": {"X": "a\r\nB: c"}}, ValueError, "headers: the value of X "),
        ({"headers": {"X": "\u00e9"}}, ValueError, "headers: the value of X "),
        ({"headers": {"authorization": "Bearer x"}}, ValueError, "headers: authorization can't be set: pass `cred"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, ValueError, "headers: X-A is there twice"),
        ({"headers": {"Expect": "100-continue"}}, ValueError, "headers: Expect can't be set"),
        ({"headers": {"Proxy-Authorization": "x"}}, ValueError, "headers: Proxy-Authorization can't be set"),
        ({"headers": {"Host": "x"}}, ValueError, "headers: Host can't be set"),
        ({"headers": {"Accept-Encoding": "br"}}, ValueError, "headers: Accept-Encoding can't be set"),
        ({"headers": {"User-Agent": "x"}}, ValueError, "headers: User-Agent can't be set: pass `user_agent`"),
    ],
)
def test_a_bad_option_is_refused_by_name(
    face: "Face", options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        face.open("http://unused").with_options(**options)
    assert str(caught.value).startswith(text)


# Whole responses


def test_a_raw_response_has_all_that_came_with_the_data(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    server.reply(429)
    server.answer({"a": 1}, 201, {"X-Request-Id": "abc", "X-Twice": "é"})
    response = getattr(client.with_raw_response, operation.name)(**operation.arguments)
    assert isinstance(response, RawResponse)
    assert (response.status, response.data, response.request_id) == (201, {"a": 1}, "abc")
    assert response.headers["x-request-id"] == response.headers["X-REQUEST-ID"] == "abc"
    assert response.headers["X-Twice"] == "é"
    assert [attempt.status for attempt in response.attempts] == [429, 201]
    assert 0 < response.seconds < 60
    assert pickle.loads(pickle.dumps(response)) == response


def test_raw_responses_raise_and_take_options_as_the_client_does(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(503)
    with pytest.raises(ServiceUnavailable):
        client.with_options(max_retry_count=0).with_raw_response.get_dataset(1, 2)
    server.answer([{"a": 1}])
    assert client.list_datasets(1) == [{"a": 1}]


# Errors


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iter_datasets", "call with_raw_response.list_datasets for one page, or client.iter_datasets"),
        ("iter_dataset_items", "call with_raw_response.list_dataset_items for one page, or client.iter_dataset_items"),
        ("with_options", "use the client itself: client.with_options"),
        ("close", "use the client itself: client.close"),
    ],
)
@pytest.mark.parametrize("client_class", [APIClient, AsyncAPIClient])
def test_what_has_no_raw_response_says_what_to_use(client_class: type[APIClient], name: str, text: str) -> None:
    raw = client_class({"auth_token": "t"}).with_raw_response
    with pytest.raises(AttributeError, match=f"^with_raw_response has no '{name}'.*{text}$"):
        getattr(raw, name)
    assert not hasattr(raw, "__wrapped__")


def test_an_error_has_the_headers_and_the_id_of_its_response(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({"error": "gone"}, 404, {"X-Abeja-Request-Id": "id-7", "Retry-After": "9"})
    with pytest.raises(NotFound) as caught:
        client.get_dataset(1, 2)
    error = caught.value
    assert error.request_id == "id-7"
    assert error.headers["retry-after"] == "9"
    assert "(request id id-7)" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.request_id, again.headers, str(again)) == ("id-7", error.headers, str(error))


def test_a_success_that_can_not_be_used_has_them_too(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(body=b"<html>", headers={"Request-Id": "id-8"})
    with pytest.raises(InvalidResponse, match=r"\(request id id-8\)") as caught:
        client.get_dataset(1, 2)
    assert caught.value.headers["request-id"] == "id-8"


def test_the_headers_of_an_error_show_no_secret(face: "Face", server: "ScriptedServer") -> None:
    server.reply(400, headers={"X-Echo": "Bearer hush-hush-hush", "X-Request-Id": "hush-hush-hush"})
    with pytest.raises(Exception, match="400") as caught:
        face.open(server, credential={"auth_token": "hush-hush-hush"}).get_dataset(1, 2)
    assert caught.value.headers["x-echo"] == "Bearer [secret]"  # type: ignore[attr-defined]  # an HttpError
    assert "hush" not in str(caught.value) + repr(vars(caught.value))


def test_an_error_without_a_response_has_no_headers(face: "Face", late_server: "ScriptedServer") -> None:
    with pytest.raises(ConnectionFailed) as caught:
        face.open(late_server, max_retry_count=0).get_dataset(1, 2)
    assert dict(caught.value.headers) == {}
    assert caught.value.request_id is None


# The hook and the user agent


def test_the_hook_hears_of_each_attempt(face: "Face", server: "ScriptedServer") -> None:
    reports: list[AttemptReport] = []
    client = face.open(server, on_attempt=reports.append)
    server.reply(503)
    server.reply(fault="silent")
    server.answer({})
    client.list_dataset_items("o", "d/e", {"q": "hush"})
    assert [(r.operation, r.method, r.path, r.status, r.number) for r in reports] == [
        ("list_dataset_items", "GET", "/organizations/o/datasets/d%2Fe/items/", status, number)
        for number, status in enumerate((503, None, 200), 1)
    ]
    assert [bool(r.error) for r in reports] == [False, True, False]
    assert all(0 < r.seconds < 60 for r in reports)


def test_a_hook_that_raises_is_logged_once_and_changes_nothing(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: AttemptReport) -> None:
        raise LookupError("of the hook")

    client = face.open(server, on_attempt=fail)
    for _ in range(3):
        server.answer({"a": 1})
        assert client.get_dataset(1, 2) == {"a": 1}
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "on_attempt" in errors[0].getMessage()
    assert "of the hook" in caplog.text


@pytest.mark.parametrize("is_coroutine_function", [True, False])
def test_a_coroutine_of_a_hook_is_awaited_or_refused(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture, *, is_coroutine_function: bool
) -> None:
    reports: list[AttemptReport] = []

    async def note(report: AttemptReport) -> None:
        await asyncio.sleep(0)
        reports.append(report)

    hook = note if is_coroutine_function else (lambda report: (report, note(report))[1])
    if face.name == "sync" and is_coroutine_function:
        with pytest.raises(TypeError, match=r"^on_attempt: .* is for AsyncAPIClient; give APIClient a plain function"):
            face.open(server, on_attempt=hook)
        return
    client = face.open(server, on_attempt=hook, max_retry_count=1)
    server.reply(503)
    server.answer({"a": 1})
    assert client.get_dataset(1, 2) == {"a": 1}
    server.reply(404)
    with pytest.raises(NotFound):
        client.get_dataset(1, 2)
    gc.collect()  # a coroutine that is never awaited warns when it is collected, and warnings are errors
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    if face.name == "sync":
        (error,) = errors
        assert "on_attempt returned a coroutine, which is for AsyncAPIClient; give APIClient a plain function" in error
    else:
        assert [report.status for report in reports] == [503, 200, 404]
        assert errors == []


def test_a_coroutine_of_a_hook_that_raises_is_logged_once(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise LookupError("of the hook")

    client = face.open(server, on_attempt=lambda _: fail())
    for _ in range(2):
        server.answer({"a": 1})
        assert client.get_dataset(1, 2) == {"a": 1}
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    assert face.name == "sync" or "of the hook" in caplog.text


class _CalledAsync:
    async def __call__(self, report: AttemptReport) -> None: ...


def test_an_object_with_an_async_call_is_no_hook_of_a_sync_client(face: "Face") -> None:
    if face.name == "sync":
        with pytest.raises(TypeError, match=r"^on_attempt: .*coroutine function"):
            face.open("http://unused", on_attempt=_CalledAsync())
    else:
        face.open("http://unused", on_attempt=_CalledAsync())


@pytest.mark.parametrize(("hook", "text"), [(1, "not int"), ("print", "not str")])
def test_a_hook_of_a_wrong_kind_is_refused(face: "Face", hook: Any, text: str) -> None:
    with pytest.raises(TypeError, match=f"^on_attempt: .*{text}"):
        face.open("http://unused", on_attempt=hook)


def test_a_user_agent_is_put_behind_ours(face: "Face", server: "ScriptedServer") -> None:
    server.answer({})
    face.open(server, user_agent="loader/1.2 (night)").get_dataset(1, 2)
    sent = server.only.headers["user-agent"]
    assert sent.startswith("abeja-datasets/")
    assert sent.endswith(" loader/1.2 (night)")


@pytest.mark.parametrize("value", ["", " x", "a\nb", "é", 1, b"x"])
def test_a_user_agent_that_can_not_be_sent_is_refused(face: "Face", value: Any) -> None:
    with pytest.raises(ValueError, match=r"^user_agent: "):
        face.open("http://unused", user_agent=value)


# Tokens that a function returns


def tokens(*values: Any) -> "Callable[[], Any]":
    """Return a function that returns one value after the other, and raises those that are errors."""
    left = list(values)

    def token() -> Any:
        value = left.pop(0)
        if isinstance(value, Exception):
            raise value
        return value

    return token


def test_a_function_is_asked_for_the_token_once_and_again_after_a_401(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, credential={"auth_token": tokens("one", "two")}, max_retry_count=0)
    assert "credential=<Credential of an auth_token function>" in repr(client)
    server.answer({})
    server.answer({})
    server.reply(401)
    server.answer({"new": True}, 201)
    client.get_dataset(1, 2)
    client.get_dataset(1, 2)
    assert client.create_dataset(1, "a", "b", {}) == {"new": True}
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer one", "Bearer one", "Bearer one", "Bearer two"]


def test_a_second_401_is_raised(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, credential={"auth_token": tokens("hush-one", "hush-two")})
    for _ in range(2):
        server.answer({"error_description": "neither hush-one nor hush-two"}, 401)
    with pytest.raises(Unauthorized) as caught:
        client.get_dataset(1, 2)
    assert [attempt.status for attempt in caught.value.attempts] == [401, 401]
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "returned None"),
        ("", "returned ''"),
        (b"bytes", "returned no usable token; auth_token: a str is needed, not bytes"),
        ("with space", "returned no usable token; auth_token: holds a space"),
        ("line\n", "returned no usable token; auth_token: holds a control character"),
        (LookupError("no hush"), "raised LookupError"),
    ],
)
def test_a_function_that_returns_no_token_is_a_credential_not_found(
    face: "Face", server: "ScriptedServer", value: Any, text: str
) -> None:
    client = face.open(server, credential={"auth_token": tokens(value, "good")})
    with pytest.raises(CredentialNotFound) as caught:
        client.get_dataset(1, 2)
    assert f"credential: the function given as `auth_token` {text}" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.outcome == "not_sent"
    assert caught.value.__cause__ is (value if isinstance(value, Exception) else None)
    server.answer({})  # the next call asks again
    assert client.get_dataset(1, 2) == {}


def test_a_coroutine_function_returns_the_token_with_asyncio_alone(face: "Face", server: "ScriptedServer") -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return "awaited"

    client = face.open(server, credential={"auth_token": token})
    if face.name == "sync":
        with pytest.raises(CredentialNotFound) as caught:
            client.get_dataset(1, 2)
        assert "is a coroutine function, which is for AsyncAPIClient" in str(caught.value)
        return
    server.answer({})
    client.get_dataset(1, 2)
    assert server.only.headers["authorization"] == "Bearer awaited"


def test_a_slow_function_is_called_once_for_all_threads(
    server: "ScriptedServer", threads: "ThreadPoolExecutor"
) -> None:
    calls: list[int] = []

    def token() -> str:
        calls.append(1)
        time.sleep(0.05)
        return "slow"

    for _ in range(4):
        server.answer({})
    with APIClient({"auth_token": token}, base_url=server.url) as client:
        list(threads.map(lambda _: client.get_dataset(1, 2), range(4)))
    assert len(calls) == 1


def test_a_slow_function_does_not_hold_the_event_loop(server: "ScriptedServer") -> None:
    calls: list[str] = []
    may_return = threading.Event()

    def token() -> str:
        calls.append(threading.current_thread().name)
        may_return.wait(5)
        return "slow"

    async def main() -> None:
        async with AsyncAPIClient({"auth_token": token}, base_url=server.url) as client:
            waiting = asyncio.gather(*(client.get_dataset(1, 2) for _ in range(4)))
            while not calls:  # noqa: ASYNC110 - a thread does it
                await asyncio.sleep(0)
            may_return.set()  # the loop goes on while the function waits
            await waiting

    for _ in range(4):
        server.answer({})
    asyncio.run(main())
    assert len(calls) == 1
    assert calls != ["MainThread"]


def test_a_function_that_is_slower_than_the_deadline_sends_nothing(face: "Face", server: "ScriptedServer") -> None:
    def token() -> str:
        time.sleep(0.1)
        return "slow"

    client = face.open(server, credential={"auth_token": token}, deadline=0.05)
    with pytest.raises(RequestTimeout, match="the deadline of the call is over") as caught:
        client.create_dataset(1, "a", "b", {})
    assert caught.value.outcome == "not_sent"
    assert server.received == 0


@pytest.mark.parametrize("kind", ["function", "coroutine function"])
def test_no_call_waits_for_a_token_beyond_its_deadline(face: "Face", server: "ScriptedServer", kind: str) -> None:
    calls: list[float] = []
    may_return = threading.Event()

    def token() -> str:
        calls.append(time.monotonic())
        may_return.wait(5)
        return "slow"

    async def awaited() -> str:
        return await asyncio.to_thread(token)

    if kind == "coroutine function" and face.name == "sync":
        pytest.skip("the sync client takes no coroutine function")
    function = token if kind == "function" else awaited
    client = face.open(server, credential={"auth_token": function}, deadline=0.1)
    started = time.monotonic()
    for _ in range(2):  # the second waits for the function that the first has called
        with pytest.raises(RequestTimeout, match="the deadline of the call is over") as caught:
            client.create_dataset(1, "a", "b", {})
        assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 1)
        assert 0.09 < caught.value.attempts[0].seconds < 2
    assert time.monotonic() - started < 2
    may_return.set()
    server.answer({"a": 1})
    assert client.with_options(deadline=5).get_dataset(1, 2) == {"a": 1}
    assert server.only.headers["authorization"] == "Bearer slow"
    assert len(calls) == 1


def test_a_token_within_the_deadline_is_sent(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, credential={"auth_token": tokens("first", "second", LookupError())}, deadline=5)
    server.reply(401)
    server.answer({"a": 1})
    assert client.get_dataset(1, 2) == {"a": 1}
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer first", "Bearer second"]
    server.reply(401)
    with pytest.raises(CredentialNotFound, match="raised LookupError"):
        client.get_dataset(1, 2)


# Limits


def test_a_deadline_bounds_a_call_with_its_retries(face: "Face", server: "ScriptedServer", waits: "Waits") -> None:
    waits.take_time()
    client = face.open(server, deadline=0.4)
    server.reply(fault="stall")
    started = time.monotonic()
    with pytest.raises(RequestTimeout) as caught:
        client.create_dataset(1, "a", "b", {})
    assert 0.3 < time.monotonic() - started < 3
    assert caught.value.outcome == "unknown"


def test_no_call_waits_for_a_retry_that_would_be_too_late(face: "Face", server: "ScriptedServer") -> None:
    server.reply(503, headers={"Retry-After": "20"})
    with pytest.raises(ServiceUnavailable) as caught:
        face.open(server).with_options(deadline=10).get_dataset(1, 2)
    assert len(caught.value.attempts) == 1


def test_a_body_that_trickles_ends_with_the_deadline(face: "Face", server: "ScriptedServer") -> None:
    server.reply(body=b'"' + b"x" * 1000 + b'"', pause=0.02)
    started = time.monotonic()
    with pytest.raises(RequestTimeout):
        face.open(server, deadline=0.3, max_retry_count=0).get_dataset(1, 2)
    assert time.monotonic() - started < 5


def test_a_head_that_trickles_ends_with_the_deadline(face: "Face") -> None:
    def trickle(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=trickle, args=(listener,))
        serving.start()
        started = time.monotonic()
        with pytest.raises(RequestTimeout) as caught:
            face.open(f"http://127.0.0.1:{listener.getsockname()[1]}", deadline=0.3, max_retry_count=0).get_dataset(
                1, 2
            )
        assert time.monotonic() - started < 5
        assert caught.value.outcome == "unknown"
        serving.join(10)


def test_the_deadline_comes_from_the_environment_too(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABEJA_SDK_DEADLINE", "0.2")
    server.reply(fault="stall")
    with pytest.raises(RequestTimeout):
        face.open(server).create_dataset(1, "a", "b", {})
    monkeypatch.setenv("ABEJA_SDK_DEADLINE", "soon")
    with pytest.raises(ValueError, match=r"^ABEJA_SDK_DEADLINE: a number is needed, not 'soon'"):
        face.open(server)


@pytest.mark.parametrize("is_given", [False, True])
def test_a_body_over_the_limit_is_an_invalid_response(face: "Face", server: "ScriptedServer", is_given: bool) -> None:
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    client = face.open(server, max_response_bytes=100, **given)
    server.reply(body=b'{"a": "' + b"x" * 91 + b'"}', headers={"X-Request-Id": "id-9"})
    assert client.get_dataset(1, 2) == {"a": "x" * 91}
    server.reply(body=b'{"a": "' + b"x" * 92 + b'"}', headers={"X-Request-Id": "id-9"})
    with pytest.raises(InvalidResponse, match="larger than max_response_bytes, 100 bytes") as caught:
        client.get_dataset(1, 2)
    assert caught.value.request_id == "id-9"
    assert [attempt.status for attempt in caught.value.attempts] == [200]
    server.reply(500, b"x" * 101)
    with pytest.raises(InvalidResponse):
        client.get_dataset(1, 2)


@pytest.mark.parametrize("value", [0, -1, 1.5, "10", True, None.__class__])
def test_a_bad_limit_is_refused(face: "Face", value: Any) -> None:
    with pytest.raises(ValueError, match=r"^max_response_bytes: "):
        face.open("http://unused", max_response_bytes=value)


def test_an_error_after_a_view_names_the_attempts_of_its_own_call(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(500)
    with pytest.raises(InternalServerError) as caught:
        client.with_options(max_retry_count=0, headers={"X-Trace": "1"}).get_dataset(1, 2)
    assert len(caught.value.attempts) == 1

"""When a call is sent again, when not, and after how long: every row of the retry table, counted by the server."""

import contextlib
import datetime as dt
import os
import random
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
from tests.wrapper.scripted import Reply

from abeja_datasets import APIClient, retry
from abeja_datasets.exceptions import (
    BadRequest,
    ConnectionFailed,
    Error,
    HttpError,
    InternalServerError,
    NotFound,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
    error_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wrapper.conftest import Waits
    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer

TRANSIENT = [408, 500, 502, 503, 504, *range(520, 531)]
FINAL = [
    300,
    304,
    400,
    401,
    402,
    403,
    404,
    405,
    406,
    409,
    410,
    413,
    415,
    418,
    422,
    451,
    499,
    501,
    505,
    511,
    519,
    531,
    599,
]
LOST = ["unread", "silent", "reset", "half"]


def repeats(operation: "Operation") -> bool:
    return operation.method != "POST"


def test_a_transient_status_is_repeated_unless_it_may_have_created_something(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    for status in TRANSIENT:
        server.requests.clear()
        server.reply(status, b"no JSON")
        if repeats(operation):
            server.answer({"late": status})
            assert operation.call(client) == {"late": status}
            first, second = server.requests
            assert (first.method, first.target, first.body) == (second.method, second.target, second.body)
        else:
            with pytest.raises(error_class(status)) as caught:
                operation.call(client)
            assert server.received == len(caught.value.attempts) == 1
            assert caught.value.outcome == ("rejected" if status < 500 else "unknown")


def test_too_many_requests_is_repeated_for_every_method(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    server.reply(429)
    server.reply(429)
    server.answer({})
    assert operation.call(client) == {}
    assert [r.body for r in server.requests] == [server.requests[0].body] * 3


def test_any_other_status_is_raised_at_once(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    for number, status in enumerate(FINAL, 1):
        server.reply(status)
        with pytest.raises(error_class(status)) as caught:
            operation.call(client)
        assert server.received == number
        assert len(caught.value.attempts) == 1
        assert caught.value.status_code == status
        assert caught.value.outcome == ("rejected" if 400 <= status < 500 else "unknown")


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_is_asked_for_again_unless_it_may_have_created_something(
    client: APIClient, server: "ScriptedServer", operation: "Operation", fault: str
) -> None:
    server.reply(fault=fault)
    if repeats(operation):
        server.answer({"late": True})
        assert operation.call(client) == {"late": True}
        assert server.received == 2
    else:
        with pytest.raises(ConnectionFailed) as caught:
            operation.call(client)
        assert server.received == 1
        (attempt,) = caught.value.attempts
        assert (attempt.status, attempt.outcome, caught.value.outcome) == (None, "unknown", "unknown")
        assert "the request may have been carried out" in str(caught.value)
        assert isinstance(caught.value.__cause__, httpx.RequestError | aiohttp.ClientError)


def test_an_answer_that_takes_too_long_is_asked_for_again_unless_it_may_have_created_something(
    face: "Face", server: "ScriptedServer", operation: "Operation", waits: "Waits"
) -> None:
    client = face.open(server, timeout=0.25)
    server.reply(fault="stall")
    if repeats(operation):
        server.always = lambda _: Reply(200, b'{"late": true}')  # on a busy machine the second attempt may be late too
        assert operation.call(client) == {"late": True}
        assert server.received == 1 + len(waits) > 1
    else:
        with pytest.raises(RequestTimeout) as caught:
            operation.call(client)
        assert server.received == 1
        assert caught.value.outcome == "unknown"
        assert isinstance(caught.value, TimeoutError)


def test_a_connection_that_cannot_be_made_is_tried_again_for_every_method(
    face: "Face", late_server: "ScriptedServer", operation: "Operation", waits: "Waits"
) -> None:
    def listen_later() -> None:
        if len(waits) == 2:
            late_server.listen()

    waits.then = listen_later
    late_server.answer({"late": True})
    assert operation.call(face.open(late_server)) == {"late": True}
    assert len(waits) == 2
    assert late_server.received == 1


def test_a_connection_that_is_never_made_is_known_not_to_have_sent_anything(
    face: "Face", late_server: "ScriptedServer", operation: "Operation"
) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        operation.call(face.open(late_server))
    assert len(caught.value.attempts) == 6
    assert {a.outcome for a in caught.value.attempts} == {"not_sent"}
    assert caught.value.outcome == "not_sent"
    assert not isinstance(caught.value, TimeoutError)
    assert "may have been carried out" not in str(caught.value)
    assert "after 6 attempts" in str(caught.value)


def test_a_connection_that_takes_too_long_is_a_request_timeout_that_sent_nothing(face: "Face") -> None:
    # A listener whose queue is full lets further connections wait.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with socket.create_connection(listener.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(listener.getsockname())
            client = face.open(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.05, max_retry_count=1)
            with pytest.raises(RequestTimeout) as caught:
                client.create_dataset(1, "a", "b", {})
    assert [a.outcome for a in caught.value.attempts] == ["not_sent", "not_sent"]
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize("name", ["get_dataset", "update_dataset_item", "delete_dataset"])
@pytest.mark.parametrize(("settings", "attempts"), [({}, 6), ({"max_retry_count": 0}, 1), ({"max_retry_count": 1}, 2)])
def test_max_retry_count_limits_the_attempts(
    *,
    face: "Face",
    server: "ScriptedServer",
    operations: "dict[str, Operation]",
    name: str,
    settings: dict[str, Any],
    attempts: int,
) -> None:
    for _ in range(attempts):
        server.reply(503)
    with pytest.raises(ServiceUnavailable) as caught:
        operations[name].call(face.open(server, **settings))
    assert server.received == len(caught.value.attempts) == attempts
    assert [(a.reason, a.status, a.outcome) for a in caught.value.attempts] == [
        ("503 Scripted", 503, "unknown")
    ] * attempts
    assert all(0 < a.seconds < 5 for a in caught.value.attempts)


def test_the_waits_grow_up_to_a_bound(face: "Face", server: "ScriptedServer", waits: "Waits") -> None:
    for _ in range(8):
        server.reply(500)
    with pytest.raises(InternalServerError):
        face.open(server, max_retry_count=7).get_dataset(1, 2)
    # conftest draws the upper end of each.
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_a_wait_is_drawn_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for retries in range(12):
        bound = min(8.0, 0.5 * 2**retries)
        waits = [retry.delay(retries, None) for _ in range(200)]
        assert all(wait is not None and 0 <= wait <= bound for wait in waits)
        assert len(set(waits)) > 190
        assert max(wait or 0 for wait in waits) > 0.9 * bound
        assert min(wait or 0 for wait in waits) < 0.1 * bound
    assert retry.delay(10_000, None) is not None


@pytest.mark.parametrize(
    ("retry_after", "wait"), [(None, 0.5), (0.0, 0.5), (3.0, 3.5), (60.0, 60.5), (60.5, None), (float("inf"), None)]
)
def test_retry_after_lengthens_a_wait_or_ends_the_call(retry_after: float | None, wait: float | None) -> None:
    assert retry.delay(0, retry_after) == wait


@pytest.mark.parametrize("retry_after", [0.3, 3.0, 60.0])
def test_retry_after_is_a_lower_bound(monkeypatch: pytest.MonkeyPatch, retry_after: float) -> None:
    monkeypatch.setattr(retry, "draw", lambda _bound: 0.0)
    assert retry.delay(0, retry_after) == retry_after


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("20", 20.5),
        (" 20 ", 20.5),
        ("0", 0.5),
        ("60", 60.5),
        ("1.5", 2.0),
        ("soon", 0.5),
        ("-5", 0.5),
        ("", 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.5),
        ("Wed, 99 Oct 2015 07:28:00 GMT", 0.5),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 0.5),
        ("Wed, 21 Oct 9999999999999999999999 07:28:00 GMT", 0.5),
        ("Wed, 21 Oct 0000 07:28:00 -0000", 0.5),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.5),
        ("Wed, 21 Oct 2099 07:28:00 +9999", 0.5),
        ("Wed Oct 21 07:28:00 2015", 0.5),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", 0.5),
        ("Wednesday, 21-Oct-99 07:28:00 GMT", 0.5),
        ("Wednesday, 99-Foo-99 99:99:99 GMT", 0.5),
        ("-0000", 0.5),
        ("+5", 0.5),
        ("1e9", 0.5),
        ("5, 5", 0.5),
        ("5;6", 0.5),
        ("0x10", 0.5),
        ("1_0", 0.5),
        ("\u0665", 0.5),
        ("\u00b2", 0.5),
        ("NaN", 0.5),
        ("inf", 0.5),
        ("0" * 5000 + "7", 7.5),
    ],
)
def test_a_servers_retry_after_is_waited_out(
    *, client: APIClient, server: "ScriptedServer", waits: "Waits", value: str, wait: float, status: int
) -> None:
    server.reply(status, headers={"Retry-After": value})
    server.answer({})
    client.get_dataset(1, 2)
    assert waits == [wait]


@pytest.mark.parametrize(
    "form",
    [
        *(f"%a, %d %b %Y %H:%M:%S{zone}" for zone in (" GMT", " +0000", " -0000", "")),
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ],
)
def test_a_servers_retry_after_may_be_a_date(
    client: APIClient, server: "ScriptedServer", waits: "Waits", monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
        server.reply(503, headers={"Retry-After": moment.strftime(form)})
        server.answer({})
        client.get_dataset(1, 2)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    (wait,) = waits
    assert wait == pytest.approx(30, abs=0.8)


@pytest.mark.parametrize(
    "value", ["61", "86400", "9" * 400, "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri Dec 31 23:59:60 9999"]
)
@pytest.mark.parametrize("name", ["get_dataset", "create_dataset_item"])
def test_a_long_retry_after_is_raised_at_once_for_the_caller_to_decide(
    client: APIClient, server: "ScriptedServer", operations: "dict[str, Operation]", name: str, value: str
) -> None:
    server.reply(429, headers={"Retry-After": value})
    with pytest.raises(TooManyRequests) as caught:
        operations[name].call(client)
    assert server.received == len(caught.value.attempts) == 1
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 60
    if value == "61":
        assert caught.value.retry_after == 61.0


@pytest.mark.parametrize("status", [200, 400, 404, 413, 501, 503, 999])
@pytest.mark.parametrize(
    "value", ["Wed Oct 21 07:28:00 2015 -0000", "Wed, 21 Oct 99999 07:28:00 GMT", "\u0665", "9" * 5000]
)
def test_a_retry_after_of_any_status_raises_nothing_of_its_own(
    face: "Face", server: "ScriptedServer", status: int, value: str
) -> None:
    server.reply(status, headers={"Retry-After": value})
    client = face.open(server, max_retry_count=0)
    if status == 200:
        assert client.get_dataset(1, 2) == {}
    else:
        with pytest.raises(error_class(status)):
            client.get_dataset(1, 2)


def test_the_programs_own_random_numbers_are_left_alone(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(503)
    server.answer({})
    random.seed(1)
    before = random.getstate()
    client.get_dataset(1, 2)
    assert random.getstate() == before


def test_workers_that_are_told_the_same_do_not_come_back_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def worker(_number: int) -> float:
        random.seed(1)
        wait = retry.delay(0, 2.0)
        assert wait is not None
        assert 2 <= wait <= 2.5
        return wait

    waits = sorted(map(worker, range(20)))
    assert len(set(waits)) == 20
    assert waits[-1] - waits[0] > 0.1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_workers_do_not_draw_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    drawn = {retry.delay(0, None)}
    for _ in range(4):
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.write(writing, repr(retry.delay(0, None)).encode())
            os._exit(0)
        os.waitpid(child, 0)
        drawn.add(float(os.read(reading, 100)))
        os.close(reading)
        os.close(writing)
    assert len(drawn) == 5


@pytest.mark.parametrize(("most", "attempts"), [(5, 3), (1, 2), (0, 1)])
@pytest.mark.parametrize("is_given", [False, True])
def test_a_host_that_does_not_resolve_is_tried_three_times(
    face: "Face", monkeypatch: pytest.MonkeyPatch, most: int, attempts: int, is_given: bool
) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    with pytest.raises(ConnectionFailed) as caught:
        face.open("http://nowhere.invalid", max_retry_count=most, **given).create_dataset(1, "a", "b", {})
    assert [attempt.outcome for attempt in caught.value.attempts] == ["not_sent"] * attempts


@pytest.mark.parametrize("is_given", [False, True])
def test_a_server_that_speaks_no_tls_is_tried_once(face: "Face", is_given: bool) -> None:
    with plain() as url:
        given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
        with pytest.raises(ConnectionFailed) as caught:
            face.open(url, **given).create_dataset(1, "a", "b", {})
    assert [attempt.outcome for attempt in caught.value.attempts] == ["not_sent"]


@pytest.mark.parametrize("url", ["ftp://h", "h:80", "//h", "http:/h", "http://", "https://h:port"])
def test_a_wrong_url_is_refused_before_anything_is_sent(face: "Face", waits: "Waits", url: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url: "):
        face.open(url)
    assert not waits


@contextlib.contextmanager
def plain() -> "Iterator[str]":
    """Run a server that answers in plain HTTP whatever it gets; yield its URL, which says https."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        serving.join(5)


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), (None, None), ("soon", None)])
def test_an_error_tells_how_long_to_wait(
    face: "Face", server: "ScriptedServer", value: str | None, seconds: float | None
) -> None:
    server.reply(503, headers={"Retry-After": value} if value else {})
    with pytest.raises(ServiceUnavailable) as caught:
        face.open(server, max_retry_count=0).get_dataset(1, 2)
    assert caught.value.retry_after == seconds


def test_time_does_pass_between_attempts(
    client: APIClient, server: "ScriptedServer", waits: "Waits", monkeypatch: pytest.MonkeyPatch
) -> None:
    waits.take_time()
    monkeypatch.setattr(retry, "draw", lambda _bound: 0.0)
    server.reply(429, headers={"Retry-After": "0.15"})
    server.reply(429)
    server.answer({})
    client.get_dataset(1, 2)
    first, second, third = (request.at for request in server.requests)
    assert second - first >= 0.15
    assert third - second < 0.15


@pytest.mark.parametrize("name", ["delete_dataset", "delete_dataset_item"])
@pytest.mark.parametrize("earlier", ["silent", 500, 503, 520])
def test_what_is_gone_after_an_unknown_delete_may_have_been_deleted_by_it(
    client: APIClient, server: "ScriptedServer", operations: "dict[str, Operation]", name: str, earlier: str | int
) -> None:
    server.reply(**({"fault": earlier} if isinstance(earlier, str) else {"status": earlier}))
    server.answer({"error": "not_found", "error_description": "no such"}, 404)
    with pytest.raises(NotFound) as caught:
        operations[name].call(client)
    assert caught.value.outcome == "unknown"
    assert [a.outcome for a in caught.value.attempts] == ["unknown", "rejected"]
    assert "an earlier attempt may have deleted it" in str(caught.value)
    assert caught.value.error_description == "no such"


def test_what_is_gone_without_such_an_attempt_was_not_there(
    client: APIClient, server: "ScriptedServer", operations: "dict[str, Operation]"
) -> None:
    server.reply(429)
    server.reply(404)
    with pytest.raises(NotFound) as caught:
        operations["delete_dataset"].call(client)
    assert caught.value.outcome == "rejected"
    assert "earlier attempt" not in str(caught.value)


@pytest.mark.parametrize(("name", "outcome"), [("update_dataset_item", "unknown"), ("get_dataset_item", "rejected")])
def test_a_refusal_does_not_undo_what_an_earlier_attempt_may_have_done(
    client: APIClient, server: "ScriptedServer", operations: "dict[str, Operation]", name: str, outcome: str
) -> None:
    server.reply(fault="reset")
    server.reply(400)
    with pytest.raises(BadRequest) as caught:
        operations[name].call(client)
    assert caught.value.outcome == outcome
    assert ("may have been carried out" in str(caught.value)) == (outcome == "unknown")


def test_attempts_tell_what_happened_each_time(face: "Face", server: "ScriptedServer", waits: "Waits") -> None:
    def leave() -> None:
        if len(waits) == 4:
            server.close()

    waits.then = leave
    server.reply(429)
    server.reply(502, reason="Proxy Says No")
    server.reply(520, reason="")
    server.reply(fault="silent")
    with pytest.raises(ConnectionFailed) as caught:
        face.open(server, max_retry_count=4).bulk_update_dataset_item(1, 2, [])
    attempts = caught.value.attempts
    assert [a.status for a in attempts] == [429, 502, 520, None, None]
    assert [a.outcome for a in attempts] == ["rejected", "unknown", "unknown", "unknown", "not_sent"]
    assert [a.reason for a in attempts[:3]] == ["429 Scripted", "502 Proxy Says No", "520"]
    # Nothing came of the last attempt, but an earlier one may have been carried out.
    assert caught.value.outcome == "unknown"
    for attempt in attempts:
        assert attempt.reason in str(caught.value)


def test_a_certificate_that_is_not_trusted_is_not_asked_for_again(waits: "Waits") -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("untrusted", request=request) from ssl.SSLCertVerificationError("self-signed")

    with httpx.Client(transport=httpx.MockTransport(refuse)) as http_client:
        client = APIClient({"auth_token": "irrelevant"}, http_client=http_client)
        with pytest.raises(ConnectionFailed) as caught:
            client.get_dataset(1, 2)
    assert len(caught.value.attempts) == 1
    assert caught.value.outcome == "not_sent"
    assert not waits


@pytest.mark.parametrize("idempotent", [True, False])
def test_the_policy_follows_the_table(idempotent: bool) -> None:
    def retried(*, sent: bool = True, status: int | None = None) -> bool:
        return retry.is_retryable(idempotent=idempotent, sent=sent, status=status)

    assert retried(sent=False)
    assert retried() == idempotent
    assert {status for status in range(300, 600) if retried(status=status)} == (
        {429, *TRANSIENT} if idempotent else {429}
    )


def test_every_error_of_a_call_can_be_caught_as_one(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(520)
    with pytest.raises(Error) as caught:
        client.create_dataset(1, "a", "b", {})
    assert type(caught.value) is HttpError

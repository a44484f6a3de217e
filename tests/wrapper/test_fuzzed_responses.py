"""Whatever a server sends, a call returns, or raises an error of ours with its outcome, within its deadline."""

import random
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.wrapper.scripted import Reply

from abeja_datasets import APIClient
from abeja_datasets.exceptions import ConnectionFailed, Error

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import Request, ScriptedServer

CALLS: Final[dict[str, Callable[[APIClient], Any]]] = {
    "GET": lambda client: list(client.iter_dataset_items(1, 2, {"limit": 2})),
    "POST": lambda client: client.create_dataset_item(1, 2, [{"data_uri": "a"}]),
    "DELETE": lambda client: client.delete_dataset(1, 2),
}
DEADLINE: Final = 5.0
STATUSES: Final = [
    0, 1, 99, 100, 101, 103, 199, 200, 201, 204, 205, 206, 226, 299, 300, 301, 302, 303, 304, 307, 308, 399, 400, 401,
    404, 407, 408, 411, 413, 418, 425, 429, 499, 500, 502, 503, 504, 511, 520, 530, 599, 600, 700, 999, 1000, -1, "2e2",
]  # fmt: skip
BODIES: Final = [
    b"", b"{}", b"[]", b"null", b"NaN", b'{"items": []}', b'{"items": [{}], "next_page_token": null}', b"\xff\xfe",
    b'{"items": [{}], "next_page_token": "\\ud800"}', b'{"items": 1}', b"<html>", b'{"error": "e"}', b"[" * 5000,
    b'{"error": {"a": [1]}, "error_description": null, "error_detail": "\\u0000"}', b"1" * 5000, b"\x1f\x8b\x08\x00",
    b"1e999", b'{"items": [1e999]}',
]  # fmt: skip
HEADERS: Final = [
    b"Retry-After: Fri, 31 Dec 99999 23:59:59 GMT", b"Retry-After: 1e9", b"Retry-After: -1", b"Retry-After: \xb2",
    b"Location: /x?y=\xff", b"Location: http://[", b"Location: //\xff@:99999", b"Location: ", b"Location: \x01",
    b"Content-Encoding: gzip", b"Content-Encoding: deflate, gzip", b"Content-Encoding: br", b"Content-Encoding: \xff",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity",
    b"Content-Length: 0", b"Content-Length: -5", b"Content-Length: 99999", b"Content-Length: 2, 2",
    b"Content-Length: x",
    b"Content-Type: text/html; charset=punycode", b"Content-Type: ;;\xff", b"Set-Cookie: a=\xe9", b"Set-Cookie: ;=",
    b"X-Request-Id: \x1b[31m\xff", b"X-Next-Token: \xff\xfe", b"Connection: close", b"Connection: upgrade",
    b"Upgrade: websocket", b" folded: 1", b": empty", b"no colon", b"a\x00b: c", b"X: " + b"x" * 70_000, b"Date: 0",
]  # fmt: skip


def response(chance: random.Random) -> bytes:
    """Make a response that is odd in its status, its headers, its body, and now and then in its bytes."""
    body = chance.choice(BODIES)
    version = chance.choice([b"HTTP/1.1"] * 9 + [b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"ICY", b""])
    reason = chance.choice([b"OK", b"", b"\xff\x01", b"r" * 500])
    status = str(chance.choice(STATUSES)).encode()
    lines = [b"%b %b %b" % (version, status, reason), *chance.sample(HEADERS, chance.randrange(3))]
    if chance.random() < 0.8:
        lines.append(b"Content-Length: %d" % max(0, len(body) + chance.choice([0, 0, 0, 0, 1, -1])))
    whole = chance.choice([b"\r\n", b"\r\n", b"\r\n", b"\n"]).join([*lines, b"", body])
    return mutated(whole, chance) if chance.random() < 0.4 else whole


def mutated(whole: bytes, chance: random.Random) -> bytes:
    """Change a few bytes."""
    text = bytearray(whole)
    for _ in range(chance.randrange(1, 6)):
        at, kind = chance.randrange(len(text) + 1), chance.randrange(5)
        if kind == 0:
            text[at : at + 1] = chance.randbytes(1)
        elif kind == 1:
            del text[at : at + chance.randrange(1, 9)]
        elif kind == 2:
            text[at:at] = chance.randbytes(chance.randrange(1, 9))
        elif kind == 3:
            text[at:at] = text[: chance.randrange(60)]
        else:
            del text[at:]
    return bytes(text)


def failure(call: Callable[[APIClient], Any], client: APIClient) -> Exception | None:
    """Return the error that a call raises."""
    try:
        call(client)
    except Exception as error:  # noqa: BLE001 - none but ours may come
        return error
    return None


@pytest.mark.parametrize("count", [40, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("is_given", [False, True])
def test_every_error_is_one_of_ours_with_its_outcome(
    *, face: "Face", server: "ScriptedServer", method: str, count: int, is_given: bool
) -> None:
    chance = random.Random(f"{face.name} {method} {is_given}")
    sent: list[bytes] = []

    def answer(_request: "Request") -> Reply:
        sent.append(response(chance))
        return Reply(raw=sent[-1])

    server.always = answer
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    client = face.open(server, max_retry_count=1, deadline=DEADLINE, **given)
    lost = 0
    for _ in range(count):
        sent.clear()
        received = len(server.requests)
        started = time.monotonic()
        error = failure(CALLS[method], client)
        assert time.monotonic() - started < DEADLINE + 1, sent
        received = len(server.requests) - received
        if error:
            check(error, received, sent)
        else:
            assert received, "a success without a request"
        lost += not received
    # The server closes each connection. A request that meets the end of one is lost, and a create is not repeated.
    assert lost <= count / 10


def check(error: Exception, received: int, sent: list[bytes]) -> None:
    """Check an error against what the server has received and sent for the call."""
    assert isinstance(error, Error), (error, sent)
    assert error.attempts, sent
    outcomes = [attempt.outcome for attempt in error.attempts]
    assert error.outcome in ("rejected", "unknown"), sent
    assert "not_sent" not in outcomes, sent
    # A redirect that is followed is not an attempt; a request that is lost is one.
    assert received or isinstance(error, ConnectionFailed), sent
    if error.outcome == "rejected":
        assert received, sent
        assert outcomes[-1] == "rejected", sent
    assert not re.search("[\x00-\x1f\x7f-\x9f]", str(error)), sent


@pytest.mark.parametrize("status", [0, 99, 600, 700, 999])
def test_a_status_of_no_class_is_an_error_whose_outcome_is_unknown(
    face: "Face", server: "ScriptedServer", status: int
) -> None:
    server.reply(raw=b"HTTP/1.1 %03d Odd\r\nContent-Length: 2\r\n\r\n{}" % status)
    with pytest.raises(Error) as caught:
        face.open(server).create_dataset(1, "a", "b", {})
    assert caught.value.outcome == "unknown"
    assert len(caught.value.attempts) == 1

"""Each kind of credential and each way to fail, over each transport: the error keeps no secret."""

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.sampling import every
from tests.wrapper.raw_server import read_head, serving

from abeja_datasets.exceptions import Error

if TYPE_CHECKING:
    import socket

    from tests.wrapper.faces import Face

SECRET: Final = "hush-hush-of-this-test"
CREDENTIALS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "token": lambda: {"auth_token": SECRET},
    "function": lambda: {"auth_token": lambda: SECRET},
    "user": lambda: {"user_id": 1, "personal_access_token": SECRET},
    "datasource": lambda: {"datasource_id": 1, "datasource_secret": SECRET},
}
ENCODED: Final = ["aHVzaC1odXNoLW9mLXRoaXMtdGVzd", "h1c2gtaHVzaC1vZi10aGlzLXRlc3", "odXNoLWh1c2gtb2YtdGhpcy10ZXN0"]
"""The secret within Base64, wherever it begins."""
RESPONSES: Final = {
    "nothing": b"",
    "garbage": b"\xff\xfe garbage\r\n\r\n",
    "an error": b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}",
    "no JSON": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "too much": b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b" " * 3000,
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    "silence": b"silence",
}
KINDS: Final = [*RESPONSES, "refused", "no TLS", "proxy 407", "proxy garbage", "proxy refused"]


def texts(error: BaseException) -> "Iterator[str]":
    """All texts of an error: of itself, of what is behind it, of the frames of all of these, and of its pickle."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        left += [behind for behind in (one.__cause__, one.__context__) if behind is not None]
        yield f"{one} {one!r} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', '')}"
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if frame.f_code.co_filename != __file__:
                yield from (f"{name}={value!r} {vars_of(value)!r}" for name, value in frame.f_locals.items())
    pickled = pickle.dumps(error, 0)
    yield pickled.decode("latin-1")
    yield repr(vars(pickle.loads(pickled)))


def vars_of(value: object) -> object:
    """Return the attributes of a request or a response, which error reporters show with it; nothing of others."""
    return getattr(value, "headers", None)


@pytest.mark.parametrize(
    ("kind", "credential", "is_given"),
    every(8, product(KINDS, CREDENTIALS, [False, True])),
)
def test_no_error_keeps_a_secret(
    *,
    face: "Face",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    credential: str,
    is_given: bool,
) -> None:
    caplog.set_level(logging.DEBUG)

    def serve(connection: "socket.socket") -> None:
        read_head(connection)
        if kind == "silence":
            connection.recv(1 << 16)
            connection.recv(1)
        elif kind == "proxy 407":
            connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.sendall(RESPONSES.get(kind, b"garbage\r\n\r\n"))

    reports: list[Any] = []
    with serving(serve) as url:
        origin = url
        if kind == "refused":
            origin = "http://127.0.0.1:9"
        elif kind == "no TLS":
            origin = url.replace("http:", "https:")
        elif kind.startswith("proxy"):
            origin = "https://nowhere.invalid"
            proxy = "http://127.0.0.1:9" if kind == "proxy refused" else url
            monkeypatch.setenv("HTTPS_PROXY", proxy.replace("//", f"//me:{SECRET}@"))
        client = face.open(
            origin,
            credential=CREDENTIALS[credential](),
            max_retry_count=0,
            timeout=0.2,
            deadline=5 if is_given else None,
            max_response_bytes=2000,
            on_attempt=reports.append,
            **({"http_client": face.http_client()} if is_given else {}),
        )
        error = failure(lambda: client.list_dataset_items(1, 2, {"q": "a-search", "next_page_token": "a-page-token"}))
    assert isinstance(error, Error)
    shown = "\n".join([*texts(error), repr(reports), repr(client)])
    logged = caplog.text + repr([vars(record) for record in caplog.records])
    for secret in (SECRET, *ENCODED):
        assert secret not in shown
        assert secret not in logged
    for private in ("a-search", "a-page-token"):
        assert private not in str(error)
        assert private not in logged


def failure(call: Callable[[], Any]) -> BaseException:
    """Return the error that a call raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the caller looks at it
        return error
    raise AssertionError("no error")

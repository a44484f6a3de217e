"""The check ends in time and in little memory, and with its reports, whatever bytes a server sends."""

import gzip
import itertools
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, SECRET, Asked, Told
from tests.contract.hostile import END, Hostile, Payload, hostile
from tests.sampling import every

from abeja_datasets_contract.check import CheckFailed, Mode, Options, Report, Status, check
from abeja_datasets_contract.check.report import write

_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _JSON + b"Transfer-Encoding: chunked\r\n\r\n"
_EMPTY = b"\r\nContent-Length: 0\r\n\r\n"


def _dripped(data: bytes) -> Iterator[bytes]:
    for byte in data:
        time.sleep(0.05)
        yield bytes([byte])


def _gigabytes() -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    yield _JSON + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
    for _ in range(2048):
        if piece := packer.compress(b"0" * 2**20):
            yield piece
    yield END


def _endless(begin: bytes, piece: bytes) -> Payload:
    return lambda _: itertools.chain([begin], itertools.repeat(piece))


def _whole(*pieces: bytes) -> Payload:
    return lambda _: pieces


ENDLESS: dict[str, Payload] = {
    "body": _endless(_JSON + b"\r\n", b"x" * 65536),
    "chunks": _endless(_CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "an extension of a chunk": _endless(_CHUNKED + b"1;", b"x" * 65536),
    "trailers": _endless(_CHUNKED + b"0\r\n", b"x: y\r\n" * 10000),
    "informational responses": _endless(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" * 1000),
    "a head": _endless(_JSON, b"X: y\r\n" * 10000),
    "a line": _endless(_JSON + b"X: ", b"x" * 65536),
    "gzip": lambda _: _gigabytes(),
}
SLOW: dict[str, Payload] = {
    "tiny chunks": _endless(_CHUNKED, b"1\r\nx\r\n" * 100),
    "a dripped body": lambda _: itertools.chain([_JSON + b"Content-Length: 9999\r\n\r\n"], _dripped(b"x" * 9999)),
    "a dripped head": lambda _: _dripped(_JSON * 999),
    "dripped responses of 1xx": lambda _: _dripped(b"HTTP/1.1 100 Continue\r\n\r\n" * 999),
    "nothing": _whole(),
}
ODD: dict[str, Payload] = {
    "a length too short": _whole(_JSON + b"Content-Length: 2\r\n\r\n{}xxxxxxxx"),
    "a length too long": _whole(_JSON + b"Content-Length: 20\r\n\r\n{}", END),
    "a negative length": _whole(_JSON + b"Content-Length: -2\r\n\r\n{}", END),
    "two lengths": _whole(_JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", END),
    "a length of many digits": _whole(_JSON + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", END),
    "garbage": _whole(b"\x00\xff\x01 hello\r\n\r\n", END),
    "status 0": _whole(b"HTTP/1.1 0 X" + _EMPTY, END),
    "status 000": _whole(b"HTTP/1.1 000 X" + _EMPTY, END),
    "status 099": _whole(b"HTTP/1.1 099 X" + _EMPTY, END),
    "status 101": _whole(b"HTTP/1.1 101 X\r\nUpgrade: x" + _EMPTY, END),
    "status 600": _whole(b"HTTP/1.1 600 X" + _EMPTY),
    "status 999": _whole(b"HTTP/1.1 999 \xff\xfe" + _EMPTY),
    "status 1000": _whole(b"HTTP/1.1 1000 X" + _EMPTY, END),
    "status 204 with a body": _whole(b"HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\n{}"),
    "HTTP/0.9": _whole(b"<h1>hello</h1>", END),
    "HTTP/1.0": _whole(b"HTTP/1.0 200 OK\r\n\r\n{}", END),
    "garbage for a chunk": _whole(_CHUNKED + b"zz\r\n{}\r\n", END),
    "an end at once": _whole(END),
    "two responses": _whole((_JSON + b"Content-Length: 2\r\n\r\n{}") * 2),
    "gzip that is none": _whole(_JSON + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
    "gzip cut short": _whole(_JSON + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n" + gzip.compress(b"{}")[:9]),
    "an unknown coding": _whole(_JSON + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"),
    "a Location that is not a URL": _whole(b"HTTP/1.1 302 X\r\nLocation: http://[::1:99999999/\xff" + _EMPTY),
    "a port that is none": _whole(b"HTTP/1.1 301 X\r\nLocation: //:x@y:abc" + _EMPTY),
    "a pause beyond all years": _whole(b"HTTP/1.1 429 X\r\nRetry-After: " + b"9" * 5000 + _EMPTY),
    "lone surrogates": _whole(_JSON + b'Content-Length: 17\r\n\r\n{"name":"\\ud800"}'),
    "a header that is not ASCII": _whole(_JSON + b"X: \xff\xfe\x80\r\nContent-Length: 2\r\n\r\n{}"),
    "a name that is not ASCII": _whole(_JSON + b"X-\xe9: x\r\nContent-Length: 2\r\n\r\n{}", END),
    "a charset that is none": _whole(
        b"HTTP/1.1 200 X\r\nContent-Type: application/json; charset=\xff\x80\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "deep JSON": _whole(_JSON + b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000),
    "a long integer": _whole(_JSON + b"Content-Length: 10000\r\n\r\n" + b"9" * 10_000),
    "NUL in a header": _whole(_JSON + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}", END),
}


def _check(server: Hostile, tmp_path: Path, **more: Any) -> Report:
    given = {"mode": Mode.WRITES, "ledger": tmp_path / "ledger", "select": ("operations.*", "responses.*")}
    return check(server.url, ORGANIZATION, AUTHORIZATION, Options(**{**given, "timeout": 1, **more}))


def _report(server: Hostile, tmp_path: Path, **more: Any) -> Report | None:
    try:
        return _check(server, tmp_path, **more)
    except CheckFailed as failed:
        return failed.report


def _no_defect(report: Report) -> None:
    assert [verdict.reason for verdict in report.verdicts if "defect" in verdict.reason] == []
    assert not any("defect" in line for line in report.left_behind)


@pytest.mark.parametrize("kind", every(4, ODD))
def test_odd_bytes_in_one_operation_end_its_clauses_alone(kind: str, tmp_path: Path) -> None:
    with hostile("get_dataset_item", ODD[kind]) as server:
        report = _report(server, tmp_path, timeout=10)
    assert report is not None
    _no_defect(report)
    write(report, tmp_path / "reports")
    passed = {verdict.clause.name for verdict in report.verdicts if verdict.status is Status.PASS}
    assert "operations.list_datasets.succeeds" in passed
    blamed = {failure.exchange.operation for failure in report.failures if failure.exchange is not None}
    assert blamed == {"get_dataset_item"} or report.stopped


@pytest.mark.slow
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("operation", [None, "list_datasets", "create_dataset", "get_dataset", "delete_dataset"])
def test_odd_bytes_in_any_operation_end_no_run_in_a_traceback(operation: str, kind: str, tmp_path: Path) -> None:
    with hostile(operation, ODD[kind]) as server:
        report = _report(server, tmp_path, max_seconds=10)
    if report is not None:
        _no_defect(report)
        write(report, tmp_path / "reports")
        assert report.exit_code != 0 or report.stopped


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_has_no_end_is_not_read_to_it(kind: str, tmp_path: Path) -> None:
    with hostile(None, ENDLESS[kind]) as server, pytest.raises(CheckFailed) as caught:
        _check(server, tmp_path, max_body=2**20)
    assert "(--max-body)" in str(caught.value) or "long" in str(caught.value) or "many bytes" in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SLOW)
def test_what_comes_slowly_is_not_waited_for(kind: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with hostile(None, SLOW[kind]) as server, pytest.raises(CheckFailed, match="no response in time"):
        _check(server, tmp_path, timeout=0.5)
    assert time.monotonic() - started < 4


_PROGRAM = """
import re, sys
from pathlib import Path
from abeja_datasets_contract.check import *
url, organization, authorization, ledger = sys.argv[1:]
options = Options(mode=Mode.WRITES, ledger=Path(ledger), timeout=5, select=("operations.*", "responses.*"))
report = check(url, organization, authorization, options)
# Of this process alone: getrusage counts what its parent had, too.
print(report.exit_code, int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""
_MEBIBYTES = 2**20


def _filled(begin: bytes, values: Callable[[int], bytes], count: int, end: bytes) -> Payload:
    """Send a body of so many values, as large as is read at all."""

    def payload(_asked: Asked) -> Iterator[bytes]:
        body = begin + b",".join(map(values, range(count))) + end
        yield _JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body

    return payload


LARGE: dict[str, Payload] = {
    "text": _filled(b'"', lambda _: b"x" * 16 * (_MEBIBYTES - 1), 1, b'"'),
    "many objects": _filled(b"[", lambda _: b"{}", 5 * _MEBIBYTES, b"]"),
    "objects": _filled(b"[", lambda n: b'{"%x":%d}' % (n, n), 2**17 - 2, b"]"),
    "properties": _filled(b"{", lambda n: b'"%x":1' % n, 2**18 - 2, b"}"),
    "items": _filled(b'{"items":[', lambda _: b'{"dataset_item_id":1}', 2**17 - 6, b'],"total_count":1}'),
}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say how much memory was used")
@pytest.mark.parametrize("operation", ["get_dataset_item", "list_dataset_items"])
@pytest.mark.parametrize("kind", ["body", "gzip", "informational responses", *LARGE])
def test_the_memory_is_bounded(kind: str, operation: str, tmp_path: Path) -> None:
    with hostile(operation, {**ENDLESS, **LARGE}[kind]) as server:
        command = [sys.executable, "-c", _PROGRAM, server.url, ORGANIZATION, AUTHORIZATION, str(tmp_path / "ledger")]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    code, mebibytes = map(int, output.split())
    assert code == 1
    assert mebibytes < 300


def test_a_body_of_many_values_is_not_parsed(tmp_path: Path) -> None:
    with hostile("get_dataset_item", _filled(b"[", lambda _: b"1", 2**18 + 2, b"]")) as server:
        report = _check(server, tmp_path)
    came = {exchange.error for exchange in report.exchanges if exchange.operation == "get_dataset_item"}
    assert report.exit_code == 1
    assert came == {"the body has more than 262144 values (--max-body / 64)"}


def test_a_server_that_closes_connections_without_a_word_is_not_blamed(tmp_path: Path) -> None:
    def closes(_asked: Asked) -> Iterator[bytes]:
        yield END

    with hostile("no operation", closes) as server:
        as_usual = server._as_usual
        server._as_usual = lambda asked: itertools.chain(as_usual(asked), _late())  # type: ignore[method-assign]
        report = _check(server, tmp_path)
    assert report.failures == ()
    assert report.count(Status.PASS) > 10


def _late() -> Iterator[bytes]:
    time.sleep(0.0005)  # the next request is under way by then
    yield END


def test_a_5xx_leaves_its_connection_behind(tmp_path: Path) -> None:
    with hostile("get_dataset_item", _whole(b"HTTP/1.1 500 X" + _EMPTY)) as server:
        _check(server, tmp_path)
    last: dict[int, str | None] = {}
    for connection, asked in server.requests:
        assert last.get(connection) != "get_dataset_item"
        last[connection] = asked.operation


def test_bytes_behind_a_response_are_no_response_to_the_next_request(tmp_path: Path) -> None:
    smuggled = b"HTTP/1.1 500 X" + _EMPTY
    with hostile("no operation", _whole()) as server:
        as_usual = server._as_usual

        def twice(asked: Asked) -> Iterator[bytes]:
            yield b"".join(as_usual(asked)) + smuggled

        server._as_usual = twice  # type: ignore[method-assign]
        report = _check(server, tmp_path)
    assert report.failures == ()
    assert report.count(Status.PASS) > 10


def _told(told: Told, more: bytes, body: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    head = [b"%s %d" % (version, told.status), *(f"{name}: {value}".encode() for name, value in told.headers)]
    return b"\r\n".join([*head, more]) + b"\r\n\r\n" + body


def _in_chunks(told: Told) -> bytes:
    pieces = [told.body[start : start + 7] for start in range(0, len(told.body), 7)]
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return _told(told, b"Transfer-Encoding: chunked\r\nTrailer: X-Sum", chunks + b"0\r\nX-Sum: 1\r\n\r\n")


def _packed(told: Told, coding: bytes, pack: Callable[[bytes], bytes]) -> bytes:
    body = pack(told.body)
    return _told(told, b"Content-Encoding: %s\r\nContent-Length: %d" % (coding, len(body)), body)


def _with_length(told: Told, before: bytes = b"", more: bytes = b"") -> bytes:
    return before + _told(told, more + b"Content-Length: %d" % len(told.body), told.body)


FORMS: dict[str, Callable[[Told], bytes]] = {
    "HTTP/1.0, to the end": lambda told: _told(told, b"X: y", told.body, b"HTTP/1.0"),
    "to the end": lambda told: _told(told, b"Connection: close", told.body),
    "chunks with extensions and trailers": _in_chunks,
    "gzip": lambda told: _packed(told, b"gzip", gzip.compress),
    "gzip of two members": lambda told: _packed(
        told, b"x-gzip", lambda body: gzip.compress(body[:5]) + gzip.compress(body[5:])
    ),
    "deflate": lambda told: _packed(told, b"deflate", zlib.compress),
    "a body that is declared not to be packed": lambda told: _with_length(told, more=b"Content-Encoding: identity\r\n"),
    "informational responses before": lambda told: _with_length(told, b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 3),
    "headers given twice": lambda told: _with_length(told, more=b"Date: x\r\nDate: y\r\nSet-Cookie: a=b\r\n" * 2),
}
"""Ways to send a response that HTTP allows."""


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_response_is_read(form: str, tmp_path: Path) -> None:
    with hostile("no operation", _whole()) as server:
        ends = form.endswith("to the end")

        def formed(asked: Asked) -> Iterator[bytes]:
            yield FORMS[form](server._server.ask(asked))
            if ends:
                yield END

        server._as_usual = formed  # type: ignore[method-assign]
        report = _check(server, tmp_path)
    assert report.failures == ()
    assert report.count(Status.PASS) > 10


def test_the_resolver_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: ended.wait(30) and [])
    started = time.monotonic()
    with pytest.raises(CheckFailed, match="--max-seconds"):
        check("http://nowhere.test", ORGANIZATION, AUTHORIZATION, Options(max_seconds=0.3))
    ended.set()
    assert time.monotonic() - started < 10


def test_a_host_without_an_address_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_args: object, **_more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    with pytest.raises(CheckFailed, match="not known"):
        check("http://nowhere.test", ORGANIZATION, AUTHORIZATION)


@pytest.mark.parametrize(
    "payload",
    [
        _whole(b"HTTP/1.1 500 no " + SECRET.encode() + _EMPTY),
        _whole(b"HTTP/1.1 200 OK\r\n" + SECRET.encode() + b" is not a header\r\n\r\n", END),
        _whole(_CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in f'{{"a": "{SECRET}"}}'.encode()) + b"0\r\n\r\n"),
        _whole(_JSON + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(SECRET.encode()), END),
        _whole(SECRET.encode() + b"\r\n\r\n", END),
        _whole(b"HTTP/1.1 200 OK\r\nX: a\r\n " + SECRET.encode() + b"\r\nContent-Length: 2\r\n\r\n{}"),
        _whole(_CHUNKED + SECRET.encode() + b"\r\n", END),
    ],
)
def test_no_report_has_the_secret_in_what_can_not_be_read(payload: Payload, tmp_path: Path) -> None:
    with hostile("get_dataset_item", payload) as server:
        report = _check(server, tmp_path)
    write(report, tmp_path / "reports")
    assert report.exit_code == 1
    for path in (tmp_path / "ledger", *(tmp_path / "reports").iterdir()):
        assert SECRET not in path.read_text(encoding="utf-8"), path.name

"""Requests with something wrong in them, and what an answer to one may be."""

import asyncio
import contextlib
import json
import random
import re
from base64 import b64encode
from typing import Any

ORGANIZATION = "/organizations/1"
HANG = 30.0
AUTHORIZATION = b64encode(b"user-1:soak").decode()
ATTRIBUTES = {"a": "x", "deep": [{"b": 1, "classification": [{"category_id": 1, "label_id": 1}]}]}
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


def request(method: str, path: str, body: Any = None, authorization: str = AUTHORIZATION) -> bytes:
    """Write a valid request."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: soak\r\nAuthorization: Basic {authorization}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


def mangled(  # noqa: C901, PLR0911, PLR0912 - one table of what can be wrong, read best in one place
    rng: random.Random, items: str, authorization: str = AUTHORIZATION
) -> bytes:
    """Make a request, mostly not a valid one; `items` is the path of a dataset's items."""
    item = {"source_data": [{"data_uri": "x"}], "attributes": ATTRIBUTES}
    valid = rng.choice(
        [
            request("GET", f"{items}?limit=3", None, authorization),
            request("GET", f"{items}?q=a%3Ax%20AND%20NOT%20b%3A2&limit=3", None, authorization),
            request("GET", f"{items}0", None, authorization),
            request("POST", items, item, authorization),
            request("PUT", f"{items}0", {"attributes": ATTRIBUTES}, authorization),
            request("PUT", items[:-1], [{"dataset_item_id": 0, "attributes": {}}], authorization),
            request("POST", f"{ORGANIZATION}/datasets/", {"name": "n", "type": "t", "props": {}}, authorization),
        ]
    )
    head, _, body = valid.partition(b"\r\n\r\n")
    place = rng.randrange(len(valid))
    length = rng.randrange(1, 40)
    chunked = b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %b\r\nContent-Type: application/json\r\n" % (
        items.encode(),
        authorization.encode(),
    )
    match rng.randrange(16):
        case 0:
            return valid[:place] + bytes([valid[place] ^ (1 << rng.randrange(8))]) + valid[place + 1 :]
        case 1:
            return valid[:place]
        case 2:
            return valid[:place] + valid[place + length :]
        case 3:
            return valid[: place + length] + valid[place:]
        case 4:
            return valid[:place] + rng.randbytes(length) + valid[place:]
        case 5:
            return rng.randbytes(rng.randrange(1, 2000))
        case 6:
            lie = rng.choice([b"0", b"1", b"1000000000", b"-1", b"+5", b"0x10", b"9" * 30, b"", b"5, 5"])
            return re.sub(rb"Content-Length: \d+", b"Content-Length: " + lie, head) + b"\r\n\r\n" + body
        case 7:
            size = rng.choice([b"%x" % len(body), b"0", b"zz", b"-1", b"f" * 17, b"%x;ext=1" % len(body), b""])
            end = rng.choice([b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"", b"\r\n", b"0\n\n"])
            return chunked + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + body + b"\r\n" + end
        case 8:
            coding = rng.choice([b"gzip", b"chunked, chunked", b"identity", b"chunked\r\nContent-Length: 3", b"\x0b"])
            return chunked + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + body
        case 9:
            bad = rng.choice(
                [b"X: a\rb", b"X: a\nY: b", b"X\0: a", b" folded", b": x", b"X : y", b"H: " + b"h" * 70000]
            )
            return head + b"\r\n" + bad + b"\r\n\r\n" + body
        case 10:
            part = rng.choice(
                [b"%2F", b"%00", b"%0d%0aX:%20y", b"%", b"%zz", b"%ff", b"..", b"%2e%2e/", b"//", b"\xff"]
            )
            return valid.replace(b"datasets", b"datasets" + part, 1)
        case 11:
            part = rng.choice([b"limit=1&limit=2", b"limit=%00", b"q=%ff", b"q=((((", b"next_page_token=0-0", b"&=&;"])
            return b"GET %b?%b HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %b\r\n\r\n" % (
                items.encode(),
                part,
                authorization.encode(),
            )
        case 12:
            text = b'{"source_data":[{"data_uri":"x"}],"attributes":{"a":1,"a":{"b":1,"b":2}},"attributes":{"c":1}}'
        case 13:
            depth = rng.choice([400, 600, 10_000])
            text = b'{"source_data":[{"data_uri":"x"}],"attributes":{"a":' + b"[" * depth + b"]" * depth + b"}}"
        case 14:
            text = rng.choice(
                [b"1e999", b"NaN", b"9" * 5000, b'"\\ud800"', b'"\xff"', b"[]", b"{}", b"null", b"{" * 9000]
            )
        case _:
            return valid + valid[: rng.randrange(len(valid))]
    return chunked + b"Content-Length: %d\r\n\r\n" % len(text) + text


def statuses(answer: bytes) -> list[int]:
    """Return the statuses of the responses that came over one connection.

    Raises:
        ValueError: something is not HTTP, not in the documented shape, or tells of the server's inside.
    """
    found = []
    rest = answer
    while rest:
        head, end, rest = rest.partition(b"\r\n\r\n")
        status, length = STATUS.match(head), LENGTH.search(head)
        if not (end and status):
            raise ValueError(f"no HTTP answer: {answer[:300]!r}")
        found.append(int(status[1]))
        if found[-1] == 100:
            continue
        if length is None or len(rest) < int(length[1]):
            raise ValueError(f"cut short: {answer[:300]!r}")
        body, rest = rest[: int(length[1])], rest[int(length[1]) :]
        value = json.loads(body)
        if found[-1] >= 400 and not {"error", "error_description"} <= value.keys():
            raise ValueError(f"not the documented shape: {body[:300]!r}")
        if b"Traceback" in body or b'.py"' in body:
            raise ValueError(f"tells of the inside: {body[:300]!r}")
    return found


async def exchange(port: int, data: bytes, seconds: float = HANG) -> bytes:
    """Send bytes over a connection of their own, and give all that comes back until it is closed.

    Raises:
        TimeoutError: the server neither answers nor closes.
    """
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = b""
        try:
            writer.write(data)
            with contextlib.suppress(OSError):  # it may be closed already, as below
                writer.write_eof()
            while piece := await reader.read(65536):
                answer += piece
        except ConnectionError:
            pass  # closed before all was read, which is the server's right with what is not HTTP
        finally:
            writer.transport.abort()
        return answer

"""A raw server in a process of its own that accepts each create at once, or after a latency, and stores nothing."""

import asyncio
import json
import re
import subprocess
import sys
from typing import Any, Final

import uvloop
from creating import DATASET, ORGANIZATION

_LENGTH: Final = re.compile(rb"(?i)content-length: *(\d+)")
_DATES: Final = {"created_at": "2026-01-01T00:00:00.000000", "updated_at": "2026-01-01T00:00:00.000000"}


class RawServer:
    """A raw server.

    Args:
        latency: seconds before each response.
    """

    def __init__(self, latency: float = 0.0) -> None:
        self._latency = latency

    def __enter__(self) -> str:
        command = [sys.executable, __file__, str(self._latency)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return self._process.stdout.readline().strip() if self._process.stdout else ""

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


class _Connection(asyncio.Protocol):
    ids = iter(range(1, 1 << 60))

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            if not end or len(rest) < length:
                return
            self._received = rest[length:]
            response = _response(head, rest[:length])
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, response)
            else:
                self._transport.write(response)


def _response(head: bytes, body: bytes) -> bytes:
    if head.startswith(b"POST"):
        # The item is what was sent, with an id.
        sent = body.lstrip()[1:]
        return _with_head(b"201 Created", b'{"dataset_item_id":%d,%s%s' % (next(_Connection.ids), _REST, sent))
    if b"/items" in head.partition(b"\r\n")[0]:
        return _with_head(b"200 OK", b'{"items":[],"total_count":0,"next_page_token":null}')
    return _with_head(b"200 OK", json.dumps(_DATASET).encode())


def _with_head(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return head + body


_REST: Final = json.dumps({"dataset_id": DATASET, **_DATES})[1:-1].encode() + b","
_DATASET: Final = {
    "organization_id": ORGANIZATION,
    "dataset_id": DATASET,
    "name": "benchmark",
    "type": "custom",
    "props": {},
    "total_count": 0,
    **_DATES,
}


async def _serve(latency: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(latency), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1])))

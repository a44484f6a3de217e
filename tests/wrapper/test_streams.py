"""The network streams that stand before those of httpcore."""

import asyncio
from typing import Any

import pytest

from abeja_datasets.transports.over_httpx.streams import _AsyncStream
from abeja_datasets.transports.privacy import is_ours

HEAD = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n"


class Recorded:
    """A stream of httpcore that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    async def aclose(self) -> None: ...

    async def write(self, buffer: bytes, _timeout: float | None) -> None:
        self.written.append(buffer)

    def get_extra_info(self, _info: str) -> Any:
        return None


@pytest.mark.parametrize(
    ("pieces", "written"),
    [
        ([HEAD, b"{}", b""], [HEAD + b"{}", b""]),
        ([HEAD, b""], [HEAD]),
        ([HEAD, HEAD, b""], [HEAD + HEAD, b""]),  # a body that looks like a head
        ([HEAD, b"", HEAD, b"{}", b""], [HEAD, HEAD + b"{}", b""]),
    ],
)
def test_a_head_is_sent_with_what_follows(pieces: list[bytes], written: list[bytes]) -> None:
    assert asyncio.run(_write(pieces, ours=True)) == written


def test_the_requests_of_a_caller_are_sent_as_they_come() -> None:
    pieces = [HEAD, b"{}", b""]
    assert asyncio.run(_write(pieces, ours=False)) == pieces


async def _write(pieces: list[bytes], *, ours: bool) -> list[bytes]:
    recorded = Recorded()
    stream = _AsyncStream(recorded)
    is_ours.set(ours)
    for piece in pieces:
        await stream.write(piece)
    return recorded.written

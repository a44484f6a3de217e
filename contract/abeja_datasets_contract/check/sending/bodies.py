"""Decode bodies of responses within a limit: a few kilobytes of gzip may hold gigabytes."""

import zlib
from collections.abc import Iterator
from typing import Any

import httpx

from abeja_datasets_contract.check.judging.reading import count_values

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The parameter `wbits` of zlib for each content coding."""
_VALUES = 2**18
"""Values that a body may have, or one for 64 bytes of a larger limit: to judge one takes up to 700 bytes."""


class UnreadableBody(Exception):
    """A body that is too large, or that can't be decoded; the message says which."""


def read(response: httpx.Response, most: int) -> bytes:
    """Read and decode a body.

    Raises:
        UnreadableBody: it is larger than `most` bytes, can't be decoded, or has so many values that it would take many
            times its size in memory.
    """
    body = bytearray()
    for chunk in [response.content] if response.is_stream_consumed else _decoded(response, most):
        body += chunk
        if len(body) > most:
            raise UnreadableBody(f"the body is larger than {most} bytes (--max-body)")
    whole, values = bytes(body), max(_VALUES, most // 64)
    if count_values(whole) > values:
        raise UnreadableBody(f"the body has more than {values} values (--max-body / 64)")
    return whole


def _decoded(response: httpx.Response, most: int) -> Iterator[bytes]:
    codings = [name.strip().lower() for name in response.headers.get("content-encoding", "").split(",")]
    codings = [name for name in codings if name not in ("", "identity")]
    if not codings:
        return response.iter_raw()
    if len(codings) > 1 or codings[0] not in _WINDOWS:
        raise UnreadableBody(f"the body has the content coding {', '.join(codings)[:80]!r}, which was not asked for")
    return _inflated(response.iter_raw(), codings[0], most)


def _inflated(chunks: Iterator[bytes], coding: str, most: int) -> Iterator[bytes]:
    decoder: Any = zlib.decompressobj(_WINDOWS[coding])
    began = False
    try:
        for chunk in chunks:
            while chunk:
                if decoder.eof:  # gzip may have several members
                    decoder = zlib.decompressobj(_WINDOWS[coding])
                began = True
                # What is left over when this much is out makes the body too large.
                yield decoder.decompress(chunk, most + 1)
                chunk = decoder.unused_data  # noqa: PLW2901 - the rest of it
    except zlib.error as error:
        raise UnreadableBody(f"the body is not {coding}, as its header says: {error}") from None
    if began and not decoder.eof:
        raise UnreadableBody(f"the body ends within its {coding}")

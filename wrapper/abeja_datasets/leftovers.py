"""What comes behind an answer must not be taken for the next one.

RFC 9112, section 6.3, forbids it, and httpx does it: where a server or a proxy answers twice, it would hand the second
answer to whichever call uses the connection next.
"""

from collections.abc import AsyncIterator, Iterator
from operator import attrgetter
from typing import Any

import httpx

# httpx has no public way to what was read from the connection and not used. Where a later version has another way to it
# than this one, nothing is found, all else works, and the scenario "twice" of the reference server's table fails.
_UNUSED = attrgetter("_stream._httpcore_stream._stream._connection._h11_state.trailing_data")


class Watched(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of an answer, which gives its connection up where more came than the answer.

    Args:
        response: whose body it is, before it is read.
    """

    def __init__(self, response: httpx.Response) -> None:
        # Of the one kind or the other, as the client is.
        self._stream: Any = response.stream
        self._connection = response.extensions.get("network_stream")

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    def close(self) -> None:
        """Close the connection first, where it must not be used again: once it is back in the pool, another has it."""
        if self._connection is not None and self._is_more_there():
            self._connection.close()
        self._stream.close()

    async def aclose(self) -> None:
        """The same."""
        if self._connection is not None and self._is_more_there():
            await self._connection.aclose()
        await self._stream.aclose()

    def _is_more_there(self) -> bool:
        try:
            return bool(_UNUSED(self._stream)[0])
        except AttributeError:
            return False

"""A request and a response that a fault strikes on the wire, as its kind sees them."""

import asyncio
import random

from .framing import Length, Stream


class StruckRequest:
    """A request whose head was read, and that does not reach the server."""

    def __init__(self, client: Stream, length: Length) -> None:
        self._client = client
        self._length = length

    async def read_to_end(self) -> None:
        """Read the body.

        Raises:
            CutShort: the client went away.
        """
        async for _ in self._client.body(self._length):
            pass

    def reset(self) -> None:
        """Reset the connection."""
        self._client.reset()


class StruckResponse:
    """A response that came from the server and was not passed on.

    Attributes:
        data: all of its bytes.
        half: how many of them are its head and half of its body.
        random: the source of chance, repeatable by the plan's seed.
    """

    def __init__(
        self, data: bytes, half: int, chance: random.Random, client: Stream, request: asyncio.Future[None]
    ) -> None:
        self.data = data
        self.half = half
        self.random = chance
        self._client = client
        self._request = request

    async def send(self, data: bytes) -> None:
        """Send bytes to the client.

        Raises:
            ConnectionError: the client reset the connection.
        """
        await self._client.send(data)

    def reset(self) -> None:
        """Reset the connection."""
        self._client.reset()

    async def wait(self, seconds: float) -> None:
        """Wait, unless the client goes away."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        await asyncio.wait((self._request,), timeout=seconds)
        if not self._client.is_at_end:
            await asyncio.sleep(max(0.0, end - loop.time()))

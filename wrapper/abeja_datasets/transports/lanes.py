"""Several transports side by side, in one event loop, and the deadline of a call."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

from abeja_datasets.transports.http_libraries import was_sent
from abeja_datasets.transports.wire import AsyncTransport, Request, Response, out_of_time

TASKS_A_LANE: Final = 2
MAX_LANES: Final = 64


class Lanes:
    """Sends each request over the transport that has the fewest under way.

    The time that httpx's pool takes for one request grows with the square of those under way
    (https://github.com/encode/httpx/issues/3215), so that a few on each of several pools go through much faster.

    Args:
        make: makes a transport.
    """

    def __init__(self, make: Callable[[], AsyncTransport]) -> None:
        self._make = make
        self._lanes = [_Lane(make())]
        self.library = self._lanes[0].transport.library

    async def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        lane = self._freest()
        lane.under_way += 1
        try:
            return await lane.transport.send(request)
        finally:
            lane.under_way -= 1

    async def close(self) -> None:
        """Close all of them."""
        for lane in self._lanes:
            await lane.transport.close()

    def _freest(self) -> "_Lane":
        best = self._lanes[0]
        for lane in self._lanes:
            if lane.under_way < best.under_way:
                best = lane
        if best.under_way >= TASKS_A_LANE and len(self._lanes) < MAX_LANES:
            best = _Lane(self._make())
            self._lanes.append(best)
        return best


class _Lane:
    __slots__ = ("transport", "under_way")

    def __init__(self, transport: AsyncTransport) -> None:
        self.transport = transport
        self.under_way = 0


class Bounded:
    """Ends a request when its deadline is over, whatever it waits for.

    Args:
        transport: sends the requests.
    """

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.library = transport.library

    def send(self, request: Request) -> Coroutine[Any, Any, Response]:
        """Send a request and return its whole response."""
        # Without a deadline there is nothing to do here; one coroutine less counts in a call.
        return self._transport.send(request) if request.deadline is None else self._send(request)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _send(self, request: Request) -> Response:
        before = sys.exception()
        try:
            async with asyncio.timeout(request.seconds_left()):
                return await self._transport.send(request)
        except TimeoutError as error:
            raise out_of_time(sent=was_sent(error, before)) from error

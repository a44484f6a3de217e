"""Sending a call: as often as the policy allows, over the transport of the running process and event loop."""

from abeja_datasets.calls import waiting
from abeja_datasets.calls.exchange import Exchange, Result
from abeja_datasets.configuration.settings import Settings
from abeja_datasets.configuration.tokens import async_renew
from abeja_datasets.operations import Call
from abeja_datasets.transports.async_places import AsyncPlaces
from abeja_datasets.transports.choice import AsyncChoice
from abeja_datasets.transports.wire import Failure


class AsyncSession:
    """Sends the calls of a client and of its views.

    Args:
        choice: the transport to send with.
        exchange: decides what follows from a response.
    """

    def __init__(self, choice: AsyncChoice, exchange: type[Exchange] = Exchange) -> None:
        self._places = AsyncPlaces(choice)
        self._exchange = exchange
        self._closed = False

    async def open(self) -> None:
        """Load what the first call needs."""
        self._check_open()
        if self._places.found() is None:
            await self._places.make()

    async def send(self, call: Call, settings: Settings) -> Result:
        """Send a call until it succeeds.

        Raises:
            Error: it failed, and must not or need not be sent again.
        """
        if self._closed:
            self._check_open()
        place = self._places.found() or await self._places.make()
        exchange = self._exchange(call, settings, place.transport.library)
        while True:
            try:
                if exchange.token and exchange.needs_token:
                    left = exchange.seconds_left()
                    exchange.authorize(await async_renew(exchange.token, exchange.refused, place.lock, left))
                response = await place.transport.send(exchange.request())
            except Failure as failure:
                outcome: Result | float = exchange.failed(failure)
            else:
                outcome = exchange.answered(response)
            finally:
                if settings.on_attempt and exchange.unfinished is not None:
                    await settings.on_attempt.async_finish(exchange.unfinished)
                    exchange.unfinished = None
            if isinstance(outcome, Result):
                return outcome
            if outcome:
                await waiting.wait_async(outcome)

    async def close(self) -> None:
        """Close the connections of this process and event loop; a client that the caller gave stays open."""
        self._closed = True
        await self._places.close()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this AsyncAPIClient is closed")

# Generated from async_session.py by scripts/generate; do not edit.
"""Sending a call: as often as the policy allows, over the transport of the running process."""

from abeja_datasets.calls import waiting
from abeja_datasets.calls.exchange import Exchange, Result
from abeja_datasets.configuration.settings import Settings
from abeja_datasets.configuration.tokens import renew
from abeja_datasets.operations import Call
from abeja_datasets.transports.choice import Choice
from abeja_datasets.transports.places import Places
from abeja_datasets.transports.wire import Failure


class Session:
    """Sends the calls of a client and of its views.

    Args:
        choice: the transport to send with.
        exchange: decides what follows from a response.
    """

    def __init__(self, choice: Choice, exchange: type[Exchange] = Exchange) -> None:
        self._places = Places(choice)
        self._exchange = exchange
        self._closed = False

    def open(self) -> None:
        """Load what the first call needs."""
        self._check_open()
        if self._places.found() is None:
            self._places.make()

    def send(self, call: Call, settings: Settings) -> Result:
        """Send a call until it succeeds.

        Raises:
            Error: it failed, and must not or need not be sent again.
        """
        if self._closed:
            self._check_open()
        place = self._places.found() or self._places.make()
        exchange = self._exchange(call, settings, place.transport.library)
        while True:
            try:
                if exchange.token and exchange.needs_token:
                    left = exchange.seconds_left()
                    exchange.authorize(renew(exchange.token, exchange.refused, place.lock, left))
                response = place.transport.send(exchange.request())
            except Failure as failure:
                outcome: Result | float = exchange.failed(failure)
            else:
                outcome = exchange.answered(response)
            finally:
                if settings.on_attempt and exchange.unfinished is not None:
                    settings.on_attempt.finish(exchange.unfinished)
                    exchange.unfinished = None
            if isinstance(outcome, Result):
                return outcome
            if outcome:
                waiting.wait(outcome)

    def close(self) -> None:
        """Close the connections of this process; a client that the caller gave stays open."""
        self._closed = True
        self._places.close()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this APIClient is closed")

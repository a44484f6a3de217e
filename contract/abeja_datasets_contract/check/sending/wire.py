"""Send requests and record the result of each, within the limits that were set."""

import datetime as dt
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from abeja_datasets_contract.check.options import Lost, Options, Stopped
from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.results import Exchange, Progress, Received, Sent

from .connections import Call, Connections, describe
from .interrupts import Interrupts
from .retry_after import pause_of

__all__ = ["NO_RESPONSES", "SERVER_ERRORS", "Call", "Wire"]

SERVER_ERRORS = 10
"""As many responses of 5xx in a row end the check."""
NO_RESPONSES = 5
"""As many requests without a response in a row end the check."""
_PATIENCE = 60.0
"""Seconds of Retry-After that are waited; a server that asks for more ends the check."""
_REPEATS = 5
_KEPT = 256 * 1024
"""Bytes of a body that are kept in the record."""
_HELD = 32 * 1024 * 1024
"""Bytes of large bodies that are held; older ones are cut to `_KEPT`."""
_LAST = 60.0
"""Seconds that a clean-up may take at least."""
_SERVER_ERROR = 500


class _Outcome(NamedTuple):
    received: Received | None
    error: str | None
    started: dt.datetime
    seconds: float


class Wire:
    """The way to the server.

    Args:
        url: where the API is, without a slash at the end.
        options: the limits.
        redaction: what no record may show.
        progress: is called with each request.
    """

    def __init__(self, url: str, options: Options, redaction: Redaction, progress: Progress | None) -> None:
        self.exchanges: list[Exchange] = []
        self.stage = ""
        self.last_sent = 0.0
        self.interrupts = Interrupts()
        self.unlimited = False
        """Whether the caps are lifted, for clean-up."""
        self.url = url
        self._options = options
        self.redaction = redaction
        self._progress = progress
        self._ends = time.monotonic() + options.max_seconds
        self._turns = threading.Lock()
        self._server_errors = 0
        self.no_responses = 0
        """Requests in a row that had no response."""
        self._connections = Connections(url, options)
        self._large: list[Received] = []
        """Responses with large bodies, the oldest first."""

    def reconnect(self) -> None:
        """Open new connections: an interrupt may have left the old ones in any state."""
        self._connections.renew()

    def close(self) -> None:
        """Close the connections, and cut what the reports would show in part only."""
        self._connections.close()
        for received in self._large:
            received.cut(_KEPT)

    def send(self, call: Call) -> Exchange:
        """Send a request, again where the server asks for that with Retry-After, and record what came.

        Raises:
            Stopped: a limit is reached, or the server fails on and on.
            Lost: it no longer responds at all.
        """
        for repeat in range(_REPEATS):
            self._check_limits(1)
            with self.interrupts.waiting():
                outcome = self._carry_out(call)
            exchange = self._record(call, outcome)
            pause = pause_of(exchange.received)
            if pause is None or repeat == _REPEATS - 1:
                break
            if pause > _PATIENCE:
                if self.unlimited:
                    break
                raise Stopped(f"the server asks to be left alone for {pause:.0f} seconds (Retry-After)")
            self.interrupts.sleep(min(pause, self.time_left()))
        return exchange

    def send_all(self, calls: Sequence[Call]) -> list[Exchange]:
        """Send requests at the same time, as many as are allowed, and record what came in the order of `calls`."""
        self._check_limits(len(calls))
        with ThreadPoolExecutor(self._options.concurrency) as pool, self.interrupts.waiting():
            outcomes = list(pool.map(self._carry_out, calls))
        exchanges = [self._record(call, outcome) for call, outcome in zip(calls, outcomes, strict=True)]
        # What the server asks to be sent again is sent again, one by one.
        return [
            exchange if pause_of(exchange.received) is None else self._again(call, exchange)
            for call, exchange in zip(calls, exchanges, strict=True)
        ]

    def _again(self, call: Call, refused: Exchange) -> Exchange:
        self.interrupts.sleep(min(pause_of(refused.received) or 0, self.time_left(), _PATIENCE))
        return self.send(call)

    def time_left(self) -> float:
        """Return how many seconds are left of those that were allowed."""
        return max(0.0, self._ends - time.monotonic())

    def lift(self) -> None:
        """Lift the limits for a clean-up, which has a time of its own."""
        self.unlimited = True
        self._ends = time.monotonic() + max(_LAST, self._options.max_seconds)

    def _check_limits(self, more: int) -> None:
        self.interrupts.raise_noted()
        if self.unlimited:
            return
        if len(self.exchanges) + more > self._options.max_requests:
            raise Stopped(f"the limit of {self._options.max_requests} requests is reached (--max-requests)")
        self._check_time()

    def _check_time(self) -> None:
        if not self.time_left():
            raise Stopped(f"the limit of {self._options.max_seconds:g} seconds is reached (--max-seconds)")

    def _keep_rate(self) -> None:
        if self._options.rate is None:
            return
        with self._turns:
            now = time.monotonic()
            turn = self.last_sent = max(now, self.last_sent + 1 / self._options.rate)
        time.sleep(max(0.0, turn - now))

    def _carry_out(self, call: Call) -> _Outcome:
        self._keep_rate()
        started, clock = dt.datetime.now(dt.UTC), time.perf_counter()
        received, error = None, None
        try:
            received = self._connections.exchange(call, self.time_left())
        except Exception as caught:  # noqa: BLE001 - whatever a library makes of a response, the run goes on
            error = describe(caught)
        return _Outcome(received, error, started, time.perf_counter() - clock)

    def _record(self, call: Call, outcome: _Outcome) -> Exchange:
        body = call.body
        if body is not None and len(body) > _KEPT:
            body = body[:_KEPT] + b"... (%d bytes)" % len(body)
        sent = Sent(call.method, self.url + call.target, call.headers, body)
        number = len(self.exchanges) + 1
        exchange = Exchange(
            number,
            self.stage,
            call.operation,
            self.redaction.sent(sent),
            None if outcome.received is None else self.redaction.received(outcome.received),
            None if outcome.error is None else self.redaction.text(outcome.error),
            outcome.started,
            outcome.seconds,
        )
        self.exchanges.append(exchange)
        self._cut(exchange.received)
        if exchange.received is None or exchange.received.status >= _SERVER_ERROR or self._connections.doubtful:
            self._connections.renew()  # no request is to suffer from what an earlier one did to a connection
        if self._progress is not None:
            self._progress.request(exchange)
        self._count(exchange)
        return exchange

    def _cut(self, received: Received | None) -> None:
        """Cut large bodies of earlier responses, so that a long run of them fits into memory."""
        if received is None or len(received.body) <= _KEPT:
            return
        self._large.append(received)
        while len(self._large) > 1 and sum(len(each.body) for each in self._large) > _HELD:
            self._large.pop(0).cut(_KEPT)

    def _count(self, exchange: Exchange) -> None:
        received = exchange.received
        self.no_responses = self.no_responses + 1 if received is None else 0
        failed = received is not None and received.status >= _SERVER_ERROR
        self._server_errors = self._server_errors + 1 if failed else 0
        if self.unlimited:
            return
        if received is None:
            self._check_time()  # which may have ended it
        if self.no_responses >= NO_RESPONSES:
            raise Lost(f"the server no longer responds: {exchange.error}")
        if self._server_errors >= SERVER_ERRORS:
            raise Stopped(f"the server responded to {SERVER_ERRORS} requests in a row with 5xx")

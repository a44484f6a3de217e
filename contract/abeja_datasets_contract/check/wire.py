"""Sending requests and recording what came of each, within the limits that were set."""

import datetime as dt
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple

import httpx

from .interrupts import Interrupts
from .options import Lost, Options, Stopped
from .redaction import Redaction
from .results import Exchange, Progress, Received, Sent
from .retry_after import pause_of

SERVER_ERRORS = 10
"""As many responses of 5xx in a row end the check."""
NO_RESPONSES = 5
"""As many requests without a response in a row end the check."""
_PATIENCE = 60.0
"""Seconds of Retry-After that are waited; a server that asks for more ends the check."""
_REPEATS = 5
_KEPT = 256 * 1024
"""Bytes of a body that are kept in the record."""
_HEADERS = ((b"Accept", b"application/json"), (b"User-Agent", b"abeja-datasets-check"))
_SERVER_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to send. `target` is the path and the query, quoted, as they go over the wire behind the URL."""

    method: str
    target: str
    operation: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


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
        progress: is told of each request.
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
        self._began = time.monotonic()
        self._turns = threading.Lock()
        self._server_errors = 0
        self.no_responses = 0
        """Requests in a row that had no response."""
        self._base = httpx.URL(url)
        self._client = self._connect()

    def _connect(self) -> httpx.Client:
        options = self._options
        return httpx.Client(
            transport=options.transport,
            verify=_trust(options),
            limits=httpx.Limits(max_connections=options.concurrency, max_keepalive_connections=options.concurrency),
            # A server that hands out cookies is not to get them back: the credential alone is tested.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def reconnect(self) -> None:
        """Go on with new connections: an interrupt may have left one of the old ones taken for ever."""
        if self._options.transport is None:
            self._client.close()
            self._client = self._connect()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

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
        return max(0.0, self._options.max_seconds - (time.monotonic() - self._began))

    def _check_limits(self, more: int) -> None:
        self.interrupts.raise_noted()
        if self.unlimited:
            return
        if len(self.exchanges) + more > self._options.max_requests:
            raise Stopped(f"the limit of {self._options.max_requests} requests is reached")
        if not self.time_left():
            raise Stopped(f"the limit of {self._options.max_seconds:g} seconds is reached")

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
            response = self._response(self._request(call))
            raw = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
            received = Received(response.status_code, response.reason_phrase, raw, response.content)
        except (httpx.HTTPError, httpx.StreamError) as caught:
            error = describe(caught)
        return _Outcome(received, error, started, time.perf_counter() - clock)

    def _response(self, request: httpx.Request) -> httpx.Response:
        if self._options.transport is None:
            return self._client.send(request)
        response = self._options.transport.handle_request(request)
        response.read()
        return response

    def _request(self, call: Call) -> httpx.Request:
        url = httpx.URL(self.url + call.target) if self._options.transport is None else self._base
        target = self._base.raw_path.rstrip(b"/") + call.target.encode("ascii")
        extensions: dict[str, Any] = {
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._options.timeout)
        }
        if url.raw_path != target:
            # httpx would tidy up dots and escapes in the path; what is tested is how they arrive.
            extensions["target"] = target
        headers = [*_HEADERS, *((name.encode("latin-1"), value.encode("latin-1")) for name, value in call.headers)]
        return httpx.Request(call.method, url, headers=headers, content=call.body, extensions=extensions)

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
        if self._progress is not None:
            self._progress.request(exchange)
        self._count(exchange)
        return exchange

    def _count(self, exchange: Exchange) -> None:
        received = exchange.received
        self.no_responses = self.no_responses + 1 if received is None else 0
        failed = received is not None and received.status >= _SERVER_ERROR
        self._server_errors = self._server_errors + 1 if failed else 0
        if self.unlimited:
            return
        if self.no_responses >= NO_RESPONSES:
            raise Lost(f"the server no longer responds: {exchange.error}")
        if self._server_errors >= SERVER_ERRORS:
            raise Stopped(f"the server responded to {SERVER_ERRORS} requests in a row with 5xx")


def describe(error: Exception) -> str:
    """Say in one line why no response came."""
    match error:
        case httpx.ConnectTimeout():
            return "no connection in time"
        case httpx.TimeoutException():
            return "no response in time"
        case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
            return f"the server's certificate is not trusted: {error}"
        case httpx.ConnectError():
            return f"no connection: {error}"
        case httpx.RemoteProtocolError():
            return f"no whole response: {error}"
    return f"no response: {str(error) or type(error).__name__}"


def _trust(options: Options) -> ssl.SSLContext | bool:
    if options.transport is not None:
        return False  # nothing is connected to, and loading certificates takes time
    return True if options.ca_bundle is None else ssl.create_default_context(cafile=str(options.ca_bundle))

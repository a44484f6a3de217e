"""The connections of aiohttp: which are used again, how they time out, and what happens when they break."""

import asyncio
import contextlib
import functools
import time
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from abeja_datasets.transports.http_libraries import warn
from abeja_datasets.transports.sockets import has_input, remaining

deadline: Final[ContextVar[float | None]] = ContextVar("deadline", default=None)
"""When the response to the request of the running task must be complete, by `time.monotonic`."""

_VERSION: Final = f"aiohttp {aiohttp.__version__}"
_PIECE: Final = 1 << 14
"""Bytes that are parsed at once: aiohttp's parser in Python takes seconds for 256 KiB of small chunks."""
_USED: Final = ("_reschedule_timeout", "_drop_timeout", "_on_read_timeout", "force_close", "feed_data")


def connector(**options: Any) -> "Connector":
    """Return a connector in the running event loop."""
    if not hasattr(aiohttp.TCPConnector, "_get"):
        warn("what comes behind a response is not noticed", _VERSION, "TCPConnector._get")
    made = Connector(**options)
    if hasattr(made, "_factory") and all(hasattr(ResponseHandler, name) for name in _USED):
        made._factory = functools.partial(Protocol, loop=asyncio.get_running_loop())  # type: ignore[assignment] # noqa: SLF001 - there is no public way
        made.has_protocols = True
    else:
        loss = "calls take a little longer, and connections are used again after a 5xx"
        warn(loss, _VERSION, "ResponseHandler._reschedule_timeout")
    return made


class Connector(aiohttp.TCPConnector):
    """Reuses no connection on which more came than the response.

    aiohttp lets a connection go as soon as the response is there, keeps what came behind it, and takes that for the
    next response (https://github.com/aio-libs/aiohttp/issues/13656). RFC 9112, section 6.3, forbids it.

    Nor does it reuse a connection that the server has closed while the event loop was not running, where `looks` is
    set. aiohttp would send on it (https://github.com/aio-libs/aiohttp/issues/7297), and a create that is lost this way
    may not be sent again.

    Its `sock_connect` also bounds the look-up of the host and a proxy's response to CONNECT. aiohttp bounds those by
    `connect`, which sets a timer for each request, also where a connection is kept open.
    """

    looks = False
    has_protocols = False
    """Whether its connections are of the class `Protocol`."""
    _last_key: Any = None

    async def kept(self) -> Any:
        """Return an open connection to where the last request went, or None. The event loop does not turn meanwhile."""
        return None if self._last_key is None else await self._get(self._last_key, ())

    async def _get(self, key: Any, traces: Any) -> Any:
        self._last_key = key
        while kept := await super()._get(key, traces):
            is_usable = kept.protocol is not None and not kept.protocol.should_close
            if is_usable and not (self.looks and _has_input(kept.transport)):
                _keep_deadline(kept.protocol)
                return kept
            kept.close()
        return None

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109 - aiohttp's
        async with asyncio.timeout(timeout.sock_connect):
            return _keep_deadline(await super()._create_connection(req, traces, timeout))


class Protocol(ResponseHandler):
    """A connection.

    - It has one timer, which runs on from request to request. aiohttp sets and cancels one for each request and each
      piece of a response, a tenth of a call's time (https://github.com/aio-libs/aiohttp/issues/8613).
    - It is not used again after a 5xx. Some servers close it without saying so, and aiohttp releases it before the
      caller knows of the response. Nor is it after a response that comes before the request was sent to its end: what
      is left of that would go before the next request.
    - What it has received is not lost when the server resets it while a request is sent.
    - It drops interim responses (1xx). aiohttp queues any number of them, and sets no timer for what follows.
    - It parses a large piece in parts, since the time that the parser takes may grow with the square of the size. It
      looks at the deadline in between: no timer of the event loop does meanwhile.
    - It closes at once, also where the server does not take what is still to be sent. A transport of asyncio waits for
      that without end.
    - Closing it ends a call that reads a body. aiohttp forgets the body and stops its timer, so that the call would
      wait for ever.
    """

    deadline: float | None = None
    """When the response must be complete, by `time.monotonic`."""
    _due: float | None = None
    _alarm: asyncio.TimerHandle | None = None
    _is_interim = False
    """Whether the last response that was received is an interim one."""
    _body: Any = None
    """That of the last response."""

    def _reschedule_timeout(self) -> None:
        self._due = self._loop.time() + self._read_timeout if self._read_timeout else None
        if self._due is not None and (self._alarm is None or self._alarm.when() > self._due):
            self._stop()
            self._alarm = self._loop.call_at(self._due, self._expire)

    def _drop_timeout(self) -> None:
        self._due = None

    def _expire(self) -> None:
        self._alarm = None
        if self._due is not None and self._loop.time() < self._due:
            self._alarm = self._loop.call_at(self._due, self._expire)
        elif self._due is not None:
            self._on_read_timeout()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Take what is left, and end."""
        transport = self.transport
        source = transport.get_extra_info("socket") if transport else None
        # With TLS what comes is encrypted, and can't be read any more.
        if exc is not None and transport and source and not transport.get_extra_info("ssl_object"):
            with contextlib.suppress(OSError), source.dup() as connection:
                self.data_received(remaining(connection))
        super().connection_lost(exc)
        self._stop()

    def data_received(self, data: bytes) -> None:
        """Parse what was received."""
        if len(data) <= _PIECE:
            super().data_received(data)
        else:
            self._take(data)
        if self._is_interim:
            self._is_interim = False
            self._reschedule_timeout()

    def _take(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            if self.exception() is not None:
                return
            if self.deadline is not None and time.monotonic() > self.deadline:
                self.set_exception(TimeoutError("the response was not complete when the deadline was over"))
                return
            super().data_received(data[start : start + _PIECE])

    def feed_data(self, data: Any, *more: Any) -> None:
        """Take a response."""
        code = data[0].code
        # After 101 another protocol follows; aiohttp takes it for the response.
        self._is_interim = 100 <= code < 200 and code != 101  # noqa: PLR2004 - the range of interim responses
        if self._is_interim:
            return
        is_early = self.transport is not None and self.transport.get_write_buffer_size() > 0
        if code >= 500 or is_early:  # noqa: PLR2004 - the range of failures of the server
            self.force_close()
        self._body = data[1]
        super().feed_data(data, *more)

    def close(self) -> None:
        """Close the connection."""
        transport, body = self.transport, self._body
        super().close()
        if transport is not None and transport.get_write_buffer_size():
            transport.abort()
        if body is not None and not body.is_eof():
            body.set_exception(aiohttp.ClientConnectionError("the connection was closed while a response was read"))

    def _stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


def _keep_deadline(protocol: Any) -> Any:
    protocol.deadline = deadline.get()
    return protocol


def _has_input(transport: Any) -> bool:
    source = transport and transport.get_extra_info("socket")
    return source is not None and has_input(source)

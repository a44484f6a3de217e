"""uvicorn's HTTP protocol, made to keep the contract where no application is reached, and to close politely."""

import asyncio
import enum
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .errors import error_body

LINGER = 2.0
"""Seconds that a connection is read from after an answer to a request that was not read to its end."""

PATIENCE = 20.0
"""Seconds for the head of a request to arrive in, from its first byte on, and for each further piece of its body."""

_logger = logging.getLogger("abeja_datasets_mock.http")


class _Stage(enum.Enum):
    """What of a request was read last."""

    BETWEEN = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()


class ContractProtocol(HttpToolsProtocol):
    """HTTP/1.1 over one connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _logger
        self.access_log = False
        self.deaf = False
        self._stage = _Stage.BETWEEN
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Put the polite way to close between uvicorn and the socket."""
        super().connection_made(_PoliteTransport(transport, self))  # type: ignore[arg-type]  # all that uvicorn uses
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unset_deadline()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a piece of a request, or throw it away where no more can be answered."""
        if self.deaf:
            return
        super().data_received(data)
        # Most requests come whole, and need no timer.
        if self._stage is _Stage.HEAD:
            if self._deadline is None:
                self._deadline = self.loop.call_later(PATIENCE, self._head_is_late)
            return
        self._unset_deadline()
        if self._stage is _Stage.BODY:
            self._expect_body()
        else:
            self._expect_request()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._stage = _Stage.HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start to answer a request."""
        self._stage = _Stage.BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take note of a request's end."""
        self._stage = _Stage.BETWEEN
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn has the None that stands for False
        """Keep the connection for the answer to a whole request, behind which a client closed its sending half."""
        cycle = self._last_cycle()
        if cycle is None or cycle.response_complete or cycle.more_body or cycle.disconnected:
            return False
        cycle.keep_alive = False
        return True

    def send_400_response(self, msg: str) -> None:
        """Answer to bytes that are not HTTP, in the documented shape, and close the connection."""
        self.deaf = True
        cycle = self._last_cycle()
        if cycle is not None and not cycle.response_complete:
            if not (cycle.more_body or self.pipeline):
                # The bytes came behind a request that is still being answered: its answer is the last one.
                cycle.keep_alive = False
                return
            cycle.disconnected = True
            cycle.message_event.set()
        body = error_body("bad_request", f"HTTP: {msg}")
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[400] + head + body)
        self.transport.close()

    def is_request_whole(self) -> bool:
        """Tell whether nothing of the last request is still on its way."""
        cycle = self._last_cycle()
        return cycle is not None and not cycle.more_body

    def shutdown(self) -> None:
        """Close the connection: at once, unless an answer is due to a request that is whole."""
        cycle = self._last_cycle()
        if cycle is None or cycle.response_complete or cycle.more_body:
            self.transport.abort()
        else:
            super().shutdown()

    def _expect_request(self) -> None:
        """Close the connection after a time without a request; uvicorn does so only directly behind an answer."""
        cycle = self._last_cycle()
        idle = cycle is None or cycle.response_complete
        if idle and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _head_is_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.send_400_response(f"the head of the request took longer than {PATIENCE:g} s")

    def _expect_body(self) -> None:
        self._deadline = self.loop.call_later(PATIENCE, self._body_is_late)

    def _body_is_late(self) -> None:
        self._deadline = None
        cycle = self._last_cycle()
        if self.flow.read_paused or (cycle is not None and cycle.waiting_for_100_continue):
            # It is the application that does not want more yet.
            self._expect_body()
        elif cycle is not None and cycle.response_complete:
            self.transport.close()
        elif not self.transport.is_closing():
            self.send_400_response(f"nothing more of the body came for {PATIENCE:g} s")

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _last_cycle(self) -> RequestResponseCycle | None:
        """Hand out the last request, with the None that uvicorn has before the first, but does not declare."""
        return self.cycle


class _PoliteTransport:
    """What uvicorn uses of a transport, with another `close`.

    Closing a socket while data waits on it to be read resets the connection, and the client may lose the answer with it
    (RFC 9112, section 9.6). So the sending half is closed first, and the other is read from for a while.
    """

    def __init__(self, transport: asyncio.Transport, protocol: ContractProtocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self._lingering = False
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.get_extra_info = transport.get_extra_info
        self.abort = transport.abort

    def write(self, data: bytes) -> None:
        # An answer may still be under way when the client has gone, or when the sending half is closed.
        if not self.is_closing():
            self._transport.write(data)

    def is_closing(self) -> bool:
        return self._lingering or self._transport.is_closing()

    def close(self) -> None:
        protocol, transport = self._protocol, self._transport
        if self.is_closing() or protocol.is_request_whole():
            transport.close()
            return
        self._lingering = protocol.deaf = True
        transport.write_eof()
        protocol.flow.resume_reading()
        protocol.loop.call_later(LINGER, transport.abort)

"""uvicorn's HTTP protocol, with limits, and with every refusal in the documented shape.

uvicorn parses all that arrives, and its parser has no limit for a URL or a field. So this module feeds the parser
piece by piece. A piece never goes beyond the end of a head or of a body. A request is parsed only when the response to
the one before it is complete.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from abeja_datasets_mock.errors import error_body

from .cycle import WholeResponseCycle
from .heads import END, MAX_FIELDS, MAX_HEAD, Malformed, check_head, split_target
from .recording import REFUSED
from .transport import PoliteTransport

PATIENCE = 20.0
"""Seconds for a head to arrive in, from its first byte on, for each further piece of a body, and for a client to read
something of a response."""

BODY_PATIENCE = 30
"""How many times `PATIENCE` a whole body may take."""

MAX_CONNECTIONS = 16_384

OnRefusal = Callable[[int, str], object]

_REQUEST = re.compile(rb"[\r\n]*+[A-Z-]*+( |\Z)")

_logger = logging.getLogger("abeja_datasets_mock.http")


# The part of a request that was read last. Each request looks these up, and an enumeration costs ten times as much.
_BETWEEN, _HEAD, _BODY = range(3)

_PARTS = {
    _BETWEEN: "the blank lines before a request are",
    _HEAD: "the head of the request is",
    _BODY: "what is between two pieces of the body is",
}


class ContractProtocol(HttpToolsProtocol):
    """HTTP/1.1 over one connection.

    Args:
        on_refusal: called with the status and the description of a response that no request of the application has.
    """

    def __init__(self, *args: Any, on_refusal: OnRefusal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_refusal = on_refusal
        self.logger = _logger
        self.access_log = False
        self.deaf = False
        self._stage = _BETWEEN
        self._deadline: asyncio.TimerHandle | None = None
        self._reader_deadline: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._unread = b""
        self._is_at_end = False
        # The last bytes that were parsed: the end of a head may be cut in two.
        self._tail = b""
        # Bytes of the head so far, or of what frames a body since the last piece of it.
        self._frame = 0
        # Bytes of the body that are still to come; None for a chunked body.
        self._left: int | None = 0
        self._body_end = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Wrap the transport, so that a close does not lose a response."""
        super().connection_made(PoliteTransport(transport, self._linger))  # type: ignore[arg-type]  # all that uvicorn uses
        if len(self.connections) > MAX_CONNECTIONS:
            self._refuse(503, "service_unavailable", f"more than {MAX_CONNECTIONS} connections; try again later")
        else:
            self._idle_since = self.loop.time()
            self._expect_request(self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unset_deadline()
        self._unset_reader_deadline()
        self._unset_keepalive_if_required()
        self._unread = b""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what arrives, or discard it after the last response."""
        if self.deaf:
            return
        if self._unread:
            # The transport read it before it was paused.
            self._hold(self._unread + data)
            return
        rest = self._read(data)
        if not rest:
            return
        if not _REQUEST.match(rest):
            # Not the start of a request: the response that is due is the last one.
            self.deaf = True
            self.cycle.keep_alive = False
            return
        self._hold(rest)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._stage = _HEAD
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read a header field, or a trailer field."""
        # The parser leaves the space behind a value there, which is not a part of it (RFC 9112, section 5.1).
        name, value = name.lower(), value.rstrip(b" \t")
        self.headers.append((name, value))
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        if len(self.headers) > MAX_FIELDS:
            raise Malformed(f"more than {MAX_FIELDS} header fields")

    def on_headers_complete(self) -> None:
        """Check the head, and start to respond to the request."""
        headers, version = self.headers, self.parser.get_http_version()
        self._left = check_head(version, headers)
        self._stage = _BODY
        self._frame, self._tail, self._body_end = 0, b"", 0.0
        scope = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        path, query = split_target(self.url)
        scope["raw_path"], scope["query_string"] = path, query
        text = path.decode("ascii")
        scope["path"] = unquote(text) if "%" in text else text
        # Fields that follow are trailers, which may be discarded (RFC 9110, section 6.5.1).
        self.headers = []
        self._start_cycle(version)

    def _start_cycle(self, version: str) -> None:
        self.cycle = WholeResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            # HTTP/1.0 has no such response (RFC 9110, section 10.1.1).
            expect_100_continue=self.expect_100_continue and version != "1.0",
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def on_body(self, body: bytes) -> None:
        """Read a piece of a body."""
        self._frame = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if self._left != 0 and self.parser.should_upgrade():
            return  # The parser stops in front of the body.
        self._stage = _BETWEEN
        self._frame, self._tail = 0, b""
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Read the next request that has arrived."""
        if self.transport.is_closing():
            return
        self._idle_since = self.loop.time()
        self.flow.resume_reading()
        if self._unread:
            data, self._unread = self._unread, b""
            if rest := self._read(data):
                self._hold(rest)
            elif self._is_at_end and not self.eof_received():
                self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn has the None that stands for False
        """Keep the connection for the response to a whole request, after which a client closed its sending half."""
        self._is_at_end = True
        if self._unread:
            return True
        cycle = self._last_cycle()
        if cycle is None or cycle.response_complete or cycle.more_body or cycle.disconnected:
            return False
        cycle.keep_alive = False
        return True

    def pause_writing(self) -> None:
        """Start the time limit of a client that does not read."""
        super().pause_writing()
        self._expect_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stop the time limit."""
        self._unset_reader_deadline()
        super().resume_writing()

    def shutdown(self) -> None:
        """Close the connection: at once, unless a response is due to a request that is whole."""
        self._unread = b""
        cycle = self._last_cycle()
        if cycle is None or cycle.response_complete or cycle.more_body:
            self.transport.abort()
        else:
            super().shutdown()

    def _read(self, data: bytes) -> bytes:
        """Parse data, and return the rest, which must wait for the response that is due."""
        start = 0
        while start < len(data) and not self.deaf:
            if self._is_response_due():
                return data[start:]
            end = self._end_of_piece(data, start)
            self._parse(data[start:end])
            start = end
        self._set_deadline()
        return b""

    def _end_of_piece(self, data: bytes, start: int) -> int:
        """Return where the part of a request that begins at `start` ends, or may end."""
        if self._stage is _BODY and self._left is not None:
            return min(len(data), start + self._left)
        found = (self._tail + data[start : start + 3]).find(END) if self._tail else -1
        if found >= 0:
            end = start + found + len(END) - len(self._tail)
        else:
            found = data.find(END, start)
            end = len(data) if found < 0 else found + len(END)
        # A head is not parsed beyond the limit.
        return end if self._stage is _BODY else min(end, start + MAX_HEAD - self._frame)

    def _parse(self, piece: bytes) -> None:
        self._tail = piece[-3:] if len(piece) > len(END) else (self._tail + piece)[-3:]
        self._frame += len(piece)
        if self._stage is _BODY and self._left is not None:
            self._left -= len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken: the response is that to a request without it (RFC 9110, section 7.8).
            self._go_on_with_body()
        except httptools.HttpParserError as error:
            reason = error.__context__
            self.send_400_response(str(reason) if isinstance(reason, Malformed) else f"not a valid request: {error}")
        else:
            # A head or a body that was whole has set it back.
            if self._frame >= MAX_HEAD:
                self.send_400_response(f"{_PARTS[self._stage]} longer than {MAX_HEAD} bytes")

    def _go_on_with_body(self) -> None:
        """Parse the body of a request that asks for another protocol with a parser that does not know of that."""
        if self._left == 0:
            return
        framing = b"Transfer-Encoding: chunked" if self._left is None else b"Content-Length: %d" % self._left
        rest = SimpleNamespace(on_body=self.on_body, on_message_complete=self._on_rest_complete)
        self.parser = httptools.HttpRequestParser(rest)
        self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n\r\n" % framing)

    def _on_rest_complete(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not HTTP, or come too slowly, and close the connection."""
        cycle = self._last_cycle()
        if cycle is not None and not cycle.response_complete:
            # The application has the request, and so logs it.
            cycle.scope[REFUSED] = 400  # type: ignore[literal-required]  # a key of our own
            cycle.disconnected = True
            cycle.message_event.set()
            self._send_refusal(400, "bad_request", f"HTTP: {msg}")
        else:
            self._refuse(400, "bad_request", f"HTTP: {msg}")

    def _refuse(self, status: int, error: str, description: str) -> None:
        self._on_refusal(status, description)
        self._send_refusal(status, error, description)

    def _send_refusal(self, status: int, error: str, description: str) -> None:
        self.deaf = True
        self._unset_deadline()
        self.headers, self.url = [], b""
        body = error_body(error, description)
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _linger(self) -> bool:
        """Prepare for a close, and return whether more data may come, which must be discarded."""
        cycle = self._last_cycle()
        if cycle is not None and not cycle.more_body and not self._unread:
            return False
        self.deaf = True
        self._unread = b""
        self.flow.resume_reading()
        return True

    def _is_response_due(self) -> bool:
        cycle = self._last_cycle()
        return cycle is not None and self._stage is _BETWEEN and not cycle.response_complete

    def _hold(self, data: bytes) -> None:
        """Keep data that arrived before the response that is due, and stop reading."""
        self._unread = data
        self.flow.pause_reading()

    def _set_deadline(self) -> None:
        # Most requests come whole, and need no timer.
        if self._stage is _HEAD:
            if self._deadline is None and not self.deaf:
                self._deadline = self.loop.call_later(PATIENCE, self._head_is_late)
            return
        self._unset_deadline()
        if self._stage is _BODY:
            self._expect_body()

    def _expect_request(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection after a time without a request.

        One timer for the connection looks whether there was one; uvicorn starts and stops one for each request.
        """
        cycle = self._last_cycle()
        is_idle = self._stage is _BETWEEN and (cycle is None or cycle.response_complete)
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if self.transport.is_closing():
            return
        if is_idle and left <= 0:
            self.transport.close()
        else:
            self._expect_request(left if is_idle else self.timeout_keep_alive)

    def _head_is_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.send_400_response(f"the head of the request took longer than {PATIENCE:g} s")

    def _expect_body(self) -> None:
        if not self.deaf:
            # Most bodies come whole, and need no time.
            self._body_end = self._body_end or self.loop.time() + BODY_PATIENCE * PATIENCE
            wait = min(PATIENCE, max(0.0, self._body_end - self.loop.time()))
            self._deadline = self.loop.call_later(wait, self._body_is_late)

    def _body_is_late(self) -> None:
        self._deadline = None
        cycle = self._last_cycle()
        if self.flow.read_paused or (cycle is not None and cycle.waiting_for_100_continue):
            # The application does not read yet, so the client is not late.
            self._body_end += PATIENCE
            self._expect_body()
        elif cycle is not None and cycle.response_complete:
            self.transport.close()
        elif not self.transport.is_closing():
            late = self.loop.time() >= self._body_end
            whole = f"the body took longer than {BODY_PATIENCE * PATIENCE:g} s"
            self.send_400_response(whole if late else f"nothing more of the body came for {PATIENCE:g} s")

    def _expect_reader(self, unsent: int) -> None:
        self._reader_deadline = self.loop.call_later(PATIENCE, self._reader_is_late, unsent)

    def _reader_is_late(self, before: int) -> None:
        """Abort the connection of a client that has read nothing of the `before` bytes that were to be sent."""
        unsent = self.transport.get_write_buffer_size()
        if unsent < before:
            self._expect_reader(unsent)
        else:
            self.transport.abort()

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _unset_reader_deadline(self) -> None:
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()
            self._reader_deadline = None

    def _last_cycle(self) -> RequestResponseCycle | None:
        """Return the last request, with the None that uvicorn has before the first, but does not declare."""
        return self.cycle

"""A transport whose close does not lose a response."""

import asyncio
from collections.abc import Callable

LINGER = 2.0
"""Seconds that a connection is read from after a response to a request that was not read to its end."""


class PoliteTransport:
    """The methods of a transport that uvicorn uses, with another `close`.

    Closing a socket with unread data resets the connection, and the client may lose the response (RFC 9112, section
    9.6). So the sending half is closed first, and the other is read from for a while.

    Args:
        transport: the transport of the socket.
        linger: prepares the connection for a close: returns whether data may still come, and must then be discarded.
    """

    def __init__(self, transport: asyncio.Transport, linger: Callable[[], bool]) -> None:
        self._transport = transport
        self._linger = linger
        self._lingering = False
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.get_extra_info = transport.get_extra_info
        self.get_write_buffer_size = transport.get_write_buffer_size
        self.abort = transport.abort

    def write(self, data: bytes) -> None:
        """Send, unless the client has gone or the sending half is closed."""
        if not (self._lingering or self._transport.is_closing()):
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Return whether nothing more can be sent."""
        return self._lingering or self._transport.is_closing()

    def close(self) -> None:
        """Close the connection once what was written is sent, and data under way is read."""
        if self.is_closing() or not self._linger():
            self._transport.close()
            return
        self._lingering = True
        self._transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER, self._transport.abort)

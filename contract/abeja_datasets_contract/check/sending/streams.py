"""Bound the time and the bytes of one request, below httpcore.

httpx limits the time of each read alone. Nothing in it limits the bytes before a body: a head without an end, or 1xx
responses without an end (https://github.com/encode/httpx/issues/1450).
"""

import socket
import threading
import time
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import httpcore
import httpx

_PIECE = 16 * 1024
_UNREAD = attrgetter("stream._httpcore_stream._stream._connection._h11_state.trailing_data")


class Bounds(threading.local):
    """What the request of this thread may still take."""

    deadline = float("inf")
    """The moment (`time.monotonic`) at which its response must be whole."""
    left = 0
    """Bytes that may still be read."""
    connected = False
    """Whether it has made a new connection."""
    answered = False
    """Whether a byte was read."""

    def begin(self, seconds: float, size: int) -> None:
        """Begin a request."""
        self.deadline, self.left = time.monotonic() + seconds, size
        self.connected = self.answered = False

    def shorten(self, timeout: float | None) -> float:
        """Return a timeout that ends with the deadline.

        Raises:
            httpcore.ReadTimeout: the deadline is over.
        """
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("no whole response in time")
        return remaining if timeout is None else min(timeout, remaining)

    def count(self, size: int) -> None:
        """Count bytes that were read.

        Raises:
            httpcore.ReadError: they are too many.
        """
        self.answered = self.answered or size > 0
        self.left -= size
        if self.left < 0:
            raise httpcore.ReadError("the response has too many bytes")


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, bounds: Bounds) -> None:
        self._inner, self._bounds = inner, bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._bounds.shorten(timeout))
        self._bounds.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # A server that reads slowly lets each piece through in time.
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], self._bounds.shorten(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, *args: Any, **more: Any) -> httpcore.NetworkStream:
        more["timeout"] = self._bounds.shorten(more.get("timeout"))
        return _Stream(self._inner.start_tls(*args, **more), self._bounds)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, bounds: Bounds) -> None:
        self._inner, self._bounds = inner, bounds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._bounds.connected = True
        error: Exception | None = None
        for address in _resolved(host, port, self._bounds.shorten(timeout)):
            timeout = self._bounds.shorten(timeout)
            try:
                stream = self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as caught:
                error = caught
            else:
                return _Stream(stream, self._bounds)
        raise error or httpcore.ConnectError(f"{host} has no address")

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a host. The system's resolver knows no time limit, so it runs in a thread of its own.

    Raises:
        httpcore.ConnectTimeout: it takes longer than this many seconds.
        httpcore.ConnectError: there is none.
    """
    found: list[str] = []
    errors: list[Exception] = []

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise httpcore.ConnectTimeout(f"{host} was not resolved in time")
    if errors:
        raise httpcore.ConnectError(str(errors[0])) from errors[0]
    return found


def bound(client: httpx.Client, bounds: Bounds) -> None:
    """Bound a client and the proxies that it goes through."""
    transports = (client._transport, *client._mounts.values())  # noqa: SLF001 - httpx has no public way to them
    for transport in transports:
        pool: Any = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend, bounds)  # noqa: SLF001 - likewise


def has_leftovers(response: httpx.Response) -> bool:
    """Return whether a server sent more than the response: httpcore would read that as the next one."""
    try:
        return bool(_UNREAD(response)[0])
    except AttributeError:
        return False  # another stream than that of HTTP/1.1

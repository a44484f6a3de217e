"""The network streams of httpx's transports: they keep the deadline, and look for a response while they send.

They stand before httpcore's own, which httpx gives no way to replace.
"""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import httpcore
import httpx

from abeja_datasets.transports import in_time
from abeja_datasets.transports.http_libraries import httpx_version, warn
from abeja_datasets.transports.over_httpx import early_responses
from abeja_datasets.transports.privacy import is_ours
from abeja_datasets.transports.sockets import input_check

_OVER = "the deadline of the call is over"


class Now(threading.local):
    """The deadline of the request that a thread sends, by `time.monotonic`; None without one."""

    deadline: float | None = None

    def seconds(self, timeout: float | None) -> float | None:
        """Return the timeout of a step, which may not take longer than the deadline is away.

        Raises:
            TimeoutError: the deadline is over.
        """
        if self.deadline is None:
            return timeout
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(_OVER)
        return left if timeout is None else min(timeout, left)


def bound_steps(transport: httpx.HTTPTransport) -> Now:
    """Bound each step of a transport by the deadline of its thread, and return where that is set.

    A timeout of httpx bounds each read alone, so that a response of a byte now and then never ends
    (https://github.com/encode/httpx/issues/1450).
    """
    now = Now()
    _stand_before(transport, lambda backend: _Backend(backend, now), "a slow response may pass the deadline")
    return now


def watch(transport: httpx.AsyncHTTPTransport) -> None:
    """Make a transport look for a response while it sends, and close a connection whose TLS handshake is cancelled."""
    _stand_before(transport, _AsyncBackend, "an early response may be lost, and a cancelled TLS handshake stays open")


def watch_given(client: httpx.AsyncClient) -> None:
    """Do so for a client that the caller gave, on the connections that it opens from now on, and for our requests only.

    The connections of HTTP/2 stay as they are: they carry several requests at once.
    """
    for transport in (getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()):
        pool = getattr(transport, "_pool", None)
        is_known = isinstance(transport, httpx.AsyncHTTPTransport) and not getattr(pool, "_http2", False)
        if is_known and not isinstance(getattr(pool, "_network_backend", None), _AsyncBackend):
            watch(transport)


def _stand_before(transport: Any, make: Callable[[Any], Any], loss: str) -> None:
    pool: Any = getattr(transport, "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if backend is None:
        warn(loss, httpx_version(), "_pool._network_backend")
    else:
        pool._network_backend = make(backend)  # noqa: SLF001 - this module is the place for it


class _Backend:
    """A network backend of httpcore whose connections keep the deadline."""

    def __init__(self, backend: Any, now: Now) -> None:
        self._backend = backend
        self._now = now
        self.sleep = backend.sleep

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> "_Stream":
        def connect() -> Any:
            return self._backend.connect_tcp(host, port, timeout=timeout, **options)

        left = self._now.seconds(None)
        if left is None:
            return _bound(connect(), self._now)
        # Nothing ends the look-up of a host name, and the timeout holds for each of its addresses.
        try:
            return _bound(in_time.run(connect, left, late=lambda stream: stream.close()), self._now)
        except in_time.OverTime:
            raise TimeoutError(_OVER) from None


class _AnyStream:
    """What all kinds of stream have in common."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._early = early_responses.Early()

    def get_extra_info(self, info: str) -> Any:
        # Where something is left to read, httpcore does not use the connection again.
        return (info == "is_readable" and bool(self._early)) or self._stream.get_extra_info(info)


class _Stream(_AnyStream):
    """A connection of httpcore that keeps the deadline."""

    def __init__(self, stream: Any, now: Now) -> None:
        super().__init__(stream)
        self._now = now
        self.close = stream.close

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = self._now.seconds(timeout)
        received: bytes = self._early.take() if self._early else self._stream.read(max_bytes, seconds)
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if len(buffer) <= early_responses.SHORT:
            self._stream.write(buffer, self._now.seconds(timeout))
        else:
            early_responses.write(self._stream, buffer, lambda: self._now.seconds(timeout), self._early)

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        secured = self._stream.start_tls(ssl_context, server_hostname, self._now.seconds(timeout))
        return _bound(secured, self._now)


class _SocketStream(_Stream):
    """Does the same on the socket itself: a read or a write of httpcore takes twice the time of it."""

    def __init__(self, stream: Any, now: Now) -> None:
        super().__init__(stream, now)
        self._socket = stream.get_extra_info("socket")
        self._has_input = input_check(self._socket)

    def get_extra_info(self, info: str) -> Any:
        # The pool asks for this alone, twice a call and under its lock.
        return self._has_input() or bool(self._early) if info == "is_readable" else super().get_extra_info(info)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._early:
            return super().read(max_bytes, timeout)
        seconds = timeout if self._now.deadline is None else self._now.seconds(timeout)
        try:
            if self._socket.gettimeout() != seconds:  # to set it is a system call
                self._socket.settimeout(seconds)
            received: bytes = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore.ReadError(error) from error
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if len(buffer) > early_responses.SHORT:
            super().write(buffer, timeout)
        elif buffer:  # httpcore writes an empty one at the end of each request
            seconds = timeout if self._now.deadline is None else self._now.seconds(timeout)
            try:
                if self._socket.gettimeout() != seconds:
                    self._socket.settimeout(seconds)
                while buffer:
                    buffer = buffer[self._socket.send(buffer) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(error) from error
            except OSError as error:
                raise httpcore.WriteError(error) from error


def _bound(stream: Any, now: Now) -> _Stream:
    """Return a stream that keeps the deadline."""
    # TLS inside the TLS of a proxy is not a socket.
    is_socket = not isinstance(stream.get_extra_info("ssl_object"), ssl.SSLObject)
    return (_SocketStream if is_socket else _Stream)(stream, now)


class _AsyncBackend:
    """A network backend of httpcore for asyncio, with connections of ours."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.sleep = backend.sleep

    async def connect_tcp(self, *args: Any, **options: Any) -> "_AsyncStream":
        return _AsyncStream(await self._backend.connect_tcp(*args, **options))

    async def connect_unix_socket(self, *args: Any, **options: Any) -> "_AsyncStream":
        return _AsyncStream(await self._backend.connect_unix_socket(*args, **options))


class _AsyncStream(_AnyStream):
    """A connection of httpcore for asyncio.

    It sends the head of a request together with what follows: httpcore writes the head, each piece of the body, and an
    empty end.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.aclose = stream.aclose
        self._head = b""
        connection = stream.get_extra_info("socket")
        self._has_input = None if connection is None else input_check(connection)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._has_input:  # to find the socket anew takes longer than to ask it
            return self._has_input() or bool(self._early)
        return super().get_extra_info(info)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        received: bytes = self._early.take() if self._early else await self._stream.read(max_bytes, timeout)
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - likewise
        if is_ours.get() and not self._head and buffer.endswith(b"\r\n\r\n"):
            self._head = buffer
            return
        if self._head:
            buffer, self._head = self._head + buffer, b""
        if len(buffer) <= early_responses.SHORT or not is_ours.get():
            await self._stream.write(buffer, timeout)
        else:
            await early_responses.async_write(self._stream, buffer, timeout, self._early)

    async def start_tls(self, *args: Any, **options: Any) -> "_AsyncStream":
        # httpcore closes the connection after an error alone (https://github.com/encode/httpcore/pull/443). After a
        # cancellation it would stay open until it is garbage.
        try:
            return _AsyncStream(await self._stream.start_tls(*args, **options))
        except asyncio.CancelledError:
            await self._stream.aclose()
            raise

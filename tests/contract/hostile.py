"""A server on loopback that responds to one operation as no server should, and as the mock server to all others."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from tests.contract.faulty import Asked, Spoilt, spoilt

Payload = Callable[[Asked], Iterable[bytes]]
"""What to send for a request; the connection ends behind it if it ends with `END`."""
END = b""


class Hostile:
    """The server.

    Args:
        server: responds to what is not spoilt.
        operation: the operationId of the requests that get the payload; None is all.
        payload: makes what is sent.
    """

    def __init__(self, server: Spoilt, operation: str | None, payload: Payload) -> None:
        self._server, self._operation, self._payload = server, operation, payload
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self.requests: list[tuple[int, Asked]] = []
        """Each with the number of its connection."""
        self._connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                self._connections += 1
                self._open.add(connection)
                threading.Thread(target=self._serve, args=(connection, self._connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            while (asked := _read(connection)) is not None:
                self.requests.append((number, asked))
                chosen = self._operation in (None, asked.operation)
                for piece in self._payload(asked) if chosen else self._as_usual(asked):
                    if piece == END or self._ended.is_set():
                        return
                    connection.sendall(piece)
        self._open.discard(connection)

    def _as_usual(self, asked: Asked) -> Iterator[bytes]:
        told = self._server.ask(asked)
        lines = [f"HTTP/1.1 {told.status} X", *(f"{name}: {value}" for name, value in told.headers)]
        lines.append(f"Content-Length: {len(told.body)}")
        yield "\r\n".join([*lines, "\r\n"]).encode("latin-1") + told.body


def _read(connection: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, body)


@contextmanager
def hostile(operation: str | None, payload: Payload) -> Iterator[Hostile]:
    """Run a server that spoils one operation, or all."""
    with spoilt() as server:
        # The mock server is asked from other threads.
        thread = threading.Thread(target=server.ask, args=(Asked("GET", "/", {}),))
        thread.start()
        thread.join()
        running = Hostile(server, operation, payload)
        try:
            yield running
        finally:
            running.close()

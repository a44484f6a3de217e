"""A server that answers from a script, and records what it receives."""

import collections
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

_LINGER_0: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """A request as it was received."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lowercase name; one that came twice is joined by ", "."""
    body: bytes
    connection: int
    """Which connection it came on, from 1."""
    at: float
    """When, by `time.monotonic`."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True, strict_parsing="?" in self.target)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = "Scripted"
    fault: Literal["", "unread", "silent", "half", "reset", "stall", "goodbye"] = ""
    """unread, silent: it closes before, or after, reading. half: it sends half of the body and closes. reset: it reads,
    then resets the connection. stall: it reads, and never answers. goodbye: it answers, then closes without notice."""
    pause: float = 0.0
    """Seconds between the bytes of the body."""
    raw: bytes | None = None
    """The whole response, instead of all of the above; the connection ends with it."""


class ScriptedServer:
    """An HTTP/1.1 server on loopback: one entry of its script answers one request. It records all that it receives."""

    def __init__(self, *, listening: bool = True) -> None:
        self.script: collections.deque[Reply] = collections.deque()
        self.always: Callable[[Request], Reply] | None = None
        """Answers what comes when the script is through; without it that is an error."""
        self.requests: list[Request] = []
        self.unread = 0
        self.unexpected: list[Request] = []
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._left: list[int] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0)) if listening else socket.socket()
        if listening:
            self._start(self._accept)
        else:
            self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def listen(self) -> None:
        """Take connections from now on, if it was made without."""
        self._listener.listen()
        self._start(self._accept)

    def reply(
        self, status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """Add an entry to the script."""
        self.script.append(Reply(status, body, headers or {}, **more))

    def answer(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Add an entry to the script, which answers with JSON."""
        self.reply(status, json.dumps(value).encode(), headers)

    @property
    def received(self) -> int:
        """How many requests came, read or not."""
        return len(self.requests) + self.unread

    @property
    def only(self) -> Request:
        (request,) = self.requests
        return request

    def drop_connections(self) -> None:
        """Wait until the connections that end with a "goodbye" have ended."""
        for thread in self._threads[1:]:
            thread.join(5)
            assert not thread.is_alive()

    def left(self, seconds: float = 0.2) -> list[int]:
        """Return which connections the clients have closed, once all are or they had the time to be noticed."""
        deadline = time.monotonic() + seconds
        while len(self._left) < len(self._connections) and time.monotonic() < deadline:
            time.sleep(0.001)
        return sorted(self._left)

    def all_left(self) -> bool:
        """Return whether the clients have closed all connections."""
        return len(self.left(10)) == len(self._connections)

    def close(self) -> None:
        # Closing alone would not wake the threads that wait on these.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def finish(self) -> None:
        """Close, and check that all of the script came and nothing else.

        A request that its client has given up may still be unread.
        """
        deadline = time.monotonic() + 2
        while self.script and time.monotonic() < deadline:
            time.sleep(0.001)
        self.close()
        self.check()

    def check(self) -> None:
        assert not self.unexpected, "requests that the script did not foresee"
        assert not self.script, "entries of the script that no request asked for"

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connections.append(connection)
                    number = len(self._connections)
                self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            while connection.recv(1, socket.MSG_PEEK):
                with self._lock:
                    reply = self.script.popleft() if self.script else None
                    if reply and reply.fault == "unread":
                        self.unread += 1
                        break
                request = _read(stream, number)
                with self._lock:
                    self.requests.append(request)
                    if reply is None and self.always is None:
                        self.unexpected.append(request)
                reply = reply or (self.always(request) if self.always else Reply(418, b"the script is through"))
                if not _send(connection, reply):
                    break
        with self._lock:
            self._left.append(number)


def _read(stream: Any, number: int) -> Request:
    method, target, _ = stream.readline().decode("ascii").split(" ")
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, number, time.monotonic())


def _send(connection: socket.socket, reply: Reply) -> bool:
    """Send a reply; tell whether the connection stays open."""
    if reply.raw is not None:
        connection.sendall(reply.raw)
        return False
    if reply.fault == "stall":
        connection.recv(1)
    if reply.fault == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    if reply.fault in ("stall", "reset", "silent"):
        return False
    length = {} if "Transfer-Encoding" in reply.headers else {"Content-Length": str(len(reply.body))}
    fields = {"Content-Type": "application/json", **length, **reply.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    body = reply.body[: len(reply.body) // 2] if reply.fault == "half" else reply.body
    if reply.status in (204, 304):  # these have none (RFC 9110, section 6.4.1)
        body = b""
    # Header values are in UTF-8, as servers write them.
    connection.sendall(f"HTTP/1.1 {reply.status} {reply.reason}\r\n{head}\r\n".encode())
    for piece in (body,) if not reply.pause else (body[i : i + 1] for i in range(len(body))):
        time.sleep(reply.pause)
        connection.sendall(piece)
    return not reply.fault

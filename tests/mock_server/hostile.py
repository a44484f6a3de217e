"""One hostile connection against a server in a process of its own, and what others notice of it."""

import base64
import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from abeja_datasets_mock import DEMO

PATH = b"/organizations/1/datasets/"
_PIECE = 64 * 1024
_HEAD = b"GET " + PATH + b" HTTP/1.1\r\nHost: x\r\n"
_CHUNKED = b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
_SLOW = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nContent-Type: application/json\r\n%b\r\n"


class Attack(NamedTuple):
    """What is sent: first one thing, and then another again and again.

    Attributes:
        start: sent once; it may hold the place of an Authorization field.
        again: sent without an end.
        pause: seconds between two pieces.
    """

    start: bytes
    again: bytes
    pause: float = 0.0


ATTACKS = {
    "endless request line": Attack(b"GET /", b"x" * _PIECE),
    "endless query": Attack(b"GET /?q=", b"x" * _PIECE),
    "endless method": Attack(b"", b"G" * _PIECE),
    "endless field": Attack(_HEAD + b"A: ", b"x" * _PIECE),
    "endless field name": Attack(_HEAD, b"x" * _PIECE),
    "endless fields": Attack(_HEAD, b"A: b\r\n" * 10_000),
    "endless folded field": Attack(_HEAD + b"A: b", b"\r\n c" * 10_000),
    "endless blank lines": Attack(b"", b"\r\n" * 30_000),
    "endless chunk extension": Attack(_CHUNKED + b"1;", b"x" * _PIECE),
    "endless trailers": Attack(_CHUNKED + b"0\r\n", b"A: b\r\n" * 10_000),
    "endless trailer": Attack(_CHUNKED + b"0\r\nA: ", b"x" * _PIECE),
    "tiny chunks": Attack(_CHUNKED, b"1\r\nx\r\n" * 10_000),
    "unread pipelining": Attack(b"", (_HEAD + b"\r\n") * 1000),
    "unread pipelining, authorized": Attack(b"", (_HEAD + b"%AUTH%\r\n") * 1000),
    "unread documents": Attack(b"", b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 1000),
    "slow head": Attack(_HEAD, b"X", 0.02),
    "slow body": Attack(_SLOW % (PATH, b"%AUTH%"), b" ", 0.02),
    "slow body without a credential": Attack(_SLOW % (PATH, b""), b" ", 0.02),
}


class Effect(NamedTuple):
    """What an attack does: MiB that the server grows by, and the longest wait of another client in seconds."""

    growth: float
    wait: float
    responses: bytes


class Victim:
    """A server program, with a client that measures how long it waits."""

    def __init__(self, process: int, port: int) -> None:
        self.process, self.port = process, port

    def memory(self) -> float:
        """Return the MiB that the server uses."""
        pages = int((Path("/proc") / str(self.process) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def wait(self) -> float:
        """Send a request, and return the seconds until its response."""
        request = _filled(_HEAD + b"%AUTH%Connection: close\r\n\r\n")
        start = time.perf_counter()
        with self.connect() as connection:
            connection.sendall(request)
            assert connection.recv(_PIECE).startswith(b"HTTP/1.1 200 ")
        return time.perf_counter() - start

    def suffer(self, attack: Attack, seconds: float) -> Effect:
        """Run an attack, on one connection at a time, and measure."""
        before, highest, longest = self.memory(), 0.0, 0.0
        stop = threading.Event()
        responses: list[bytes] = []
        thread = threading.Thread(target=self._attack, args=(attack, stop, responses.append))
        thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            longest = max(longest, self.wait())
            highest = max(highest, self.memory())
            time.sleep(0.005)
        stop.set()
        thread.join()
        return Effect(highest - before, longest, b"".join(responses))

    def _attack(self, attack: Attack, stop: threading.Event, tell: Callable[[bytes], object]) -> None:
        while not stop.is_set():
            with self.connect() as connection, contextlib.suppress(ConnectionError):
                connection.setblocking(False)
                _send_on(connection, attack, stop)
                # Only now is anything read.
                connection.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    tell(connection.recv(_PIECE))


def _send_on(connection: socket.socket, attack: Attack, stop: threading.Event) -> None:
    """Send until the server ends the connection, and read nothing of what it responds."""
    again = _filled(attack.again)
    left = _filled(attack.start) or again
    closing = select.poll()
    closing.register(connection, select.POLLRDHUP)
    while not stop.wait(attack.pause) and not closing.poll(0):
        if select.select([], [connection], [], 0.05)[1]:
            left = left[connection.send(left) :] or again


def _filled(data: bytes) -> bytes:
    pair = base64.b64encode(f"{DEMO.owner}:{DEMO.secret}".encode())
    return data.replace(b"%AUTH%", b"Authorization: Basic %b\r\n" % pair)


@contextlib.contextmanager
def victim() -> Iterator[Victim]:
    """Run a server program."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ABEJA_", "PLATFORM_"))}
    command = [sys.executable, "-m", "abeja_datasets_mock"]
    with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            port = int(process.stdout.readline().rpartition(":")[2])
            found = Victim(process.pid, port)
            found.wait()
            yield found
        finally:
            process.terminate()
            process.communicate()

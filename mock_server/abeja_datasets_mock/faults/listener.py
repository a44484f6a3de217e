"""A listening socket that can refuse connections for a while, and keeps its port."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable

_BACKLOG = 2048
_NO_FILES_LEFT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE = 1.0
"""Seconds without new connections when the system has no file descriptor left."""
Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


class Listener:
    """A listening socket whose connections the system refuses on demand.

    It accepts connections itself. `asyncio.Server` loses a connection that it accepted just before `close`: on Python
    3.11 to 3.13 nothing closes that connection, and the client waits for a response.

    Args:
        accept: called with each connection.
        host: the address to listen on.
        port: the port; 0 is one that is free.

    Raises:
        OSError: the address can't be listened on.
    """

    def __init__(self, accept: Accept, host: str, port: int) -> None:
        self._accept = accept
        self._loop = asyncio.get_running_loop()
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._opening: set[asyncio.Task[None]] = set()
        self._holder: socket.socket | None = None
        self._socket: socket.socket | None = self._listening((host, port))
        self._address = self._socket.getsockname()[:2]

    @property
    def url(self) -> str:
        """The URL of the address."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def refuse(self) -> None:
        """Refuse connections from now on."""
        if self._socket is None:
            return
        self._drop()
        # Another program must not get the port meanwhile. A socket that is bound, but does not listen, refuses
        # connections too.
        self._holder = holder = socket.socket(self._family)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            holder.bind(self._address)

    def resume(self) -> None:
        """Accept connections again.

        Raises:
            OSError: another program has the port now.
        """
        if self._socket is None:
            self._let_go()
            self._socket = self._listening(self._address)

    async def close(self) -> None:
        """Stop listening, release the port, and wait for the connections that were accepted until now."""
        self._let_go()
        self._drop()
        await asyncio.gather(*self._opening)

    def _listening(self, address: tuple[str, int]) -> socket.socket:
        listening = socket.create_server(address, family=self._family, backlog=_BACKLOG)
        listening.setblocking(False)
        self._watch(listening)
        return listening

    def _watch(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._take, listening)

    def _take(self, listening: socket.socket) -> None:
        """Accept the connections that wait."""
        for _ in range(_BACKLOG):
            try:
                client, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_FILES_LEFT:
                    raise
                self._loop.remove_reader(listening)
                self._loop.call_later(_PAUSE, self._watch, listening)
                return
            task = self._loop.create_task(self._open(client))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, client: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader, self._accept)
        try:
            await self._loop.connect_accepted_socket(lambda: protocol, client)
        except OSError:
            # The client has gone already.
            client.close()

    def _drop(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _let_go(self) -> None:
        if self._holder is not None:
            self._holder.close()
            self._holder = None

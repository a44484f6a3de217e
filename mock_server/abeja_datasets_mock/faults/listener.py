"""A listening socket that can refuse connections for a while, and keeps its port."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

_BACKLOG = 2048
Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


class Listener:
    """A listening socket whose connections the system refuses on demand.

    Args:
        accept: called with each connection.
        host: the address to listen on.
        port: the port; 0 is one that is free.

    Raises:
        OSError: the address can't be listened on.
    """

    def __init__(self, accept: Accept, host: str, port: int) -> None:
        self._accept = accept
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket: socket.socket | None = self._listening((host, port))
        self._address = self._socket.getsockname()[:2]
        self._server: asyncio.Server | None = None
        self._starting = asyncio.ensure_future(self._start(self._socket))
        self._holder: socket.socket | None = None

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
            self._starting = asyncio.ensure_future(self._start(self._socket))

    async def close(self) -> None:
        """Stop listening, and release the port."""
        self._let_go()
        self._drop()
        await asyncio.gather(self._starting, return_exceptions=True)

    def _listening(self, address: tuple[str, int]) -> socket.socket:
        return socket.create_server(address, family=self._family, backlog=_BACKLOG)

    async def _start(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accept, sock=listening)

    def _drop(self) -> None:
        self._starting.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None
        elif self._socket is not None:
            # The loop may watch the socket already; another socket will soon have its file descriptor.
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _let_go(self) -> None:
        if self._holder is not None:
            self._holder.close()
            self._holder = None

"""The fault proxy: a TCP proxy in front of a server, which applies the faults of the level "wire"."""

import asyncio
import contextlib
import logging
import ssl
import threading
from urllib.parse import urlsplit

from abeja_datasets_mock.background import Background

from .connection import Connection
from .effects import Between
from .framing import Stream
from .listener import Listener
from .live import Applied, Faults, Hit, live
from .plan import Plan, PlanSource
from .upstream import Upstream

_PORTS = {"http": 80, "https": 443}
_PATIENCE = 5.0

_logger = logging.getLogger("abeja_datasets_mock.faults")


class Proxy:
    """A proxy within the running event loop.

    Args:
        url: of the server: `http://` or `https://`. Its path, if any, is a prefix of all paths.
        plan: the plan; a `Faults` is shared.
        host: the address to listen on.
        port: the port; 0 is one that is free.
        context: how to check the server's certificate; by default as the system does.
        keep_host: whether the server gets the client's `Host`, and not its own.

    Attributes:
        faults: the faults at work.

    Raises:
        ValueError: the URL is not that of a server, or the plan is not valid (`PlanError`).
    """

    def __init__(
        self,
        url: str,
        plan: Faults | PlanSource = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        context: ssl.SSLContext | None = None,
        keep_host: bool = False,
    ) -> None:
        self.faults = live(plan, "wire")
        self._upstream = _upstream(url, context, keep_host=keep_host)
        self._address = host, port
        self._listener: Listener | None = None
        self._outage: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._is_stopping = False

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(self) -> str:
        """Listen, and return the URL.

        Raises:
            OSError: the address can't be listened on.
        """
        self._is_stopping = False
        self._loop = asyncio.get_running_loop()
        self._listener = Listener(self._accept, *self._address)
        self.faults.watchers.append(self._plan_changed)
        self._between(None)
        return self._listener.url

    async def stop(self) -> None:
        """Stop listening, and close all connections at once."""
        self._is_stopping = True
        with contextlib.suppress(ValueError):
            self.faults.watchers.remove(self._plan_changed)
        self._end_outage()
        if self._listener is not None:
            await self._listener.close()
        under_way = dict(self._connections)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        # A task that is cancelled before its first step has not closed its connection.
        for connection in under_way.values():
            connection.close()
        # A closed transport closes its socket in the loop's next turn.
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_stopping:
            # The system accepted it before the listener was closed.
            writer.transport.abort()
            return
        connection = Connection(Stream(reader, writer), self._upstream, self.faults, self._between)
        task = asyncio.ensure_future(self._serve(connection))
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.run()
        except Exception:
            # A mistake of ours, of any kind: nobody awaits this task, and the other connections go on.
            _logger.exception("a connection failed")

    def _plan_changed(self) -> None:
        """Start the new plan before the thread that set it goes on."""
        loop = self._loop
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if loop is None or here is loop:
            self._between(None)
            return
        done = threading.Event()

        def begin() -> None:
            self._between(None)
            done.set()

        with contextlib.suppress(RuntimeError):  # the loop has just ended
            loop.call_soon_threadsafe(begin)
            done.wait(_PATIENCE)

    def _between(self, hit: Hit | None) -> bool:
        """Apply a fault between two requests or at the start of a plan; return whether to close the connection."""
        fault = self.faults.strike_between(hit)
        if fault is None:
            if hit is None:
                # End the outage of an earlier plan.
                self._resume()
            return False
        if isinstance(fault.effect, Between):
            fault.effect.apply(self)
        return True

    def refuse(self, seconds: float | None) -> None:
        """Refuse connections for this many seconds, or until there is another plan, and close those that are idle."""
        self._end_outage()
        if self._listener is not None:
            self._listener.refuse()
        for connection in self._connections.values():
            if connection.is_idle:
                connection.close()
        if seconds is not None:
            self._outage = asyncio.get_running_loop().call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._end_outage()
        if self._listener is not None:
            self._listener.resume()

    def _end_outage(self) -> None:
        if self._outage is not None:
            self._outage.cancel()
            self._outage = None


class FaultProxy(Background):
    """A proxy in a thread of its own, for tests.

        with FaultProxy(server.url) as proxy:
            proxy.plan = [{"reset_after": True, "count": 1}]
            client = APIClient(server.credential, base_url=proxy.url)

    Args:
        url: see `Proxy`.
        plan: see `Proxy`.
        host: the address to listen on.
        port: the port; 0 is one that is free.
        context: see `Proxy`.

    Attributes:
        url: where it listens, without a slash at the end; from `start` on.
        faults: the faults at work.
    """

    def __init__(
        self,
        url: str,
        plan: Faults | PlanSource = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._proxy = Proxy(url, plan, host=host, port=port, context=context)
        self.faults = self._proxy.faults
        super().__init__(self._proxy, "fault-proxy")

    @property
    def plan(self) -> Plan:
        """The plan. It may be set at any time, to anything that `load_plan` takes."""
        return self.faults.plan

    @plan.setter
    def plan(self, source: PlanSource) -> None:
        self.faults.plan = source

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._proxy.connections

    @property
    def applied(self) -> list[Applied]:
        """The faults that were applied under this plan."""
        return self.faults.applied


def _upstream(url: str, context: ssl.SSLContext | None, *, keep_host: bool) -> Upstream:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    host = parts.hostname
    if not host or not port or parts.query or parts.fragment or "@" in parts.netloc or not url.isascii():
        # A URL with a user may hold a secret, and is not shown.
        given = "URL" if "@" in url else repr(url)
        raise ValueError(f"{given}: the URL of a server is needed, such as http://127.0.0.1:8000, without a user in it")
    if parts.scheme == "https" and context is None:
        context = ssl.create_default_context()
    secure = context if parts.scheme == "https" else None

    async def open_stream() -> Stream:
        return Stream(*await asyncio.open_connection(host, port, ssl=secure))

    authority = None if keep_host else parts.netloc.encode("ascii")
    return Upstream(open_stream, authority, parts.path.rstrip("/").encode("ascii"))

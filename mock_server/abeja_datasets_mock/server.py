"""Serving the application over HTTP on uvicorn's protocol: in a thread for tests, or as a program."""

import asyncio
import contextlib
import functools
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.server import ServerState

from .app import DEFAULT_MAX_BODY, create_app
from .background import Background
from .http.authentication import DEMO, Credential
from .http.protocol import ContractProtocol
from .likeness import Like
from .platforms import new_event_loop

_BACKLOG = 2048
_KEEP_ALIVE = 65  # longer than the idle time of common clients' pools, so that they close first
_GRACE = 2.0
_POLL = 0.002
_ACCEPTING = 3
"""Turns of the event loop in which asyncio and uvloop make an accepted socket a connection."""


class Server:
    """An application listening on a port, within the running event loop.

    uvicorn's own `Server` polls ten times a second for its end and takes over signals; this one starts and stops at
    once and leaves signals to the program.
    """

    def __init__(self, app: Starlette, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = app
        self._host, self._port = host, port
        self._state = ServerState()
        self._listener: asyncio.Server | None = None
        self._clock: asyncio.TimerHandle | None = None

    async def start(self) -> str:
        """Listen, and return the URL.

        Raises:
            OSError: the address can't be listened on.
        """
        config = uvicorn.Config(
            self._app, http=ContractProtocol, ws="none", lifespan="off", log_config=None, proxy_headers=False,
            server_header=False, timeout_keep_alive=_KEEP_ALIVE,
        )  # fmt: skip
        config.load()
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            functools.partial(
                ContractProtocol,
                config=config,
                server_state=self._state,
                app_state={},
                _loop=loop,
                on_refusal=getattr(self._app.state, "on_refusal", _ignore),
            ),
            self._host,
            self._port,
            backlog=_BACKLOG,
        )
        self._tick(loop)
        # A name may have several addresses, each with a port of its own.
        host, port, *_ = self._listener.sockets[0].getsockname()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening, wait for the responses to requests that have arrived, and close connections."""
        if self._listener is not None:
            self._listener.close()
        if self._clock is not None:
            self._clock.cancel()
        # A connection that the loop has just accepted is not among the others yet. The loop can't end with it open.
        for _ in range(_ACCEPTING):
            await asyncio.sleep(0)
        for connection in list(self._state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while self._state.connections or self._state.tasks:  # noqa: ASYNC110 - uvicorn sets no event
                    await asyncio.sleep(_POLL)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the requests learn that their connections are gone
        for task in list(self._state.tasks):
            task.cancel()
        await asyncio.gather(*self._state.tasks, return_exceptions=True)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._state.default_headers = [(b"date", formatdate(usegmt=True).encode("ascii"))]
        self._clock = loop.call_later(1, self._tick, loop)


class RunningServer(Background):
    """A server in a thread of its own, on a free port of this machine, for tests.

        with RunningServer() as server:
            client = APIClient(server.credential, base_url=server.url)

    Args:
        database: see `create_app`.
        credentials: see `create_app`.
        max_body: see `create_app`.
        like: see `create_app`.
        content: see `create_app`.
        host: the address to listen on.
        port: the port; 0 is one that is free.

    Attributes:
        url: where it listens, without a slash at the end; from `start` on.
        credential: the first credential it accepts, in the form that `APIClient` takes.
        app: the application, for middleware to be added before `start`.
    """

    def __init__(
        self,
        *,
        database: str | Path | None = None,
        credentials: Sequence[Credential] | None = None,
        max_body: int = DEFAULT_MAX_BODY,
        like: Like = "documented",
        content: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.app = create_app(database=database, credentials=credentials, max_body=max_body, like=like, content=content)
        self.credential = (DEMO if credentials is None else credentials[0]).argument
        super().__init__(Server(self.app, host, port), "abeja-datasets-mock", new_event_loop)

    def _ended(self) -> None:
        self.app.state.store.close()


def _ignore(_status: int, _description: str) -> None:
    """Log no refusal: the application has set no `app.state.on_refusal`."""

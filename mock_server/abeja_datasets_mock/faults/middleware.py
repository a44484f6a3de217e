"""Faults in the server: an ASGI middleware that delays, replaces or changes responses."""

import asyncio
from collections import deque
from typing import TypeVar

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .admin import PREFIX, AdminRoute
from .effects import ServerEffect
from .live import Faults, identify, live
from .plan import PlanSource
from .response import Response

_READ_AHEAD = 1024 * 1024
"""Bytes of a body that are read while a request waits, to learn whether its client is still there."""

_App = TypeVar("_App", bound=Starlette)


def install(app: _App, plan: Faults | PlanSource = (), admin_token: str | None = None) -> _App:
    """Add faults to an application of `create_app`, before its first request.

    They are `app.state.faults` from then on.

    Args:
        app: the application; `RunningServer.app` before `start`, say.
        plan: the plan. A `Faults` is shared, for example with a proxy in front of the server.
        admin_token: the token of the admin route `/_mock/`; without one there is no such route.

    Returns:
        The same application.

    Raises:
        PlanError: the plan is not valid, or needs the fault proxy.
        ValueError: the token is empty.
    """
    app.state.faults = faults = live(plan, "server")
    app.add_middleware(FaultMiddleware, faults=faults, admin_token=admin_token)
    return app


class FaultMiddleware:
    """An ASGI middleware that applies the faults of the level "server".

    Args:
        app: the application.
        faults: the faults to apply.
        admin_token: see `install`.
    """

    def __init__(self, app: ASGIApp, faults: Faults, admin_token: str | None = None) -> None:
        self._app = app
        self._faults = faults
        self._admin = None if admin_token is None else AdminRoute(faults, admin_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request, or forward it to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            # Without the admin route the application responds with a 404.
            await (self._admin or self._app)(scope, receive, send)
        elif not self._faults.planned("server"):
            await self._app(scope, receive, send)
        else:
            struck = self._faults.strike("server", identify(scope["method"], scope["raw_path"]))
            if struck is None or not isinstance(struck[0].effect, ServerEffect):
                await self._app(scope, receive, send)
            else:
                await self._apply(struck[0].effect, scope, receive, send)

    async def _apply(self, effect: ServerEffect, scope: Scope, receive: Receive, send: Send) -> None:
        patient = receive
        if effect.latency and not effect.after:
            replay = await _wait(effect.latency, receive)
            if replay is None:
                return
            patient = replay
        if effect.replaces and not effect.after:
            if await _read_to_end(patient):
                await _send(send, effect, Response())
            return
        held = _Held()
        await self._app(scope, patient, held)
        if held.is_whole and not (effect.latency and effect.after and await _wait(effect.latency, receive) is None):
            await _send(send, effect, Response(held.status, held.headers, bytes(held.body)))


class _Held:
    """A response of the application that is not sent yet: its `send`."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.is_whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")
            self.is_whole = not message.get("more_body", False)


async def _send(send: Send, effect: ServerEffect, response: Response) -> None:
    effect.apply(response)
    headers = [header for header in response.headers if header[0] != b"content-length"]
    headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _read_to_end(receive: Receive) -> bool:
    """Read and discard a request; return whether its client stayed to the end."""
    message: Message = {"type": "http.request", "more_body": True}
    while message["type"] == "http.request":
        if not message.get("more_body", False):
            return True
        message = await receive()
    return False


async def _wait(seconds: float, receive: Receive) -> Receive | None:
    """Wait, unless the client goes: a server that stops would wait for it too.

    Returns:
        A `receive` with all that came meanwhile; None where the client has gone.
    """
    kept: deque[Message] = deque()
    loop = asyncio.get_running_loop()
    end, size = loop.time() + seconds, 0
    try:
        async with asyncio.timeout_at(end):
            while size < _READ_AHEAD:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                kept.append(message)
                size += len(message.get("body", b""))
    except TimeoutError:
        pass
    await asyncio.sleep(max(0.0, end - loop.time()))

    async def replay() -> Message:
        return kept.popleft() if kept else await receive()

    return replay

"""A request that httpx sends in another thread: whether it was sent, and how to end it, by httpx's own `trace`."""

import contextlib
import math
import socket
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

import httpx

from abeja_datasets.transports.http_libraries import socket_in_use

watching: Final[ContextVar["Steps | None"]] = ContextVar("watching", default=None)
"""Takes the steps of the request that a thread sends; None where nobody waits for it."""


class Steps:
    """Takes the steps of one request, in the thread that sends it.

    The frames of that thread would show as much, but to read them while it runs ends CPython 3.11 now and then.

    Args:
        deadline: after it the request is not sent any more, by `time.monotonic`.
    """

    def __init__(self, deadline: float = math.inf) -> None:
        self._deadline = deadline
        self._connection: Any = None
        self._is_traced = False
        self._is_begun = False

    def __call__(self, step: str, info: Mapping[str, Any]) -> None:
        """Note a step, such as `http11.send_request_headers.started`."""
        self._is_traced = True
        if step.endswith(".send_request_headers.started"):
            self._begin(info)
            # A connection of HTTP/2 carries other requests too.
            self._connection = socket_in_use() if step.startswith("http11.") else None
        elif step.endswith(".response_closed.started"):
            self._connection = None

    @property
    def is_sent(self) -> bool:
        """Whether the request may have been sent; a transport that is not httpx's own does not say so."""
        return self._is_begun or not self._is_traced

    def end(self) -> None:
        """Shut down the connection of the request, so that its thread ends, and let it be sent on no other."""
        self._deadline = -math.inf
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _begin(self, info: Mapping[str, Any]) -> None:
        is_tunnel = getattr(info.get("request"), "method", None) == b"CONNECT"
        before, self._is_begun = self._is_begun, self._is_begun or not is_tunnel
        if time.monotonic() > self._deadline:
            self._is_begun = before
            # The error for a request of which nothing was sent.
            raise httpx.ConnectTimeout("the deadline of the call is over")

"""What the HTTP libraries need working around, each with its public issue. Nothing else reaches into their internals.

Where an internal is not where it was, the workaround is left out and a warning says so, once, with the version.
"""

import functools
import sys
import threading
import time
import traceback
import warnings
from operator import attrgetter
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

_warned: set[str] = set()


def load_httpx() -> None:
    """Import httpx without its command line.

    httpx imports its command line, and with it rich, click and pygments, wherever those are installed: twice the time
    of all else (https://github.com/encode/httpx/pull/3547). It does without when that module can't be imported.
    """
    name = "httpx._main"
    if "httpx" in sys.modules or name in sys.modules:
        return
    # Python's own way to say that a module can't be imported.
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        import httpx  # noqa: F401 - loading it is what this is for
    finally:
        if sys.modules.get(name) is None:
            sys.modules.pop(name, None)


# The way from a response of httpx to what was read from its connection and not used.
_UNUSED = attrgetter("_httpcore_stream._stream._connection._h11_state.trailing_data")
_UNUSED_IN_CLIENT = attrgetter("_stream._httpcore_stream._stream._connection._h11_state.trailing_data")


def has_leftovers(response: "httpx.Response", stream: Any, *, is_given: bool) -> bool:
    """Return whether more came on a connection than the response, once that is read.

    RFC 9112, section 6.3, forbids to take it for the next response. httpx would: the call that uses the connection
    next would get it (https://github.com/encode/httpx/issues/1474).

    Args:
        response: it has a connection unless a mock made it.
        stream: of its body, read but not closed.
        is_given: whether the caller's client sent the request. It may use any transport, so that nothing is expected.
    """
    try:
        return bool((_UNUSED_IN_CLIENT if is_given else _UNUSED)(stream)[0])
    except AttributeError as missing:
        if not is_given and _has_http1_connection(response, stream):
            _warn("what comes behind a response is not noticed", _httpx_version(), missing)
        return False


def _has_http1_connection(response: "httpx.Response", stream: Any) -> bool:
    """Return whether a response came over a connection, and not from a mock or a tool that has read it (vcrpy)."""
    import httpx

    extensions = response.extensions
    is_http1 = "network_stream" in extensions and extensions.get("http_version") != b"HTTP/2"
    return is_http1 and not isinstance(stream, httpx.ByteStream)


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
            raise TimeoutError("the deadline of the call is over")
        return left if timeout is None else min(timeout, left)


def bound_steps(transport: "httpx.HTTPTransport") -> Now:
    """Let each step of a transport end with the deadline of its thread, and return where that is set.

    A timeout of httpx bounds each read alone, so that a response of a byte now and then never ends
    (https://github.com/encode/httpx/issues/1450).
    """
    now = Now()
    pool: Any = getattr(transport, "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if backend is None:
        _warn("a slow response may pass the deadline", _httpx_version(), "_pool._network_backend")
    else:
        pool._network_backend = _Backend(backend, now)  # noqa: SLF001 - this module is the place for it
    return now


class _Backend:
    """A network backend of httpcore whose connections keep the deadline."""

    def __init__(self, backend: Any, now: Now) -> None:
        self._backend = backend
        self._now = now

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> "_Stream":
        # The timeout of the request is no longer than the deadline is away.
        return _Stream(self._backend.connect_tcp(host, port, timeout=timeout, **options), self._now)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream:
    """A connection of httpcore that keeps the deadline."""

    def __init__(self, stream: Any, now: Now) -> None:
        self._stream = stream
        self._now = now
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received: bytes = self._stream.read(max_bytes, self._now.seconds(timeout))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._now.seconds(timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        secured = self._stream.start_tls(ssl_context, server_hostname, self._now.seconds(timeout))
        return _Stream(secured, self._now)


def close_cancelled_handshakes(transport: "httpx.AsyncHTTPTransport") -> None:
    """Let a connection be closed whose TLS handshake is cancelled, by a deadline or by the program.

    httpcore closes it after an error alone (https://github.com/encode/httpcore/pull/443). After a cancellation it would
    stay open until it is garbage.
    """
    backend = getattr(getattr(transport, "_pool", None), "_network_backend", None)
    connect = getattr(backend, "connect_tcp", None)
    if backend is None or connect is None:
        _warn("a cancelled TLS handshake stays open", _httpx_version(), "_pool._network_backend")
        return

    async def connect_tcp(*args: Any, **options: Any) -> Any:
        stream = await connect(*args, **options)
        stream.start_tls = functools.partial(_secured, stream, stream.start_tls)
        return stream

    backend.connect_tcp = connect_tcp


async def _secured(stream: Any, start_tls: Any, *args: Any, **options: Any) -> Any:
    import asyncio

    try:
        return await start_tls(*args, **options)
    except asyncio.CancelledError:
        await stream.aclose()
        raise


_NOT_KNOWN = Exception()
# Functions that make a connection, by the package that has them. The names of httpcore's are public.
_CONNECTING = {
    "httpcore": ("connect_tcp", "connect_unix_socket", "start_tls", "_init_socks5_connection"),
    "abeja_datasets": ("start_tls", "_create_connection"),
}


def was_sent(error: BaseException, before: BaseException | None = _NOT_KNOWN) -> bool:
    """Return whether a request may have been sent before an error was raised.

    Nothing was sent while the connection was being made. The error itself does not say so where a proxy drops its
    CONNECT (https://github.com/encode/httpcore/pull/479), or where a task is cancelled. The frames of the error do.

    Args:
        error: it came out of a transport.
        before: the error that was being handled when the request began; it may be that of another call. Without it
            only what the libraries chain by `raise … from` is looked at.
    """
    cause: BaseException | None = error
    while cause is not None and cause is not before:
        if any(_is_connecting(frame) for frame, _ in traceback.walk_tb(cause.__traceback__)):
            return False
        cause = cause.__cause__ or (None if before is _NOT_KNOWN else cause.__context__)
    return True


def _is_connecting(frame: FrameType) -> bool:
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    if frame.f_code.co_name in _CONNECTING.get(package, ()):
        return True
    return package == "httpcore" and getattr(frame.f_locals.get("request"), "method", None) == b"CONNECT"


def never_resend(session: Any) -> None:
    """Keep aiohttp from sending a request again by itself, once a kept-open connection breaks.

    It does so for GET, PUT and DELETE (https://github.com/aio-libs/aiohttp/issues/7297), and nobody hears of it. A 404
    for the second DELETE would then say that the item was never there.
    """
    name = "_retry_connection"
    if hasattr(session, name):
        setattr(session, name, False)
    else:
        import aiohttp

        _warn("requests may be sent twice unnoticed", f"aiohttp {aiohttp.__version__}", name)


def connector(**options: Any) -> Any:
    """Return a connector of aiohttp that reuses no connection on which more came than the response.

    aiohttp lets a connection go as soon as the response is there, keeps what came behind it, and takes that for the
    next response (https://github.com/aio-libs/aiohttp/issues/13656). RFC 9112, section 6.3, forbids it.

    Nor does it reuse a connection that the server has closed while the event loop was not running, where `looks` is
    set. aiohttp would send on it (https://github.com/aio-libs/aiohttp/issues/7297), and a create that is lost this way
    may not be sent again.

    Its `sock_connect` also bounds the look-up of the host and a proxy's response to CONNECT. aiohttp bounds those by
    `connect`, which sets a timer for each request, also where a connection is kept open.
    """
    import asyncio

    import aiohttp

    class Connector(aiohttp.TCPConnector):
        looks = False

        async def _get(self, key: Any, traces: Any) -> Any:
            while kept := await super()._get(key, traces):
                is_usable = kept.protocol is not None and not kept.protocol.should_close
                if is_usable and not (self.looks and _has_input(kept.transport)):
                    return kept
                kept.close()
            return None

        async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109 - aiohttp's
            async with asyncio.timeout(timeout.sock_connect):
                return await super()._create_connection(req, traces, timeout)

    if not hasattr(aiohttp.TCPConnector, "_get"):
        _warn("what comes behind a response is not noticed", f"aiohttp {aiohttp.__version__}", "TCPConnector._get")
    made = Connector(**options)
    _keep_timers(made)
    return made


def _has_input(transport: Any) -> bool:
    """Return whether something is there to read from a connection, such as its end."""
    import select

    source = transport and transport.get_extra_info("socket")
    if source is None:
        return False
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([source], [], [], 0)[0])
    poll = select.poll()
    poll.register(source.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _keep_timers(connector: Any) -> None:
    """Let each connection have one timer, which runs on from request to request.

    aiohttp sets and cancels one for each request and each piece of a response, a tenth of a call's time
    (https://github.com/aio-libs/aiohttp/issues/8613).
    """
    import asyncio

    import aiohttp
    from aiohttp.client_proto import ResponseHandler

    used = ("_reschedule_timeout", "_drop_timeout", "_on_read_timeout")
    if hasattr(connector, "_factory") and all(hasattr(ResponseHandler, name) for name in used):
        connector._factory = functools.partial(_protocol(), loop=asyncio.get_running_loop())  # noqa: SLF001 - likewise
    else:
        _warn("calls take a little longer", f"aiohttp {aiohttp.__version__}", "ResponseHandler._reschedule_timeout")


def _httpx_version() -> str:
    from importlib.metadata import version

    return f"httpx {version('httpx')} with httpcore {version('httpcore')}"


def _protocol() -> Any:
    """Return aiohttp's protocol of a connection with a timer that runs on."""
    import asyncio

    from aiohttp.client_proto import ResponseHandler

    class Protocol(ResponseHandler):
        _due: float | None = None
        _alarm: asyncio.TimerHandle | None = None

        def _reschedule_timeout(self) -> None:
            self._due = self._loop.time() + self._read_timeout if self._read_timeout else None
            if self._due is not None and (self._alarm is None or self._alarm.when() > self._due):
                self._stop()
                self._alarm = self._loop.call_at(self._due, self._expire)

        def _drop_timeout(self) -> None:
            self._due = None

        def _expire(self) -> None:
            self._alarm = None
            if self._due is not None and self._loop.time() < self._due:
                self._alarm = self._loop.call_at(self._due, self._expire)
            elif self._due is not None:
                self._on_read_timeout()

        def connection_lost(self, exc: BaseException | None) -> None:
            super().connection_lost(exc)
            self._stop()

        def _stop(self) -> None:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None

    return Protocol


def _warn(loss: str, version: str, missing: object) -> None:
    if loss not in _warned:
        _warned.add(loss)
        warnings.warn(
            f"abeja-datasets does not know the internals of {version} ({missing}): {loss}",
            RuntimeWarning,
            stacklevel=3,
        )

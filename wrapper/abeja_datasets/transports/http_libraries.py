"""What the HTTP libraries need working around, each with its public issue.

Nothing but this, `over_httpx/streams.py`, `aiohttp_connections.py` and `aiohttp_requests.py` in `over_aiohttp/` reaches
into their internals.

Where an internal is not where it was, the workaround is left out and a warning says so, once, with the version.
"""

import sys
import traceback
import warnings
from operator import attrgetter
from types import FrameType
from typing import TYPE_CHECKING, Any

from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    import httpx
else:
    httpx = LazyModule("httpx")

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


def find_sniffio_once() -> None:
    """Keep httpcore from looking for sniffio several times in each request of asyncio.

    anyio has brought it no more since 4.12. Where it is missing, each of those imports fails again, and searches all of
    `sys.path`: a third of a call's time (https://github.com/encode/httpcore/pull/1103). trio imports sniffio itself, so
    that a program with trio has it loaded.
    """
    name = "current_async_library"
    module = sys.modules.get("httpcore._synchronization")  # httpx has loaded it
    ask = getattr(module, name, None)
    if module is None or ask is None:
        warn("calls with asyncio take longer", httpx_version(), f"_synchronization.{name}")
    elif ask.__module__ != __name__:

        def current_async_library() -> Any:
            return ask() if "sniffio" in sys.modules else "asyncio"

        setattr(module, name, current_async_library)


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
            warn("what comes behind a response is not noticed", httpx_version(), missing)
        return False


def _has_http1_connection(response: "httpx.Response", stream: Any) -> bool:
    """Return whether a response came over a connection, and not from a mock or a tool that has read it (vcrpy)."""
    import httpx

    extensions = response.extensions
    is_http1 = "network_stream" in extensions and extensions.get("http_version") != b"HTTP/2"
    return is_http1 and not isinstance(stream, httpx.ByteStream)


_NOT_KNOWN = Exception()
# Functions that make a connection, by the package that has them. The names of httpcore's are public.
_CONNECTING = {
    "httpcore": ("connect_tcp", "connect_unix_socket", "start_tls", "_init_socks5_connection"),
    "abeja_datasets": ("connect_tcp", "start_tls", "_create_connection"),
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


def socket_in_use() -> Any:
    """Return the socket of the connection for which httpcore has called us; None where there is none.

    httpx has no way to cancel a request from outside (https://github.com/encode/httpx/issues/1450), and its `trace`
    does not name a connection that is used again.
    """
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - documented
    while frame is not None:
        if connection := _socket_of(frame.f_locals.get("self")):
            return connection
        frame = frame.f_back
    return None


def _socket_of(owner: Any) -> Any:
    if type(owner).__module__.partition(".")[0] != "httpcore":
        return None
    extra_info = getattr(getattr(owner, "_network_stream", owner), "get_extra_info", None)
    return extra_info("socket") if extra_info else None


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

        warn("requests may be sent twice unnoticed", f"aiohttp {aiohttp.__version__}", name)


def httpx_version() -> str:
    """Return the versions of httpx and httpcore."""
    from importlib.metadata import version

    return f"httpx {version('httpx')} with httpcore {version('httpcore')}"


def warn(loss: str, version: str, missing: object) -> None:
    """Warn, once, of what does not work because an internal is not where it was."""
    if loss not in _warned:
        _warned.add(loss)
        warnings.warn(
            f"abeja-datasets does not know the internals of {version} ({missing}): {loss}",
            RuntimeWarning,
            stacklevel=3,
        )

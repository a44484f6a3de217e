"""What the HTTP libraries need working around, each with its public issue. Nothing else reaches into their internals.

Where an internal is not where it was, the workaround is left out and a warning says so, once, with the version.
"""

import sys
import warnings
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp
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
            from importlib.metadata import version

            library = f"httpx {version('httpx')} with httpcore {version('httpcore')}"
            _warn("what comes behind a response is not noticed", library, missing)
        return False


def _has_http1_connection(response: "httpx.Response", stream: Any) -> bool:
    """Return whether a response came over a connection, and not from a mock or a tool that has read it (vcrpy)."""
    import httpx

    extensions = response.extensions
    is_http1 = "network_stream" in extensions and extensions.get("http_version") != b"HTTP/2"
    return is_http1 and not isinstance(stream, httpx.ByteStream)


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


def connector(**options: Any) -> "aiohttp.TCPConnector":
    """Return a connector of aiohttp that reuses no connection on which more came than the response.

    aiohttp lets a connection go as soon as the response is there, keeps what came behind it, and takes that for the
    next response (https://github.com/aio-libs/aiohttp/issues/13656). RFC 9112, section 6.3, forbids it.
    """
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        async def _get(self, key: Any, traces: Any) -> Any:
            while kept := await super()._get(key, traces):
                if kept.protocol is not None and not kept.protocol.should_close:
                    return kept
                kept.close()
            return None

    if not hasattr(aiohttp.TCPConnector, "_get"):
        _warn("what comes behind a response is not noticed", f"aiohttp {aiohttp.__version__}", "TCPConnector._get")
    return Connector(**options)


def _warn(loss: str, version: str, missing: object) -> None:
    if loss not in _warned:
        _warned.add(loss)
        warnings.warn(
            f"abeja-datasets does not know the internals of {version} ({missing}): {loss}",
            RuntimeWarning,
            stacklevel=3,
        )

"""What the libraries below may keep and log of our requests: no query, page token, cookie or secret."""

import functools
import logging
from contextvars import ContextVar
from http.cookiejar import CookieJar
from typing import Any, Final

is_ours: Final[ContextVar[bool]] = ContextVar("is_ours", default=False)
"""Whether the request under way in this thread or task is one of ours, and not one of the caller's own."""

_HTTPCORE: Final = tuple(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks"))
# hpack logs each header of HTTP/2, the credential among them.
_HPACK: Final = ("hpack.hpack", "hpack.table")


def quiet_logs() -> None:
    """Keep what is private of our requests out of the logs of the libraries; what they log of others stays as it is."""
    for name in ("httpx", *_HTTPCORE, *_HPACK):
        logging.getLogger(name).addFilter(_hide)


def keep_no_cookies(jar: CookieJar) -> None:
    """Keep cookies of responses to us out of the jar of a caller's client; it sends those that the caller put there."""
    if "extract_cookies" not in vars(jar):
        jar.extract_cookies = functools.partial(_extract, jar.extract_cookies)  # type: ignore[method-assign] # this jar's


def _extract(extract: Any, response: Any, request: Any) -> None:
    if not is_ours.get():
        extract(response, request)


def _hide(record: logging.LogRecord) -> bool:
    """Return whether a record may be logged, without what is private."""
    if not is_ours.get():
        return True
    if record.name in _HPACK:
        return False
    if record.name == "httpx":
        _hide_query(record)
    else:
        # What came over the wire stands behind these.
        text = record.getMessage()
        for name in (" return_value=(", " exception="):
            before, found, value = text.partition(name)
            text = f"{before}{found}{value.partition('(')[0] if 'exception' in name else '…'}" if found else text
        record.msg, record.args = text, ()
    return True


def _hide_query(record: logging.LogRecord) -> None:
    """Cut the query off the URL in `HTTP Request: GET URL "HTTP/1.1 200 OK"`, and the phrase of the server."""
    if isinstance(record.args, tuple):
        arguments = [one.copy_with(query=None) if hasattr(one, "copy_with") else one for one in record.args]
        if arguments and isinstance(arguments[-1], str):
            arguments[-1] = "…"
        record.args = tuple(arguments)

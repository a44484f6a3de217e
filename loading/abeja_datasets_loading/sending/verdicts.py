"""What follows from a failed request: an item is refused, unknown or sent again, or the run stops. Without any I/O."""

from enum import Enum, auto
from http import HTTPStatus
from typing import Final, NamedTuple

from abeja_datasets.exceptions import ConnectionFailed, Error, HttpError


class Kind(Enum):
    """What follows from a failure."""

    REFUSED = auto()
    """The server refused the item, and will again."""
    UNKNOWN = auto()
    """The request may have been carried out."""
    AGAIN = auto()
    """It was not carried out, and is sent again."""
    UNREACHABLE = auto()
    """No connection could be made."""
    STOP = auto()
    """No other request would succeed."""


class Verdict(NamedTuple):
    """What follows from a failure, and what it says of the server."""

    kind: Kind
    is_overload: bool = False
    """Whether the server asks for fewer requests."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""


_STOPS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
_AGAIN: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.TOO_EARLY)
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


def verdict(error: Error, *, idempotent: bool) -> Verdict:
    """Return what follows from the error of a request.

    Args:
        error: of a client that repeats nothing by itself.
        idempotent: whether the request may be carried out twice.
    """
    if isinstance(error, HttpError) and error.status_code is not None:
        return _of_status(error, error.status_code, idempotent=idempotent)
    if isinstance(error, ConnectionFailed):
        if error.outcome == "not_sent":
            return Verdict(Kind.UNREACHABLE)
        return Verdict(Kind.AGAIN if idempotent else Kind.UNKNOWN)
    if error.outcome == "not_sent":  # no credential, say
        return Verdict(Kind.STOP)
    return Verdict(Kind.AGAIN if idempotent else Kind.UNKNOWN)


def _of_status(error: HttpError, status: int, *, idempotent: bool) -> Verdict:
    if status in _STOPS:
        return Verdict(Kind.STOP)
    if status in _AGAIN:
        return Verdict(Kind.AGAIN, is_overload=True, retry_after=error.retry_after)
    # A server, or a proxy before it, that lost patience while it read (408) may have read all of it.
    is_refusal = _CLIENT_ERROR <= status < _SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT
    if is_refusal:
        return Verdict(Kind.REFUSED)
    is_overload = status == HTTPStatus.SERVICE_UNAVAILABLE and error.retry_after is not None
    return Verdict(Kind.AGAIN if idempotent else Kind.UNKNOWN, is_overload, error.retry_after)

"""The errors of this package, also importable as `abeja.exceptions`.

::

    Error                                   every error of this package
    ├── HttpError                           the server responded with an error status
    │   ├── BadRequest                      400
    │   ├── Unauthorized                    401
    │   │   └── CredentialNotFound          no credential is configured; nothing was sent
    │   ├── Forbidden                       403
    │   ├── NotFound                        404
    │   ├── MethodNotAllowed                405
    │   ├── Conflict                        409
    │   ├── TooManyRequests                 429
    │   └── InternalServerError             500
    │       ├── BadGateway                  502
    │       ├── ServiceUnavailable          503
    │       └── GatewayTimeout              504
    ├── ConnectionFailed                    no connection, or one that broke too early; also an OSError
    │   └── RequestTimeout                  the same, by running out of time; also a TimeoutError
    ├── InvalidResponse                     a success that can't be used: not JSON, or pages that repeat
    ├── InvalidIdentifier                   an id that can't be one; nothing was sent; also a ValueError
    ├── UnsupportedURI                      a URI whose content can't be read here; nothing was sent
    ├── InvalidDataFormat                   abeja-sdk: data in another format than it needs
    ├── ResourceNotFound                    abeja-sdk: a resource that is missing
    ├── InvalidPathException                abeja-sdk: a path that it does not accept
    └── EtagHashNotMatch                    abeja-sdk: a download whose hash differs from the server's

Any other status is an `HttpError` itself. All errors pickle, with their fields.

No method of this package raises the last four. abeja-sdk's other modules import them from `abeja.exceptions`, and find
them here where a program uses both distributions and asked for ours (see `abeja_datasets.takeover`).
"""

from typing import Any, Literal, NamedTuple

from abeja_datasets.calls.headers import Headers

__all__ = [
    "Attempt",
    "BadGateway",
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "CredentialNotFound",
    "Error",
    "EtagHashNotMatch",
    "Forbidden",
    "GatewayTimeout",
    "HttpError",
    "InternalServerError",
    "InvalidDataFormat",
    "InvalidIdentifier",
    "InvalidPathException",
    "InvalidResponse",
    "MethodNotAllowed",
    "NotFound",
    "Outcome",
    "RequestTimeout",
    "ResourceNotFound",
    "ServiceUnavailable",
    "TooManyRequests",
    "Unauthorized",
    "UnsupportedURI",
    "error_class",
]

Outcome = Literal["not_sent", "rejected", "unknown"]
"""Whether a request may have been carried out; see `Error.outcome`."""

# An HTML error page is kept whole in `error_description`, but a log line has no use for all of it.
_SHOWN = 500
_SPACES = "\u00a0\u2002\u2003\u2009\u202f\u3000"


class Attempt(NamedTuple):
    """What happened when a request was sent once."""

    reason: str
    """The status and its name, or the failure, in words."""
    status: int | None
    """The status of the response; None when no whole response came."""
    outcome: Outcome
    """Whether this attempt may have been carried out; see `Error.outcome`."""
    seconds: float
    """How long the attempt took."""


class Error(Exception):
    """Base of every error of this package."""

    attempts: tuple[Attempt, ...] = ()
    """What happened each time the request was sent; empty when it never was."""

    outcome: Outcome = "not_sent"
    """Whether the request may have been carried out.

    `"not_sent"`: it did not reach the server. `"rejected"`: the server refused it (a 4xx). `"unknown"`: it may have
    been carried out, since it was sent and no whole response, or a 5xx, came back, now or from an earlier attempt.
    """

    hint: str = ""
    """What to know before repeating the request, for a person."""

    headers: Headers = Headers()
    """The headers of the response, by name in any case; empty where there was no response."""

    cursor: dict[str, Any] | None = None
    """Where an iterator stood when it raised this: what its `checkpoint()` returns. None on all other errors."""

    @property
    def request_id(self) -> str | None:
        """The id that the server gave the request, from a header whose name ends in `request-id`; None without one."""
        return self.headers.request_id

    def __str__(self) -> str:
        text = self._summary()
        if self.request_id:
            text += f" (request id {shortened(self.request_id)})"
        if len(self.attempts) > 1:
            reasons = ", ".join(shortened(attempt.reason) for attempt in self.attempts)
            text += f" (after {len(self.attempts)} attempts: {reasons})"
        return f"{text}; {self.hint}" if self.hint else text

    def _summary(self) -> str:
        return escaped(super().__str__())


class HttpError(Error):
    """The server responded with an error status.

    Attributes:
        error: short name of the kind of error, as the server sent it; else the name of the status.
        error_description: what is wrong, as the server sent it; the text of the response if it is undocumented.
        error_detail: more about the error, any JSON, or None.
        status_code: the HTTP status, or None where nothing was sent.
        url: the URL that was asked for, or None where nothing was sent.
        retry_after: the seconds that the server asked to wait (`Retry-After`, RFC 9110, section 10.2.3), or None.
    """

    retry_after: float | None = None

    def __init__(
        self,
        error: str,
        error_description: str,
        error_detail: Any = None,
        status_code: int | None = None,
        url: str | None = None,
    ) -> None:
        # All of them are `args`, which is what pickle makes the copy from.
        super().__init__(error, error_description, error_detail, status_code, url)
        self.error = error
        self.error_description = error_description
        self.error_detail = error_detail
        self.status_code = status_code
        self.url = url

    def _asdict(self) -> dict[str, Any]:
        """Return the fields that have a value, for programs written for abeja-sdk."""
        fields = ("error", "error_description", "error_detail", "status_code", "url")
        return {name: value for name in fields if (value := getattr(self, name)) or name in fields[:2]}

    def _summary(self) -> str:
        error = shortened(str(self.error))
        text = error if self.status_code is None else f"{self.status_code} {error}"
        if self.error_description:
            text += f": {shortened(str(self.error_description))}"
        if self.error_detail is not None:
            text += f" ({shortened(str(self.error_detail))})"
        # A query may hold page tokens and search terms, which are nobody's business in a log.
        return text if self.url is None else f"{text} [{self.url.partition('?')[0]}]"


class BadRequest(HttpError):
    """400: parameters are insufficient or invalid, or break a rule."""


class Unauthorized(HttpError):
    """401: authentication failed."""


class CredentialNotFound(Unauthorized):
    """No credential is configured. Raised before anything is sent."""


class Forbidden(HttpError):
    """403: the credential does not allow this."""


class NotFound(HttpError):
    """404: there is no such dataset or item."""


class MethodNotAllowed(HttpError):
    """405: the path does not accept this method."""


class Conflict(HttpError):
    """409: the request does not fit the state of the resource."""


class TooManyRequests(HttpError):
    """429: too many requests; `retry_after` says how long to wait, if the server said so."""


class InternalServerError(HttpError):
    """500: the server failed. The request may have been carried out."""


class BadGateway(InternalServerError):
    """502: something between here and the server got no response that it could use."""


class ServiceUnavailable(InternalServerError):
    """503: the server can't respond at the moment."""


class GatewayTimeout(InternalServerError):
    """504: something between here and the server waited too long for it."""


class ConnectionFailed(Error, OSError):
    """No connection could be made (`outcome` "not_sent"), or it broke before the whole response came ("unknown")."""

    errno: int | None = None
    """That of the system's error below it, such as `errno.ECONNREFUSED`; None where there is none."""


class RequestTimeout(ConnectionFailed, TimeoutError):
    """Connecting, or the next piece of the response, took longer than the timeout."""


class InvalidResponse(Error):
    """A response that can't be used: a success without JSON, a body that is too large, or a page token that repeats."""

    outcome: Outcome = "unknown"


class InvalidIdentifier(Error, ValueError):
    """An id that can't be the id of anything. Nothing was sent."""


class UnsupportedURI(Error):
    """An invalid URI, or one whose scheme or place is not read here. Nothing was sent."""


class InvalidDataFormat(Error):
    """abeja-sdk: data in another format than it needs."""


class ResourceNotFound(Error):
    """abeja-sdk: a resource that is missing."""


class InvalidPathException(Error):
    """abeja-sdk: a path that it does not accept.

    Attributes:
        path: the path.
    """

    def __init__(self, path: Any) -> None:
        super().__init__(path)
        self.path = path


class EtagHashNotMatch(Error):
    """abeja-sdk: a download whose hash differs from the server's."""


_CLASSES: dict[int, type[HttpError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    429: TooManyRequests,
    500: InternalServerError,
    502: BadGateway,
    503: ServiceUnavailable,
    504: GatewayTimeout,
}


def error_class(status: int) -> type[HttpError]:
    """Return the class of the error that an HTTP status is raised as."""
    return _CLASSES.get(status, HttpError)


def shortened(text: str) -> str:
    """Return the start of a text that a server chose, for a message or a log line."""
    return escaped(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def escaped(text: str) -> str:
    """Return a text with escapes for what a terminal would obey or hide: control characters, line ends, bidi marks.

    Spaces, such as the ideographic one of Japanese, stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in _SPACES else ascii(one)[1:-1] for one in text)

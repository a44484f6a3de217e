"""A request, its response, and the failure to get one, in terms of no HTTP library."""

import sys
import traceback
from collections.abc import Callable, Generator
from typing import Final, NamedTuple, Protocol

from abeja_datasets.calls.headers import Headers
from abeja_datasets.configuration.credentials import Credential

# By name: importing ssl takes long.
_FINAL: Final = ("SSLCertVerificationError", "BodyTooLarge")
_FINAL_UNSENT: Final = "SSLError"
"""A server that speaks no TLS, or no version of it that we do. Its subclasses are those of a broken connection."""
_UNRESOLVED: Final = "gaierror"
_RETRIES_UNRESOLVED: Final = 2


class Request(NamedTuple):
    """What is sent once. Its repr shows no secret."""

    method: str
    origin: str
    """Scheme, host and port."""
    target: str
    """The path and the query, quoted."""
    headers: tuple[tuple[str, str], ...]
    """All but `Host`, `Authorization` and `Content-Length`, which are a transport's to add."""
    content: bytes | None
    timeout: float
    """Seconds, to connect and for each read and write."""
    deadline: float | None
    """When the response must be complete, by `time.monotonic`."""
    max_bytes: int
    """The largest body to accept, decoded."""
    credential: Credential
    is_default_timeout: bool = False
    """Whether nobody has set `timeout`; a given client then keeps its own."""

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.origin}{self.target.partition('?')[0]}>"

    def seconds_left(self) -> float | None:
        """Return the seconds that are left until the deadline; None where there is no deadline."""
        if self.deadline is None:
            return None
        import time

        return max(0.001, self.deadline - time.monotonic())

    def seconds(self) -> float:
        """Return the timeout of a single step; no step may take longer than the deadline is away."""
        return self.timeout if self.deadline is None else min(self.timeout, self.seconds_left() or 0.0)


class Response(NamedTuple):
    """A whole response."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    """Decoded: without its content coding."""
    unread: str = ""
    """Why the body is missing, where it can't be decoded."""

    def __repr__(self) -> str:
        # A server may repeat the credential in it.
        return f"<Response {self.status}, {len(self.body)} bytes>"


class Failure(Exception):
    """A request without a usable response.

    Args:
        cause: the error of the HTTP library.
        sent: whether the request may have reached the server.
        timed_out: whether it took too long.
        final: whether sending the request again would fail the same way.
        status: of the response, where the failure is its body.
        headers: likewise.
        text: what the cause says, where its own text shows more than that; nothing else of the cause is kept then.
    """

    def __init__(
        self,
        cause: BaseException,
        *,
        sent: bool,
        timed_out: bool = False,
        final: bool = False,
        status: int | None = None,
        headers: Headers | None = None,
        text: str | None = None,
    ) -> None:
        super().__init__(str(cause) if text is None else text)
        self._is_bare = text is not None
        self.cause = cause
        self.name = type(cause).__name__
        """The class of the library's error."""
        self.sent = sent
        self.timed_out = timed_out
        self.most_retries = 0 if final else _most_retries({type(one).__name__ for one in causes(cause)}, sent=sent)
        self.status = status
        self.headers = headers or Headers()

    def redact(self, redact: Callable[[str], str]) -> None:
        """Keep nothing of the cause but its text, if the cause shows the credential anywhere.

        A server may repeat it where the library expects something else, and aiohttp's errors hold the request.

        Args:
            redact: blanks out the credential.
        """
        shown = "\n".join(f"{one} {one!r} {vars(one)!r}" for one in (*causes(self), *causes(self.cause)))
        if redact(shown) == shown and not self._is_bare:
            return
        lost = TimeoutError if self.timed_out else ConnectionError
        kind = type(self.cause) if isinstance(self.cause, DecodingError) else lost
        self.cause = kind(redact(str(self)))
        self.args = self.cause.args
        self.__cause__ = self.__context__ = self.cause

    @property
    def is_error_unread(self) -> bool:
        """Whether a response with another status than a success has a body that can't be decoded."""
        is_undecoded = isinstance(self.cause, DecodingError) and not isinstance(self.cause, BodyTooLarge)
        return is_undecoded and self.status is not None and not 200 <= self.status < 300  # noqa: PLR2004 - successes


def _most_retries(causes: set[str], *, sent: bool) -> int:
    """Return how many times a request may be sent again after these errors."""
    # A certificate that is not trusted now will not be in a second.
    if not causes.isdisjoint(_FINAL) or (not sent and _FINAL_UNSENT in causes):
        return 0
    # A name that does not exist can't be told from a resolver that fails for a moment: both may be EAI_NONAME.
    return _RETRIES_UNRESOLVED if _UNRESOLVED in causes else sys.maxsize


def out_of_time(*, sent: bool = False) -> Failure:
    """Return the failure of a call whose deadline is over.

    Args:
        sent: whether the request may have reached the server.
    """
    return Failure(TimeoutError("the deadline of the call is over"), sent=sent, timed_out=True, final=not sent)


class DecodingError(Exception):
    """A body that can't be read; the message says why."""


class BodyTooLarge(DecodingError):
    """A body over the limit."""


class Transport(Protocol):
    """Sends requests to one origin; threads may share it."""

    library: str
    """The HTTP library and its version, as `User-Agent` has it."""

    def send(self, request: Request) -> Response:
        """Send a request and return its whole response.

        Raises:
            Failure: there is none.
        """

    def close(self) -> None:
        """Close the connections."""


class AsyncTransport(Protocol):
    """Sends requests to one origin, in one event loop."""

    library: str

    async def send(self, request: Request) -> Response:
        """Send a request and return its whole response.

        Raises:
            Failure: there is none.
        """

    async def close(self) -> None:
        """Close the connections."""


def causes(error: BaseException) -> Generator[BaseException]:
    """Return an error, what caused it, and so on."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def forget_locals(error: BaseException) -> None:
    """Drop the locals of the frames that failed: a transport's hold the credential, and error reporters show locals."""
    for cause in causes(error):
        traceback.clear_frames(cause.__traceback__)

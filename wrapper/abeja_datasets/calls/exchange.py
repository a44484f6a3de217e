"""One call under way, without any I/O: the request that is due, its response, and what follows from that."""

import functools
import logging
import sys
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from abeja_datasets import retry
from abeja_datasets._version import __version__
from abeja_datasets.calls import bodies, targets, waiting
from abeja_datasets.calls.attempts import AttemptReport, RawResponse
from abeja_datasets.calls.errors import http_error, redacted_headers
from abeja_datasets.calls.headers import Headers
from abeja_datasets.calls.retry_after import parse_retry_after
from abeja_datasets.configuration import credentials
from abeja_datasets.configuration.credentials import Credential, Token
from abeja_datasets.configuration.settings import Settings
from abeja_datasets.exceptions import (
    Attempt,
    ConnectionFailed,
    Error,
    InvalidResponse,
    NotFound,
    Outcome,
    RequestTimeout,
    shortened,
)
from abeja_datasets.lazy import LazyModule
from abeja_datasets.operations import Call
from abeja_datasets.transports.received import ACCEPTED
from abeja_datasets.transports.wire import BodyTooLarge, Failure, Request, Response, causes, forget_locals, out_of_time

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from abeja_datasets.configuration import options
else:
    options = LazyModule("abeja_datasets.configuration.options")

MAX_REDIRECTS: Final = 5

_E = TypeVar("_E", bound=Error)
_log = logging.getLogger("abeja.datasets")
# A program that has set up no logging would otherwise get each warning on its standard error.
_log.addHandler(logging.NullHandler())
_PYTHON: Final = ".".join(map(str, sys.version_info[:2]))
_METHOD_KEPT: Final = (307, 308)
_GET_ONLY: Final = (301, 302, 303)
_UNAUTHORIZED: Final = 401
_WITHOUT_BODY: Final = (204, 205)
_LONGEST_SECRET: Final = 1 << 16
"""Bytes of a body that are searched for the credential before its start is shown."""


class Result:
    """A success: what the server said, as it said it.

    Attributes:
        body: the decoded JSON.
        headers: of the response.
    """

    __slots__ = ("_elapsed", "_exchange", "_status", "body", "headers")

    def __init__(self, body: Any, response: Response, elapsed: float, exchange: "Exchange") -> None:
        self.body = body
        self.headers = response.headers
        self._status = response.status
        self._elapsed = elapsed
        self._exchange = exchange

    def unusable(self, why: str) -> InvalidResponse:
        """Return the error for a response that says what it must not, given what that is."""
        self._exchange.succeeded(str(self._status), self._status, self._elapsed)
        return self._exchange.unusable(why, self.headers)

    def is_sendable(self, call: Call) -> bool:
        """Return whether a call that is made from this response has a URL that can be sent."""
        return self._exchange.is_sendable(call)

    def raw(self) -> RawResponse[Any]:
        """Return the response with all that belongs to it."""
        self._exchange.succeeded(str(self._status), self._status, self._elapsed)
        return self._exchange.raw(self)


class Exchange:
    """The attempts so far, and the request that is due.

    Attributes:
        accept: the media type that a response must have.
        size_limit: the name of the setting that bounds a body.

    Args:
        call: what to send.
        settings: of the client, or of the view of it that the call is made on.
        library: the HTTP library that sends it, and its version.
    """

    accept = "application/json"
    size_limit = "max_response_bytes"

    def __init__(self, call: Call, settings: Settings, library: str = "") -> None:
        credential = settings.credential
        if credential is None:
            raise credentials.not_found()
        self._call = call
        self._settings = settings
        self.token = credential if isinstance(credential, Token) else None
        """Where the token comes from, if it is a function's."""
        self._credential = credential.current if isinstance(credential, Token) else credential
        self.refused: Credential | None = None
        """The token that the server did not accept."""
        self._content = bodies.encode(call.body) if call.has_body else None
        self._target = targets.target(settings.base_path + call.url, call.params)
        more = options.merged(settings.headers, dict(call.headers)) if call.headers else settings.headers
        self._headers = _headers(self._accepted(call), library, settings.user_agent, more, call.has_body)
        self._redirects = 0
        self._renewals = 0
        self._attempts: list[Attempt] = []
        self._begun = self._started = time.perf_counter()
        self._deadline = None if settings.deadline is None else time.monotonic() + settings.deadline
        self.unfinished: Awaitable[object] | None = None
        """What the hook returned, where it is to be awaited."""

    def _accepted(self, call: Call) -> str:
        """Return what is asked for: a text beside JSON, in which errors come."""
        return f"{call.accept}, {self.accept}" if call.accept.startswith("text/") else self.accept

    @property
    def needs_token(self) -> bool:
        """Whether the function that returns the token must be called before the request can be made."""
        return self._credential is None

    def seconds_left(self) -> float | None:
        """Return the seconds until the deadline; None where there is none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def authorize(self, credential: Credential) -> None:
        """Take the credential for the requests that follow."""
        self._credential = credential

    def request(self) -> Request:
        """Make the request that is due.

        Raises:
            Failure: the deadline is over, since the function that returns the token took long.
        """
        if self._credential is None:
            raise credentials.not_found()
        settings = self._settings
        self._started = time.perf_counter()
        if self.token and self.seconds_left() == 0:
            raise out_of_time()
        # By position, which takes half the time.
        return Request(
            self._call.method,
            settings.origin,
            self._target,
            self._headers,
            self._content,
            settings.timeout,
            self._deadline,
            settings.max_response_bytes,
            self._credential,
            not settings.timeout_given,
        )

    def answered(self, response: Response) -> Result | float:
        """Take a response: return its data if it is a success, else the seconds to wait before the next request.

        Raises:
            Error: the call ends with it.
        """
        status = response.status
        if 200 <= status < 300:  # noqa: PLR2004 - the range of successes
            return self._succeeded(response)
        if target := self._redirect(response):
            self._report(status, None)
            self._target = target
            self._redirects += 1
            return 0.0
        reason = self._redact(f"{status} {response.reason or _name(status)}".rstrip())
        outcome: Outcome = "rejected" if 400 <= status < 500 else "unknown"  # noqa: PLR2004 - the range of refusals
        self._attempts.append(Attempt(reason, status, outcome, self._report(status, None)))
        if status == _UNAUTHORIZED and self.token and self._renewals == 0:
            # The token may have expired. A request that was refused for it was not carried out.
            self._renewals = 1
            self.refused, self._credential = self._credential, None
            self._started = time.perf_counter()
            return 0.0
        seconds = parse_retry_after(response.headers.get("Retry-After"))
        wait = self._wait(status=status, retry_after=seconds)
        if wait is None:
            error = http_error(response, self._redact, self._settings.origin + self._target)
            error.retry_after = seconds
            raise self._completed(error, response.headers)
        return wait

    def failed(self, failure: Failure) -> Result | float:
        """Take a failure: return the seconds to wait before the next attempt.

        Raises:
            Error: the call ends with it.
        """
        forget_locals(failure)
        failure.redact(self._redact)
        failure.headers = redacted_headers(failure.headers, self._redact)
        cause = failure.cause
        if failure.is_error_unread:
            # The status says what became of the call, also where the body can't be decoded.
            return self.answered(Response(failure.status or 0, "", failure.headers, b"", str(cause)))
        text = str(cause)
        reason = self._redact(f"{failure.name}: {text}" if text else failure.name)
        elapsed = self._report(None, failure.name, reason)
        self._attempts.append(Attempt(reason, None, "unknown" if failure.sent else "not_sent", elapsed))
        wait = self._wait(sent=failure.sent, most=failure.most_retries)
        if wait is None:
            if isinstance(cause, BodyTooLarge):
                self._attempts[-1] = self._attempts[-1]._replace(status=failure.status)
                limit = f"{self.size_limit}, {self._settings.max_response_bytes:,} bytes"
                raise self.unusable(f"but the body is larger than {limit}", failure.headers) from cause
            kind = RequestTimeout if failure.timed_out else ConnectionFailed
            failed = kind(f"{self._call.method} {self._settings.origin}{self._path}: {reason}")
            failed.errno = next((one.errno for one in causes(cause) if isinstance(one, OSError) and one.errno), None)
            raise self._completed(failed, failure.headers) from cause
        return wait

    def succeeded(self, reason: str, status: int, elapsed: float) -> None:
        """Note the attempt that ended with a success."""
        self._attempts.append(Attempt(reason, status, "unknown", elapsed))

    def unusable(self, why: str, headers: Headers) -> InvalidResponse:
        """Return the error for a response that can't be used, given why."""
        status = self._attempts[-1].status
        return self._completed(
            InvalidResponse(f"{self._call.method} {self._place} responded with {status} {why}"), headers
        )

    def raw(self, result: Result) -> RawResponse[Any]:
        """Return a success with all that belongs to it."""
        attempts = tuple(self._attempts)
        return RawResponse(
            attempts[-1].status or 0, result.headers, result.body, attempts, time.perf_counter() - self._begun
        )

    def is_sendable(self, call: Call) -> bool:
        """Return whether the URL of another call of the same client can be sent."""
        try:
            targets.target(self._settings.base_path + call.url, call.params)
        except ValueError:
            return False
        return True

    @property
    def _path(self) -> str:
        """As it is on the wire, so that no id can break a log line; without the query."""
        return self._target.partition("?")[0]

    @property
    def _place(self) -> str:
        """What an error about a response names: the path, as there is one server."""
        return self._path

    def _succeeded(self, response: Response) -> Result:
        status = response.status
        elapsed = self._report(status, None)
        if status in _WITHOUT_BODY or not self._call.accept:
            return Result(None, response, elapsed, self)
        is_text = self._call.accept.startswith("text/")
        try:
            if is_text:
                body = bodies.text(response.body, response.headers)
            else:
                body = bodies.decode(response.body, self._settings.decode)
        except (ValueError, RecursionError) as misfit:
            forget_locals(misfit)
            cause = bodies.without_document(misfit, self._redact)
        else:
            # Most callers never ask for the attempt.
            return Result(body, response, elapsed, self)
        kind = "text" if is_text else "JSON"
        self.succeeded(f"{status} without {kind}", status, elapsed)
        start = self._redact(response.body[:_LONGEST_SECRET].decode("utf-8", "replace"))[:80]
        why = f"but the body is not {kind}: {start!r}; {shortened(str(cause))}"
        raise self.unusable(why, response.headers) from cause

    def _redact(self, text: str) -> str:
        for credential in (self._credential, self.refused):
            text = credential.redact(text) if credential else text
        return text

    def _wait(
        self,
        *,
        sent: bool = True,
        status: int | None = None,
        retry_after: float | None = None,
        most: int = sys.maxsize,
    ) -> float | None:
        """Return the seconds to wait before the next attempt; None where there is to be none."""
        retries = len(self._attempts) - 1 - self._renewals
        if retries >= min(self._settings.max_retry_count, most) or waiting.is_over():
            return None
        if not retry.is_retryable(idempotent=self._call.idempotent, sent=sent, status=status):
            return None
        wait = retry.delay(retries, retry_after)
        if wait is None or (self._deadline is not None and time.monotonic() + wait >= self._deadline):
            return None
        _log.warning(
            "%s %s: %s; retry %d of %d in %.2f s",
            self._call.method,
            self._path,
            shortened(self._attempts[-1].reason),
            retries + 1,
            min(self._settings.max_retry_count, most),
            wait,
        )
        return wait

    def _redirect(self, response: Response) -> str | None:
        """Return the target that a redirect leads to; None for any other response, and where a call may not follow."""
        if not 300 <= response.status < 400:  # noqa: PLR2004 - the range of redirects
            return None
        allowed = (*_METHOD_KEPT, *_GET_ONLY) if self._call.method == "GET" else _METHOD_KEPT
        location = response.headers.get("Location")
        if response.status not in allowed or location is None or self._redirects == MAX_REDIRECTS:
            return None
        return targets.redirected(self._settings.origin, self._target, location)

    def _completed(self, error: _E, headers: Headers) -> _E:
        """Put on an error what happened before it, and what the response said beside its body."""
        error.attempts = tuple(self._attempts)
        error.outcome = self._attempts[-1].outcome
        if headers:
            error.headers = redacted_headers(headers, self._redact)
        if self._call.method != "GET" and any(attempt.outcome == "unknown" for attempt in self._attempts):
            error.outcome = "unknown"
            error.hint = "the request may have been carried out"
            if self._call.method == "DELETE" and isinstance(error, NotFound):
                error.hint = "an earlier attempt may have deleted it"
        return error

    def _report(self, status: int | None, failure: str | None, reason: str | None = None) -> float:
        """Log an attempt, and call the hook; return the seconds that it took."""
        elapsed = time.perf_counter() - self._started
        if not self._settings.on_attempt and not _log.isEnabledFor(logging.DEBUG):
            return elapsed
        number = len(self._attempts) + 1
        call = self._call
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "%s %s %s in %.1f ms, attempt %d", call.method, self._path, status or failure, elapsed * 1000, number
            )
        if self._settings.on_attempt:
            report = AttemptReport(call.operation, call.method, self._path, status, reason, elapsed, number)
            self.unfinished = self._settings.on_attempt(report)
        return elapsed


def _name(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


@functools.lru_cache(maxsize=64)
def _headers(
    accept: str, library: str, user_agent: str, more: tuple[tuple[str, str], ...], has_body: bool
) -> tuple[tuple[str, str], ...]:
    ours = f"abeja-datasets/{__version__} {library} Python/{_PYTHON} {user_agent}".rstrip()
    content_type = (("Content-Type", "application/json"),) if has_body else ()
    return (
        ("Accept", accept),
        ("Accept-Encoding", ACCEPTED),
        ("User-Agent", ours),
        *content_type,
        *more,
    )

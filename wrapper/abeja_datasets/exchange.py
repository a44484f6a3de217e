"""One call under way, without any I/O: the request that is due, what came of it, and what follows from that."""

import json
import logging
import ssl
import sys
import time
import traceback
from collections.abc import Callable, Generator, Mapping
from http.client import responses as status_names
from typing import Any, Final, NamedTuple, TypeVar

import httpx

from abeja_datasets import bodies, credentials, retry
from abeja_datasets._version import __version__
from abeja_datasets.credentials import Credential
from abeja_datasets.errors import http_error
from abeja_datasets.exceptions import (
    Attempt,
    ConnectionFailed,
    Error,
    InvalidResponse,
    NotFound,
    Outcome,
    RequestTimeout,
)
from abeja_datasets.leftovers import Watched
from abeja_datasets.operations import Call
from abeja_datasets.settings import Settings

MAX_REDIRECTS: Final = 5

_E = TypeVar("_E", bound=Error)
_log = logging.getLogger("abeja.datasets")
# A program that has set up no logging would otherwise get each warning on its standard error.
_log.addHandler(logging.NullHandler())
_PYTHON: Final = ".".join(map(str, sys.version_info[:2]))
HEADERS: Final = {
    "Accept": "application/json",
    "User-Agent": f"abeja-datasets/{__version__} httpx/{httpx.__version__} Python/{_PYTHON}",
}
_CONTENT_TYPE: Final = {"Content-Type": "application/json"}
# Raised before a byte of the request is sent.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_LOCATION: Final = "abeja_datasets.location"
_METHOD_KEPT: Final = (307, 308)
_GET_ONLY: Final = (301, 302, 303)


class Answer(NamedTuple):
    """A success: what the server said, as it said it."""

    body: Any
    headers: Mapping[str, str]
    unusable: Callable[[str], InvalidResponse]
    """Makes the error for an answer that says what it must not, given what that is."""


class Exchange:
    """The attempts so far, and the request that is due."""

    def __init__(self, call: Call, settings: Settings) -> None:
        if settings.credential is None:
            raise credentials.not_found()
        self._call = call
        self._settings = settings
        self._credential = settings.credential
        self._content = bodies.encode(call.body) if call.has_body else None
        self._url = _target(settings.base_url + call.url, call.params)
        self._redirects = 0
        self._attempts: list[Attempt] = []
        self._started = 0.0

    @property
    def _path(self) -> str:
        """As it is on the wire, so that no id can break a log line; without the query."""
        return self._url.raw_path.partition(b"?")[0].decode("ascii")

    def request(self, client: httpx.Client | httpx.AsyncClient, headers: Mapping[str, str] | None) -> httpx.Request:
        """Make the request that is due, with those headers beside the client's own."""
        self._started = time.perf_counter()
        return client.build_request(
            self._call.method,
            self._url,
            content=self._content,
            headers=headers if self._content is None else {**(headers or {}), **_CONTENT_TYPE},
            timeout=self._settings.timeout if self._settings.timeout_given else httpx.USE_CLIENT_DEFAULT,
        )

    def answered(self, response: httpx.Response) -> Answer | float:
        """Take an answer: give it if it is a success, else the seconds to wait before the next request, or raise."""
        status = response.status_code
        elapsed = self._elapsed(status)
        if 200 <= status < 300:  # noqa: PLR2004 - the range of successes
            self._attempts.append(Attempt(str(status), status, "unknown", elapsed))
            try:
                body = json.loads(response.content)
            except (ValueError, RecursionError) as misfit:
                _forget_locals(misfit)
                self._attempts[-1] = self._attempts[-1]._replace(reason=f"{status} without JSON")
                start = self._credential.redact(response.content.decode("utf-8", "replace"))[:80]
                raise self._unusable(f"but the body is not JSON: {start!r}") from misfit
            return Answer(body, response.headers, self._unusable)
        if target := self._redirect(response):
            self._url = target
            self._redirects += 1
            return 0.0
        reason = self._credential.redact(f"{status} {response.reason_phrase or status_names.get(status, '')}".rstrip())
        outcome: Outcome = "rejected" if 400 <= status < 500 else "unknown"  # noqa: PLR2004 - the range of refusals
        self._attempts.append(Attempt(reason, status, outcome, elapsed))
        retry_after = retry.parse_retry_after(response.headers.get("Retry-After"))
        wait = self._wait(sent=True, status=status, retry_after=retry_after)
        if wait is None:
            error = http_error(response, self._credential)
            error.retry_after = retry_after
            raise self._completed(error)
        return wait

    def failed(self, error: httpx.RequestError | httpx.InvalidURL) -> float:
        """Take a failure: give the seconds to wait before the next attempt, or raise."""
        _forget_locals(error)
        name = type(error).__name__
        sent = not isinstance(error, _NOT_SENT)
        reason = self._credential.redact(f"{name}: {error}" if str(error) else name)
        self._attempts.append(Attempt(reason, None, "unknown" if sent else "not_sent", self._elapsed(name)))
        # A certificate that is not trusted now will not be in a second.
        untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))
        wait = None if untrusted else self._wait(sent=sent, status=None, retry_after=None)
        if wait is None:
            kind = RequestTimeout if isinstance(error, httpx.TimeoutException) else ConnectionFailed
            text = f"{self._call.method} {self._url.copy_with(query=None)}: {reason}"
            raise self._completed(kind(text)) from error
        return wait

    def _unusable(self, why: str) -> InvalidResponse:
        status = self._attempts[-1].status
        return self._completed(InvalidResponse(f"{self._call.method} {self._path} answered {status} {why}"))

    def _wait(self, *, sent: bool, status: int | None, retry_after: float | None) -> float | None:
        retries = len(self._attempts) - 1
        if retries >= self._settings.max_retry_count:
            return None
        if not retry.is_retryable(idempotent=self._call.idempotent, sent=sent, status=status):
            return None
        wait = retry.delay(retries, retry_after)
        if wait is not None:
            _log.warning(
                "%s %s: %s; retry %d of %d in %.2f s",
                self._call.method,
                self._path,
                self._attempts[-1].reason,
                retries + 1,
                self._settings.max_retry_count,
                wait,
            )
        return wait

    def _redirect(self, response: httpx.Response) -> httpx.URL | None:
        """Return the URL that a redirect leads to; None for any other response, and where a call may not follow."""
        allowed = (*_METHOD_KEPT, *_GET_ONLY) if self._call.method == "GET" else _METHOD_KEPT
        location = response.extensions.get(_LOCATION) or response.headers.get("Location")
        if response.status_code not in allowed or location is None or self._redirects == MAX_REDIRECTS:
            return None
        here = response.url
        try:
            target = here.join(location)
            # Anywhere else would be given the credential.
            is_same_origin = (target.scheme, target.host, target.port) == (here.scheme, here.host, here.port)
        except (httpx.InvalidURL, ValueError):
            return None
        return target.copy_with(userinfo=b"", fragment=None) if is_same_origin else None

    def _completed(self, error: _E) -> _E:
        """Put on an error what happened before it."""
        error.attempts = tuple(self._attempts)
        error.outcome = self._attempts[-1].outcome
        if self._call.method != "GET" and any(attempt.outcome == "unknown" for attempt in self._attempts):
            error.outcome = "unknown"
            error.hint = "the request may have been carried out"
            if self._call.method == "DELETE" and isinstance(error, NotFound):
                error.hint = "an earlier attempt may have deleted it"
        return error

    def _elapsed(self, result: int | str) -> float:
        elapsed = time.perf_counter() - self._started
        if _log.isEnabledFor(logging.DEBUG):
            attempt = len(self._attempts) + 1
            _log.debug(
                "%s %s %s in %.1f ms, attempt %d", self._call.method, self._path, result, elapsed * 1000, attempt
            )
        return elapsed


def keep_location(response: httpx.Response) -> None:
    """Take a redirect's target out of httpx's sight, which fails on one that is no URL and loses the answer over it."""
    if 300 <= response.status_code < 400 and "Location" in response.headers:  # noqa: PLR2004 - the range of redirects
        response.extensions[_LOCATION] = response.headers.pop("Location")


async def keep_location_async(response: httpx.Response) -> None:
    """The same, as the async client's hooks are called."""
    keep_location(response)


class Auth(httpx.Auth):
    """Puts the credential on a request at the last moment, so that no dict of headers shows it in a traceback.

    It is also the one place where httpx shows an answer that is not read yet, whoever made its client.
    """

    def __init__(self, credential: Credential | None) -> None:
        self._authorization = credential.authorization if credential else ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Set the header, as httpx asks for it, and watch the answer."""
        request.headers["Authorization"] = self._authorization
        response = yield request
        response.stream = Watched(response)


def _target(url: str, params: Mapping[str, Any]) -> httpx.URL:
    for name, value in params.items():
        bodies.check_text("params", name)
        bodies.check_text(name, value)
    try:
        target = httpx.URL(url)
        return target.copy_merge_params(params) if params else target
    except httpx.InvalidURL as error:
        raise ValueError(f"no URL can be made of these arguments and this base_url: {error}") from error


def _causes(error: BaseException) -> Generator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _forget_locals(error: BaseException) -> None:
    """Drop the locals of the frames that failed: those inside httpx hold the credential, and reporters print locals."""
    for cause in _causes(error):
        traceback.clear_frames(cause.__traceback__)

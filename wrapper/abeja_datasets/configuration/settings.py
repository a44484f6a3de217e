"""What a client is set to: its arguments, else the environment, else the defaults."""

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from abeja_datasets.configuration.credentials import Credential, Token, resolve_or_call
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    from urllib import parse

    from abeja_datasets.calls import attempts
    from abeja_datasets.configuration import options
else:
    parse = LazyModule("urllib.parse")
    attempts = LazyModule("abeja_datasets.calls.attempts")
    options = LazyModule("abeja_datasets.configuration.options")

BASE_URL = "https://api.abeja.io"
TIMEOUT = 30.0
MAX_RETRY_COUNT = 5
MAX_RESPONSE_BYTES = 256 * 1024 * 1024
LONGEST_TIMEOUT = 2_147_483
"""Seconds that a socket can wait: as many milliseconds as a C int holds."""

VARIABLES: Final = {
    "timeout": "ABEJA_SDK_CONNECTION_TIMEOUT",
    "max_retry_count": "ABEJA_SDK_MAX_RETRY_COUNT",
    "base_url": "ABEJA_API_URL",
    "deadline": "ABEJA_SDK_DEADLINE",
}
"""The settings that an environment variable may hold, each with its variable."""

_T = TypeVar("_T", int, float)
_ADDRESSES: Final = {"IPv4": r"[0-9]+(\.[0-9]+){3}", "IPv6": r"v.*|.*:.*"}


class Settings(NamedTuple):
    """The settings of every call of a client."""

    credential: Credential | Token | None
    base_url: str
    """Without a slash at its end."""
    origin: str
    """Its scheme, host and port."""
    base_path: str
    """Its path, quoted."""
    timeout: float
    """Seconds, for connecting and for each read."""
    max_retry_count: int
    """How many times a call is repeated at most; 0 switches retrying off."""
    timeout_given: bool
    """Whether somebody asked for this timeout, and it is not just the default."""
    deadline: float | None
    """Seconds for a whole call with its retries."""
    max_response_bytes: int
    """The largest body of a response, decoded."""
    user_agent: str
    """Put behind the library's own `User-Agent`."""
    on_attempt: "attempts.Hook | None"
    """Called after each attempt."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent beside the library's own."""
    decode: Callable[[bytes], Any] | None = None
    """Decodes the JSON of a response; the client's own decoder reads what it refuses."""

    def copied(self) -> "Settings":
        """Return settings that share nothing that changes: the token a function returned, and what a hook did."""
        credential, on_attempt = self.credential, self.on_attempt
        return self._replace(
            credential=credential.copied() if isinstance(credential, Token) else credential,
            on_attempt=on_attempt and on_attempt.copied(),
        )


def settle(
    credential: Mapping[str, Any] | None,
    timeout: float | None,
    max_retry_count: int | None,
    base_url: str | None,
    environ: Mapping[str, str],
    *,
    deadline: float | None = None,
    max_response_bytes: int | None = None,
    user_agent: str | None = None,
    on_attempt: Callable[["attempts.AttemptReport"], object] | None = None,
    is_async: bool = False,
) -> Settings:
    """Settle each setting: the argument, else the environment variable, else the default.

    Raises:
        ValueError: a value is not usable. The message names the argument or the variable that holds it.
        TypeError: the credential, or a value in it, is of a wrong type.
    """
    timeout_source, timeout_value = _pick("timeout", timeout, environ)
    retry_source, retry_value = _pick("max_retry_count", max_retry_count, environ)
    url_source, url_value = _pick("base_url", base_url, environ)
    deadline_source, deadline_value = _pick("deadline", deadline, environ)
    return Settings(
        credential=resolve_or_call(credential, environ),
        **_places(BASE_URL if url_value is None else _url(url_source, url_value)),
        timeout=TIMEOUT if timeout_value is None else _seconds(timeout_source, timeout_value),
        max_retry_count=MAX_RETRY_COUNT if retry_value is None else _count(retry_source, retry_value),
        timeout_given=timeout_value is not None,
        deadline=None if deadline_value is None else _seconds(deadline_source, deadline_value),
        max_response_bytes=size("max_response_bytes", max_response_bytes, MAX_RESPONSE_BYTES),
        user_agent="" if user_agent is None else options.user_agent(user_agent),
        on_attempt=None if on_attempt is None else options.hook(on_attempt, is_async=is_async),
    )


def changed(
    settings: Settings,
    *,
    timeout: float | None,
    deadline: float | None,
    max_retry_count: int | None,
    headers: Mapping[str, str] | None,
    decode: Callable[[bytes], Any] | None,
) -> Settings:
    """Return settings in which those that are not None replace what was there; headers are added to the others.

    Raises:
        ValueError: a value is not usable. The message names the argument.
        TypeError: `headers` is not a dict of text, or `decode` can't be called.
    """
    new: dict[str, Any] = {}
    if timeout is not None:
        new.update(timeout=_seconds("timeout", timeout), timeout_given=True)
    if deadline is not None:
        new["deadline"] = _seconds("deadline", deadline)
    if max_retry_count is not None:
        new["max_retry_count"] = _count("max_retry_count", max_retry_count)
    if headers is not None:
        new["headers"] = options.merged(settings.headers, options.headers(headers))
    if decode is not None:
        new["decode"] = options.decoder(decode)
    return settings._replace(**new)


def with_base_url(settings: Settings, source: str, value: object, example: str = BASE_URL) -> Settings:
    """Return settings with another base URL.

    Args:
        settings: those that are changed.
        source: the name of the value, for the error.
        value: the base URL.
        example: a usable one, for the error.

    Raises:
        ValueError: it is not usable. The message names the source.
    """
    return settings._replace(**_places(_url(source, value, example)))


def size(source: str, value: object, default: int) -> int:
    """Return a number of bytes: the value, else the default.

    Raises:
        ValueError: it is not usable. The message names the source.
    """
    return default if value is None else _count(source, value, least=1)


def _places(url: str) -> dict[str, Any]:
    parts = parse.urlsplit(url)
    # What is quoted already stays so.
    base_path = parse.quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return {"base_url": url, "origin": f"{parts.scheme}://{parts.netloc}", "base_path": base_path}


def _pick(name: str, argument: object, environ: Mapping[str, str]) -> tuple[str, object]:
    if argument is not None:
        return name, argument
    variable = VARIABLES[name]
    # An empty variable is how a shell says "not set".
    return variable, environ.get(variable) or None


def _seconds(source: str, value: object) -> float:
    number = _number(source, value, float)
    if not 0 < number <= LONGEST_TIMEOUT:
        raise ValueError(f"{source}: a number of seconds over 0, up to {LONGEST_TIMEOUT}, is needed, not {value!r}")
    return number


def _count(source: str, value: object, least: int = 0) -> int:
    number = _number(source, value, int)
    if number < least:
        raise ValueError(f"{source}: a whole number from {least} is needed, not {value!r}")
    return number


def _number(source: str, value: Any, kind: type[_T]) -> _T:
    """Read a number: an argument must be one, a variable is always text."""
    is_text = isinstance(value, str) and source.isupper()
    # Python takes digits of any script, and underscores between them.
    if (is_text and value.isascii() and "_" not in value) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        with contextlib.suppress(ValueError, OverflowError):
            number = kind(value)
            if is_text or number == value:
                return number
    raise ValueError(f"{source}: a number is needed, not {value!r}")


def _url(source: str, value: object, example: str = BASE_URL) -> str:
    problem = f"{source}: a URL such as {example} is needed"
    if not isinstance(value, str):
        raise ValueError(f"{problem}, not {value!r}")  # noqa: TRY004 - one error for all settings
    try:
        parts = parse.urlsplit(value)
        has_userinfo, port_is_valid = "@" in parts.netloc, parts.port is None or parts.port > 0
        if not has_userinfo:
            (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"{problem}: {error}") from None
    host = parts.hostname or ""
    for kind, shape in _ADDRESSES.items():
        if re.fullmatch(shape, host) and not _is_address(host):
            raise ValueError(f"{source}: Invalid {kind} address: {value!r}")
    if has_userinfo:
        # The value is not shown: it holds a secret.
        raise ValueError(f"{problem}, without a user or a password in it: that is what `credential` is for")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise ValueError(f"{problem}, not {value!r}")
    if parts.query or parts.fragment or not value.isprintable() or " " in value:
        raise ValueError(f"{problem}, without a query, a fragment or spaces, not {value!r}")
    return value.rstrip("/")


def _is_address(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

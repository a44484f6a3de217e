"""What a check is asked to do, and how it says that it could not."""

import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from .results import Mode, Report


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to check. Without any, nothing is written."""

    mode: Mode = Mode.READ_ONLY
    other_organization_id: str | None = None
    """A second organization, for which the first one's credential is not valid. Needs `other_authorization`."""
    other_authorization: str | None = None
    """The value of `Authorization` that is valid for the second organization, and not for the first."""
    seed: int = 0
    """At concurrency 1 the same seed gives the same requests, but for the run's name and the server's ids."""
    concurrency: int = 1
    """How many requests are in flight at most; 1 leaves the clauses about concurrency unchecked."""
    rate: float | None = None
    """Requests a second at most; None is as fast as the server responds."""
    max_requests: int = 10_000
    max_seconds: float = 300
    timeout: float = 30
    """Seconds for connecting, and for each read."""
    select: tuple[str, ...] = ()
    """Patterns (fnmatch) of the clauses to check; none is all."""
    skip: tuple[str, ...] = ()
    """Patterns of the clauses not to check."""
    ledger: Path | None = None
    """Where to note what is written; None is a file in the current folder named by the run."""
    ca_bundle: Path | None = None
    """Certificates to trust, in place of the usual ones."""
    fail_fast: bool = False
    """Whether to stop behind the first stage in which something fails."""
    fuzz_examples: int = 10
    """How many cases an operation gets at most in the fuzzing phase."""
    transport: httpx.BaseTransport | None = None
    """In place of the network, for tests."""

    def __post_init__(self) -> None:
        if (self.other_organization_id is None) != (self.other_authorization is None):
            raise ValueError("a second organization needs both other_organization_id and other_authorization")
        for name, least in (("concurrency", 1), ("max_requests", 1), ("fuzz_examples", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is at least {least}")
        for name in ("rate", "max_seconds", "timeout"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} is a number above 0")


class CheckFailed(Exception):
    """The server could not be checked. The message is one line.

    Attributes:
        report: what was found out before; None when nothing was.
    """

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.report = report


class Stopped(Exception):
    """The check must end here, with what it knows so far; the message says why."""


class Lost(Stopped):
    """The check must end here, and its outcome is that the server could not be checked."""


class Skip(Exception):
    """A clause can't be checked; the message says why."""


class Broken(Exception):
    """A promise was found broken, and noted; the clause goes no further."""


def base_url(url: str) -> str:
    """Bring a URL into the form that paths are put behind.

    Raises:
        ValueError: it is not one of http or https.
    """
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise ValueError(f"{url!r} is not a URL such as https://api.abeja.io")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the URL is one without a user, a query and a fragment")
    return url.rstrip("/")

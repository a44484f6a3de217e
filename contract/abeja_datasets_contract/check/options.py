"""How a check says that it could not check, or could not go on."""

import re
from urllib.parse import urlsplit

from abeja_datasets_contract.check_options import Options

from .results import Report

__all__ = ["Broken", "CheckFailed", "Lost", "Options", "Skip", "Stopped", "base_url", "require_sendable"]


_SENDABLE = re.compile(r"[\x21-\x7e\xa1-\xff]([\t\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff])?")
"""What a header may hold (RFC 9110, section 5.5)."""


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
    """Return a URL in the form that paths are appended to.

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


def require_sendable(*authorizations: str | None) -> None:
    """Check that headers can hold credentials.

    Raises:
        ValueError: one has characters that none can. The message does not show them.
    """
    for value in authorizations:
        if value is not None and not _SENDABLE.fullmatch(value):
            raise ValueError("authorization: it is empty, or has characters that a header can't hold")

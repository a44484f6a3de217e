"""When a call is sent again, and after how long: a policy without any I/O.

A call is never repeated that may have been carried out, unless carrying it out twice is the same as once (RFC 9110,
section 9.2.2: GET, PUT and DELETE, but not POST). Delays are "full jitter": uniform between nothing and a bound that
doubles, so that clients that failed together do not come back together.
"""

import datetime as dt
import re
import time

MAX_DELAY = 8.0
"""Seconds that the bound of a delay grows to."""

MAX_RETRY_AFTER = 60.0
"""Seconds of `Retry-After` that are waited out; more is for the caller to decide."""

_DELAY = 0.5
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_TRANSIENT = frozenset({408, 500, 502, 503, 504, *range(520, 531)})
TOO_MANY_REQUESTS = 429


def is_retryable(*, idempotent: bool, sent: bool, status: int | None) -> bool:
    """Return whether a failed attempt may be followed by another.

    Args:
        idempotent: whether the call may be carried out twice.
        sent: whether the request may have reached the server.
        status: of the answer; None where no whole answer came.
    """
    if not sent or status == TOO_MANY_REQUESTS:
        return True
    return idempotent and (status is None or status in _TRANSIENT)


def delay(retries: int, retry_after: float | None) -> float | None:
    """Return the seconds to wait before the next attempt; None where the server asks for more than `MAX_RETRY_AFTER`.

    Args:
        retries: how many there have been.
        retry_after: seconds that the server asked for; a lower bound.
    """
    import random

    if retry_after is not None and retry_after > MAX_RETRY_AFTER:
        return None
    bound = min(MAX_DELAY, _DELAY * 2.0 ** min(retries, 10))
    return max(retry_after or 0.0, random.uniform(0, bound))  # noqa: S311 - nothing secret hangs on a delay


def parse_retry_after(value: str | None) -> float | None:
    """Read a `Retry-After` header (RFC 9110, section 10.2.3) as seconds from now; None where there is none to read."""
    from email.utils import parsedate_to_datetime

    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone, or with "-0000", is in UTC (RFC 5322, section 3.3).
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() - time.time())

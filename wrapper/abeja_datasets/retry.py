"""When a call is sent again, and after how long: a policy without any I/O.

A call is never repeated that may have been carried out, unless carrying it out twice is the same as once (RFC 9110,
section 9.2.2: GET, PUT and DELETE, but not POST). Delays are "full jitter": uniform between nothing and a bound that
doubles, so that clients that failed together do not come back together.
"""

MAX_DELAY = 8.0
"""Seconds that the bound of a delay grows to."""

MAX_RETRY_AFTER = 60.0
"""Seconds of `Retry-After` that are waited out; more is for the caller to decide."""

_DELAY = 0.5
_TRANSIENT = frozenset({408, 500, 502, 503, 504, *range(520, 531)})
TOO_MANY_REQUESTS = 429


def is_retryable(*, idempotent: bool, sent: bool, status: int | None) -> bool:
    """Return whether a failed attempt may be followed by another.

    Args:
        idempotent: whether the call may be carried out twice.
        sent: whether the request may have reached the server.
        status: of the response; None where no whole response came.
    """
    if not sent or status == TOO_MANY_REQUESTS:
        return True
    return idempotent and (status is None or status in _TRANSIENT)


def delay(retries: int, retry_after: float | None) -> float | None:
    """Return the seconds to wait before the next attempt; None where the server asks for more than `MAX_RETRY_AFTER`.

    Args:
        retries: how many there have been.
        retry_after: seconds that the server asked for. The random delay is added: clients that got the same
            seconds must not come back together.
    """
    if retry_after is not None and retry_after > MAX_RETRY_AFTER:
        return None
    bound = min(MAX_DELAY, _DELAY * 2.0 ** min(retries, 10))
    return (retry_after or 0.0) + draw(bound)


def draw(bound: float) -> float:
    """Return a random number of seconds up to a bound.

    It comes from the operating system: the program's own random numbers are left alone, and processes that were forked
    or seeded alike differ.
    """
    import random

    return random.SystemRandom().uniform(0, bound)

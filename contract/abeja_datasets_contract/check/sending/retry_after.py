"""Read how long a server asks to wait before the same request (RFC 9110, section 10.2.3)."""

import datetime as dt
import email.utils
import re

from abeja_datasets_contract.check.results import Received

LONGEST = 10.0**6
"""Seconds. A longer pause says no more than this one."""
_DIGITS = 9
_UNREADABLE = 1.0
"""Seconds to wait where a server asks for a pause that can't be read."""
_TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE = 429, 503


def pause_of(received: Received | None) -> float | None:
    """Return the seconds that a server asks to wait; None where it does not ask for the request again."""
    if received is None or received.status not in (_TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE):
        return None
    text = next((value for name, value in received.headers if name.lower() == "retry-after"), None)
    if text is None:
        return _UNREADABLE if received.status == _TOO_MANY_REQUESTS else None
    return _seconds(text.strip())


def _seconds(text: str) -> float:
    if re.fullmatch("[0-9]+", text):
        # Python reads no integer of thousands of digits.
        digits = text.lstrip("0")
        return LONGEST if len(digits) > _DIGITS else min(float(digits or 0), LONGEST)
    try:
        moment = email.utils.parsedate_to_datetime(text)
        # A date without a zone (asctime, or -0000) is in UTC (RFC 9110, section 5.6.7).
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
        return min(max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds()), LONGEST)
    except (ValueError, OverflowError, TypeError, LookupError):
        return _UNREADABLE

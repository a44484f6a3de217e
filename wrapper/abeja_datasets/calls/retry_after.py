"""`Retry-After`, as RFC 9110, section 10.2.3, defines it."""

import datetime as dt
import re
import time
from typing import Final

# A fraction is not in the RFC, but some servers send one.
_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME: Final = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_MONTH: Final = r"(?P<month>[a-z]{3})"
# A date without a zone, or with "-0000", is in UTC (RFC 5322, section 3.3).
_ZONE: Final = r"( (GMT|UTC|Z|[+-]0000))?"
_DATES: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"[a-z]{{3}}, (?P<day>[0-9]{{1,2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME}{_ZONE}",  # IMF-fixdate
        rf"[a-z]{{6,9}}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME}{_ZONE}",  # rfc850-date
        rf"[a-z]{{3}} {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})",  # asctime-date
    )
)
_CENTURY: Final = 100
_FAR: Final = 50


def parse_retry_after(value: str | None) -> float | None:
    """Return the seconds from now that a value of `Retry-After` asks for; None where it can't be read.

    Args:
        value: seconds, or a date in one of the three forms of RFC 9110, section 5.6.7.
    """
    text = (value or "").strip(" \t")
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, moment.timestamp() - time.time())


def _moment(text: str) -> dt.datetime | None:
    found = next((date for form in _DATES if (date := form.fullmatch(text))), None)
    if found is None or found["month"].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(found["month"].lower()) + 1
    day, hour, minute, second = (int(found[name]) for name in ("day", "hour", "minute", "second"))
    try:
        # A leap second is written as 60.
        return dt.datetime(_year(found["year"]), month, day, hour, minute, second - (second == 60), tzinfo=dt.UTC)  # noqa: PLR2004
    except ValueError:
        return None


def _year(text: str) -> int:
    """Return a year; one of two digits is never more than 50 years away in the future."""
    if len(text) != len("26"):
        return int(text)
    now = dt.datetime.now(dt.UTC).year
    year = now - now % _CENTURY + int(text)
    return year - _CENTURY if year > now + _FAR else year

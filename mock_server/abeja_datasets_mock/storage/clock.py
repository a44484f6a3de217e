"""Timestamps as the platform writes them: UTC, microseconds, no offset, such as `2018-05-20T13:51:16.010344`."""

import time
from datetime import datetime, timedelta

_MICROSECONDS = 1_000_000


class Clock:
    """A clock whose timestamps increase even where the machine's clock stands still or goes back."""

    __slots__ = ("_last", "_second", "_second_text")

    def __init__(self) -> None:
        self._last = self._second = 0
        self._second_text = ""

    def now(self) -> str:
        """Return the time."""
        self._last = max(time.time_ns() // 1000, self._last + 1)
        second, microsecond = divmod(self._last, _MICROSECONDS)
        if second != self._second:
            # Formatting is most of the cost, and a second's worth of requests shares it.
            self._second, self._second_text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second_text}.{microsecond:06d}"

    def after(self, earlier: str) -> str:
        """Return the time, or a microsecond after `earlier` where another clock wrote a later time than ours."""
        now = self.now()
        if now > earlier:
            return now
        return (datetime.fromisoformat(earlier) + timedelta(microseconds=1)).isoformat(timespec="microseconds")

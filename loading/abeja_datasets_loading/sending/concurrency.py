"""How many requests are under way at once: an adaptive limit, without any I/O.

It starts low and grows while throughput does. It halves, at most once a round trip, when the server is overloaded.
Throughput is the limit divided by the latency of what succeeds (Little's law). So a request that times out does not
look like a limit that is too high, and a pause that the server asked for does not either.
"""

import math
import time
from collections.abc import Callable
from typing import Final

START: Final = 4
_WINDOW: Final = 0.05
"""Seconds that a measurement takes at least."""
_GAIN: Final = 1.08
"""How much more throughput a higher limit must bring to be kept."""
_PATIENCE: Final = 8
"""Windows before a limit that brought nothing is tried again."""
_MOST_PATIENCE: Final = 64
_REMEMBERED: Final = 64
"""How many of the last requests show which part of them is refused."""
_CHANCE: Final = 0.15
"""The part that may be refused by chance."""
_LOWER: Final = 0.9
"""How much of a limit that was too high is taken again at once."""
_SLOWER: Final = 2.0
"""How many times the usual latency is a sign of overload."""


class Limit:
    """The limit in force.

    Args:
        most: the highest limit.
        clock: seconds, monotonic.

    Attributes:
        value: how many requests may be under way.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.value = min(START, most)
        self._most = most
        self._clock = clock
        self._recover_to = 0.0
        """The limit before the last cut. Up to it the limit doubles each round trip, and then grows slowly."""
        self._refused = 0.0
        """The part of the last requests that was refused for overload."""
        self._tried_from = 0
        self._rate_before = 0.0
        self._latency: float | None = None
        self._slow_windows = 0
        self._wait = 0
        self._patience = _PATIENCE
        self._last_cut = -math.inf
        self._begin()

    def succeeded(self, seconds: float, *, is_full: bool = True) -> None:
        """Take the latency of a request that succeeded.

        Args:
            seconds: from the request to its response.
            is_full: whether as many requests were under way as may be; where there were fewer, the limit is not what
                decides the throughput.
        """
        self._refused -= self._refused / _REMEMBERED
        if self._passing:
            # These were sent when the limit was another one.
            self._passing -= 1
            if not self._passing:
                self._begin()
            return
        self._done += 1
        self._seconds += seconds
        self._full += is_full
        if self.value < int(self._recover_to):
            if self._done >= self.value:
                self.value = min(int(self._recover_to), 2 * self.value)
                self._begin()
        elif self._done >= 2 * self.value and self._clock() - self._since >= _WINDOW:
            self._end_of_window()

    def overloaded(self, started: float) -> None:
        """Halve the limit, unless that was done since the request started.

        Args:
            started: when the request started that the server refused, by the clock.
        """
        self._refused += (1 - self._refused) / _REMEMBERED
        if started <= self._last_cut:
            return
        highest, patience = max(self.value, self._recover_to), self._patience
        self._halve()
        if self._refused < _CHANCE:
            # Single refusals among many successes may be chance.
            self._recover_to = max(highest, min(START, self._most))
        else:
            self._recover_to = _LOWER * highest
            self._wait, self._patience = patience, min(_MOST_PATIENCE, 2 * patience)

    def _halve(self) -> None:
        self.value = max(1, self.value // 2)
        self._last_cut = self._clock()
        self._tried_from, self._wait, self._latency, self._patience = 0, 0, None, _PATIENCE
        self._begin()

    def restart(self) -> None:
        """Begin again, as after an outage."""
        self.value = min(START, self._most)
        self._recover_to = 0.0
        self._tried_from, self._wait, self._latency, self._patience = 0, 0, None, _PATIENCE
        self._begin()

    def _begin(self) -> None:
        self._since = self._clock()
        self._done = 0
        self._full = 0
        self._seconds = 0.0
        self._passing = 0

    def _end_of_window(self) -> None:
        latency = max(self._seconds / self._done, 1e-9)
        if self._tried_from:
            self._judge(latency)
        elif self._is_slower(latency):
            self._recover_to = 0.0
            self._halve()
            self._wait = _PATIENCE
            self._passing = 3 * self.value
            return
        elif self._wait:
            self._wait -= 1
        if not self._wait and 2 * self._full >= self._done and self.value < self._most:
            self._try(latency)
            self._begin()
            self._passing = 2 * self.value
            return
        self._begin()

    def _try(self, latency: float) -> None:
        self._tried_from, self._rate_before = self.value, self.value / latency
        step = max(1, self.value // 4) if self._recover_to else self.value
        self.value = min(self._most, self.value + step)

    def _judge(self, latency: float) -> None:
        """Keep the higher limit if it brought throughput, else go back and wait."""
        old, self._tried_from = self._tried_from, 0
        gain = 1 + (_GAIN - 1) * min(1.0, (self.value - old) / old)
        if self.value / latency >= gain * self._rate_before:
            self._latency, self._patience = latency, _PATIENCE
            return
        self.value, self._wait, self._latency = old, self._patience, None
        self._patience = min(_MOST_PATIENCE, 2 * self._patience)

    def _is_slower(self, latency: float) -> bool:
        """Return whether requests have taken far longer than usual for two windows."""
        if self._latency is None or latency <= _SLOWER * self._latency:
            self._latency = latency if self._latency is None else 0.8 * self._latency + 0.2 * latency
            self._slow_windows = 0
            return False
        self._slow_windows += 1
        return self._slow_windows > 1

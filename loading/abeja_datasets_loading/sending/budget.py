"""What bounds the requests of a run in time: retries, outages, a given rate, and `Retry-After`. Without any I/O."""

import random
import time
from collections.abc import Callable
from typing import Final

Clock = Callable[[], float]

_MOST_RETRIES: Final = 100.0
_A_SUCCESS: Final = 0.2
_A_SECOND: Final = 1.0
_FIRST_PROBE: Final = 0.5
_LONGEST_PROBE: Final = 60.0


class RetryBudget:
    """How many requests may be repeated: a fifth of those that succeed, and one a second, so that none waits for ever.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._left = _MOST_RETRIES / 2
        self._since = clock()

    def succeeded(self) -> None:
        """Add what a success allows."""
        self._left = min(_MOST_RETRIES, self._left + _A_SUCCESS)

    def take(self) -> float:
        """Take one repetition, and return the seconds to wait before it."""
        now = self._clock()
        self._left = min(_MOST_RETRIES, self._left + (now - self._since) * _A_SECOND)
        self._since = now
        self._left -= 1
        return max(0.0, -self._left / _A_SECOND)


class Turns:
    """When requests may leave: not before `Retry-After` is over, and not faster than a given rate.

    Args:
        rate: requests a second at most; None for no limit.
        clock: seconds, monotonic.
        draw: a random number from 0 to 1.
    """

    def __init__(
        self, rate: float | None = None, clock: Clock = time.monotonic, draw: Callable[[], float] = random.random
    ) -> None:
        self._between = 0.0 if rate is None else 1 / rate
        self._clock = clock
        self._draw = draw
        self._next = clock()
        self._held_until = 0.0
        self._spread = 0.0
        self.is_free = not self._between
        """Whether the next request may leave at once, without a look at the clock."""

    def hold(self, seconds: float, spread: float | None = None) -> None:
        """Hold back all requests for some seconds.

        Args:
            seconds: to wait.
            spread: seconds in which the requests come back after it, each at a random moment.
        """
        until = self._clock() + seconds
        if until > self._held_until:
            self._held_until = until
            self._spread = min(5.0, 0.1 + seconds / 4) if spread is None else spread
            self.is_free = False

    def release(self) -> None:
        """End a hold."""
        self._held_until = 0.0
        self.is_free = not self._between

    def held(self) -> float:
        """Return the seconds until a hold ends; with a random part, so that workers do not come back together."""
        left = self._held_until - self._clock()
        if left > 0:
            return left + self._draw() * self._spread
        self.is_free = not self._between
        return 0.0

    def turn(self) -> float:
        """Take a turn at the given rate, and return the seconds until it."""
        if not self._between:
            return 0.0
        now = self._clock()
        # What was not used is lost, but for a twentieth of a second: sleeping is not more exact.
        self._next = max(self._next, now - 0.05) + self._between
        return max(0.0, self._next - self._between - now)


class Outage:
    """Whether the server can be reached, and when to try again.

    Args:
        most: seconds after which to give up.
        clock: seconds, monotonic.
        draw: a random number from 0 to 1.
    """

    def __init__(self, most: float, clock: Clock = time.monotonic, draw: Callable[[], float] = random.random) -> None:
        self._most = most
        self._clock = clock
        self._draw = draw
        self._since: float | None = None
        self._last_success = clock()
        self._tries = 0

    @property
    def is_on(self) -> bool:
        """Whether the last tries all failed."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """How long the server could not be reached."""
        return 0.0 if self._since is None else self._clock() - self._since

    @property
    def is_over_limit(self) -> bool:
        """Whether it is time to give up."""
        return self._since is not None and self.seconds >= self._most

    def failed(self) -> float:
        """Take a failure to connect, and return the seconds until the next try: growing, with a random part."""
        if self._since is None:
            self._since = self._clock()
            self._tries = 0
        bound = min(_LONGEST_PROBE, _FIRST_PROBE * 2.0**self._tries)
        self._tries += 1
        left = max(0.0, self._since + self._most - self._clock())
        return min(left, bound * (0.5 + self._draw() / 2))

    def ended(self) -> None:
        """Take a response."""
        self._since = None

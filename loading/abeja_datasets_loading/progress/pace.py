"""The rate of a run of late: over a whole run it would say little of a server that has slowed down."""

from collections import deque
from typing import Final

_WINDOW: Final = 10.0
_MOST: Final = 100


class Pace:
    """Measures a rate over the last ten seconds.

    Args:
        now: the time at which the run begins, in seconds.
    """

    def __init__(self, now: float) -> None:
        self._samples = deque([(now, 0)])

    def rate(self, now: float, count: int) -> float:
        """Return the rate a second, given how many are done now."""
        samples = self._samples
        while len(samples) > 1 and now - samples[1][0] >= _WINDOW:
            samples.popleft()
        begun, before = samples[0]
        if now - samples[-1][0] >= _WINDOW / _MOST:
            samples.append((now, count))
        return (count - before) / (now - begun) if now > begun else 0.0

"""`refuse`: a server that is down."""

from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.faults.effects import Between, Gate
from abeja_datasets_mock.faults.fields import seconds_or_true


@dataclass(frozen=True, slots=True)
class Kind(Between):
    """An outage. It begins with the plan, or after the response to a request; idle connections are closed too."""

    name = "refuse"
    takes = "true, or seconds"
    does = "refuses connections until there is another plan, or for this many seconds, and closes those that are idle"
    soak = ({"refuse": 0.02, "probability": 0.0005},)
    at_start = True
    seconds: float | None

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse true or seconds."""
        return cls(seconds_or_true(value, place))

    def apply(self, gate: Gate) -> None:
        """Begin the outage."""
        gate.refuse(self.seconds)

    def __str__(self) -> str:
        """Return the name, and the seconds where the plan gives them."""
        return self.name if self.seconds is None else f"{self.name} {self.seconds:g}"

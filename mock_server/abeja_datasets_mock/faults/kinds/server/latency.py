"""`latency`: a slow server."""

from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.faults.effects import Delay
from abeja_datasets_mock.faults.fields import number


@dataclass(frozen=True, slots=True)
class Kind(Delay):
    """Seconds to wait."""

    name = "latency"
    takes = "seconds"
    does = "waits before it carries out the request, or with `when: after` before it responds"
    soak = ({"latency": 0.02, "probability": 0.01},)
    seconds: float

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse seconds."""
        return cls(number(value, place))

    def __str__(self) -> str:
        """Return the name and the seconds."""
        return f"{self.name} {self.seconds:g}"
